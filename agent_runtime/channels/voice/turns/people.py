"""Whose call it is, and the thread that it is part of."""

from dataclasses import dataclass, replace
from datetime import datetime

from agent_runtime.app import Runtime
from agent_runtime.channels.voice.call_start import CallStart
from agent_runtime.domain import Contact, Session
from agent_runtime.intake import Arrival, opened_by_buyer
from agent_runtime.planning.speech_acts import language_for
from agent_runtime.ports import Tx
from agent_runtime.profile import Profile


@dataclass(frozen=True, slots=True)
class CallPeople:
    """The person of one call, as they are in the store now.

    Args:
        runtime: The company's runtime.
        call: The call.
    """

    runtime: Runtime
    call: CallStart

    def join(self, *, now: datetime) -> Contact | None:
        """Finds whose call it is and begins the thread's part of it; None: nobody of ours answers.

        In every call it is said anew that an AI speaks.
        """
        with self.runtime.store.begin() as tx:
            contact = self._whose(tx, now=now)
            if contact is None:
                return None
            session = self._session(tx, contact, now=now)
            told = tuple(channel for channel in session.disclosed_on if channel != "voice")
            tx.save_session(replace(session, channel="voice", disclosed_on=told))
            return contact

    def find(self, tx: Tx) -> tuple[Contact, Session]:
        """Returns whose call it is, and their thread.

        Raises:
            LookupError: nobody of ours has joined the call.
        """
        contact = tx.contact_of(tx.person_at("voice", self.call.address))
        session = contact and tx.session_of(contact.person_id)
        if contact is None or session is None:
            raise LookupError(f"call {self.call.call_id} has no contact or thread in the store")
        return contact, session

    def session_in(self, tx: Tx) -> Session | None:
        """The thread of this call, in a transaction; None where nobody of ours has joined."""
        contact = tx.contact_of(tx.person_at("voice", self.call.address))
        return tx.session_of(contact.person_id) if contact else None

    def session(self) -> Session:
        """The thread of this call."""
        with self.runtime.store.begin() as tx:
            return self.find(tx)[1]

    def contact(self) -> Contact:
        """Whose call it is."""
        with self.runtime.store.begin() as tx:
            return self.find(tx)[0]

    def language(self) -> str:
        """The language in which the call begins."""
        with self.runtime.store.begin() as tx:
            contact, session = self.find(tx)
        begins = self.call.language if not session.language else ""
        return begins or language_for(session, contact)

    def go_on_in(self, language: str) -> None:
        """Takes note that the conversation has another language from here on."""
        with self.runtime.store.begin() as tx:
            _, session = self.find(tx)
            if session.language != language:
                tx.save_session(replace(session, language=language))

    def _whose(self, tx: Tx, *, now: datetime) -> Contact | None:
        address = self.call.address
        if self.call.number and not tx.person_at("voice", address):
            others = (tx.person_at(channel, address) for channel in ("sms", "whatsapp"))
            if person := next(filter(None, others), ""):
                tx.add_address("voice", address, person, now=now)
        profile = Profile(
            language=self.call.language,
            first_name=self.call.meta.get("first_name", ""),
            company=self.call.meta.get("company", ""),
        )
        arrival = Arrival("voice", self.call.call_id, address, "", profile=profile)
        return self.runtime.intake.whose(tx, arrival, now=now)

    def _session(self, tx: Tx, contact: Contact, *, now: datetime) -> Session:
        known = tx.session_of(contact.person_id)
        library = self.runtime.outbox.library
        if self.call.direction == "outbound":
            playbook = self.call.meta.get("playbook", "") or (known.playbook if known else "")
            fresh = replace(
                opened_by_buyer(contact), opened_by="agent", playbook=playbook or "icp_prospecting"
            )
            session = known or replace(fresh, state=library.playbook(fresh.playbook).start)
            campaign = self.call.meta.get("campaign_id", "") or session.campaign_id
            return replace(session, campaign_id=campaign)
        if known is not None and not known.closed:
            return known
        begun = known or opened_by_buyer(contact)
        start = library.playbook("inbound_response").start
        return replace(
            begun, playbook="inbound_response", state=start, closed=False, request_at=now
        )
