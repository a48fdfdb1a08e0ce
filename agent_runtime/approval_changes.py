"""What somebody does to an item without deciding on it: edit, send back, put off."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from agent_runtime import log
from agent_runtime.approval_check import Checked, check
from agent_runtime.approval_words import MAX_WORDS, ApprovalError, in_words, refuse_restricted
from agent_runtime.approvals import Approvals, change, people_of
from agent_runtime.placeholders import redact
from agent_runtime.ports import Tx
from agent_runtime.store.rows import Approval, HumanTask, Later, Message

MAX_NOTE = 2000
"""Characters of a note."""


def judge(
    desk: Approvals, tx: Tx, approval: Approval, draft: int, *, by: str, now: datetime
) -> Checked:
    """Returns what the permit would say of a draft as it stands."""
    contact, session = people_of(tx, approval)
    chosen = approval.drafts[draft]
    return check(
        tx,
        approval,
        chosen.message,
        contact=contact,
        session=session,
        library=desk.library,
        by=by,
        is_edited=bool(chosen.edited_by),
        now=now,
    )


def judge_words(
    desk: Approvals, approval_id: str, draft: int, words: str, *, by: str, now: datetime
) -> Checked:
    """Returns what the permit would say of somebody's words in place of a draft's; keeps nothing.

    Raises:
        ApprovalError: the item is not open, or there is no such draft.
    """

    class _Done(Exception):
        pass

    found: list[Checked] = []
    try:
        with desk.store.begin() as tx:
            approval = desk.open_item(tx, approval_id)
            message = _written(desk, tx, approval, draft, words)
            contact, session = people_of(tx, approval)
            found.append(
                check(
                    tx,
                    approval,
                    message,
                    contact=contact,
                    session=session,
                    library=desk.library,
                    by=by,
                    is_edited=True,
                    now=now,
                )
            )
            # The vault must not keep what somebody only tried.
            raise _Done
    except _Done:
        return found[0]


def revise(
    desk: Approvals,
    approval_id: str,
    draft: int,
    words: str,
    *,
    by: str,
    now: datetime,
    version: int | None = None,
) -> Approval:
    """Writes somebody's words into a draft; it still waits, and counts as theirs from now on.

    Raises:
        ApprovalError: the item is not open or another by now, or the words may not be said.
    """
    with desk.store.begin() as tx:
        approval = desk.open_item(tx, approval_id, version=version)
        message = _written(desk, tx, approval, draft, words)
        refuse_restricted(message)
        chosen = approval.drafts[draft]
        if message.sentences == chosen.message.sentences and not approval.sent_back:
            return approval
        edited = replace(
            chosen,
            message=message,
            edited_by=tuple(dict.fromkeys((*chosen.edited_by, by))),
            original=chosen.original or chosen.message,
        )
        drafts = (*approval.drafts[:draft], edited, *approval.drafts[draft + 1 :])
        revised = replace(approval, drafts=drafts, sent_back="", version=approval.version + 1)
        change(tx, approval, revised)
        _trace(desk, tx, revised, "edited", by=by, now=now, draft=draft + 1)
        return revised


def send_back(
    desk: Approvals,
    approval_id: str,
    *,
    note: str,
    by: str,
    now: datetime,
    version: int | None = None,
) -> Approval:
    """Gives an item back to the owner of the contact, who edits it before anybody may approve it.

    Raises:
        ApprovalError: there is no note, or the item is not open or another by now.
    """
    if not note.strip() or len(note) > MAX_NOTE:
        raise ApprovalError(
            f"note, {len(note)} characters: say what has to be changed, in 1 to {MAX_NOTE}."
        )
    with desk.store.begin() as tx:
        approval = desk.open_item(tx, approval_id, version=version)
        contact, session = people_of(tx, approval)
        hidden = redact(note.strip(), contact, known=tx.recall(session.thread_id))
        tx.remember(session.thread_id, hidden.originals)
        sent = replace(
            approval,
            sent_back=hidden.text,
            requested_by=tuple(dict.fromkeys((*approval.requested_by, by))),
            version=approval.version + 1,
        )
        change(tx, approval, sent)
        tx.save_human_task(
            HumanTask(
                tenant_id=approval.tenant_id,
                task_id=f"{approval_id}:back:{sent.version}",
                thread_id=approval.thread_id,
                person_id=approval.person_id,
                kind="notice",
                route_to="owner",
                reason="draft_sent_back",
                text=hidden.text,
                received_at=now,
            )
        )
        _trace(desk, tx, sent, "sent_back", by=by, now=now, note=hidden.text)
        return sent


def snooze(
    desk: Approvals,
    approval_id: str,
    *,
    until: datetime,
    by: str,
    now: datetime,
    version: int | None = None,
) -> Later:
    """Takes an item out of the queue until a time; whoever opens it may still decide on it.

    Raises:
        ApprovalError: the time has passed, or the item is not open or another by now.
    """
    if until <= now:
        raise ApprovalError(f"until = {until:%Y-%m-%d %H:%M}: has passed; take a time to come.")
    with desk.store.begin() as tx:
        approval = desk.open_item(tx, approval_id, version=version)
        put_off = Later(approval.tenant_id, approval_id, "SNOOZED", until, by)
        tx.save_later(put_off)
        _trace(desk, tx, approval, "snoozed", by=by, now=now, until=until.isoformat())
        return put_off


def _written(desk: Approvals, tx: Tx, approval: Approval, draft: int, words: str) -> Message:
    if not 0 <= draft < len(approval.drafts):
        raise ApprovalError(
            f"approval {approval.approval_id} has no draft {draft + 1}; it has "
            f"{len(approval.drafts)}, counted from 1."
        )
    if not words.strip() or len(words) > MAX_WORDS:
        raise ApprovalError(
            f"words, {len(words)} characters: write what the buyer reads, in 1 to {MAX_WORDS}."
        )
    contact, session = people_of(tx, approval)
    return in_words(
        tx,
        approval.drafts[draft].message,
        words,
        contact=contact,
        session=session,
        library=desk.library,
    )


def _trace(
    desk: Approvals, tx: Tx, approval: Approval, what: str, *, by: str, now: datetime, **more: Any
) -> None:
    session = people_of(tx, approval)[1]
    journal = log.Journal(tx, session, now=now, versions=desk.versions)
    payload = {"what": what, "approval_id": approval.approval_id, "by": by, **more}
    journal.write("review", approval.approval_id, what, approval.version, payload=payload)
