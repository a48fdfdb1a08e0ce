"""Which rules an old turn is judged by: today's, or those that somebody would like to have."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from agent_runtime.authored import load_yaml
from agent_runtime.policies.facts import Facts, Limits
from agent_runtime.policies.ruleset import RuleSet, RuleSetError, profiles, rule_set
from agent_runtime.replaying.policy_file import is_alike, read_policy_file

Policy = Callable[[str], RuleSet]
"""Returns the rules under a profile; a profile that the file does not know is the strictest."""


def todays_policy(profile: str) -> RuleSet:
    """Returns the installed rules under a profile."""
    return rule_set(profile if profile in profiles() else profiles()[-1])


def policy_of(given: Sequence[str]) -> Policy:
    """Returns the rules that were asked for on top of the installed ones.

    Args:
        given: Each a file of rules, the name of a profile, or `rule.parameter=value`; a file and a
            profile are named once at most, and parameters come on top of both.

    Raises:
        RuleSetError: a file, profile, rule, parameter or value that cannot be used.
    """
    changes = [_change(one) for one in given if _is_change(one)]
    named = [one for one in given if not _is_change(one)]
    files = [one for one in named if one.endswith((".yaml", ".yml")) or Path(one).is_file()]
    chosen = [one for one in named if one not in files]
    if len(files) > 1 or len(chosen) > 1:
        raise RuleSetError(
            f"policy {', '.join(named)}: name one file of rules and one profile at most."
        )
    under = _from_file(Path(files[0])) if files else todays_policy
    if chosen:
        under = _always(_named(under, chosen[0], has_file=bool(files)))
    for rule, name, value in changes:
        _check(under("standard"), rule, name, value)

    @cache
    def changed(profile: str) -> RuleSet:
        found = under(profile)
        for rule, name, value in changes:
            found = _with_parameter(found, rule, name, value)
        return found

    return changed


def under_policy(facts: Facts, policy: Policy) -> Facts:
    """Returns the facts of a turn under a policy, with the profile that bound it.

    What offers its campaign left out stays out.
    """
    recorded = facts.rules
    rules = policy(recorded.profile)
    installed = {offer.name for offer in todays_policy(recorded.profile).offers}
    left_out = installed - {offer.name for offer in recorded.offers}
    if left_out:
        kept = tuple(offer for offer in rules.offers if offer.name not in left_out)
        rules = replace(rules, offers=kept)
    return replace(facts, rules=rules, limits=Limits.under(rules))


def _is_change(given: str) -> bool:
    name, sign, _ = given.partition("=")
    return bool(sign) and "." in name and "/" not in name


def _change(given: str) -> tuple[str, str, Any]:
    where, _, value = given.partition("=")
    rule, _, name = where.partition(".")
    try:
        return rule, name, load_yaml(value)
    except yaml.YAMLError:
        raise RuleSetError(
            f"policy {given}: {value!r} is no value; write a number, a word or [a, list]."
        ) from None


def _check(rules: RuleSet, rule: str, name: str, value: Any) -> None:
    if rule not in rules.rules:
        raise RuleSetError(
            f"policy {rule}.{name}: the rule {rule!r} is unknown; `parley policy list` shows all."
        )
    own = rules.rules[rule].parameters
    if name not in own:
        there = ", ".join(own) or "none"
        raise RuleSetError(f"policy {rule}.{name}: the rule has no {name!r}; it has: {there}.")
    if not is_alike(own[name], value):
        raise RuleSetError(
            f"policy {rule}.{name}: {value!r} is not a value like {own[name]!r}; write one."
        )


def _with_parameter(rules: RuleSet, rule: str, name: str, value: Any) -> RuleSet:
    spec = rules.rules[rule]
    changed = replace(spec, parameters=MappingProxyType({**spec.parameters, name: value}))
    return replace(rules, rules=MappingProxyType({**rules.rules, rule: changed}))


def _always(rules: RuleSet) -> Policy:
    return lambda _: rules


def _named(under: Policy, profile: str, *, has_file: bool) -> RuleSet:
    found = under(profile)
    if found.profile == profile:
        return found
    if has_file:
        raise RuleSetError(f"policy {profile}: the file of rules has no profile of this name.")
    known = ", ".join(profiles())
    raise RuleSetError(
        f"policy {profile!r}: neither a file nor a profile; there are {known}, or write "
        "rule.parameter=value."
    )


def _from_file(path: Path) -> Policy:
    known = read_policy_file(path)
    strictest = tuple(known.values())[-1]
    return lambda profile: known.get(profile, strictest)
