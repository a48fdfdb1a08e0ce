"""What two versions of a thing say otherwise, a line each."""

from collections.abc import Iterator, Mapping
from difflib import unified_diff
from typing import Any

MOST = 12
_LONGEST = 160
_UNSAID = {"version", "approver", "approved_at"}
"""What a change of version always changes, and what the sentence says already."""


def lines_of(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Returns the fields that are otherwise, lines of long words one by one; the first dozen."""
    found = [
        line
        for name in sorted(then.keys() | now.keys())
        if name not in _UNSAID and then.get(name) != now.get(name)
        for line in _values(name, then.get(name), now.get(name))
    ]
    more = len(found) - MOST
    return [*found[:MOST], *([f"and {more} more"] if more > 0 else [])]


def _values(name: str, then: Any, now: Any) -> Iterator[str]:
    if isinstance(then, dict) and isinstance(now, dict):
        for key in sorted(then.keys() | now.keys()):
            if then.get(key) != now.get(key):
                yield from _values(f"{name}, {key}", then.get(key), now.get(key))
    elif isinstance(then, list) and isinstance(now, list):
        yield from (f"{name} no longer has: {_short(v)}" for v in then if v not in now)
        yield from (f"{name} now has: {_short(v)}" for v in now if v not in then)
    elif isinstance(then, str) and isinstance(now, str) and "\n" in then + now:
        for line in unified_diff(then.splitlines(), now.splitlines(), lineterm="", n=0):
            if line[:1] in "+-" and line[:3] not in ("+++", "---") and line[1:].strip():
                yield f"{'now says' if line[0] == '+' else 'no longer says'}: {_short(line[1:])}"
    else:
        yield f"{name}: {_short(now)}, was {_short(then)}"


def _short(value: Any) -> str:
    if value is None:
        return "nothing"
    text = " ".join(str(value).split())
    text = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
    return f"“{text}”" if isinstance(value, str) and " " in text else text
