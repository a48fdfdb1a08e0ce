"""What approved texts ask of a knowledge base: passages that answer, and whether they still may."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from agent_runtime.domain import Contact, Evidence, Session

QUOTE = "kb."
"""What the id of a passage begins with."""


@dataclass(frozen=True, slots=True)
class Quote:
    """A passage as a mail quotes it: word by word, with nothing to fill in."""

    id: str
    version: int
    text: str
    subject: str = ""
    slots: frozenset[str] = frozenset()

    @property
    def fact(self) -> str:
        """The id by which a sentence names its ground."""
        return f"{self.id}@{self.version}"

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """The paragraphs, with braces doubled: they are words here, never slots."""
        doubled = self.text.replace("{", "{{").replace("}", "}}")
        return paragraphs_of(doubled)

    @property
    def spoken_paragraphs(self) -> tuple[str, ...]:
        """The same words, read out."""
        return self.paragraphs


def paragraphs_of(text: str) -> tuple[str, ...]:
    """Returns the paragraphs of a passage, which are the sentences that a draft can stand on."""
    return tuple(part.strip() for part in text.split("\n\n") if part.strip())


class Knowledge(Protocol):
    """Approved passages of documents; `knowledge.quotable.Quotable` for real."""

    def look_up(
        self,
        message: str,
        *,
        is_question: bool,
        contact: Contact,
        session: Session,
        scopes: tuple[str, ...],
        locale: str,
        now: datetime,
        limit: int,
        redlines: tuple[str, ...],
    ) -> tuple[Evidence, ...]:
        """Returns the fewest facts that answer what a message asks, in its language.

        `is_question`: the whole message is one where none of its sentences asks by itself.
        """
        ...

    def is_approved(self, fact: str, *, text: str, language: str, now: datetime) -> bool:
        """Says whether a passage (`id@version`) is live and one of its paragraphs is `text`."""
        ...

    def texts_of(self, fact: str, *, language: str, now: datetime) -> tuple[str, ...]:
        """Returns the paragraphs of a passage (`id@version`) while it is live in a language."""
        ...


class NoKnowledge:
    """A company that has added no documents."""

    def look_up(self, message: str, **_: object) -> tuple[Evidence, ...]:
        """Returns nothing."""
        return ()

    def is_approved(self, fact: str, **_: object) -> bool:
        """Says no: what nobody added nobody approved."""
        return False

    def texts_of(self, fact: str, **_: object) -> tuple[str, ...]:
        """Returns nothing."""
        return ()


NO_KNOWLEDGE = NoKnowledge()
