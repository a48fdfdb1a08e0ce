"""A text that belongs to no thread, perceived exactly as the runtime perceives a mail."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

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

_NO_THREAD = Session(tenant_id="", thread_id="", person_id="", contact_id="", playbook="", state="")


_ANY_TIME = datetime(2026, 1, 5, 9, tzinfo=UTC)
"""When a lone text was written is not known; no part of its perception hangs on it."""


class TextFileError(ParleyError):
    """A file of texts that cannot be read."""


def perceive_text(text: str, model: LanguageModel) -> Perception:
    """Returns what a text means when nothing is known of who wrote it, or when."""
    mail = Observation("mail", "", _ANY_TIME, text=text)
    return perceive(mail, _NO_THREAD, model, offered=(), contact=NOBODY)


def read_texts(lines: Iterable[bytes], name: str) -> tuple[str, ...]:
    """Returns the text of each line: JSON objects with a `text`; empty lines are left out.

    Args:
        lines: The lines as they stand in the file.
        name: What errors call the file.

    Raises:
        TextFileError: the first line that is no such object, or is not UTF-8.
    """
    texts = []
    for number, line in enumerate(lines, start=1):
        where = f"{name}, line {number}"
        try:
            decoded = line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError:
            raise TextFileError(f"{where}: not UTF-8; save the file as UTF-8.") from None
        if decoded.strip():
            texts.append(_text_of(decoded, where))
    return tuple(texts)


def read_text_file(path: Path) -> tuple[str, ...]:
    """Returns the texts of a file of JSON lines; see `read_texts`."""
    try:
        with path.open("rb") as lines:
            return read_texts(lines, str(path))
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
