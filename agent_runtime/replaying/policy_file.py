"""A file of rules that is not installed: read and checked as if it were to be."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from agent_runtime.authored import load_yaml
from agent_runtime.policies.ruleset import RuleSet, RuleSetError, rule_set, rule_set_of


def read_policy_file(path: Path) -> dict[str, RuleSet]:
    """Returns the rules of a file by profile, from the freest to the strictest.

    Raises:
        RuleSetError: it is not written as `rules.yaml` is, or a rule or parameter is missing.
    """
    written = _read(path)
    try:
        for problem in _problems(path, written):
            raise RuleSetError(problem)
        return {name: rule_set_of(written, name) for name in written["profiles"]}
    except (KeyError, TypeError, AttributeError):
        raise RuleSetError(
            f"{path}: rules, offers and profiles are not written as in rules.yaml; begin from it."
        ) from None


def is_alike(old: Any, new: Any) -> bool:
    """Says whether a value may stand where another stood; lists may also be the word `all`."""
    if isinstance(old, bool) or isinstance(new, bool):
        return isinstance(old, bool) and isinstance(new, bool)
    if isinstance(old, int):
        return isinstance(new, int)
    if isinstance(old, float):
        return isinstance(new, int | float)
    if isinstance(old, str | list):
        return new == "all" or isinstance(new, list)
    return isinstance(new, type(old))


def _read(path: Path) -> Mapping[str, Any]:
    try:
        written = load_yaml(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RuleSetError(f"{path}: the file of rules does not exist; name one.") from None
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        said = " ".join(str(error).split())[:160]
        raise RuleSetError(f"{path}: not YAML in UTF-8 ({said}).") from None
    wanted = ("version", "rules", "offers", "profiles")
    missing = [name for name in wanted if not isinstance(written, dict) or name not in written]
    if missing:
        raise RuleSetError(f"{path}: the field {missing[0]!r} is missing; begin from rules.yaml.")
    return written


def _problems(path: Path, written: Mapping[str, Any]) -> Iterator[str]:
    """A rule that is not written down would fail, and so stop everything."""
    rows = {row["id"]: row for row in written["rules"]}
    for name, row in rows.items():
        for field in ("version", "owner", "stops", "decision"):
            if field not in row:
                yield f"{path}: rule {name}: the field {field!r} is missing; add it."
    for name, profile in written["profiles"].items():
        for field in ("says", "retention_days", "parameters"):
            if field not in profile:
                yield f"{path}: profile {name}: the field {field!r} is missing; add it."
    for rule, spec in rule_set().rules.items():
        if rule not in rows:
            yield f"{path}: the rule {rule!r} is missing; all are asked, so write it down."
            continue
        own = rows[rule].get("parameters", {})
        for name, value in spec.parameters.items():
            if name not in own:
                yield f"{path}: rule {rule}: the parameter {name!r} is missing; add it."
            elif not is_alike(value, own[name]):
                yield f"{path}: rule {rule}: {name}: {own[name]!r} is not a value like {value!r}."
