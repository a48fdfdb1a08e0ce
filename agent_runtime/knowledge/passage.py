"""A passage: a few sentences of a document that somebody approved, with an id and a version."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from agent_runtime.errors import ParleyError

EVERYWHERE = "general"
"""The scope of a document for which nobody named one."""


class KnowledgeError(ParleyError):
    """A document or a knowledge file that cannot be used."""


@dataclass(frozen=True, slots=True)
class Passage:
    """One retrievable fact; its text is what was approved, word by word."""

    id: str
    """`kb.<document>.<hash>`: changes with the words, never with the file around them."""
    version: int
    """The version of the document in which these words first stood."""
    document: str
    heading_path: tuple[str, ...]
    """The document's title, then the headings above the text."""
    text: str
    source: str
    """Name of the file that it came from."""
    locale: str
    scopes: tuple[str, ...]
    approver: str
    approved_at: date
    expires_at: date

    @property
    def expires(self) -> datetime:
        """The first instant at which it must not be served any more."""
        return datetime.combine(self.expires_at, time(), UTC)

    @property
    def searchable(self) -> str:
        """Headings and text: a passage means what it says under its headings."""
        return f"{' > '.join(self.heading_path)}\n{self.text}"


def content_hash(heading_path: Sequence[str], text: str, *, locale: str) -> str:
    """Returns what stands for the words of a passage: its headings, its text, its language."""
    whole = "\x1f".join((locale, *heading_path, text))
    return hashlib.sha256(whole.encode()).hexdigest()[:10]


def passage_id(document: str, heading_path: Sequence[str], text: str, *, locale: str) -> str:
    """Returns the id of a passage; the same words in the same document always have the same."""
    return f"kb.{document}.{content_hash(heading_path, text, locale=locale)}"
