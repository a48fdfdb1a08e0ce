"""The queue of drafts that wait: a page of it, by risk, waiting time or language."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

from sqlalchemy import Connection, and_, func, literal, or_, select, tuple_

from agent_runtime.approval_check import digest_of
from agent_runtime.approval_risk import RISKS, Risk, Weight, weigh
from agent_runtime.domain import Contact
from agent_runtime.store import tables as t
from agent_runtime.store.rows import Approval
from agent_runtime.store.sql import SqlStore
from agent_runtime.store.sql_rows import load
from agent_runtime.threads.showing import Showing

Order = Literal["risk", "waiting", "language"]
ORDERS: tuple[Order, ...] = get_args(Order)
PAGE = 25


@dataclass(frozen=True, slots=True)
class Asked:
    """What of the queue is wanted; empty means all."""

    order: Order = "risk"
    risk: Risk | Literal[""] = ""
    language: str = ""
    playbook: str = ""
    page: int = 1
    size: int = PAGE
    """Items of a page."""


Naming = Literal["whole", "redacted", "unnamed"]
"""whole: names stand where they belong; redacted: placeholders do; unnamed: no words at all."""


@dataclass(frozen=True, slots=True)
class Line:
    """One item of the queue."""

    approval_id: str
    person: str
    company: str
    weight: Weight
    made_at: datetime
    language: str
    playbook: str
    channel: str
    options: int
    why: str
    heard: str
    action: str
    confidence: float
    version: int
    shown_hash: str


@dataclass(frozen=True, slots=True)
class Queue:
    """A page of what waits, and how much there is to narrow it by."""

    lines: tuple[Line, ...]
    found: int
    """Items that match, on all pages."""
    waiting: int
    """Items in all."""
    by_risk: dict[Risk, int]
    languages: dict[str, int]
    playbooks: dict[str, int]


def read_queue(
    store: SqlStore, asked: Asked, *, now: datetime, naming: Naming = "unnamed"
) -> Queue:
    """Returns a page of the queue: all that waits, but what is put off or about to leave.

    The order is settled on narrow rows; drafts, contacts and originals are read for the items of
    this page only.
    """
    with store.engine.connect() as connection:
        counts = _counts(connection, store.tenant_id, now)
        rows = _rows(connection, store.tenant_id, asked, now)
        lines = _lines(connection, store.tenant_id, rows, naming)
    matching = [
        (count, risk)
        for risk, language, playbook, count in counts
        if (not asked.risk or RISKS[risk] == asked.risk)
        and asked.language in ("", language)
        and asked.playbook in ("", playbook)
    ]
    return Queue(
        lines=lines,
        found=sum(count for count, _ in matching),
        waiting=sum(count for *_, count in counts),
        by_risk={name: sum(c[3] for c in counts if c[0] == i) for i, name in enumerate(RISKS)},
        languages=_summed(counts, 1),
        playbooks=_summed(counts, 2),
    )


def count_waiting(store: SqlStore, *, now: datetime, risk: Risk | Literal[""] = "") -> int:
    """Counts what waits, of a risk or of all."""
    line = t.approval_lines.c
    query = select(func.count()).select_from(t.approval_lines).where(*_open(store.tenant_id, now))
    if risk:
        query = query.where(line.risk == RISKS.index(risk))
    with store.engine.connect() as connection:
        return connection.execute(query).scalar_one()


def following(store: SqlStore, approval_id: str, *, now: datetime) -> str:
    """Returns what comes after an item, decided or not, by risk; empty at the end of the queue."""
    line = t.approval_lines.c
    this = select(line.risk, line.made_at).where(
        line.tenant_id == store.tenant_id, line.approval_id == approval_id
    )
    query = select(line.approval_id).where(*_open(store.tenant_id, now))
    with store.engine.connect() as connection:
        if at := connection.execute(this).first():
            stands_after = tuple_(-line.risk, line.made_at, line.approval_id) > tuple_(
                -at.risk, literal(at.made_at, t.Instant), approval_id
            )
            query = query.where(stands_after)
        query = query.order_by(line.risk.desc(), line.made_at, line.approval_id).limit(1)
        return connection.execute(query).scalar() or ""


def _open(tenant_id: str, now: datetime) -> tuple[Any, ...]:
    """Which lines wait. Both sets are asked once, out of indexes, and no draft is read for it."""
    line, a, later = t.approval_lines.c, t.approvals.c, t.approvals_later.c
    is_away = or_(later.state == "GOING", and_(later.state == "SNOOZED", later.due_at > now))
    still = select(a.approval_id).where(a.tenant_id == tenant_id, a.state == "OPEN")
    away = select(later.approval_id).where(later.tenant_id == tenant_id, is_away)
    return (
        line.tenant_id == tenant_id,
        line.approval_id.in_(still),
        line.approval_id.not_in(away),
    )


def _counts(connection: Connection, tenant_id: str, now: datetime) -> Sequence[Any]:
    line = t.approval_lines.c
    query = (
        select(line.risk, line.language, line.playbook, func.count())
        .where(*_open(tenant_id, now))
        .group_by(line.risk, line.language, line.playbook)
    )
    return connection.execute(query).all()


def _rows(connection: Connection, tenant_id: str, asked: Asked, now: datetime) -> Sequence[Any]:
    line = t.approval_lines.c
    orders = {
        "risk": (line.risk.desc(), line.made_at),
        "waiting": (line.made_at,),
        "language": (line.language, line.risk.desc(), line.made_at),
    }
    query = select(t.approval_lines).where(*_open(tenant_id, now))
    if asked.risk:
        query = query.where(line.risk == RISKS.index(asked.risk))
    if asked.language:
        query = query.where(line.language == asked.language)
    if asked.playbook:
        query = query.where(line.playbook == asked.playbook)
    query = query.order_by(*orders[asked.order], line.approval_id)
    page = query.limit(asked.size).offset(asked.size * (asked.page - 1))
    return connection.execute(page).all()


def _lines(
    connection: Connection, tenant_id: str, rows: Sequence[Any], naming: Naming
) -> tuple[Line, ...]:
    a, c, v = t.approvals.c, t.contacts.c, t.vault.c
    docs = select(a.approval_id, a.doc).where(
        a.tenant_id == tenant_id, a.approval_id.in_([row.approval_id for row in rows])
    )
    approvals = {key: load(Approval, doc) for key, doc in connection.execute(docs)}
    people = select(c.person_id, c.doc).where(
        c.tenant_id == tenant_id,
        c.person_id.in_([row.person_id for row in rows]),
        c.is_primary.is_(True),
    )
    contacts = {key: load(Contact, doc) for key, doc in connection.execute(people)}
    hidden = select(v.thread_id, v.token, v.value).where(
        v.tenant_id == tenant_id, v.thread_id.in_([row.thread_id for row in rows])
    )
    originals: dict[str, dict[str, str]] = {}
    for thread, token, value in connection.execute(hidden):
        originals.setdefault(thread, {})[token] = value
    return tuple(
        _line(row, approvals[row.approval_id], contacts.get(row.person_id), originals, naming)
        for row in rows
    )


def _line(
    row: Any,
    approval: Approval,
    contact: Contact | None,
    originals: dict[str, dict[str, str]],
    naming: Naming,
) -> Line:
    best = approval.drafts[0]
    heard = approval.heard or best.message.body
    known = originals.get(row.thread_id, {})
    showing = Showing(row.tenant_id, row.thread_id, contact, known, is_redacted=naming != "whole")
    return Line(
        approval_id=row.approval_id,
        person=showing.name,
        company=showing.company,
        weight=weigh(approval),
        made_at=row.made_at,
        language=row.language,
        playbook=row.playbook,
        channel=row.channel,
        options=len(approval.drafts),
        why=approval.why,
        heard="" if naming == "unnamed" else showing.text(heard),
        action=best.candidate.action,
        confidence=best.message.confidence,
        version=approval.version,
        shown_hash=digest_of(best.message, contact, known) if contact else "",
    )


def _summed(counts: Sequence[Any], column: int) -> dict[str, int]:
    found: dict[str, int] = {}
    for row in counts:
        found[row[column]] = found.get(row[column], 0) + row[3]
    return dict(sorted(found.items()))
