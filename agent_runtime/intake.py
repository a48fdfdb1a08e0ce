"""Takes in what people write in a chat, a form or a text: one event each, a stop at once."""

import hashlib
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from agent_runtime import log
from agent_runtime.domain import ChannelName, Contact, Session
from agent_runtime.hearing.safety import is_opt_out
from agent_runtime.identity import adopt_address
from agent_runtime.newcomers import Newcomers
from agent_runtime.placeholders import redact
from agent_runtime.ports import Store, Tx
from agent_runtime.profile import Profile
from agent_runtime.store.rows import Inbound


@dataclass(frozen=True, slots=True)
class Arrival:
    """One message as a channel received it."""

    channel: ChannelName
    message_id: str
    """The channel's own id: a repeat has the same."""
    sender: str
    """Chat window, number or address; for a form the address that was typed in."""
    text: str
    recipient: str = ""
    """Which number or page of ours."""
    subject: str = ""
    profile: Profile = field(default_factory=Profile)
    """What the sender said of themselves, used only where nothing is known yet."""
    is_stop: bool = False
    """The channel itself reports a stop, such as a carrier's keyword."""

    @property
    def key(self) -> str:
        """Identity of the message over all channels."""
        return hashlib.sha256(f"{self.channel}\x1f{self.message_id}".encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of an arrival."""

    person_id: str
    thread_id: str
    key: str
    is_new: bool
    """False for a repeat, which changes nothing."""


@dataclass(frozen=True, slots=True)
class Intake:
    """Stores messages in the one thread of their person, in placeholder text, due for an answer."""

    store: Store
    newcomers: Newcomers
    versions: log.Versions
    reply_after: timedelta = timedelta(0)

    def take(self, arrival: Arrival, *, now: datetime) -> Taken | None:
        """Stores one message; None when nobody of ours could answer for the sender.

        A stop is obeyed here and not when the answer is due, so that nothing can slip out in
        between.
        """
        with self.store.begin() as tx:
            contact = self._whose(tx, arrival, now=now)
            if contact is None:
                return None
            known = tx.session_of(contact.person_id)
            session = known or opened_by_buyer(contact)
            redacted = redact(arrival.text, contact, known=tx.recall(session.thread_id))
            if session.wanted is not None and not contact.email:
                adopt_address(tx, contact, redacted)
            title = redact(arrival.subject, contact, known=redacted.originals)
            is_request = known is None or known.closed or arrival.channel == "form"
            inbound = Inbound(
                tenant_id=contact.tenant_id,
                key=arrival.key,
                mailbox=arrival.recipient,
                lane=contact.mailbox,
                thread_id=session.thread_id,
                person_id=contact.person_id,
                subject=title.text,
                text=redacted.text,
                rfc_message_id="",
                in_reply_to="",
                received_at=now,
                due_at=now + self.reply_after,
                channel=arrival.channel,
                is_request=is_request,
            )
            taken = Taken(contact.person_id, session.thread_id, arrival.key, is_new=True)
            if not tx.add_inbound(inbound):
                return replace(taken, is_new=False)
            tx.void_approvals(contact.person_id)
            tx.remember(session.thread_id, redacted.originals | title.originals)
            tx.save_session(
                replace(
                    session,
                    channel=arrival.channel,
                    closed=session.closed and not is_request,
                    request_at=now if is_request else session.request_at,
                )
            )
            if arrival.is_stop or is_opt_out(inbound.text):
                stop(tx, session, inbound.key, versions=self.versions, now=now)
            return taken

    def _whose(self, tx: Tx, arrival: Arrival, *, now: datetime) -> Contact | None:
        if arrival.channel in ("email", "form"):
            known = tx.contact_by_email(arrival.sender.lower())
        else:
            known = tx.contact_of(tx.person_at(arrival.channel, arrival.sender))
        if known is not None:
            contact = tx.contact_of(known.person_id) or known
        else:
            profile = arrival.profile
            if arrival.channel == "form":
                profile = replace(profile, email=arrival.sender.lower())
            key = f"{arrival.channel}:{arrival.sender}"
            found = self.newcomers.welcome(tx, profile, key=key, now=now)
            if found is None:
                return None
            contact = found
        if arrival.channel not in ("email", "form"):
            tx.add_address(arrival.channel, arrival.sender, contact.person_id, now=now)
        return contact


def stop(tx: Tx, session: Session, source: str, *, versions: log.Versions, now: datetime) -> bool:
    """Records that a person asked for contact to stop; False when it stood already."""
    if not tx.suppress(session.person_id, reason="opt_out", source=source, now=now):
        return False
    journal = log.Journal(tx, session, now=now, versions=versions)
    journal.write("suppression", source, payload=log.stop("opt_out", source))
    return True


def opened_by_buyer(contact: Contact) -> Session:
    """Returns the fresh thread of somebody who wrote first."""
    return Session(
        tenant_id=contact.tenant_id,
        thread_id=f"thread-{contact.person_id}",
        person_id=contact.person_id,
        contact_id=contact.contact_id,
        playbook="inbound_response",
        state="",
        opened_by="buyer",
    )
