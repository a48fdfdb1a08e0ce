"""Sends one message at most once: claim and send are one step, and doubt is UNKNOWN."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from time import perf_counter
from typing import Any

from agent_runtime import log
from agent_runtime.approval_check import shown_hash
from agent_runtime.approvals import ask_again
from agent_runtime.band.noting import note_asked, note_going
from agent_runtime.calling.taking_over import rings_first
from agent_runtime.channels.email.page_links import survey_in
from agent_runtime.channels.email.render import proposal_of, render
from agent_runtime.channels.heard import heard_of, unlearn
from agent_runtime.crash import crash_point
from agent_runtime.crm_outbox import queue_sent
from agent_runtime.domain import (
    TEXT_CHANNELS,
    Choices,
    Contact,
    MessageState,
    Sentence,
    Session,
)
from agent_runtime.gather import gather_for
from agent_runtime.grounding.sentences import split_sentences
from agent_runtime.holds import want_holds
from agent_runtime.library.catalog import Library
from agent_runtime.policies.facts import Rule
from agent_runtime.policies.permit import RULES, Permit, authorise
from agent_runtime.ports import MailChannel, Receipt, Store, Tx
from agent_runtime.providers import provider_of
from agent_runtime.reach import reach
from agent_runtime.reminders import is_moot
from agent_runtime.store.rows import Approval, Message

MAX_ATTEMPTS = 5
RETRY_AFTER = timedelta(minutes=30)
_BAD_ADDRESS = ("550", "551", "553")
"""Replies that speak of the address, RFC 5321 section 4.2.3."""
_BAD_RECIPIENT = ("5.1.0", "5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1")
"""Statuses that speak of the recipient (IANA registry of RFC 3463); 5.7.x is about us."""
_ADDRESS = re.compile(r"[^\s<>:;,]+@[^\s<>:;,]+")
_UNITS = {"email": "mail", "sms": "segment"}
"""What is paid for on a channel; elsewhere the message."""
_STATUS = {"SENT": "accepted", "UNKNOWN": "unknown", "FAILED": "gave_up"}


@dataclass(frozen=True, slots=True)
class Outbox:
    """Takes messages from READY to SENT through one channel."""

    store: Store
    library: Library
    versions: log.Versions
    mail_domain: str
    worker: str
    """Executor id of the worker that claims, so that it knows its own after a crash."""
    rules: tuple[Rule, ...] = RULES
    chat_link: Callable[[str, datetime], str] | None = None
    """Address of the chat for a person; None where no page with the chat is set."""
    pages_link: Callable[[str, str, datetime], str] | None = None
    """Address of the pages for the reader of a message: of (person, message); None: there are none.
    """

    def deliver(self, channel: MailChannel, message_id: str, *, now: datetime) -> str:
        """Sends a READY message, or says why not.

        Returns the thread whose offered times are to be held from now on, or empty.

        The claim READY -> SENDING is committed before the connection is used. Whoever finds
        SENDING came after a crash and cannot know whether the mail left: it becomes UNKNOWN and
        stays so until something proves the one or the other.
        """
        with self.store.begin() as tx:
            message = tx.message(message_id)
            if message is None or message.state not in ("READY", "SENDING"):
                return ""
            tx.lock(*counted_by(message))
            contact, session = people_of(tx, message)
            if message.state == "SENDING":
                self._settle(tx, message, session, Receipt("unknown"), now=now)
                return ""
            rings = rings_first(tx, message, now=now)
            permit = None if rings else self._permit(tx, message, session, contact, now=now)
            if permit is None:
                return ""
            attempt = message.attempt + 1
            rfc_id = f"<{message.message_id}.{attempt}@{self.mail_domain}>"
            if not tx.claim(
                message_id, attempt=attempt, rfc_message_id=rfc_id, claimed_by=self.worker
            ):
                return ""
            originals = tx.recall(message.thread_id)
            wants_less = tx.choices(message.person_id) != Choices()
        crash_point("claimed")
        claimed = replace(message, state="SENDING", attempt=attempt, rfc_message_id=rfc_id)
        began = perf_counter()
        pages = self._pages_link(claimed, now)
        mail = render(
            claimed,
            contact,
            originals,
            chat_link=self._chat_link(claimed, now),
            pages_link=pages,
            survey_link=survey_in(pages) if pages and not wants_less else "",
        )
        receipt = channel.send(
            mail,
            permit,
            permitted_words=(claimed.subject, claimed.body),
        )
        if receipt.status == "speaking":
            return ""
        receipt = replace(receipt, took_ms=round((perf_counter() - began) * 1000, 3))
        crash_point("accepted")
        with self.store.begin() as tx:
            tx.lock(*counted_by(claimed)[:1])
            holds = self._settle(tx, claimed, people_of(tx, claimed)[1], receipt, now=now)
            return claimed.thread_id if holds else ""

    def said(self, message_id: str, heard: tuple[Sentence, ...], *, now: datetime) -> str:
        """Settles a message that was being spoken by what the listener heard of it.

        Nobody learns from the record what was made and never heard. Returns the thread whose
        offered times are to be held from now on, or empty.
        """
        with self.store.begin() as tx:
            message = tx.message(message_id)
            if message is None or message.state != "SENDING":
                return ""
            tx.lock(*counted_by(message)[:1])
            session = people_of(tx, message)[1]
            known = heard_of(message, self._as_told(message, heard))
            session = unlearn(session, message, known)
            if known.sentences == message.sentences:
                return self._said(tx, message, session, now=now)
            tx.keep_heard(known)
            tx.save_session(session)
            if not heard:
                tx.settle(message_id, "CANCELLED")
                return ""
            return self._said(tx, known, session, now=now)

    def _as_told(self, message: Message, heard: tuple[Sentence, ...]) -> tuple[Sentence, ...]:
        """Who has not heard how we introduce ourselves was not told that an AI speaks.

        Its first sentence is enough: whoever breaks in after it knows.
        """
        told = [one for one in message.sentences if self._discloses(one)]
        said = next((one for one in told if not one.text.rstrip().endswith((",", ":"))), None)
        if said is None:
            return heard
        first = split_sentences(said.text)[0]
        place = message.sentences.index(said)
        if len(heard) <= place or not heard[place].text.startswith(first):
            # Also of a greeting that was cut, whose words are not those of the message any more.
            return tuple(replace(one, facts=()) if self._discloses(one) else one for one in heard)
        return (*heard[:place], replace(heard[place], facts=said.facts), *heard[place + 1 :])

    def _discloses(self, sentence: Sentence) -> bool:
        return any(map(self.library.discloses, sentence.facts))

    def _said(self, tx: Tx, message: Message, session: Session, *, now: datetime) -> str:
        holds = self._settle(tx, message, session, Receipt("sent", "heard"), now=now)
        return message.thread_id if holds else ""

    def _chat_link(self, message: Message, now: datetime) -> str:
        """Only a mail carries it: whoever holds that mail is taken for its reader."""
        if self.chat_link is None or message.channel != "email":
            return ""
        return self.chat_link(message.person_id, now)

    def _pages_link(self, message: Message, now: datetime) -> str:
        if self.pages_link is None or message.channel != "email":
            return ""
        return self.pages_link(message.person_id, message.message_id, now)

    def recover(self, *, now: datetime) -> int:
        """Turns what this worker was sending when it died into UNKNOWN; returns how many."""
        with self.store.begin() as tx:
            lost = tx.sending(self.worker)
            for message in lost:
                session = people_of(tx, message)[1]
                self._settle(tx, message, session, Receipt("unknown"), now=now)
            return len(lost)

    def resolve(self, tx: Tx, message: Message, *, left: bool, source: str, now: datetime) -> None:
        """Settles an UNKNOWN message on proof: it left, or it provably never did."""
        session = people_of(tx, message)[1]
        status = "resolved_sent" if left else "resolved_not_sent"
        journal = log.Journal(tx, session, now=now, versions=self.versions)
        journal.write(
            "delivery",
            message.message_id,
            status,
            payload=log.delivery(message, status=status, code="", source=source),
        )
        if left:
            self._settle(tx, message, session, Receipt("sent"), now=now)
        else:
            tx.settle(message.message_id, "FAILED")

    def _permit(
        self, tx: Tx, message: Message, session: Session, contact: Contact, *, now: datetime
    ) -> Permit | None:
        """A message that was fine when planned may no longer be: defer it or stop it."""
        if is_moot(tx, message):
            tx.settle(message.message_id, "CANCELLED")
            return None
        leave = leave_of(tx, message, contact)
        facts = gather_for(
            tx,
            message,
            session=session,
            contact=contact,
            library=self.library,
            approval=leave,
            now=now,
        )
        proposal = proposal_of(message)
        judgement = authorise(proposal, facts, rules=self.rules)
        is_allowed = judgement.permit is not None and message.to_email == facts.recipient
        if not (is_allowed and message.was_checked):
            checked = log.policy(message, judgement, is_first=not message.was_checked)
            journal = log.Journal(tx, session, now=now, versions=self.versions)
            journal.write("policy", message.message_id, "sending", payload=checked)
        if is_allowed:
            note_going(tx, message, proposal, facts)
            return judgement.permit
        if judgement.decision == "defer":
            tx.settle(message.message_id, "READY", due_at=judgement.until or now + RETRY_AFTER)
        else:
            tx.settle(message.message_id, "BLOCKED")
            given = tx.approval_of(message.message_id)
            if given is not None and leave is None:
                tx.change_approval(given, replace(given, state="VOID"))
            if judgement.waits_for_approval and leave is None:
                again = ask_again(tx, message, proposal, judgement.hits[0].reason, now=now)
                note_asked(tx, again, proposal, facts)
        return None

    def _settle(
        self, tx: Tx, message: Message, session: Session, receipt: Receipt, *, now: datetime
    ) -> bool:
        """Writes the receipt: state, trace, cost and what the thread now remembers.

        Says whether times that the message offers are now to be held.
        """
        is_to_hold = False
        journal = log.Journal(tx, session, now=now, versions=self.versions)
        if receipt.status == "retry" and message.attempt < MAX_ATTEMPTS:
            news = _news(message, receipt, "delayed")
            journal.write("delivery", message.message_id, message.attempt, "delayed", payload=news)
            if tx.suppressed(message.person_id) and not message.is_owed:
                tx.settle(message.message_id, "CANCELLED")
            else:
                tx.settle(message.message_id, "READY", due_at=now + RETRY_AFTER)
            return False
        if receipt.status == "handed":
            tx.settle(message.message_id, "HANDED")
            news = log.delivery(
                message, status="handed", code="", source=message.channel, why=receipt.detail
            )
            journal.write("delivery", message.message_id, message.attempt, "handed", payload=news)
            return False
        states: dict[str, MessageState] = {"sent": "SENT", "unknown": "UNKNOWN"}
        state = states.get(receipt.status, "FAILED")
        their_id = receipt.provider_id or message.rfc_message_id
        settled = replace(message, state=state, sent_at=now, rfc_message_id=their_id)
        tx.settle(message.message_id, state, sent_at=now, rfc_message_id=receipt.provider_id)
        key = (message.message_id, message.attempt, state)
        journal.write(
            "message", *key, payload=log.outgoing(settled) | _said(receipt) | _took(receipt)
        )
        if state == "SENT":
            used = log.cost(
                "message",
                receipt.segments,
                _UNITS.get(message.channel, message.channel),
                message_id=message.message_id,
                actor=message.actor,
            )
            journal.write("cost", *key, payload=used)
            tx.save_session(_after_sending(session, settled, was_told=self._tells(settled)))
            queue_sent(tx, settled, at=now)
            if message.slots:
                playbook = self.library.playbook(message.playbook)
                is_to_hold = want_holds(tx, settled, session, playbook, now=now)
        if receipt.status == "rejected":
            self.refused(tx, journal, settled, receipt, *key, now=now)
        elif receipt.status == "retry" or message.channel in TEXT_CHANNELS:
            journal.write("delivery", *key, payload=_news(settled, receipt, _STATUS[state]))
        return is_to_hold

    def _tells(self, message: Message) -> bool:
        """Whether a message says who writes; on the telephone only what was heard counts."""
        if message.actor != "agent" or message.channel == "email":
            return False
        facts = (fact for sentence in message.sentences for fact in sentence.facts)
        return message.channel != "voice" or any(map(self.library.discloses, facts))

    def refused(
        self,
        tx: Tx,
        journal: log.Journal,
        message: Message,
        receipt: Receipt,
        *key: object,
        now: datetime,
    ) -> None:
        """Writes that a message did not arrive, and what that tells of its recipient.

        A mailbox that is not there ends contact, since mail is how people are known here. A number
        that is not there is only not used any more; one that has stopped us is the person's stop.
        """
        journal.write("delivery", *key, payload=_news(message, receipt, "bounced"))
        is_mail, source = message.channel == "email", message.message_id
        if receipt.says == "unreachable" and not is_mail:
            tx.refuse_address(message.channel, message.to_email, now=now)
        is_bounce = is_mail and _is_bad_address(receipt)
        reason = "opt_out" if receipt.says == "opted_out" else "bounce" if is_bounce else ""
        if reason and tx.suppress(message.person_id, reason=reason, source=source, now=now):
            journal.write("suppression", *key, payload=log.stop(reason, source))


def counted_by(message: Message) -> tuple[str, ...]:
    """Returns under which names a message counts, the person first.

    Whoever asks for a permit holds them from the count to the claim, so that of many lanes and
    workers none counts what another is about to send, and no stop comes in between.
    """
    person = (f"person:{message.person_id}",)
    if message.touch_class != "proactive":
        return person
    account = (f"account:{message.account_id}",) if message.account_id else ()
    provider = (f"provider:{provider_of(message.to_email)}",) if message.channel == "email" else ()
    return (*person, *account, f"mailbox:{message.mailbox}", *provider)


def _said(receipt: Receipt) -> dict[str, str]:
    """Returns what the outside server answered, word for word but for addresses."""
    return {
        "code": receipt.code,
        "enhanced": receipt.enhanced,
        "why": without_addresses(receipt.detail),
    }


def _took(receipt: Receipt) -> dict[str, Any]:
    return {} if receipt.took_ms is None else {"latency_ms": {"send": receipt.took_ms}}


def _news(message: Message, receipt: Receipt, status: str) -> dict[str, Any]:
    source = "smtp" if message.channel == "email" else message.channel
    return log.delivery(message, status=status, source=source, **_said(receipt))


def people_of(tx: Tx, message: Message) -> tuple[Contact, Session]:
    """Returns whom a message goes to and the thread that it belongs to."""
    contact = tx.contact_of(message.person_id)
    session = tx.session_of(message.person_id)
    if contact is None or session is None:
        raise LookupError(f"message {message.message_id} has no contact or thread in the store")
    return contact, session


def without_addresses(reply: str) -> str:
    """Returns a server's words without the addresses in them, for the trace."""
    return _ADDRESS.sub("[address]", " ".join(reply.split()))[:300]


def _is_bad_address(receipt: Receipt) -> bool:
    """A refusal of our domain or our words says nothing against the address."""
    if receipt.enhanced:
        return receipt.enhanced in _BAD_RECIPIENT
    return receipt.code in _BAD_ADDRESS


def leave_of(tx: Tx, message: Message, contact: Contact) -> Approval | None:
    """Returns the leave that a person gave, while it still means this very message."""
    given = tx.approval_of(message.message_id)
    if given is None or given.state != "APPROVED":
        return None
    address = reach(tx, contact, message.channel)
    is_same = (given.content_hash, message.to_email) == (message.content_hash, address)
    reads_alike = given.shown_hash in ("", shown_hash(tx, message, contact))
    return given if is_same and reads_alike else None


def _after_sending(session: Session, message: Message, *, was_told: bool) -> Session:
    is_mail = message.channel == "email"
    references = (*session.rfc_references, *([message.rfc_message_id] if is_mail else ()))
    told = (*session.disclosed_on, *([message.channel] if was_told else ()))
    return replace(
        session,
        disclosed_on=tuple(dict.fromkeys(told)),
        subject=session.subject or message.subject,
        rfc_references=references[-10:],
        request_at=None if message.touch_class == "reply" else session.request_at,
        touches_sent=session.touches_sent + (message.touch_class == "proactive"),
        agent_turns=session.agent_turns + (message.actor == "agent"),
    )
