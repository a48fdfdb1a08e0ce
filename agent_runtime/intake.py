"""Takes in what people write in a chat, a form or a text: one event each, a stop at once."""

import hashlib
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from agent_runtime import log
from agent_runtime.calling.rows import OWN_LIST
from agent_runtime.console.links import without_proof
from agent_runtime.domain import (
    TEXT_CHANNELS,
    ChannelName,
    Consent,
    Contact,
    Cue,
    Session,
)
from agent_runtime.hearing.commands import command_of
from agent_runtime.hearing.spoken import asks_to_stop_on_the_line
from agent_runtime.hearing.verdict import asks_to_stop
from agent_runtime.identity import adopt_address
from agent_runtime.newcomers import Newcomers
from agent_runtime.opt_in import confirm_by_text
from agent_runtime.placeholders import redact
from agent_runtime.policies.contact import MEETINGS
from agent_runtime.ports import Store, Tx
from agent_runtime.profile import Profile
from agent_runtime.store.rows import Inbound

BY_TEXT = "START by text:"
"""Beginning of the source of a consent that somebody gave by text."""

GOODBYE = "stop.confirm"
"""The text that confirms a stop."""


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
    has_media: bool = False
    """A picture, sound or file came along, which nobody here reads."""
    plain_means: str = ""
    """What it means where it is a bare yes or no to what was asked last, on the telephone."""

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
            contact = self.whose(tx, arrival, now=now)
            if contact is None:
                return None
            known = tx.session_of(contact.person_id)
            session = known or opened_by_buyer(contact)
            redacted = redact(
                without_proof(arrival.text), contact, known=tx.recall(session.thread_id)
            )
            if session.wanted is not None and not contact.email:
                adopt_address(tx, contact, redacted)
            title = redact(arrival.subject, contact, known=redacted.originals)
            cue = _cue(arrival, is_stopped=bool(tx.suppressed(contact.person_id)))
            is_new_talk = known is None or known.closed or arrival.channel == "form"
            is_request = is_new_talk and cue not in ("stop", "help")
            inbound = Inbound(
                tenant_id=contact.tenant_id,
                key=arrival.key,
                mailbox=arrival.recipient,
                lane=contact.mailbox,
                thread_id=session.thread_id,
                person_id=contact.person_id,
                subject=title.text,
                text=f"{redacted.text}\n[media]".strip() if arrival.has_media else redacted.text,
                rfc_message_id="",
                in_reply_to="",
                received_at=now,
                due_at=now + self.reply_after,
                channel=arrival.channel,
                is_request=is_request,
                cue=cue,
                plain_means=arrival.plain_means,
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
            if cue == "stop" or (cue in ("", "media") and _asks_to_stop(inbound)):
                stop(tx, session, inbound.key, versions=self.versions, now=now)
                if arrival.channel == "voice" and arrival.sender.startswith("+"):
                    tx.add_dnc(OWN_LIST, arrival.sender)
            if cue == "start" and restart(tx, session, inbound, versions=self.versions, now=now):
                _forget_goodbye(tx, contact.person_id)
            return taken

    def whose(self, tx: Tx, arrival: Arrival, *, now: datetime) -> Contact | None:
        """Returns whose message it is, whom we welcome if they are new; None without owners."""
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
        tx.lock(f"person:{contact.person_id}")
        if arrival.channel not in ("email", "form"):
            tx.add_address(arrival.channel, arrival.sender, contact.person_id, now=now)
        return contact


def _asks_to_stop(inbound: Inbound) -> bool:
    if inbound.channel == "voice":
        return asks_to_stop_on_the_line(inbound.text)
    return asks_to_stop(inbound.text)


def stop(tx: Tx, session: Session, source: str, *, versions: log.Versions, now: datetime) -> bool:
    """Records that a person asked for contact to stop; False when it stood already."""
    if not tx.suppress(session.person_id, reason="opt_out", source=source, now=now):
        return False
    journal = log.Journal(tx, session, now=now, versions=versions)
    journal.write("suppression", source, payload=log.stop("opt_out", source))
    return True


def restart(
    tx: Tx, session: Session, inbound: Inbound, *, versions: log.Versions, now: datetime
) -> bool:
    """Lifts a stop that the person gave by text, every one of them; False when any other stands.

    What they agreed to before is not agreed to again: they may be texted about their meetings, and
    that is recorded as their consent.
    """
    stops = tx.stops(session.person_id)
    asked = [tx.inbound(stop.source) for stop in stops if stop.reason == "opt_out"]
    by_text = [i for i in asked if i is not None and i.channel in TEXT_CHANNELS]
    if len(by_text) != len(stops):
        return False
    confirm_by_text(
        tx, session, inbound.channel, proof=f"text {inbound.key}", versions=versions, now=now
    )
    agreed = Consent(
        channel=inbound.channel,
        purpose=MEETINGS,
        basis="consent",
        source=f"{BY_TEXT} {inbound.key}",
        recorded_at=now,
        state="confirmed",
        confirmed_at=now,
        proof=f"text {inbound.key}",
    )
    before = () if stops else tx.consents(session.person_id)
    tx.add_consents(session.person_id, (*before, agreed))
    if stops:
        tx.unsuppress(session.person_id)
        journal = log.Journal(tx, session, now=now, versions=versions)
        journal.write("suppression", inbound.key, payload=log.stop("lifted", inbound.key))
    return True


def _forget_goodbye(tx: Tx, person_id: str) -> None:
    """The thread begins anew, and a stop that comes again is confirmed again."""
    session = tx.session_of(person_id)
    if session is not None:
        used = tuple(text for text in session.contents_used if text != GOODBYE)
        tx.save_session(replace(session, contents_used=used, state=""))


def _cue(arrival: Arrival, *, is_stopped: bool) -> Cue:
    if arrival.is_stop:
        return "stop"
    command: Cue = ""
    if arrival.channel in TEXT_CHANNELS:
        command = command_of(arrival.text, is_stopped=is_stopped)
    return command or ("media" if arrival.has_media else "")


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
