"""Dials each call at most once an attempt: the claim is committed before anything can ring."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from agent_runtime import log
from agent_runtime.approvals import ask_again
from agent_runtime.band.noting import note_asked, note_going
from agent_runtime.calling.briefing import brief_call
from agent_runtime.calling.dialler import CallNews, CallOrder, CallReceipt, Dialler, NoDialler
from agent_runtime.calling.events import call_event
from agent_runtime.calling.rows import Call
from agent_runtime.calling.settling import Settling
from agent_runtime.calling.telephony import Telephony
from agent_runtime.channels.email.deliver import counted_by, leave_of, people_of
from agent_runtime.channels.email.render import proposal_of
from agent_runtime.crash import crash_point
from agent_runtime.domain import Contact, Proposal, Session
from agent_runtime.gather import gather
from agent_runtime.library.catalog import Library
from agent_runtime.opening import not_told_by_voice
from agent_runtime.policies.facts import Facts, Rule
from agent_runtime.policies.permit import RULES, Permit, authorise
from agent_runtime.ports import Store, Tx
from agent_runtime.store.rows import Message

RETRY_AFTER = timedelta(minutes=30)
NO_NEWS = timedelta(minutes=3)
"""Beyond the ring: a call of which nobody reports by then has an unknown fate."""


@dataclass(frozen=True, slots=True)
class CallDesk:
    """Takes calls from READY to their end."""

    store: Store
    library: Library
    versions: log.Versions
    worker: str
    """Executor id of the worker that claims, so that it knows its own after a crash."""
    telephony: Telephony = field(default_factory=Telephony)
    dialler: Dialler = field(default_factory=NoDialler)
    rules: tuple[Rule, ...] = RULES

    def work(self, call_id: str, *, now: datetime) -> None:
        """Dials a READY call that the rules allow, or ends one of which nobody reports.

        Whoever finds DIALLING without the carrier's id came after a crash and cannot know whether
        it rang: it becomes UNKNOWN and is never dialled again by itself.
        """
        with self.store.begin() as tx:
            call, message = tx.call(call_id), tx.message(call_id)
            if call is None or message is None:
                return
            tx.lock(*_names(call, message))
            call, message = tx.call(call_id) or call, tx.message(call_id) or message
            if call.state in ("DIALLING", "ANSWERED"):
                self._overdue(tx, call, now=now)
            if call.state != "READY" or call.due_at > now:
                # A step that runs again must not ring before the spacing is over.
                return
            found = self._claimed(tx, call, message, now=now)
        if found is None:
            return
        order, permit = found
        crash_point("dialling")
        receipt = self.dialler.place(order, permit)
        crash_point("dialled")
        with self.store.begin() as tx:
            tx.lock(f"person:{call.person_id}")
            self._settling(tx, now).receipt(order.call_id, order.attempt, receipt)

    def report(self, news: CallNews, *, now: datetime) -> bool:
        """Takes in what is learnt of a call; False where it tells nothing new."""
        with self.store.begin() as tx:
            call = tx.call(news.call_id)
            if call is None:
                return False
            tx.lock(f"person:{call.person_id}")
            return self._settling(tx, now).news(news)

    def recover(self, *, now: datetime) -> int:
        """Turns what this worker was dialling when it died into UNKNOWN; returns how many."""
        with self.store.begin() as tx:
            lost = [
                call
                for call in tx.calls("DIALLING")
                if call.claimed_by == self.worker and not call.provider_id
            ]
            for call in lost:
                self._settling(tx, now).receipt(
                    call.call_id, call.attempt, CallReceipt("unknown", code="crashed")
                )
            return len(lost)

    def _overdue(self, tx: Tx, call: Call, *, now: datetime) -> None:
        settling = self._settling(tx, now)
        if call.state == "DIALLING" and not call.provider_id:
            settling.receipt(call.call_id, call.attempt, CallReceipt("unknown", code="crashed"))
        elif call.due_at > now:
            return
        elif call.state == "DIALLING":
            settling.receipt(call.call_id, call.attempt, CallReceipt("unknown", code="no_news"))
        else:
            settling.overrun(call)

    def _claimed(
        self, tx: Tx, call: Call, message: Message, *, now: datetime
    ) -> tuple[CallOrder, Permit] | None:
        was_heard = call.is_callback and message.state == "SENT"
        if message.state != "HANDED" and not was_heard:
            tx.save_call(replace(call, state="CANCELLED", why="its opener was withdrawn"))
            return None
        contact, session = people_of(tx, message)
        session = not_told_by_voice(session)
        session = replace(session, campaign_id=call.campaign_id or session.campaign_id)
        facts = self._facts(tx, message, contact, session, now=now)
        proposal = proposal_of(message)
        permit = self._permit(tx, call, message, session, proposal, facts)
        if permit is None or facts.call is None or facts.call.own is None:
            return None
        playbook = self.library.playbook(message.playbook)
        own = facts.call.own.number
        wait = timedelta(seconds=self.telephony.ring_s) + NO_NEWS
        claimed = replace(
            call,
            state="DIALLING",
            attempt=call.attempt + 1,
            own_number=own,
            provider_id="",
            claimed_by=self.worker,
            dialled_at=now,
            due_at=now + wait,
            answered_by="",
            outcome="",
            duration_s=None,
            why="",
        )
        if not tx.claim_call(claimed):
            return None
        log.Journal(tx, session, now=now, versions=self.versions).write(
            "call", call.call_id, claimed.attempt, "DIALLING", payload=call_event(claimed)
        )
        order = CallOrder(
            call_id=call.call_id,
            attempt=claimed.attempt,
            number=call.number,
            own_number=own,
            campaign_id=permit.campaign_id,
            opener=message.body,
            language=message.language,
            ring_s=self.telephony.ring_s,
            longest=self.telephony.longest,
            voicemail=playbook.calling.voicemail,
            briefing=brief_call(tx, claimed, contact, session, proposal, facts, playbook),
        )
        return order, permit

    def _facts(
        self, tx: Tx, message: Message, contact: Contact, session: Session, *, now: datetime
    ) -> Facts:
        return gather(
            tx,
            session=session,
            contact=contact,
            actor=message.actor,
            mailbox=message.mailbox,
            library=self.library,
            channel="voice",
            approval=leave_of(tx, message, contact),
            now=now,
            is_proactive=True,
            task_id=message.task_id,
            message_id=message.message_id,
            expires_at=message.expires_at,
            telephony=self.telephony,
        )

    def _permit(
        self,
        tx: Tx,
        call: Call,
        message: Message,
        session: Session,
        proposal: Proposal,
        facts: Facts,
    ) -> Permit | None:
        """A call that was fine when planned may no longer be: it waits or is stopped."""
        judgement = authorise(proposal, facts, rules=self.rules)
        is_allowed = judgement.permit is not None and call.number == facts.recipient
        journal = log.Journal(tx, session, now=facts.now, versions=self.versions)
        if not (is_allowed and message.was_checked):
            checked = log.policy(message, judgement, is_first=not message.was_checked)
            journal.write("policy", message.message_id, "dialling", payload=checked)
        if is_allowed:
            note_going(tx, message, proposal, facts)
            return judgement.permit
        why = judgement.hits[0].rule if judgement.hits else "another_number"
        if judgement.decision == "defer":
            until = judgement.until or facts.now + RETRY_AFTER
            tx.save_call(replace(call, due_at=until, why=why))
            return None
        tx.save_call(replace(call, state="BLOCKED", why=why))
        tx.settle(message.message_id, "BLOCKED")
        if judgement.waits_for_approval and tx.approval_of(message.message_id) is None:
            again = ask_again(tx, message, proposal, judgement.hits[0].reason, now=facts.now)
            note_asked(tx, again, proposal, facts)
        return None

    def _settling(self, tx: Tx, now: datetime) -> Settling:
        return Settling(tx, self.library, self.versions, self.telephony, now)


def _names(call: Call, message: Message) -> tuple[str, ...]:
    """Under which names a call counts, all taken at once so that nobody waits crosswise."""
    return (*counted_by(message), f"number:{call.number}", f"campaign:{call.campaign_id}")
