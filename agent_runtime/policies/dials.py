"""The numbers and lists of the rules that people set while the agent runs (R63-R65, R85).

What is set lies in a flag, `rule:caps.per_person`, as JSON, and binds from the next permit on. In a
profile that sets the same number itself, the stricter of the two binds.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Literal

from agent_runtime.policies.ruleset import STANDARD, RuleSet, RuleSetError, rule_set

PREFIX = "rule:"
Kind = Literal["low", "high", "phrases", "ends"]
"""Which way is stricter. low: the lower number; high: the higher; phrases: the longer list; ends:
the earlier day of more texts."""


@dataclass(frozen=True, slots=True)
class Dial:
    """One parameter of a rule, and what may be set."""

    rule: str
    parameter: str
    kind: Kind
    says: str
    unit: str = ""
    least: float = 0
    most: float = 0

    @property
    def subject(self) -> str:
        """Name of its flag."""
        return f"{PREFIX}{self.rule}.{self.parameter}"

    @property
    def written(self) -> Any:
        """What the file of rules says."""
        return rule_set().parameter(self.rule, self.parameter)

    def checked(self, value: Any) -> Any:
        """Returns a value that may be set.

        Raises:
            RuleSetError: one sentence with the value and the rule that it breaks.
        """
        if self.kind == "phrases":
            return _phrases(self, value)
        if self.kind == "ends":
            return _ends(self, value)
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        is_whole = isinstance(self.written, float) or isinstance(value, int)
        if not (is_number and is_whole and self.least <= value <= self.most):
            raise RuleSetError(
                f"{self.says}, the value {value!r}: give a number from {self.least:g} to "
                f"{self.most:g}."
            )
        return value

    def stricter(self, one: Any, other: Any) -> Any:
        """Returns what is at least as strict as both."""
        if self.kind == "phrases":
            return list(dict.fromkeys((*one, *other)))
        if self.kind == "ends":
            both = sorted((*one.items(), *other.items()), key=lambda end: end[1], reverse=True)
            return dict(sorted(both))
        return min(one, other) if self.kind == "low" else max(one, other)

    def is_loosened(self, before: Any, after: Any) -> bool:
        """Says whether something may leave after a change that might not before it."""
        return self.stricter(before, after) != self.stricter(after, after)


DIALS: tuple[Dial, ...] = (
    Dial("caps", "per_person", "low", "Touches to a person", "in 14 days", 0, 20),
    Dial("caps", "per_account_a_day", "low", "Touches to an account", "a day", 0, 100),
    Dial("caps", "per_mailbox_a_day", "low", "Touches from a mailbox", "a day", 0, 10_000),
    Dial("quiet_hours", "first_hour", "high", "First hour", "o'clock, where they are", 6, 12),
    Dial("quiet_hours", "last_hour", "low", "Last hour", "o'clock, where they are", 13, 21),
    Dial("confidence", "min_confidence", "high", "Least confidence of a reading", "", 0, 1),
    Dial("claims", "banned", "phrases", "Banned claims"),
    Dial("grounding", "ends", "ends", "Texts that end early"),
)
_BY_SUBJECT = {dial.subject: dial for dial in DIALS}


def dial_of(subject: str) -> Dial | None:
    """Returns the dial that a flag sets; None where it sets none."""
    return _BY_SUBJECT.get(subject)


def set_in(flags: Mapping[str, str], dial: Dial) -> Any:
    """Returns what is in force of a dial under the standard profile."""
    return json.loads(flags[dial.subject]) if dial.subject in flags else dial.written


def dialled(rules: RuleSet, flags: Mapping[str, str]) -> RuleSet:
    """Returns a policy set with what people have set.

    Raises:
        RuleSetError: a flag that cannot be read; then nothing may leave.
    """
    given = tuple((name, flags[name]) for name in sorted(_BY_SUBJECT.keys() & flags.keys()))
    return _dialled(rules.profile, given, rules) if given else rules


@lru_cache(maxsize=64)
def _dialled(profile: str, given: tuple[tuple[str, str], ...], rules: RuleSet) -> RuleSet:
    found = dict(rules.rules)
    for subject, text in given:
        dial = _BY_SUBJECT[subject]
        try:
            value = dial.checked(json.loads(text))
        except ValueError:
            raise RuleSetError(f"flag {subject}: {text[:40]!r} is not JSON; set it anew.") from None
        spec = found[dial.rule]
        own = spec.parameters[dial.parameter]
        if profile != STANDARD and own != dial.written:
            value = dial.stricter(own, value)
        parameters = MappingProxyType({**spec.parameters, dial.parameter: value})
        found[dial.rule] = replace(spec, parameters=parameters)
    return replace(rules, rules=MappingProxyType(found))


def _phrases(dial: Dial, value: Any) -> list[str]:
    if not isinstance(value, list):
        raise RuleSetError(f"{dial.says}, the value {value!r}: give a list of phrases.")
    found = [" ".join(str(one).split()) for one in value if str(one).strip()]
    for phrase in found:
        if not 3 <= len(phrase) <= 120:
            raise RuleSetError(f"{dial.says}, {phrase!r}: a phrase has 3 to 120 characters.")
    return list(dict.fromkeys(found))


def _ends(dial: Dial, value: Any) -> dict[str, str]:
    if not isinstance(value, dict):
        raise RuleSetError(f"{dial.says}, the value {value!r}: give a day by id of the text.")
    return {name: _day(dial, name, day) for name, day in sorted(_pairs(value))}


def _pairs(value: Mapping[Any, Any]) -> Iterable[tuple[str, str]]:
    return ((str(name), str(day)) for name, day in value.items())


def _day(dial: Dial, name: str, day: str) -> str:
    try:
        return date.fromisoformat(day).isoformat()
    except ValueError:
        raise RuleSetError(f"{dial.says}, {name}: {day!r} is no day; write 2026-03-01.") from None
