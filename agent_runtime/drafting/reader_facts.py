"""What a draft may say of its reader: facts of the CRM and of the thread, each with an id.

They are evidence like approved texts: a sentence that says something of the reader's account or
doings names one of them, and the permit judges it against that one's words.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from agent_runtime.authored import load_yaml
from agent_runtime.domain import Contact, Evidence, Session
from agent_runtime.drafting.merits import READER
from agent_runtime.library.content import LOCALES, SLOT_VALUES, Locale
from agent_runtime.library.playbook import Playbook
from agent_runtime.planning.redlines import is_off_limits
from agent_runtime.policies.facts import Approvals

_FILE = Path(__file__).with_suffix(".yaml")


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    needs: tuple[str, ...]
    playbooks: tuple[str, ...]
    """In which it may be said; none named: in all of them."""
    en: str
    de: str
    es: str
    fr: str
    pt: str
    it: str


class _Lines(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int = Field(ge=1)
    approver: str
    approved_at: date
    facts: dict[str, _Line]


def reader_facts(
    contact: Contact, session: Session, playbook: Playbook, *, language: str
) -> tuple[Evidence, ...]:
    """Returns what may be said of a reader, in placeholder text; sorted by id.

    Args:
        contact: The reader; what the CRM does not tell of them is not said.
        session: Their thread, in the playbook that speaks.
        playbook: Its redlines are never crossed.
        language: In which it is said; in one that is not ours nothing is.
    """
    if language not in LOCALES:
        return ()
    known = _known()
    found = (
        Evidence(name, known.version, "crm" if line.needs else "thread", _said(line, language))
        for name, line in known.facts.items()
        if _may_be_said(line, contact, session, playbook)
    )
    return tuple(sorted(found, key=lambda fact: fact.fact_id))


@dataclass(frozen=True, slots=True)
class ForReader:
    """What is approved for one reader: the library's texts, and what may be said of them."""

    library: Approvals
    contact: Contact
    session: Session
    playbook: Playbook

    def is_approved(self, fact: str, *, text: str, language: str, now: datetime) -> bool:
        """Says whether a fact is live and can read as these very words in this language."""
        if fact.startswith(READER):
            return text in self.texts_of(fact, language=language, now=now)
        return self.library.is_approved(fact, text=text, language=language, now=now)

    def texts_of(self, fact: str, *, language: str, now: datetime) -> tuple[str, ...]:
        """Returns what a live fact says in a language, slots as placeholders."""
        if not fact.startswith(READER):
            return self.library.texts_of(fact, language=language, now=now)
        known = reader_facts(self.contact, self.session, self.playbook, language=language)
        return tuple(e.text for e in known if fact == f"{e.fact_id}@{e.version}")

    def discloses(self, fact: str) -> bool:
        """Says whether a fact tells the reader that an AI writes."""
        return not fact.startswith(READER) and self.library.discloses(fact)


def problems() -> Iterator[str]:
    """Yields what is wrong with the file: slots that are unknown or not among what a line needs."""
    for name, line in _known().facts.items():
        for language in LOCALES:
            try:
                _said(line, language)
            except KeyError as slot:
                yield f"{_FILE.name}: {name}, {language}: the slot {slot} is unknown."


def _may_be_said(line: _Line, contact: Contact, session: Session, playbook: Playbook) -> bool:
    if line.playbooks and playbook.id not in line.playbooks:
        return False
    if not line.needs:
        return session.touches_sent > 0
    return all(
        contact.fact(name) and not is_off_limits(name, contact, playbook.redlines)
        for name in line.needs
    )


def _said(line: _Line, language: Locale | str) -> str:
    return str(getattr(line, language)).format_map(SLOT_VALUES)


@cache
def _known() -> _Lines:
    return _Lines.model_validate(load_yaml(_FILE.read_text(encoding="utf-8")))
