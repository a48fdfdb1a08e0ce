"""How people lay out a mail: greeting, signature, and the quoted original below."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from agent_runtime.sandbox.draw import pick, weighted
from agent_runtime.sandbox.mail_view import MailView
from agent_runtime.sandbox.people import Person
from agent_runtime.sandbox.voices import wording

_MANNERS = {"polite": 45, "brief": 30, "mobile": 25}
_QUOTING = {"below": 60, "headers": 18, "none": 22}


def letter(
    person: Person, words: str, *, seed: int, nth: int, original: MailView | None = None
) -> str:
    """Returns the whole text of a buyer's mail; manners and way of quoting are the person's own."""
    language = wording(person.language)
    manners = weighted(seed, _MANNERS, "manners", person.buyer_id)
    parts = [words]
    if manners == "polite":
        greeting = pick(seed, language["greetings"], "greeting", person.buyer_id, nth)
        closing = pick(seed, language["closings"], "closing", person.buyer_id)
        signature = f"{person.first_name} {person.last_name}\n{person.company}"
        parts = [greeting, words, f"{closing}\n{signature}"]
    elif manners == "brief":
        parts = [words, person.first_name]
    elif manners == "mobile":
        parts = [words, pick(seed, language["mobile"], "mobile", person.buyer_id)]
    if original is not None:
        parts.append(_quoted(person, original, language, seed))
    return "\n\n".join(part for part in parts if part) + "\n"


def answer_subject(subject: str, language: str) -> str:
    """Returns the subject of an answer, as mail programs of the language write it."""
    prefix, _, _ = subject.partition(":")
    is_answer = len(prefix) <= 3 and ":" in subject
    return subject if is_answer else f"{wording(language)['reply_prefix']} {subject}"


def _quoted(person: Person, original: MailView, language: Mapping[str, Any], seed: int) -> str:
    match weighted(seed, _QUOTING, "quoting", person.buyer_id):
        case "below":
            attribution = language["attribution"].format(
                address=original.from_addr, **_dated(person, original.sent_at, language)
            )
            lines = [f"> {line}".rstrip() for line in original.text.splitlines()]
            return "\n".join([attribution, "", *lines])
        case "headers":
            dated = _dated(person, original.sent_at, language)
            values = (
                original.from_addr,
                "{day} {month} {year} {clock}".format(**dated),
                original.to_addr,
                original.subject,
            )
            heads = [
                f"{name}: {value}" for name, value in zip(language["headers"], values, strict=True)
            ]
            return "\n".join([language["original"], *heads, "", original.text.rstrip()])
        case _:
            return ""


def _dated(person: Person, instant: datetime, language: Mapping[str, Any]) -> dict[str, str]:
    local = instant.astimezone(ZoneInfo(person.time_zone))
    return {
        "weekday": language["weekdays"][local.weekday()],
        "day": str(local.day),
        "month": language["months"][local.month - 1],
        "year": str(local.year),
        "clock": f"{local:%H:%M}",
    }
