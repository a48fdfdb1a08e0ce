"""Approved wording: Markdown with front matter, one file per content and language."""

import re
from datetime import UTC, date, datetime, time
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from agent_runtime.authored import load_yaml
from agent_runtime.errors import ParleyError
from agent_runtime.times.local_times import TIME_PATTERN
from agent_runtime.times.times_aloud import ALOUD_LIST_PATTERN, ALOUD_PATTERN

Locale = Literal["en", "es", "de", "fr", "pt", "it"]
LOCALES: tuple[Locale, ...] = get_args(Locale)

Kind = Literal[
    "opener",
    "follow_up",
    "answer",
    "question",
    "slots",
    "confirm",
    "signature",
    "stop",
    "handoff",
    "courtesy",
    "agenda",
    "asset",
    "track",
]
"""asset: material that is shared; track: a talk track of a research brief, for people of ours."""

FACT_SLOTS = (
    "event",
    "event_date",
    "session",
    "milestone",
    "next_milestone",
    "usage",
    "feature",
    "product",
    "target_product",
    "renewal_date",
    "trigger",
    "lost_reason",
    "article",
    "story",
    "specialist",
    "headline",
)
"""Slots that a fact of the CRM fills; the text cannot be used where the fact is not known."""

CHAT_LINK = "chat_link"
"""Slot of a paragraph that is left out where no page with the chat is set."""

PAGES_LINK = "pages_link"
"""Slot of a paragraph that is left out where people have no pages of their own."""

SURVEY_LINK = "survey_link"
"""Slot of a paragraph that is left out where its reader is not to be asked."""

LINK_SLOTS = ("confirm_link", "agreed_words", "request_link", CHAT_LINK, PAGES_LINK, SURVEY_LINK)
"""Slots that the code which speaks the text fills, for that one mail."""

SLOT_VALUES = {
    "first_name": "[[FIRST_NAME]]",
    "company": "[[COMPANY]]",
    "owner_name": "[[OWNER_NAME]]",
} | {name: f"[[{name.upper()}]]" for name in (*FACT_SLOTS, *LINK_SLOTS)}
"""Slots that are placeholders until the mail is on the wire."""

SLOT = re.compile(r"\{([^{}]*)\}")


class LibraryError(ParleyError):
    """A playbook, content or scenario file that cannot be used."""


class Content(BaseModel):
    """One approved text in one language. A change of meaning is a new version."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z_]+(\.[a-z_]+)+$")
    version: int = Field(ge=1)
    locale: Locale
    kind: Kind
    claim: str = Field(min_length=1)
    """What the text claims, in English, in one line: this is what the approver approves."""
    approver: str = Field(min_length=1)
    approved_at: date
    expires_at: date
    subject: str = ""
    audience: tuple[str, ...] = ()
    """Words in a job title that make this text the better choice; empty suits everybody.

    Words of up to three letters (`cto`, `bi`) must stand alone, longer ones may be part of another.
    """
    needs: tuple[str, ...] = ()
    """Facts of the CRM without which the text would not be true or welcome."""
    where: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Facts of the CRM that must have one of these values: `target_product: [Relay Audit]`."""
    topics: tuple[str, ...] = ()
    """Beginnings of words by which a buyer names what the text is about; a row that chooses says
    the text only to a buyer who used one of them."""
    whatsapp_template: str = Field(default="", pattern=r"^(HX[0-9a-fA-F]{32})?$")
    """ContentSid of the same text as WhatsApp approved it, places numbered as they occur."""
    if_yes: Literal["", "interested", "book_meeting"] = ""
    """What a bare yes means, said on the telephone to the question that the text ends with."""
    if_no: Literal["", "not_interested", "not_now", "thanks_bye"] = ""
    greeting: str = ""
    greeting_without_name: str = ""
    discloses_ai: bool = False
    body: str = Field(min_length=1)
    spoken: str = ""
    """The same text as it is said on the telephone; empty where its body can be said as it is."""

    @field_validator("subject", "greeting", "greeting_without_name", "body", "spoken")
    @classmethod
    def _knows_its_slots(cls, text: str) -> str:
        for name in SLOT.findall(text):
            if name not in _SLOT_PATTERNS:
                known = ", ".join(f"{{{n}}}" for n in _SLOT_PATTERNS)
                raise ValueError(f"the slot {{{name}}} is unknown; the slots are {known}")
        return text

    @property
    def fact(self) -> str:
        """The id by which a sentence names this text as its ground."""
        return f"{self.id}@{self.version}"

    @cached_property
    def paragraphs(self) -> tuple[str, ...]:
        """The paragraphs of the text, slots still open."""
        return _paragraphs(self.body)

    @cached_property
    def spoken_paragraphs(self) -> tuple[str, ...]:
        """The paragraphs as they are said on the telephone, slots still open."""
        return _paragraphs(self.spoken) or self.paragraphs

    @property
    def claims(self) -> tuple[str, ...]:
        """The paragraphs as a draft may stand on them: facts of the CRM as placeholders.

        Paragraphs with times or other slots that only this text fills are left out.
        """
        return tuple(
            part.format_map(SLOT_VALUES)
            for part in self.paragraphs
            if SLOT_VALUES.keys() >= set(SLOT.findall(part))
        )

    def without(self, *links: str) -> "Content":
        """Returns the same text without the paragraphs of these links, where a company has none."""
        marks = [f"{{{link}}}" for link in links]
        if not any(mark in self.body for mark in marks):
            return self
        kept = (part for part in self.paragraphs if not any(mark in part for mark in marks))
        return Content.model_validate({**self.model_dump(), "body": "\n\n".join(kept)})

    @cached_property
    def slots(self) -> frozenset[str]:
        """Names of the slots that the text needs."""
        return frozenset(SLOT.findall(self.subject + self.body + self.spoken))

    @cached_property
    def expires(self) -> datetime:
        """The first instant at which the text must not be served any more."""
        return datetime.combine(self.expires_at, time(), UTC)

    def can_read_as(self, text: str) -> bool:
        """Says whether this content, its slots filled, can be these very words."""
        known = self._read_before.get(text)
        if known is None:
            known = any(pattern.fullmatch(text) for pattern in self._patterns)
            if len(self._read_before) >= _REMEMBERED:
                self._read_before.clear()
            self._read_before[text] = known
        return known

    @cached_property
    def _read_before(self) -> dict[str, bool]:
        """Several rules ask about the same sentence, and most sentences come again."""
        return {}

    @cached_property
    def _patterns(self) -> tuple[re.Pattern[str], ...]:
        hellos = (self.greeting, self.greeting_without_name)
        wordings = dict.fromkeys((*self.paragraphs, *self.spoken_paragraphs, *hellos))
        return tuple(_pattern(wording) for wording in wordings if wording)


def read_content(path: Path) -> Content:
    """Returns the content of a Markdown file with front matter."""
    fields, body = read_matter(path)
    try:
        return Content.model_validate({**fields, "body": body})
    except ValidationError as error:
        raise LibraryError(f"{path}: {sentence_of(error)}") from None


def read_matter(path: Path) -> tuple[dict[str, Any], str]:
    """Returns the fields and the text of a Markdown file with front matter.

    Raises:
        LibraryError: it is not UTF-8, has no front matter, or that is no YAML with fields.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise LibraryError(f"{path}: the file is not UTF-8; save it as UTF-8.") from None
    _, fence, rest = text.partition("---\n")
    matter, closing, body = rest.partition("\n---\n")
    if not (fence and closing):
        raise LibraryError(f"{path}: front matter between two lines of --- is missing; add it.")
    try:
        return {**load_yaml(matter)}, body.strip()
    except (yaml.YAMLError, TypeError) as error:
        raise LibraryError(f"{path}: the front matter is not YAML ({_line(error)}).") from None


def sentence_of(error: ValidationError) -> str:
    """Returns the first problem of a validation as a sentence with field, value and rule."""
    first = error.errors(include_url=False)[0]
    field = ".".join(str(part) for part in first["loc"]) or "the file"
    value = "" if first["type"] == "missing" else f", the value {str(first['input'])[:60]!r}"
    return f"field {field}{value}: {first['msg']}."


def _paragraphs(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split("\n\n") if part.strip())


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:160]


_REMEMBERED = 500
"""Texts of which one content remembers whether it can read so."""
_SLOT_PATTERNS = {name: re.escape(value) for name, value in SLOT_VALUES.items()} | {
    "time": rf"(?:{TIME_PATTERN}|{ALOUD_PATTERN})",
    "slots": rf"(?:1\) {TIME_PATTERN}(?:\n[2-9]\) {TIME_PATTERN})*|{ALOUD_LIST_PATTERN})",
}


def _pattern(wording: str) -> re.Pattern[str]:
    parts = SLOT.split(wording)
    return re.compile(
        "".join(_SLOT_PATTERNS[p] if i % 2 else re.escape(p) for i, p in enumerate(parts))
    )
