"""The knowledge base as the mind uses it: what answers a message, and what may be quoted."""

from dataclasses import dataclass
from datetime import datetime

from agent_runtime.domain import Contact, Evidence, Session
from agent_runtime.knowledge.facts import find_facts
from agent_runtime.knowledge.passage import EVERYWHERE
from agent_runtime.knowledge.retriever import Retriever
from agent_runtime.library.knowledge import paragraphs_of


@dataclass(frozen=True)
class Quotable:
    """Passages that a retriever finds; `library.knowledge.Knowledge` says what is asked of it."""

    retriever: Retriever

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
        """Returns the fewest facts that answer what a message asks, in its own language only.

        A document for which nobody named a scope may answer wherever a playbook looks
        something up.
        """
        return find_facts(
            message,
            retriever=self.retriever,
            contact=contact,
            session=session,
            scopes=(*scopes, EVERYWHERE) if scopes else (),
            locale=locale,
            now=now,
            limit=limit,
            redlined=frozenset(redlines),
            fallback="",
            is_question=is_question,
        )

    def is_approved(self, fact: str, *, text: str, language: str, now: datetime) -> bool:
        """Says whether a passage is live in these very words and this language."""
        return text in self.texts_of(fact, language=language, now=now)

    def texts_of(self, fact: str, *, language: str, now: datetime) -> tuple[str, ...]:
        """Returns the paragraphs of a passage while it is live in a language."""
        name, _, version = fact.rpartition("@")
        passage = self.retriever.passage(name)
        if (
            passage is None
            or str(passage.version) != version
            or passage.locale != language
            or now >= passage.expires
        ):
            return ()
        return paragraphs_of(passage.text)
