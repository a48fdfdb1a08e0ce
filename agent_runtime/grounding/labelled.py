"""Labelled drafts, judged: in false ones the falsehood is caught, in honest ones nothing blocked.

A folder holds one folder a set. `facts.yaml` with `false/<kind>.yaml` and `honest/*.yaml` beside it
lists drafts by company; `scenarios*.yaml` have facts of their own. What stands between `*` and `*`
is false.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent_runtime.authored import load_yaml
from agent_runtime.grounding.draft import Finding, Given, ground
from agent_runtime.library.content import LibraryError

HONEST = "honest"
_LIE = re.compile(r"\*(.+?)\*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Labelled:
    """One draft; `lie` is what is false in it, empty in an honest one."""

    kind: str
    facts: tuple[Given, ...]
    text: str
    lie: str


@dataclass(frozen=True, slots=True)
class Judged:
    """A draft with what was found of its sentences."""

    draft: Labelled
    findings: tuple[Finding, ...]

    @property
    def is_right(self) -> bool:
        """False drafts must be caught at the false sentence; in honest ones nothing is blocked."""
        blocked = [f.sentence for f in self.findings if f.verdict == "blocked"]
        if not self.draft.lie:
            return not blocked
        return any(s in self.draft.lie or self.draft.lie in s for s in blocked)


def sets_in(folder: Path) -> tuple[str, ...]:
    """Returns the names of the sets of a folder, or says that there are none."""
    found = tuple(sorted(path.name for path in folder.glob("*") if path.is_dir()))
    if not found:
        raise LibraryError(f"{folder}: no sets of labelled drafts are there; name their folder.")
    return found


def drafts_in(folder: Path) -> Iterator[Labelled]:
    """Yields the drafts of one set, kind by kind."""
    for label in ("false", HONEST):
        for path in sorted((folder / label).glob("*.yaml")):
            companies = _yaml(folder / "facts.yaml")
            for who, texts in _yaml(path).items():
                for text in texts:
                    yield _labelled(path.stem if label == "false" else HONEST, companies[who], text)
    for path in sorted(folder.glob("scenarios*.yaml")):
        for scenario in _yaml(path):
            for kind, text in scenario["planted"].items():
                yield _labelled(re.sub(r"_\d$", "", kind), scenario["facts"], text)
            for text in scenario[HONEST]:
                yield _labelled(HONEST, scenario["facts"], text)


def judge(draft: Labelled) -> Judged:
    """Returns a draft with what the checks find, without a model of entailment."""
    return Judged(draft, ground(draft.text, draft.facts))


def _labelled(kind: str, facts: Mapping[str, str], text: str) -> Labelled:
    given = tuple(Given(name, fact) for name, fact in facts.items())
    lie = " ".join(_LIE.findall(text))
    if bool(lie) == (kind == HONEST):
        raise LibraryError(
            f"{kind}: {text!r} marks a falsehood where there is none, or none where is one."
        )
    return Labelled(kind, given, text.replace("*", ""), lie)


def _yaml(path: Path) -> Any:
    return load_yaml(path.read_text("utf-8"))
