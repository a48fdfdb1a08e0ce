"""Drafts that wait for a person: approved, edited or rejected, each once (R14, R15, R71).

Leave binds the words, the recipient and the mailbox of one message; the rules of the permit are all
asked again when it is sent, and a new mail of the buyer withdraws what still waits.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from agent_runtime import act, log
from agent_runtime.approval_check import check, shown_hash
from agent_runtime.approval_risk import weigh
from agent_runtime.approval_words import ApprovalError, in_words, refuse_restricted
from agent_runtime.band.noting import note_decided
from agent_runtime.domain import (
    Action,
    Candidate,
    Contact,
    Observation,
    Proposal,
    Session,
    Weighed,
)
from agent_runtime.draft_edits import changed_share
from agent_runtime.library.catalog import Library
from agent_runtime.placeholders import redact
from agent_runtime.ports import Store, Tx
from agent_runtime.reach import reach
from agent_runtime.store.rows import Approval, Draft, HumanTask, Inbound, Message

MAX_DRAFTS = 5
"""Options that a reviewer is shown: those of a model, at most three, and approved texts."""

Tag = str
"""What a reviewer says is wrong: `tone`, `accuracy`, `policy` (R75)."""


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
        version: int | None = None,
        shown: str = "",
        is_checked: bool = False,
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
            version: That of the item which they decided on; any by default.
            shown: `shown_hash` of what they read; not compared by default.
            is_checked: Whether the permit is asked at once, and not only when it is sent.

        Raises:
            ApprovalError: it is unknown, decided or another by now, the draft or recipient is not
                there, its risk is high and they wrote it, or the permit would stop it.
        """
        with self.store.begin() as tx:
            approval = self.open_item(tx, approval_id, version=version)
            return self.let_go(
                tx,
                approval,
                by=by,
                now=now,
                draft=draft,
                words=words,
                tags=tags,
                shown=shown,
                is_checked=is_checked,
            )

    def let_go(
        self,
        tx: Tx,
        approval: Approval,
        *,
        by: str,
        now: datetime,
        draft: int = 0,
        words: str = "",
        tags: Sequence[Tag] = (),
        shown: str = "",
        is_checked: bool = False,
    ) -> Approval:
        """Approves an item that `open_item` returned; see `approve`."""
        contact, session = people_of(tx, approval)
        self.may_be_let_go(
            tx,
            approval,
            by=by,
            now=now,
            draft=draft,
            shown=shown,
            is_checked=is_checked,
            is_own=bool(words),
        )
        chosen = approval.drafts[draft]
        message = replace(chosen.message, due_at=now)
        if words:
            message = in_words(
                tx, message, words, contact=contact, session=session, library=self.library
            )
            refuse_restricted(message)
        is_edited = bool(words) or bool(chosen.edited_by)
        drafted = chosen.original or chosen.message
        changed = changed_share(drafted.sentences, message.sentences) if is_edited else 0.0
        decided = replace(
            approval,
            state="APPROVED",
            option=draft + 1,
            message_id=message.message_id,
            content_hash=message.content_hash,
            shown_hash=shown_hash(tx, message, contact),
            is_edited=is_edited,
            decided_by=by,
            decided_at=now,
            tags=tuple(tags),
            version=approval.version + 1,
        )
        change(tx, approval, decided)
        tx.add_message(message)
        action = Action(chosen.candidate, (), "allow")
        tx.save_session(act.remember(session, action, buyer_wrote=False))
        self._trace(tx, session, decided, now=now, changed=changed)
        note_decided(tx, decided, draft=draft, changed=changed, now=now)
        return decided

    def may_be_let_go(
        self,
        tx: Tx,
        approval: Approval,
        *,
        by: str,
        now: datetime,
        draft: int,
        shown: str = "",
        is_checked: bool = True,
        is_own: bool = False,
    ) -> None:
        """Refuses an approval that must not be given.

        Raises:
            ApprovalError: as `approve` says.
        """
        item, (contact, session) = approval.approval_id, people_of(tx, approval)
        if not 0 <= draft < len(approval.drafts):
            raise ApprovalError(
                f"approval {item} has no draft {draft + 1}; it has "
                f"{len(approval.drafts)}, counted from 1."
            )
        chosen = approval.drafts[draft]
        if chosen.message.to_email != reach(tx, contact, chosen.message.channel):
            raise ApprovalError(
                f"approval {item} was for an address that the CRM no longer has; reject "
                "it, and the agent drafts anew."
            )
        if (is_own or by in approval.authors) and weigh(approval).risk == "high":
            raise ApprovalError(
                f"approval {item} is of high risk and you have edited it or asked for the change; "
                "somebody else has to approve it."
            )
        if approval.sent_back:
            raise ApprovalError(
                f"approval {item} was sent back and nobody has edited it since; edit it first."
            )
        if shown and shown != shown_hash(tx, chosen.message, contact):
            raise ApprovalError(
                f"approval {item} reads otherwise than when you opened it; read it again."
            )
        if is_checked:
            found = check(
                tx,
                approval,
                chosen.message,
                contact=contact,
                session=session,
                library=self.library,
                by=by,
                is_edited=bool(chosen.edited_by),
                now=now,
            )
            if not found.may_go:
                raise ApprovalError(
                    f"approval {item} may not leave, by {found.refusal}; edit it, or reject it."
                )

    def reject(
        self,
        approval_id: str,
        *,
        by: str,
        now: datetime,
        tags: Sequence[Tag] = (),
        note: str = "",
        version: int | None = None,
    ) -> Approval:
        """Drops the drafts; a buyer who waits for an answer gets it from a person."""
        with self.store.begin() as tx:
            approval = self.open_item(tx, approval_id, version=version)
            contact, session = people_of(tx, approval)
            hidden = redact(note, contact, known=tx.recall(session.thread_id))
            tx.remember(session.thread_id, hidden.originals)
            decided = replace(
                approval,
                state="REJECTED",
                decided_by=by,
                decided_at=now,
                tags=tuple(tags),
                note=hidden.text,
                version=approval.version + 1,
            )
            change(tx, approval, decided)
            if approval.inbound_key:
                tx.supersede_human_tasks(session.thread_id)
                tx.save_human_task(_answer_yourself(approval))
                tx.save_session(replace(session, speaker="human"))
            self._trace(tx, session, decided, now=now)
            note_decided(tx, decided, draft=0, changed=0.0, now=now)
            return decided

    def open_item(self, tx: Tx, approval_id: str, *, version: int | None = None) -> Approval:
        """Returns an item that may still be decided on; until the commit nobody else decides.

        Raises:
            ApprovalError: it is unknown, decided, approved and about to leave, or not the version
                that somebody decided on.
        """
        found = tx.approval(approval_id)
        if found is None:
            raise ApprovalError(
                f"approval {approval_id!r} is unknown; `parley approvals list` shows what waits."
            )
        tx.lock(f"person:{found.person_id}")
        approval = tx.approval(approval_id) or found
        if approval.state != "OPEN":
            by = f" by {approval.decided_by}" if approval.decided_by else ""
            raise ApprovalError(
                f"approval {approval_id} is {approval.state} already{by}; decide on an open one."
            )
        later = tx.later(approval_id)
        if later is not None and later.state == "GOING":
            raise ApprovalError(
                f"approval {approval_id} is approved by {later.by} and about to leave; "
                "undo that first."
            )
        if version is not None and version != approval.version:
            raise ApprovalError(
                f"approval {approval_id} has been changed since you opened it; read it again."
            )
        people_of(tx, approval)
        return approval

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


def change(tx: Tx, before: Approval, after: Approval) -> None:
    """Writes a change of an item, unless somebody else's came first.

    Raises:
        ApprovalError: it did.
    """
    if not tx.change_approval(before, after):
        raise ApprovalError(
            f"approval {before.approval_id} was decided on or changed at this very moment by "
            "somebody else; read it again."
        )


def people_of(tx: Tx, approval: Approval) -> tuple[Contact, Session]:
    """Returns whom an item is for and the thread that it belongs to.

    Raises:
        ApprovalError: they are not in the store.
    """
    contact, session = tx.contact_of(approval.person_id), tx.session_of(approval.person_id)
    if contact is None or session is None:
        raise ApprovalError(f"approval {approval.approval_id} belongs to nobody in the store.")
    return contact, session


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
