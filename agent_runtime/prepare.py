"""Reads every word file once, so that expressions are kept compiled for processes to come."""

from datetime import UTC, datetime

from agent_runtime.channels.email.parse import parse
from agent_runtime.domain import Observation
from agent_runtime.hearing.entities import find_entities
from agent_runtime.hearing.safety import listen
from agent_runtime.library.content import LOCALES
from agent_runtime.policies.restricted import said_in
from agent_runtime.policies.tone import slips_in
from agent_runtime.times.resolve import resolve_times

_TEXT = "Thanks. What does it cost, and can we talk on Tuesday at 10?"
_THEN = datetime(2026, 1, 12, tzinfo=UTC)


def read_word_files() -> None:
    """Holds a mail and an answer against all phrases; opens no model and starts no thread."""
    mail = b"From: a@buyer.example\r\nSubject: A question\r\nMessage-ID: <1@b>\r\n\r\n"
    parse(mail + _TEXT.encode(), mailbox="us@northbeam.example")
    listen(Observation("mail", "a", _THEN, text=_TEXT))
    for language in LOCALES:
        find_entities(_TEXT, language)
    resolve_times(_TEXT, now=_THEN, zone="Europe/Berlin")
    for kind in ("topics", "claims", "discounts"):
        said_in(kind, _TEXT)
    slips_in(_TEXT, "en")
