"""When a script hands over, as rows of a playbook."""

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from agent_runtime.hearing.safety import plain
from agent_runtime.words import any_of, read_words


@dataclass(frozen=True, slots=True)
class HandOffs:
    """Rows for the rules that were understood, and the rules that were not."""

    rows: list[dict[str, Any]]
    unruled: tuple[str, ...]


def hand_off_rows(rules: tuple[str, ...]) -> HandOffs:
    """Returns one row for each rule that names a known reason to hand over."""
    rows, unruled = [], []
    taken: set[str] = set()
    for rule in rules:
        found = {kind: _heard(rule, kind) for kind in ("signals", "intents")}
        named = [name for names in found.values() for name in names]
        new = {k: [n for n in names if n not in taken] for k, names in found.items()}
        taken.update(named)
        if not named:
            unruled.append(rule)
        elif any(new.values()):
            rows.append(
                {
                    **{kind: names for kind, names in new.items() if names},
                    "do": "hand_off",
                    "say": ["handoff.owner"],
                    "next": "handed_off",
                    "reason": f"script_hands_over_{next(n for ns in new.values() for n in ns)}",
                    "route_to": "owner",
                }
            )
    return HandOffs(rows, tuple(unruled))


def _heard(rule: str, kind: str) -> list[str]:
    return [name for name, pattern in _reasons()[kind].items() if pattern.search(plain(rule))]


@cache
def _reasons() -> dict[str, dict[str, re.Pattern[str]]]:
    words = read_words("script")["hands_over_on"]
    return {
        kind: {name: re.compile(rf"(?<!\w){any_of(w)}(?!\w)") for name, w in reasons.items()}
        for kind, reasons in words.items()
    }
