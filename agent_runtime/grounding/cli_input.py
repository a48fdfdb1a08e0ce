"""What `parley ground` is given, checked line by line: a draft with its facts."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from agent_runtime.errors import ParleyError
from agent_runtime.grounding.draft import Given

_SHOWN = 60


class DraftFileError(ParleyError):
    """A file of drafts that cannot be read at all."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft, where it stands, and what it may stand on."""

    number: int
    text: str
    facts: tuple[Given, ...]


@dataclass(frozen=True, slots=True)
class Malformed:
    """A line that is no draft, and why: line, field, value and rule in one sentence."""

    number: int
    reason: str


def read_drafts(source: Path | BinaryIO) -> Iterator[Draft | Malformed]:
    """Yields every line of a file, as a draft or with what is wrong; blank lines are left out.

    Raises:
        DraftFileError: there is no such file, or it cannot be read.
    """
    try:
        lines = source.read_bytes() if isinstance(source, Path) else source.read()
    except FileNotFoundError:
        raise DraftFileError(f"{source}: no such file; name a file of JSON lines, or -.") from None
    except OSError as error:
        raise DraftFileError(f"{source}: cannot be read ({error.strerror}).") from None
    for number, line in enumerate(lines.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        if line.strip():
            yield _draft(number, line)


def _draft(number: int, line: bytes) -> Draft | Malformed:
    def wrong(field: str, value: object, rule: str) -> Malformed:
        shown = f", the value {str(value)[:_SHOWN]!r}" if value is not None else ""
        return Malformed(number, f"line {number}, field {field}{shown}: {rule}.")

    row = _row(number, line)
    if isinstance(row, Malformed):
        return row
    if not isinstance(row.get("text"), str):
        return wrong("text", row.get("text"), "must be a string, the draft")
    if not isinstance(row.get("facts"), list):
        return wrong("facts", row.get("facts"), "must be a list of facts, empty if there are none")
    for place, fact in enumerate(row["facts"]):
        if problem := _problem(fact):
            return wrong(f"facts.{place}{problem[0]}", problem[1], problem[2])
    facts = tuple(Given(str(fact["id"]), fact["text"]) for fact in row["facts"])
    return Draft(number, row["text"], facts)


def _row(number: int, line: bytes) -> dict[str, Any] | Malformed:
    try:
        row = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError:
        return Malformed(number, f"line {number}: not UTF-8; save the file as UTF-8.")
    except (json.JSONDecodeError, RecursionError):
        shown = line.decode("utf-8").strip()[:_SHOWN]
        return Malformed(number, f"line {number}: {shown!r} is not JSON; write one object a line.")
    if not isinstance(row, dict):
        return Malformed(number, f'line {number}: no object; write {{"facts": […], "text": "…"}}.')
    return row


def _problem(fact: Any) -> tuple[str, object, str] | None:
    if not isinstance(fact, dict):
        return "", fact, "must be an object with id and text"
    if not isinstance(fact.get("id"), str | int):
        return ".id", fact.get("id"), "must be a string that names the fact"
    if not isinstance(fact.get("text"), str):
        return ".text", fact.get("text"), "must be a string, what the fact says"
    return None
