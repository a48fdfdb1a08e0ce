"""Empties the words in old rows of the store, and in the traces that were taken out of it."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, and_, delete, func, insert, or_, select, update

from agent_runtime.asking.answers import KeptAnswer
from agent_runtime.channels.voice.recording.shelf import Shelf
from agent_runtime.coaching.forgetting import forget_threads
from agent_runtime.contracts import TraceEvent
from agent_runtime.domain import Sentence, Session
from agent_runtime.retention import (
    LAST_RUN,
    Keep,
    has_words,
    keep_for,
    rule_of_words,
    shortest,
    without_words,
)
from agent_runtime.settings import LANDING_DAYS, RECORDING_DAYS, Workspace
from agent_runtime.store import coaching_tables as coaching
from agent_runtime.store import tables as t
from agent_runtime.store.landed_rows import prune_landing
from agent_runtime.store.rows import (
    Approval,
    DataRequest,
    HumanTask,
    Inbound,
    Message,
    Promise,
    Ticket,
)
from agent_runtime.store.sql import SqlStore
from agent_runtime.store.sql_rows import dump, load

PAGE = 500
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class _Undone(Exception):
    """Ends the transaction of a dry run."""


NOTE = "[[RETENTION]]"
"""In the vault of a thread: when its originals went, and by which rule."""
_RULE = "retention_words"
"""Name under which the store keeps by which rule of words all traces were last looked at."""
_REMOVED = '"removed":"2'
"""How a row without words says so in JSON; in a text a quote is escaped."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One table in which words stand, and what becomes of them."""

    name: str
    table: Table
    value: type[Any]
    states: tuple[str, ...]
    """States in which nobody needs the words any more."""
    at: Callable[[Any], datetime]
    empty: Callable[[Any, str], Any]
    closed: str = "DONE"
    """State of a row that nobody may work any more."""


def _emptied_message(message: Message, note: str) -> Message:
    said = (Sentence(f"[removed {note}]", ()),)
    bare = replace(message, opinions=replace(message.opinions, pairs=()))
    return replace(bare, subject="", sentences=said, invite="", template=None, removed=note)


def _emptied(value: Any, note: str) -> Any:
    names = [name for name in ("subject", "heard", "note", "blocker") if hasattr(value, name)]
    said = [name for name in ("text", "words") if hasattr(value, name)]
    drafts = {name: () for name in ("drafts", "stopped") if hasattr(value, name)}
    blank: dict[str, Any] = {**dict.fromkeys(names, ""), **drafts, "removed": note}
    return replace(value, **blank, **dict.fromkeys(said, f"[removed {note}]"))


def _emptied_answer(answer: KeptAnswer, note: str) -> KeptAnswer:
    reply = replace(answer.reply, text="", detail="")
    opinions = replace(answer.opinions, pairs=())
    return replace(answer, reply=reply, opinions=opinions, removed=note)


KINDS = (
    Kind(
        "messages",
        t.messages,
        Message,
        ("SENT", "FAILED", "BLOCKED", "CANCELLED"),
        lambda message: message.sent_at or message.due_at,
        _emptied_message,
        "CANCELLED",
    ),
    Kind("inbound", t.inbound, Inbound, ("DONE",), lambda row: row.received_at, _emptied),
    Kind("tasks", t.human_tasks, HumanTask, ("DONE",), lambda row: row.received_at, _emptied),
    Kind(
        "approvals",
        t.approvals,
        Approval,
        ("APPROVED", "REJECTED", "VOID"),
        lambda row: row.decided_at or row.made_at,
        _emptied,
        "VOID",
    ),
    Kind(
        "promises",
        t.promises,
        Promise,
        ("KEPT", "DUE", "CANCELLED"),
        lambda row: row.due_at,
        _emptied,
        "CANCELLED",
    ),
    Kind(
        "answers of models",
        t.model_answers,
        KeptAnswer,
        ("ANSWERED", "FAILED"),
        lambda answer: answer.asked_at,
        _emptied_answer,
    ),
    Kind(
        "requests about data",
        t.data_requests,
        DataRequest,
        ("ASKED", "DONE", "REFUSED"),
        lambda request: request.asked_at,
        _emptied,
    ),
    Kind("tickets", t.tickets, Ticket, ("SOLVED",), lambda row: row.opened_at, _emptied, "SOLVED"),
)


def prune(
    store: SqlStore,
    workspace: Workspace | None,
    *,
    now: datetime,
    landing_days: int = LANDING_DAYS,
    recording_days: int = RECORDING_DAYS,
    dry_run: bool = False,
) -> dict[str, int]:
    """Removes words that are older than their profile allows and returns how many, by kind.

    Running it again changes nothing; a run that was cut off goes on where it stopped. Where more
    fields are words than at the last run, the traces that were emptied before, of whoever was
    erased too, are looked at once more.

    Args:
        store: The runtime store.
        workspace: Where the traces were taken to, and sources landed; None leaves them out.
        now: Ages count from here.
        landing_days: How long a landed row is kept that its source has deleted.
        recording_days: How long the sound of a call is kept.
        dry_run: Only counts.
    """
    run = _Run(store, now, dry_run)
    counts: Counter[str] = Counter()
    is_young = run.is_young()
    for kind in KINDS:
        counts[kind.name] = 0 if is_young else run.rows(kind)
    counts["originals"] = 0 if is_young else run.vault()
    counts["words of reviewers"] = 0 if is_young else run.reviews()
    counts["traces"] = 0 if is_young and not run.is_rule_new else run.traces()
    # Erasing empties rows as this module says, and so it is loaded first.
    erasing = import_module("agent_runtime.store.erasing")
    counts["erased contacts"] = erasing.finish_erasures(store, dry_run=dry_run)
    counts["traces in the lake"] = run.lake(workspace.traces) if workspace else 0
    landing = workspace.lake / "landing" if workspace else None
    counts["landed rows"] = (
        prune_landing(landing, days=landing_days, now=now, dry_run=dry_run) if landing else 0
    )
    shelf = Shelf(workspace.recordings) if workspace else None
    counts["recordings of calls"] = (
        shelf.prune(days=recording_days, now=now, dry_run=dry_run) if shelf else 0
    )
    if not dry_run:
        said = {"day": now.date().isoformat(), "at": now.isoformat(), "removed": dict(counts)}
        with store.begin() as tx:
            tx.publish(LAST_RUN, json.dumps(said))
            if workspace:
                tx.publish(_RULE, rule_of_words())
    return dict(counts)


def last_run(store: SqlStore) -> dict[str, Any]:
    """Returns day, instant and counts of the last run; empty before the first."""
    with store.begin() as tx:
        return json.loads(tx.published(LAST_RUN) or "{}")


def prune_daily(
    store: SqlStore,
    workspace: Workspace,
    *,
    now: datetime,
    landing_days: int = LANDING_DAYS,
    recording_days: int = RECORDING_DAYS,
) -> bool:
    """Prunes unless that was done today; the day is kept in the store, so a crash repeats it."""
    if last_run(store).get("day") == now.date().isoformat():
        return False
    prune(store, workspace, now=now, landing_days=landing_days, recording_days=recording_days)
    return True


class _Run:
    def __init__(self, store: SqlStore, now: datetime, dry_run: bool) -> None:
        self._store, self._engine = store, store.engine
        self._tenant, self._now, self._dry = store.tenant_id, now, dry_run
        with store.begin() as tx:
            flags = tx.flags()
            self._least = shortest(flags)
            sessions = tx.all(Session, t.threads)
            self.is_rule_new = tx.published(_RULE) != rule_of_words()
        self._keep = {s.thread_id: keep_for(flags, s.playbook) for s in sessions}
        self._sessions = {s.thread_id: s for s in sessions}

    def rows(self, kind: Kind) -> int:
        """Empties the rows of one table whose time has come."""
        table, column = kind.table, kind.table.c
        query = select(table).where(
            column.tenant_id == self._tenant,
            column.state.in_(kind.states),
            ~column.doc.contains(_REMOVED, autoescape=True),
        )
        keys = [c for c in table.primary_key if c.name != "tenant_id"]
        changes: list[tuple[Any, str]] = []
        for row in self._all(query):
            value = load(kind.value, row.doc)
            if "sent_at" in column:
                value = replace(value, sent_at=row.sent_at, due_at=row.due_at)
            keep = self._of(value.thread_id)
            if kind.at(value) < keep.before(self._now):
                changed = kind.empty(load(kind.value, row.doc), keep.note(self._now))
                changes.append((row, dump(kind.value, changed)))
        self._in_pages(
            changes,
            lambda connection, change: connection.execute(
                update(table)
                .where(column.tenant_id == self._tenant)
                .where(*(k == change[0]._mapping[k.name] for k in keys))
                .values(doc=change[1])
            ),
        )
        return len(changes)

    def vault(self) -> int:
        """Empties the originals of threads in which nothing has happened for so long."""
        column = t.vault.c
        mine = column.tenant_id == self._tenant
        query = select(column.thread_id, column.value, column.token).where(mine)
        found: Counter[str] = Counter()
        for row in self._all(query):
            found[row.thread_id] += bool(row.value) and row.token != NOTE
        last = self._last_heard()
        old = [
            (thread, self._of(thread))
            for thread, count in found.items()
            if count and last.get(thread, _LONG_AGO) < self._of(thread).before(self._now)
        ]

        def empty(connection: Connection, item: tuple[str, Keep]) -> None:
            thread, keep = item
            of_thread = (mine, column.thread_id == thread)
            connection.execute(update(t.vault).where(*of_thread).values(value=""))
            connection.execute(delete(t.vault).where(*of_thread, column.token == NOTE))
            note = {"tenant_id": self._tenant, "thread_id": thread, "token": NOTE}
            connection.execute(insert(t.vault).values(**note, value=keep.note(self._now)))
            if (session := self._sessions.get(thread)) is not None:
                bare = replace(session, facts_known=(), preferences=())
                where = (t.threads.c.tenant_id == self._tenant, t.threads.c.thread_id == thread)
                connection.execute(update(t.threads).where(*where).values(doc=dump(Session, bare)))

        self._in_pages(old, empty)
        return sum(found[thread] for thread, _ in old)

    def reviews(self) -> int:
        """Empties what reviewers wrote about threads of which nothing is kept any more."""
        last: dict[str, str] = {}
        for column, at in (
            (coaching.samples.c, coaching.samples.c.day),
            (coaching.proposed.c, func.substr(coaching.proposed.c.made_at, 1, 10)),
        ):
            query = select(column.thread_id, func.max(at).label("day")).where(
                column.tenant_id == self._tenant
            )
            for row in self._all(query.group_by(column.thread_id)):
                last[row.thread_id] = max(row.day, last.get(row.thread_id, row.day))
        old: dict[str, list[str]] = {}
        for thread, day in last.items():
            keep = self._of(thread)
            if day < keep.before(self._now).date().isoformat():
                old.setdefault(keep.note(self._now), []).append(thread)
        count = 0
        with suppress(_Undone), self._store.begin() as tx:
            for note, threads in old.items():
                count += forget_threads(tx, threads, note)
            if self._dry:
                raise _Undone
        return count

    def traces(self) -> int:
        """Empties the words in the traces of the store."""
        column = t.trace_events.c
        is_old = column.day <= self._least.before(self._now).date().isoformat()
        was_emptied = column.doc.contains('"retention":"2', autoescape=True)
        is_due = and_(is_old, ~was_emptied)
        query = select(column.position, column.doc).where(
            column.tenant_id == self._tenant,
            or_(is_due, was_emptied) if self.is_rule_new else is_due,
        )
        changes: list[tuple[int, str]] = []
        for row in self._all(query):
            event = load(TraceEvent, row.doc)
            note = self._due(event.kind, event.payload, event.thread_id, event.occurred_at)
            if note:
                bare = without_words(event.kind, event.payload, note=note)
                new = event.model_copy(update={"payload": bare})
                changes.append((row.position, new.model_dump_json()))
        self._in_pages(
            changes,
            lambda connection, change: connection.execute(
                update(t.trace_events).where(column.position == change[0]).values(doc=change[1])
            ),
        )
        return len(changes)

    def lake(self, folder: Path) -> int:
        """Empties the words in the Parquet files of the traces; each is replaced as a whole."""
        import polars as pl

        count, last_day = 0, self._least.before(self._now).date().isoformat()
        for path in sorted(folder.glob("day=*/*.parquet")):
            if path.parent.name.removeprefix("day=") > last_day and not self.is_rule_new:
                continue
            frame = pl.read_parquet(path)
            written = [self._bare(row) for row in frame.iter_rows(named=True)]
            changed = sum(new is not None for new in written)
            count += changed
            if changed and not self._dry:
                old = frame.get_column("payload")
                new = [a if a is not None else b for a, b in zip(written, old, strict=True)]
                draft = path.with_suffix(".tmp")
                frame.with_columns(pl.Series("payload", new, pl.String)).write_parquet(draft)
                draft.replace(path)
        return count

    def _bare(self, row: dict[str, Any]) -> str | None:
        payload = json.loads(row["payload"])
        note = self._due(row["kind"], payload, row["thread_id"], row["occurred_at"])
        if row["tenant_id"] != self._tenant or not note:
            return None
        bare = without_words(row["kind"], payload, note=note)
        return json.dumps(bare, separators=(",", ":"), sort_keys=True)

    def _due(self, kind: str, payload: Mapping[str, Any], thread: str | None, at: datetime) -> str:
        """Returns the note of a trace whose words go now; one that it has already stays."""
        if before := payload.get("retention"):
            return before if self.is_rule_new and has_words(kind, payload) else ""
        keep = self._of(thread or "")
        return keep.note(self._now) if at < keep.before(self._now) else ""

    def _of(self, thread: str) -> Keep:
        """A thread that nobody knows is kept the shortest time."""
        return self._keep.get(thread, self._least)

    def is_young(self) -> bool:
        """Whether nothing in the store is old enough for any profile; asked of indexes."""
        before = self._least.before(self._now)
        asked = (
            select(t.messages.c.due_at).where(t.messages.c.due_at < before),
            select(t.inbound.c.due_at).where(t.inbound.c.due_at < before),
            select(t.trace_events.c.day).where(t.trace_events.c.day <= before.date().isoformat()),
        )
        return not any(list(self._all(query.limit(1))) for query in asked)

    def _last_heard(self) -> dict[str, datetime]:
        """When something was last said in each thread."""
        m, i = t.messages.c, t.inbound.c
        found: dict[str, datetime] = {}
        for thread, at, tenant in (
            (m.thread_id, func.max(func.coalesce(m.sent_at, m.due_at)), m.tenant_id),
            (i.thread_id, func.max(i.due_at), i.tenant_id),
        ):
            query = select(thread, at.label("at")).where(tenant == self._tenant).group_by(thread)
            for row in self._all(query):
                found[row.thread_id] = max(row.at, found.get(row.thread_id, row.at))
        return found

    def _all(self, query: Any) -> Iterator[Any]:
        with self._engine.connect() as connection:
            yield from connection.execute(query).fetchall()

    def _in_pages(self, changes: list[Any], change: Callable[[Connection, Any], Any]) -> None:
        for start in range(0, 0 if self._dry else len(changes), PAGE):
            with self._engine.begin() as connection:
                for item in changes[start : start + PAGE]:
                    change(connection, item)
