"""Drafts that wait for a person: approved, edited or rejected, each once (R14, R15, R71).

Leave binds the words, the recipient and the mailbox of one message; the rules of the permit are all
asked again when it is sent, and a new mail of the buyer withdraws what still waits.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from agent_runtime import act, log
from agent_runtime.band.noting import note_decided
from agent_runtime.domain import (
    Action,
    Candidate,
    Contact,
    Observation,
    Proposal,
    Sentence,
    Session,
    Weighed,
)
from agent_runtime.draft_edits import changed_share
from agent_runtime.errors import ParleyError
from agent_runtime.library.catalog import Library
from agent_runtime.placeholders import redact
from agent_runtime.policies.restricted import said_in
from agent_runtime.ports import Store, Tx
from agent_runtime.reach import reach
from agent_runtime.store.rows import Approval, Draft, HumanTask, Inbound, Message

MAX_DRAFTS = 5
"""Options that a reviewer is shown: those of a model, at most three, and approved texts."""

Tag = str
"""What a reviewer says is wrong: `tone`, `accuracy`, `policy` (R75)."""


class ApprovalError(ParleyError):
    """A decision that cannot be taken any more, or on something that does not exist."""


def ask(
    tx: Tx,
    session: Session,
    observation: Observation,
    action: Action,
    message_of: Callable[[Proposal, str], Message],
    *,
    inbound: Inbound | None,
    now: datetime,
) -> Approval:
    """Writes the drafts of a turn for a person to choose from; nothing of them is sent."""
    chosen = Weighed(
        action.candidate,
        action.decision,
        tuple(v for v in action.verdicts if v.decision != "allow"),
        action.waits_for_approval,
    )
    offered = [chosen, *(one for one in action.weighed if one.may_be_chosen)]
    drafts = []
    for number, one in enumerate(offered[:MAX_DRAFTS]):
        if one.candidate.proposal is not None:
            cause = (
                f"{observation.observation_id}:{number}" if number else observation.observation_id
            )
            message = message_of(one.candidate.proposal, cause)
            drafts.append(Draft(one.candidate, message, one.hits))
    approval = Approval(
        tenant_id=session.tenant_id,
        approval_id=_digest(session.thread_id, observation.observation_id),
        thread_id=session.thread_id,
        person_id=session.person_id,
        drafts=tuple(drafts),
        stopped=tuple(one for one in action.weighed if not one.may_be_chosen),
        why=next(v.reason for v in action.verdicts if v.decision != "allow"),
        heard=observation.text,
        made_at=now,
        inbound_key=inbound.key if inbound else "",
    )
    tx.save_approval(approval)
    return approval


def ask_again(tx: Tx, message: Message, proposal: Proposal, why: str, *, now: datetime) -> Message:
    """Asks a person about a message that could go when it was planned, and cannot any more.

    Returns the message that goes instead if they let it.
    """
    message_id = act.message_id_of(
        message.thread_id, f"{message.message_id}:again", message.action, message.actor
    )
    again = replace(message, message_id=message_id, state="READY")
    candidate = Candidate(
        action=proposal.action,
        reason="asked_again_before_sending",
        score=1.0,
        propensity=1.0,
        next_state=_state_of(tx, message),
        proposal=proposal,
        is_drafted=proposal.is_drafted,
    )
    tx.save_approval(
        Approval(
            tenant_id=message.tenant_id,
            approval_id=_digest(message.thread_id, message_id),
            thread_id=message.thread_id,
            person_id=message.person_id,
            drafts=(Draft(candidate, again),),
            why=why,
            heard="",
            made_at=now,
        )
    )
    return again


def _state_of(tx: Tx, message: Message) -> str:
    session = tx.session_of(message.person_id)
    return session.state if session else ""


@dataclass(frozen=True, slots=True)
class Approvals:
    """The desk of the reviewers; the worker sends what they approve."""

    store: Store
    library: Library
    versions: log.Versions

    def waiting(self) -> tuple[Approval, ...]:
        """Returns what waits for a person, the oldest first."""
        with self.store.begin() as tx:
            return tx.open_approvals()

    def approve(
        self,
        approval_id: str,
        *,
        by: str,
        now: datetime,
        draft: int = 0,
        words: str = "",
        tags: Sequence[Tag] = (),
    ) -> Approval:
        """Lets one draft go, as it is or in the reviewer's own words.

        Args:
            approval_id: Which drafts.
            by: Who decides.
            now: The instant of the decision; the message is due from then on.
            draft: Number of the draft, from 0.
            words: The reviewer's text in place of the agent's; greeting and signature stay, so
                that it still says that an AI writes.
            tags: What was wrong with the draft.

        Raises:
            ApprovalError: it is unknown or decided, or the draft or recipient is not there.
        """
        with self.store.begin() as tx:
            approval, contact, session = self._open(tx, approval_id)
            if not 0 <= draft < len(approval.drafts):
                raise ApprovalError(
                    f"approval {approval_id} has no draft {draft + 1}; it has "
                    f"{len(approval.drafts)}, counted from 1."
                )
            chosen = approval.drafts[draft]
            if chosen.message.to_email != reach(tx, contact, chosen.message.channel):
                raise ApprovalError(
                    f"approval {approval_id} was for an address that the CRM no longer has; reject "
                    "it, and the agent drafts anew."
                )
            message = replace(chosen.message, due_at=now)
            changed = 0.0
            if words:
                message = self._in_words(tx, message, words, contact, session)
                changed = changed_share(chosen.message.sentences, message.sentences)
            tx.add_message(message)
            decided = replace(
                approval,
                state="APPROVED",
                option=draft + 1,
                message_id=message.message_id,
                content_hash=message.content_hash,
                is_edited=bool(words),
                decided_by=by,
                decided_at=now,
                tags=tuple(tags),
            )
            tx.save_approval(decided)
            action = Action(chosen.candidate, (), "allow")
            tx.save_session(act.remember(session, action, buyer_wrote=False))
            self._trace(tx, session, decided, now=now, changed=changed)
            note_decided(tx, decided, draft=draft, changed=changed, now=now)
            return decided

    def reject(
        self, approval_id: str, *, by: str, now: datetime, tags: Sequence[Tag] = (), note: str = ""
    ) -> Approval:
        """Drops the drafts; a buyer who waits for an answer gets it from a person."""
        with self.store.begin() as tx:
            approval, contact, session = self._open(tx, approval_id)
            hidden = redact(note, contact, known=tx.recall(session.thread_id))
            tx.remember(session.thread_id, hidden.originals)
            decided = replace(
                approval,
                state="REJECTED",
                decided_by=by,
                decided_at=now,
                tags=tuple(tags),
                note=hidden.text,
            )
            tx.save_approval(decided)
            if approval.inbound_key:
                tx.supersede_human_tasks(session.thread_id)
                tx.save_human_task(_answer_yourself(approval))
                tx.save_session(replace(session, speaker="human"))
            self._trace(tx, session, decided, now=now)
            note_decided(tx, decided, draft=0, changed=0.0, now=now)
            return decided

    def _open(self, tx: Tx, approval_id: str) -> tuple[Approval, Contact, Session]:
        approval = tx.approval(approval_id)
        if approval is None:
            raise ApprovalError(
                f"approval {approval_id!r} is unknown; `parley approvals list` shows what waits."
            )
        if approval.state != "OPEN":
            by = f" by {approval.decided_by}" if approval.decided_by else ""
            raise ApprovalError(
                f"approval {approval_id} is {approval.state} already{by}; decide on an open one."
            )
        contact, session = tx.contact_of(approval.person_id), tx.session_of(approval.person_id)
        if contact is None or session is None:
            raise ApprovalError(f"approval {approval_id} belongs to nobody in the store.")
        return approval, contact, session

    def _in_words(
        self, tx: Tx, message: Message, words: str, contact: Contact, session: Session
    ) -> Message:
        redacted = redact(words, contact, known=tx.recall(session.thread_id))
        tx.remember(session.thread_id, redacted.originals)
        frame = self.library.playbook(session.playbook).frame_on(message.channel)
        is_frame = [any(f.split("@")[0] == frame for f in s.facts) for s in message.sentences]
        first = is_frame.index(False)
        last = len(is_frame) - is_frame[::-1].index(False)
        own = tuple(
            Sentence(part.strip(), ()) for part in redacted.text.split("\n\n") if part.strip()
        )
        kept_before, kept_after = message.sentences[:first], message.sentences[last:]
        for kind in ("discounts", "claims"):
            for said in said_in(kind, redacted.text):
                raise ApprovalError(
                    f"your words hold a {said.group.replace('_', ' ')} that nobody has approved, "
                    f"{said.sentence[:80]!r}; leave it out, or write to the buyer yourself."
                )
        return replace(message, sentences=(*kept_before, *own, *kept_after))

    def _trace(
        self,
        tx: Tx,
        session: Session,
        decided: Approval,
        *,
        now: datetime,
        changed: float | None = None,
    ) -> None:
        journal = log.Journal(tx, session, now=now, versions=self.versions)
        waited_s = (now - decided.made_at).total_seconds()
        payload = log.review(decided, waited_s=waited_s, changed=changed)
        journal.write("review", decided.approval_id, payload=payload)


def _answer_yourself(approval: Approval) -> HumanTask:
    return HumanTask(
        tenant_id=approval.tenant_id,
        task_id=f"{approval.approval_id}:rejected",
        thread_id=approval.thread_id,
        person_id=approval.person_id,
        kind="handoff",
        route_to="owner",
        reason="draft_rejected",
        text=approval.heard,
        received_at=approval.made_at,
    )


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:12]
