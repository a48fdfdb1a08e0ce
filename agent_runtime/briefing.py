"""A research brief on request: for the rep who asks, names filled in, nothing written."""

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from agent_runtime.arms import is_held
from agent_runtime.clock import read_now
from agent_runtime.domain import Contact, Session
from agent_runtime.errors import ParleyError
from agent_runtime.library.catalog import Library, company_library
from agent_runtime.library.content import LOCALES
from agent_runtime.placeholders import fill
from agent_runtime.planning.outline import BRIEF_LANGUAGE, touch_texts
from agent_runtime.ports import Tx
from agent_runtime.research import write_brief
from agent_runtime.settings import Settings
from agent_runtime.status import open_store

PLAYBOOK = "account_research"
"""Whose tracks and redlines a brief has, whatever playbook the person is in."""


@dataclass(frozen=True, slots=True)
class Brief:
    """What a rep gets."""

    person_id: str
    suppressed: str
    """Why the person must not be written to; empty when they may be."""
    tracks: tuple[str, ...]
    """Id and version of each talk track, in the order in which to try them."""
    text: str
    """The brief in Markdown, with names."""

    def as_dict(self) -> dict[str, Any]:
        """Returns the brief as JSON can hold it."""
        return asdict(self)


def read_brief(settings: Settings, who: str, *, language: str = BRIEF_LANGUAGE) -> Brief:
    """Returns the brief on a person of a workspace.

    Args:
        settings: Where the runtime store lies.
        who: Id of a person, or one of their e-mail addresses.
        language: Of the talk tracks.

    Raises:
        ParleyError: nobody is called so, the language is none of ours, or the person is in the
            holdout.
    """
    if language not in LOCALES:
        raise ParleyError(
            f"--language {language!r}: talk tracks are in {', '.join(LOCALES)}; use one of them."
        )
    store = open_store(settings)
    now = read_now(store.engine)
    with store.begin() as tx:
        return _brief(tx, company_library(settings.paths.library), who, language=language, now=now)


def _brief(tx: Tx, library: Library, who: str, *, language: str, now: datetime) -> Brief:
    contact = tx.contact_by_email(who.strip()) if "@" in who else tx.contact_of(who.strip())
    if contact is None:
        raise ParleyError(
            f"{who!r} is no person and no e-mail address of this run; give a person_id or the "
            "address that the CRM has."
        )
    if is_held(tx, contact.person_id):
        raise ParleyError(
            f"{who!r} is in the holdout or has no assignment, and the holdout gets no agent help, "
            "so that the comparison stays fair; prepare for this talk without a brief."
        )
    playbook = library.playbook(PLAYBOOK)
    session = _thread(tx, contact)
    suppressed = tx.suppressed(contact.person_id)
    tracks = touch_texts(library, playbook, playbook.touches[0], contact, now=now)
    text = write_brief(
        session,
        contact,
        [track.id for track in tracks],
        library,
        suppressed=suppressed,
        language=language,
    )
    return Brief(
        person_id=contact.person_id,
        suppressed=suppressed,
        tracks=tuple(track.fact for track in tracks),
        text=fill(text, contact, tx.recall(session.thread_id)),
    )


def _thread(tx: Tx, contact: Contact) -> Session:
    known = tx.session_of(contact.person_id)
    if known is not None:
        return replace(known, playbook=PLAYBOOK)
    return Session(
        tenant_id=contact.tenant_id,
        thread_id=f"thread-{contact.person_id}",
        person_id=contact.person_id,
        contact_id=contact.contact_id,
        playbook=PLAYBOOK,
        state="",
    )
