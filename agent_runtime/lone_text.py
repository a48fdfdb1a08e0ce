"""A text that belongs to no thread, perceived exactly as the runtime perceives a mail."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from agent_runtime.domain import Contact, Observation, Perception, Session
from agent_runtime.errors import ParleyError
from agent_runtime.models.language import LanguageModel
from agent_runtime.perceive import perceive

_LONGEST_SHOWN = 60

NOBODY = Contact(
    tenant_id="",
    contact_id="",
    person_id="",
    account_id=None,
    email="",
    first_name="",
    last_name="",
    title="",
    company="",
    country="",
    language="",
    time_zone="",
    owner_id="",
    owner_name="",
    mailbox="",
)
"""Somebody of whom nothing is known."""

_NO_THREAD = Session(
    tenant_id="", thread_id="", person_id="", contact_id="", playbook="", state=""
)


class TextFileError(ParleyError):
    """A file of texts that cannot be read."""


def perceive_text(text: str, model: LanguageModel, *, now: datetime) -> Perception:
    """Returns what a text means when nothing is known of who wrote it.

    Args:
        text: What was written.
        model: Asked for intents.
        now: When it was written.
    """
    mail = Observation("mail", "", now, text=text)
    return perceive(mail, _NO_THREAD, model, offered=(), contact=NOBODY)


def perceive_lines(lines: TextIO, name: str, model: LanguageModel) -> Iterator[dict[str, Any]]:
    """Yields one record a line: what each text means, in the words of the conventions.

    Args:
        lines: JSON objects, one a line, each with a `text`; empty lines are left out.
        name: What errors call the file.
        model: Asked for intents.

    Raises:
        TextFileError: a line is no such object, or the file is not UTF-8.
    """
    for text in read_texts(lines, name):
        yield as_record(perceive_text(text, model, now=datetime.now(UTC)))


def read_texts(lines: TextIO, name: str) -> Iterator[str]:
    """Yields the text of each line; the first line that has none is an error."""
    try:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                yield _text_of(line, f"{name}, line {number}")
    except UnicodeDecodeError:
        raise TextFileError(f"{name}: the file is not UTF-8; save it as UTF-8.") from None


def open_texts(path: Path) -> TextIO:
    """Returns an open file of texts."""
    try:
        return path.open(encoding="utf-8-sig")
    except FileNotFoundError:
        raise TextFileError(f"{path}: no such file; name a file of JSON lines, or -.") from None
    except OSError as error:
        raise TextFileError(f"{path}: cannot be read ({error.strerror}).") from None


def as_record(seen: Perception) -> dict[str, Any]:
    """Returns a perception as JSON has it; confidences in [0, 1]."""
    entities: dict[str, list[str]] = {}
    for name, span in seen.entities:
        entities.setdefault(name, []).append(span)
    return {
        "primary": seen.primary,
        "abstain": seen.abstain,
        "intents": [{"name": g.name, "confidence": g.confidence} for g in seen.intents],
        "signals": list(seen.signals),
        "opt_out": seen.opt_out,
        "entities": entities,
        "objections": list(seen.objections),
        "language": seen.language,
    }


def _text_of(line: str, where: str) -> str:
    shown = line.strip()[:_LONGEST_SHOWN]
    try:
        row = json.loads(line)
    except json.JSONDecodeError:
        raise TextFileError(f"{where}: {shown!r} is not JSON; write one object a line.") from None
    if not isinstance(row, dict) or "text" not in row:
        raise TextFileError(f'{where}: {shown!r} has no text; write {{"text": "…"}}.')
    if not isinstance(row["text"], str):
        raise TextFileError(f"{where}: field text, the value {row['text']!r}: not a string.")
    return row["text"]
