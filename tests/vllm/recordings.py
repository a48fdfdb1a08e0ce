"""Responses of a real vLLM as `record.py` wrote them down: how each is read, and its shape."""

import json
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "recorded"


def shape(value: object) -> object:
    """Returns names and kinds of a JSON value; lists by what they hold, numbers all alike."""
    if isinstance(value, dict):
        return {name: shape(part) for name, part in sorted(value.items())}
    if isinstance(value, list):
        kinds = {json.dumps(shape(part), sort_keys=True) for part in value}
        return [json.loads(kind) for kind in sorted(kinds)]
    return "number" if isinstance(value, int | float) else type(value).__name__


def read(name: str) -> dict:
    """Returns one recorded response: `status`, `content_type`, and `events` or `body`."""
    return json.loads(_text(name))


@cache
def _text(name: str) -> str:
    return (FOLDER / f"{name}.json").read_text("utf-8")
