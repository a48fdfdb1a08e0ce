"""What people do on the page of an item: each a POST, each on the version that they have read."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import Form, Request
from starlette.responses import Response

from agent_runtime import thread_speaker
from agent_runtime.approval_changes import judge_words, revise, send_back, snooze
from agent_runtime.approvals import ApprovalError
from agent_runtime.console.approvals.acts_view import desk_of, editor_of
from agent_runtime.console.frame.declared import Pages
from agent_runtime.console.frame.faults import Missing, PageFault
from agent_runtime.console.frame.noting import note
from agent_runtime.console.frame.office import TheOffice, Who
from agent_runtime.console.frame.render import render
from agent_runtime.console.frame.roles import roles
from agent_runtime.console.frame.toasts import back
from agent_runtime.console.threads.view import marked
from agent_runtime.store.rows import Approval

DECIDERS = roles("rep", "reviewer")
QUEUE = "/console/approvals"
FAULTS = ("tone", "accuracy", "policy")
SNOOZES = {"1h": "for an hour", "4h": "for four hours", "1d": "until tomorrow", "7d": "for a week"}
_LENGTHS = {
    "1h": timedelta(hours=1),
    "4h": timedelta(hours=4),
    "1d": timedelta(days=1),
    "7d": timedelta(days=7),
}

pages = Pages("/approvals", area="approvals")

Option = Annotated[int, Form(ge=1, le=20)]
Version = Annotated[int, Form(ge=0)]
Words = Annotated[str, Form()]
Next = Annotated[str, Form()]


@pages.get("/{approval_id}/edit", roles=DECIDERS)
def _edit(
    request: Request, office: TheOffice, who: Who, approval_id: str, option: int = 1
) -> Response:
    editor = editor_of(office, approval_id, option - 1, by=who.name)
    return render(
        request,
        "approvals/acts_edit.html",
        editor=editor,
        approval=editor.approval,
        marked=marked,
    )


@pages.post("/{approval_id}/check", roles=DECIDERS, audited=False)
def _check(
    request: Request,
    office: TheOffice,
    who: Who,
    approval_id: str,
    option: Option,
    words: Words = "",
) -> Response:
    """The same rules on the same facts as the permit, asked while somebody writes."""
    desk, refusal, found = desk_of(office), "", None
    try:
        found = judge_words(desk, approval_id, option - 1, words, by=who.name, now=office.clock())
    except ApprovalError as error:
        refusal = str(error)
    return render(request, "approvals/acts_check.html", found=found, refusal=refusal, marked=marked)


@pages.post("/{approval_id}/revise", roles=DECIDERS)
def _revise(
    request: Request,
    office: TheOffice,
    who: Who,
    approval_id: str,
    option: Option,
    version: Version,
    words: Words,
    then: Annotated[str, Form()] = "",
) -> Response:
    desk, now = desk_of(office), office.clock()
    revised = revise(desk, approval_id, option - 1, words, by=who.name, now=now, version=version)
    note(request, record=f"approval:{approval_id}", detail=f"edited option {option}")
    if then != "approve":
        return back(request, f"{QUEUE}/{approval_id}", said="Saved. It still waits for approval.")
    try:
        desk.approve(
            approval_id,
            by=who.name,
            now=now,
            draft=option - 1,
            version=revised.version,
            is_checked=True,
        )
    except ApprovalError as error:
        # The words are kept: another reviewer can approve them, or they can be mended.
        return back(request, f"{QUEUE}/{approval_id}", said=f"Saved, not approved: {error}")
    return back(request, QUEUE, said="Approved in your words; it leaves now.")


@pages.post("/{approval_id}/approve", roles=DECIDERS)
def _approve(
    request: Request,
    office: TheOffice,
    who: Who,
    approval_id: str,
    option: Option,
    version: Version,
    shown: Annotated[str, Form(min_length=64, max_length=64)],
    following: Next = "",
) -> Response:
    decided = desk_of(office).approve(
        approval_id,
        by=who.name,
        now=office.clock(),
        draft=option - 1,
        version=version,
        shown=shown,
        is_checked=True,
    )
    note(request, record=f"approval:{approval_id}", detail=f"message {decided.message_id}")
    return back(request, _after(following), said="Approved; it leaves now, word for word.")


@pages.post("/{approval_id}/reject", roles=DECIDERS)
def _reject(
    request: Request,
    office: TheOffice,
    who: Who,
    approval_id: str,
    version: Version,
    tag: Annotated[list[str] | None, Form()] = None,
    why: Annotated[str, Form(max_length=2000)] = "",
    following: Next = "",
) -> Response:
    tags = tuple(one for one in FAULTS if one in (tag or ()))
    if not tags:
        raise PageFault("tag: say what is wrong with the draft: tone, accuracy or policy.")
    desk_of(office).reject(
        approval_id, by=who.name, now=office.clock(), tags=tags, note=why, version=version
    )
    note(request, record=f"approval:{approval_id}", detail=f"tags {', '.join(tags)}")
    return back(request, _after(following), said="Rejected; a buyer who waits goes to the owner.")


@pages.post("/{approval_id}/send-back", roles=DECIDERS)
def _send_back(
    request: Request,
    office: TheOffice,
    who: Who,
    approval_id: str,
    version: Version,
    why: Annotated[str, Form(max_length=2000)],
    following: Next = "",
) -> Response:
    send_back(
        desk_of(office), approval_id, note=why, by=who.name, now=office.clock(), version=version
    )
    note(request, record=f"approval:{approval_id}")
    return back(request, _after(following), said="Sent back; the owner edits it first.")


@pages.post("/{approval_id}/snooze", roles=DECIDERS)
def _snooze(
    request: Request,
    office: TheOffice,
    who: Who,
    approval_id: str,
    version: Version,
    until: Annotated[str, Form()] = "1d",
    at: Annotated[str, Form()] = "",
    following: Next = "",
) -> Response:
    now = office.clock()
    ends = _ends(until, at, now)
    snooze(desk_of(office), approval_id, until=ends, by=who.name, now=now, version=version)
    note(request, record=f"approval:{approval_id}", detail=f"until {ends.isoformat()}")
    said = f"Put off until {ends:%d %B, %H:%M} UTC; it comes back then."
    return back(request, _after(following), said=said)


@pages.post("/{approval_id}/take-over", roles=DECIDERS)
def _take_over(request: Request, office: TheOffice, who: Who, approval_id: str) -> Response:
    with office.store.begin() as tx:
        approval = _known(tx.approval(approval_id), approval_id)
        given = thread_speaker.take_over(
            tx, approval.person_id, by=who.name, now=office.clock(), versions=office.versions
        )
        if given is None:
            raise Missing(f"approval = {approval_id[:40]!r}: its thread is not in the store.")
    note(request, record=f"thread:{approval.thread_id}")
    said = "You have the thread; the agent says nothing in it until you give it back."
    return back(request, f"{QUEUE}/{approval_id}", said=said)


@pages.post("/{approval_id}/give-back", roles=DECIDERS)
def _give_back(request: Request, office: TheOffice, who: Who, approval_id: str) -> Response:
    with office.store.begin() as tx:
        approval = _known(tx.approval(approval_id), approval_id)
        thread_speaker.give_back(
            tx, approval.person_id, by=who.name, now=office.clock(), versions=office.versions
        )
    note(request, record=f"thread:{approval.thread_id}")
    return back(request, f"{QUEUE}/{approval_id}", said="The agent speaks in this thread again.")


def _known(approval: Approval | None, approval_id: str) -> Approval:
    if approval is None:
        raise Missing(f"approval = {approval_id[:40]!r}: is unknown; the queue shows what waits.")
    return approval


def _after(following: str) -> str:
    return f"{QUEUE}/{following[:40]}" if following.isalnum() else QUEUE


def _ends(until: str, at: str, now: datetime) -> datetime:
    """A length that the page offers, or an instant in UTC."""
    if not at:
        return now + _LENGTHS.get(until, timedelta(days=1))
    try:
        return datetime.fromisoformat(at).replace(tzinfo=now.tzinfo)
    except ValueError:
        raise PageFault(f"at = {at[:30]!r}: is no time; write it as 2026-01-31T09:00.") from None
