"""The line of each approval by which a queue is ordered: risk, waiting time, language."""

from typing import Any

from sqlalchemy import select

from agent_runtime.approval_risk import RISKS, weigh
from agent_runtime.store import tables as t
from agent_runtime.store.rows import Approval
from agent_runtime.store.sql_rows import SqlRows, load

_PAGE = 500


def line_of(approval: Approval) -> dict[str, Any]:
    """Returns the row of an approval in `approval_lines`."""
    message = approval.drafts[0].message if approval.drafts else None
    return {
        "approval_id": approval.approval_id,
        "risk": RISKS.index(weigh(approval).risk),
        "made_at": approval.made_at,
        "language": message.language[:2].lower() if message else "",
        "playbook": message.playbook if message else "",
        "channel": message.channel if message else "",
        "person_id": approval.person_id,
        "thread_id": approval.thread_id,
    }


def fill_lines(rows: SqlRows) -> int:
    """Writes the lines of what waits in a store of an earlier version; returns how many."""
    a, line = t.approvals.c, t.approval_lines.c
    has_line = (
        select(line.approval_id)
        .where(line.tenant_id == a.tenant_id, line.approval_id == a.approval_id)
        .exists()
    )
    query = select(a.doc).where(a.tenant_id == rows.tenant_id, a.state == "OPEN", ~has_line)
    filled = 0
    while docs := rows.connection.execute(query.limit(_PAGE)).scalars().all():
        rows.insert_all(t.approval_lines, [line_of(load(Approval, doc)) for doc in docs])
        filled += len(docs)
    return filled
