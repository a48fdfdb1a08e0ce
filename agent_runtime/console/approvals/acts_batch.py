"""Several items approved at once from the queue, with a window in which all of it is undone."""

from typing import Annotated

from fastapi import Form, Request
from sqlalchemy import select
from starlette.responses import Response

from agent_runtime.approval_batch import Picked, approve_batch, undo_batch
from agent_runtime.console.approvals.acts import DECIDERS, QUEUE
from agent_runtime.console.approvals.acts_view import desk_of
from agent_runtime.console.frame.declared import Pages
from agent_runtime.console.frame.faults import PageFault
from agent_runtime.console.frame.noting import note
from agent_runtime.console.frame.office import Office, TheOffice, Who
from agent_runtime.console.frame.render import render
from agent_runtime.console.frame.toasts import back
from agent_runtime.store import tables as t
from agent_runtime.store.rows import Later
from agent_runtime.store.sql_rows import load

pages = Pages("/approvals", area="approvals")


@pages.get("/going", roles=DECIDERS)
def _going(request: Request, office: TheOffice, who: Who) -> Response:
    """What of theirs is about to leave and may be undone; a fragment for the queue, or a page."""
    is_part = bool(request.headers.get("hx-request"))
    name = "approvals/acts_going_part.html" if is_part else "approvals/acts_going.html"
    return render(request, name, batches=_batches(office, who.name), seen_at=office.clock())


@pages.post("/batch", roles=DECIDERS)
def _batch(
    request: Request,
    office: TheOffice,
    who: Who,
    pick: Annotated[list[str] | None, Form()] = None,
) -> Response:
    picked = [_picked(one) for one in pick or ()]
    if not picked:
        raise PageFault("pick: nothing was picked; tick the drafts that may leave.")
    batch = approve_batch(desk_of(office), picked, by=who.name, now=office.clock())
    detail = f"{len(batch.going)} going, {len(batch.left_out)} left out"
    note(request, record=f"batch:{batch.batch_id}", detail=detail)
    said = f"{len(batch.going)} approved; undo it within half a minute."
    if batch.left_out:
        said += f" {len(batch.left_out)} stay: {batch.left_out[0][1]}"
    return back(request, QUEUE, said=said[:600])


@pages.post("/batch/{batch_id}/undo", roles=DECIDERS)
def _undo(request: Request, office: TheOffice, who: Who, batch_id: str) -> Response:
    undone = undo_batch(desk_of(office), batch_id, by=who.name)
    note(request, record=f"batch:{batch_id}", detail=f"{len(undone)} wait again")
    return back(request, QUEUE, said=f"Undone: {len(undone)} wait again, and nothing has left.")


def _picked(told: str) -> Picked:
    approval_id, _, rest = told.partition(":")
    version, _, shown = rest.partition(":")
    if not (version.isdigit() and len(shown) == 64):
        raise PageFault(f"pick = {told[:40]!r}: is not of this page; load it and pick again.")
    return Picked(approval_id, int(version), shown)


def _batches(office: Office, by: str) -> list[tuple[str, list[Later]]]:
    later = t.approvals_later.c
    query = select(later.doc).where(
        later.tenant_id == office.store.tenant_id, later.state == "GOING", later.batch_id != ""
    )
    with office.store.engine.connect() as connection:
        rows = [load(Later, doc) for doc in connection.execute(query).scalars()]
    found: dict[str, list[Later]] = {}
    for row in rows:
        if row.by == by:
            found.setdefault(row.batch_id, []).append(row)
    return sorted(found.items(), key=lambda one: one[1][0].due_at)
