"""How a person reads a mail: what is offered, and whether something is asked."""

import re
from dataclasses import dataclass

from agent_runtime.sandbox.mail_view import MailView

_OPTION = re.compile(r"^\s*(\d)[.)]\s+(.+?)\s*$", re.MULTILINE)
_CLOCK = re.compile(r"\d{1,2}\s?(?:[:.h]\s?\d{2}|h\b|[ap]\.?m\b|Uhr)", re.IGNORECASE)
_LENGTH_OR_ZONE = re.compile(r"\s*(?:[(\[]|[-–—]\s*\d{1,2}[:.h]).*$")
_SIGNATURE = "-- "


@dataclass(frozen=True, slots=True)
class Option:
    """One of the times in a numbered list."""

    number: int
    words: str
    """The day and the time as they were written, without length and zone."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a person takes from a mail."""

    options: tuple[Option, ...]
    asks: bool
    invites: bool


def read(mail: MailView) -> Reading:
    """Returns what the new words of the mail say; quoted lines and the signature do not count."""
    words = new_words(mail.text)
    options = tuple(
        Option(int(number), _LENGTH_OR_ZONE.sub("", text))
        for number, text in _OPTION.findall(words)
        if _CLOCK.search(text)
    )
    return Reading(options=options, asks="?" in words, invites=mail.has_invite)


def new_words(text: str) -> str:
    """Returns the text above the signature, without lines that quote an earlier mail."""
    kept: list[str] = []
    for line in text.splitlines():
        if line == _SIGNATURE:
            break
        if not line.startswith(">"):
            kept.append(line)
    return "\n".join(kept)
