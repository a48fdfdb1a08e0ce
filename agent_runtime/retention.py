"""What is kept how long: old words are emptied, with a note of when and by which rule (R198, R240).

Who said stop, what was agreed to, who is in which arm and every figure that a metric reads stay.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from agent_runtime.policies.ruleset import flag_of, profile_of

LAST_RUN = "retention"
"""Name under which the store keeps when words were last removed."""

WORDS = frozenset(
    {
        "text",
        "subject",
        "draft",
        "heard",
        "words",
        "detail",
        "why",
        "note",
        "reason",
        "reasons",
        "entities",
        "basis",
        "fields",
        "records",
        "source_text",
        "summary",
    }
)
"""Fields of a trace in which somebody's words may stand, at whatever depth."""

_CODES = frozenset({"suppression", "review", "survey", "incident", "cost", "meeting", "call"})
"""Kinds of which `reason` is one of a closed list, and a figure."""


@dataclass(frozen=True, slots=True)
class Keep:
    """How long the words of one thread are kept, and by which rule."""

    days: int
    profile: str

    @property
    def rule(self) -> str:
        """The rule as a note names it."""
        return f"retention/{self.profile} ({self.days} days)"

    def before(self, now: datetime) -> datetime:
        """Returns the instant before which words go."""
        return now - timedelta(days=self.days)

    def note(self, now: datetime) -> str:
        """Returns what stands where words stood."""
        return f"{now:%Y-%m-%d} {self.rule}"


def keep_for(flags: Mapping[str, str], playbook: str) -> Keep:
    """Returns how long the words of a playbook's threads are kept."""
    rules = profile_of(flags, playbook)
    return Keep(rules.retention_days, rules.profile)


def shortest(flags: Mapping[str, str]) -> Keep:
    """Returns the shortest time for which anybody's words are kept."""
    start = flag_of("x")[:-1]
    named = ("", *(name.removeprefix(start) for name in flags if name.startswith(start)))
    return min((keep_for(flags, name) for name in named), key=lambda keep: keep.days)


def without_words(kind: str, payload: Mapping[str, Any], *, note: str) -> dict[str, Any]:
    """Returns the payload of a trace with all words emptied and a note of that.

    Numbers, ids, codes and decisions stay as they are, so that every figure stays as it is.

    Args:
        kind: What the trace is of.
        payload: As it was written.
        note: When and by which rule.
    """
    return {**_emptied(kind, payload, depth=0), "retention": note}


def has_words(kind: str, payload: Mapping[str, Any]) -> bool:
    """Says whether emptying a payload, once or once more, would change more than its note."""
    return _emptied(kind, payload, depth=0) != payload


def rule_of_words() -> str:
    """Returns what decides which fields hold words, as a text that differs when the rule does."""
    return " ".join((*sorted(WORDS), "codes:", *sorted(_CODES)))


def _emptied(kind: str, value: Any, *, depth: int) -> Any:
    if isinstance(value, Mapping):
        return {
            name: _nothing(part)
            if name in WORDS and not _is_code(kind, name, depth)
            else _emptied(kind, part, depth=depth + 1)
            for name, part in value.items()
        }
    if isinstance(value, list):
        return [_emptied(kind, part, depth=depth + 1) for part in value]
    return value


def _is_code(kind: str, name: str, depth: int) -> bool:
    """The `reason` of a chosen action, a candidate or a stop is a code; a verdict's is a text."""
    return name == "reason" and (kind in _CODES or (kind, depth) in (("turn", 1), ("crm_write", 0)))


def _nothing(value: Any) -> Any:
    """Returns the empty value of the same kind, so that readers find what they expect."""
    empty: dict[type, Any] = {str: "", list: [], dict: {}}
    return empty.get(type(value))
