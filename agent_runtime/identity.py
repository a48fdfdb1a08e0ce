"""Who a visitor is: a person of their own, until something proves them to be somebody."""

from dataclasses import replace
from datetime import datetime
from typing import Literal

from agent_runtime import log
from agent_runtime.domain import ChannelName, Contact, Session
from agent_runtime.placeholders import Redacted, fill, redact
from agent_runtime.planning.by_mail import ADDRESS
from agent_runtime.ports import Tx
from agent_runtime.profile import Profile

Joined = Literal["joined", "same", "busy", "somebody_else"]
"""busy: an answer is on its way, ask again later; somebody_else: the window is another person's."""


def join(
    tx: Tx,
    channel: ChannelName,
    address: str,
    person_id: str,
    *,
    versions: log.Versions,
    now: datetime,
) -> Joined:
    """Gives a window or number to the person that its holder has proven to be.

    What was learned goes with it. A stop and every arm of the unknown visitor bind the known person
    from now on: the strictest wins, and each is analysed as assigned.
    """
    holder = tx.person_at(channel, address)
    contact = tx.contact_of(person_id)
    if holder == person_id or contact is None:
        return "same" if contact else "somebody_else"
    if not holder:
        tx.add_address(channel, address, person_id, now=now)
        return "joined"
    visitor, before = tx.contact_of(holder), tx.session_of(holder)
    if visitor is None or visitor.email or before is None:
        return "somebody_else"
    if not tx.is_settled(before.thread_id):
        return "busy"
    for assignment in tx.assignments(holder):
        tx.add_assignment(assignment.model_copy(update={"person_id": person_id}))
    session = _with_what_was_learned(tx.session_of(person_id), before, contact, channel)
    tx.save_session(session)
    _hand_tasks_on(tx, visitor, before, contact, session)
    if reason := tx.suppressed(holder):
        _stop(tx, session, reason, address, versions=versions, now=now)
    tx.move_address(channel, address, person_id, now=now)
    return "joined"


def complete(tx: Tx, channel: ChannelName, address: str, profile: Profile) -> bool:
    """Gives an unknown visitor the e-mail address and names of a form; False if it is no use.

    Only for an address that is nobody's: whoever types in another's stays who they were.
    """
    contact = tx.contact_of(tx.person_at(channel, address))
    said = profile.cleaned()
    if contact is None or contact.email or not said.email or tx.contact_by_email(said.email):
        return False
    names = ("first_name", "last_name", "company", "title", "country", "language", "time_zone")
    new = {name: getattr(said, name) for name in names if not getattr(contact, name)}
    tx.add_contact(replace(contact, email=said.email, **new))
    return True


def adopt_address(tx: Tx, contact: Contact, said: Redacted) -> bool:
    """Makes the one address in a text the contact's own, unless it is somebody else's."""
    given = {said.originals[token].lower() for token in ADDRESS.findall(said.text)}
    if contact.email or len(given) != 1:
        return False
    (address,) = given
    if tx.contact_by_email(address) is not None:
        return False
    tx.add_contact(replace(contact, email=address))
    return True


def _with_what_was_learned(
    known: Session | None, before: Session, contact: Contact, channel: ChannelName
) -> Session:
    """Names and words of the visitor's thread are in its own vault: only what is plain is taken."""
    session = known or replace(
        before,
        thread_id=f"thread-{contact.person_id}",
        person_id=contact.person_id,
        contact_id=contact.contact_id,
        facts_known=(),
        wanted=None,
    )
    plain = tuple((name, said) for name, said in before.facts_known if "[[" not in said)
    return replace(
        session,
        channel=channel,
        language=before.language or session.language,
        speaker="human" if "human" in (before.speaker, session.speaker) else "agent",
        facts_known=tuple((dict(plain) | dict(session.facts_known)).items()),
        contents_used=tuple(dict.fromkeys((*session.contents_used, *before.contents_used))),
        disclosed_on=tuple(dict.fromkeys((*session.disclosed_on, *before.disclosed_on))),
    )


def _hand_tasks_on(
    tx: Tx, visitor: Contact, before: Session, contact: Contact, session: Session
) -> None:
    """What waits for a person is answered in the thread where the visitor now is."""
    originals = tx.recall(before.thread_id)
    for task in tx.open_human_tasks():
        if task.thread_id == before.thread_id:
            words = fill(task.text, visitor, originals)
            redacted = redact(words, contact, known=tx.recall(session.thread_id))
            tx.remember(session.thread_id, redacted.originals)
            tx.save_human_task(
                replace(
                    task,
                    thread_id=session.thread_id,
                    person_id=session.person_id,
                    text=redacted.text,
                )
            )


def _stop(
    tx: Tx, session: Session, reason: str, source: str, *, versions: log.Versions, now: datetime
) -> None:
    if tx.suppress(session.person_id, reason=reason, source=source, now=now):
        journal = log.Journal(tx, session, now=now, versions=versions)
        journal.write("suppression", source, payload=log.stop(reason, source))
