"""What was edited between two versions of a spec: each field with its value before and after."""

from collections.abc import Iterator, Mapping
from typing import Any

from experiments.canonical import canonical_json

_LONGEST = 60
_ABSENT = object()


def edits(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Returns `arms.agent from 0.5 to 0.8`, one for each field that differs, in their order."""
    old, new = dict(_leaves(before)), dict(_leaves(after))
    return [
        f"{field} from {_shown(old.get(field, _ABSENT))} to {_shown(new.get(field, _ABSENT))}"
        for field in sorted({*old, *new})
        if old.get(field, _ABSENT) != new.get(field, _ABSENT)
    ]


def _leaves(content: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in content.items():
        if isinstance(value, Mapping) and value:
            yield from _leaves(value, f"{path}{name}.")
        else:
            yield f"{path}{name}", value


def _shown(value: object) -> str:
    if value is _ABSENT:
        return "nothing"
    text = canonical_json(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
