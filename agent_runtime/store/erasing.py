"""Takes one person out of the runtime store: stops, arms and figures stay by id, words go."""

from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Table, delete, select

from agent_runtime.coaching.forgetting import forget_threads
from agent_runtime.contracts import TraceEvent
from agent_runtime.crm_request import person_of
from agent_runtime.domain import Contact, Session
from agent_runtime.erasures import NOTE, PREFIX, hash_of
from agent_runtime.retention import has_words, without_words
from agent_runtime.store import tables as t
from agent_runtime.store.pruning import KINDS, Kind
from agent_runtime.store.rows import FieldChange, Listing, Push
from agent_runtime.store.sql import SqlStore, SqlTx
from agent_runtime.store.sql_rows import dump, load
from agent_runtime.suppression import stopped

SOURCE = "erasure"
"""Where the stop of somebody who asked to be erased comes from."""
REASON = "unsubscribed"
_WAITS = frozenset({"READY", "HANDED", "NEW", "OPEN"})
"""States of rows that something may still come of."""


class _Undone(Exception):
    """Ends the transaction of a dry run."""


@dataclass(frozen=True, slots=True)
class Known:
    """Under what the store knows a person."""

    persons: tuple[str, ...] = ()
    contacts: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()


def known_as(store: SqlStore, who: Iterable[str]) -> Known:
    """Returns all persons, contacts and addresses that belong to addresses or person ids."""
    with store.begin() as tx:
        asked = [(c.person_id if (c := tx.contact_by_email(w)) else w) for w in who]
        persons = tuple(dict.fromkeys(p for one in asked for p in tx.persons_of(one)))
        contacts = _contacts(tx, persons)
    if not contacts:
        return Known()
    emails = sorted({c.email.strip().lower() for c in contacts if c.email})
    return Known(persons, tuple(sorted(c.contact_id for c in contacts)), tuple(emails))


def erase(store: SqlStore, known: Known, *, now: datetime, dry_run: bool = False) -> dict[str, int]:
    """Takes a person out of the store and returns what went, by kind; a repeat finds nothing.

    Everything happens in one transaction. An opt-out that still waits for the CRM keeps the bare
    address until it is there; the daily pruning takes that too.

    Args:
        store: The runtime store.
        known: Under what the person is known.
        now: When it happens.
        dry_run: Only counts.
    """
    run = None
    with suppress(_Undone), store.begin() as tx:
        tx.lock(*(f"person:{one}" for one in known.persons))
        run = _Erasure(tx, known, f"{now:%Y-%m-%d} {NOTE}")
        run.stop(now)
        run.words()
        run.crm()
        run.traces()
        run.people()
        if dry_run:
            raise _Undone
    return dict(run.counts) if run else {}


def finish_erasures(store: SqlStore, *, dry_run: bool = False) -> int:
    """Removes the addresses that were kept until the CRM had been told; returns how many."""
    with store.begin() as tx:
        rows = tx.rows(t.suppressions, source=SOURCE).all()
        due = [p for row in rows for p in [row.person_id] if not _is_waiting(tx, p)]
        contacts = _contacts(tx, due)
        for contact in () if dry_run else contacts:
            _remove(tx, t.contacts, t.contacts.c.contact_id == contact.contact_id)
    return len(contacts)


class _Erasure:
    def __init__(self, tx: SqlTx, known: Known, note: str) -> None:
        self.tx, self.known, self.note = tx, known, note
        self.persons = known.persons
        self.counts: Counter[str] = Counter()
        self.contacts = _contacts(tx, known.persons)
        threads = tx.rows(t.threads, t.threads.c.person_id.in_(known.persons)).all()
        named = {f"thread-{person}" for person in known.persons}
        self.threads = sorted({row.thread_id for row in threads} | named)

    def stop(self, now: datetime) -> None:
        """Before anything goes: silence, by the person's id and by the hash of each address."""
        tx = self.tx
        for address in self.known.emails:
            key = PREFIX + hash_of(tx.tenant_id, "email", address)
            tx.save_listing(Listing(tx.tenant_id, "email", key, REASON, SOURCE, now))
        for person in self.known.persons:
            if any(stop.source == SOURCE for stop in tx.stops(person)):
                continue
            if tx.suppress(person, reason=REASON, source=SOURCE, now=now):
                own = [c for c in self.contacts if c.person_id == person]
                tx.trace(*(stopped(contact, SOURCE, now=now) for contact in own[:1]))
        tx.write_traces()

    def words(self) -> None:
        """Empties what was said, and lets nothing of it go out or be worked any more."""
        tx = self.tx
        for kind in KINDS:
            c = kind.table.c
            of_thread = "thread_id" in c
            ours = c.thread_id.in_(self.threads) if of_thread else c.person_id.in_(self.persons)
            for row in tx.rows(kind.table, ours).all():
                self._empty(kind, row)
        for row in tx.rows(t.threads, t.threads.c.thread_id.in_(self.threads)).all():
            session = load(Session, row.doc)
            bare = replace(session, facts_known=(), preferences=(), subject="", objections=())
            if bare != session:
                tx.set(t.threads, {"thread_id": row.thread_id}, doc=dump(Session, bare))
        self._remove("originals", t.vault, t.vault.c.thread_id.in_(self.threads))
        if count := forget_threads(tx, self.threads, self.note):
            self.counts["words of reviewers"] += count

    def _empty(self, kind: Kind, row: Any) -> None:
        value = load(kind.value, row.doc)
        bare = kind.empty(value, self.note)
        bare = replace(bare, **{n: "" for n in ("to_email",) if hasattr(bare, n)})
        closed = kind.closed if row.state in _WAITS else row.state
        if replace(value, removed=self.note) == bare and closed == row.state:
            return
        self.counts[kind.name] += 1
        keys = {c.name: row._mapping[c.name] for c in kind.table.primary_key}
        keys.pop("tenant_id")
        bare = replace(bare, state=closed)
        self.tx.set(kind.table, keys, state=closed, doc=dump(kind.value, bare))

    def crm(self) -> None:
        """What waits for the CRM is dropped, an opt-out excepted; values of fields go."""
        tx = self.tx
        for row in tx.rows(t.crm_changes, t.crm_changes.c.thread_id.in_(self.threads)).all():
            change = load(FieldChange, row.doc)
            bare = replace(change, before="", after="", reason=f"[removed {self.note}]")
            if change.before or change.after:
                self.counts["changes of fields"] += 1
                tx.set(t.crm_changes, {"change_id": row.change_id}, doc=dump(FieldChange, bare))
        for push in tx.pushes():
            if push.kind == "stop" or person_of(tx, push.kind, push.row_id) not in (self.persons):
                continue
            bare = replace(push, reason="", found="", stood="", leave=None)
            if push.state == "WAITING":
                c = t.crm_pushes.c
                of_row = (c.row_kind == push.kind) & (c.row_id == push.row_id)
                self._remove("rows for the CRM", t.crm_pushes, of_row)
            elif bare != push:
                self.counts["rows for the CRM"] += 1
                tx.save_push(bare)
        for news in (*tx.news_waiting(), *tx.stops_open()):
            if news.record_id in self.known.contacts and news.stop == "none":
                self._remove("news of the CRM", t.crm_news, t.crm_news.c.news_id == news.news_id)

    def traces(self) -> None:
        """Empties the words of traces that are still in the store."""
        tx, c = self.tx, t.trace_events.c
        for row in _traces(tx, self.known, self.threads):
            event = load(TraceEvent, row.doc)
            if not has_words(event.kind, event.payload):
                continue
            self.counts["traces"] += 1
            bare = without_words(event.kind, event.payload, note=self.note)
            new = event.model_copy(update={"payload": bare}).model_dump_json()
            tx.connection.execute(
                t.trace_events.update().where(c.position == row.position).values(doc=new)
            )

    def people(self) -> None:
        """Contacts, marks, consents and addresses; of who waits to be told, the bare address."""
        tx = self.tx
        self._remove("choices", t.choices, t.choices.c.person_id.in_(self.persons))
        self._remove("consents", t.consents, t.consents.c.person_id.in_(self.persons))
        self._remove("addresses", t.addresses, t.addresses.c.person_id.in_(self.persons))
        self._remove(
            "addresses", t.moved_addresses, t.moved_addresses.c.thread_id.in_(self.threads)
        )
        self._numbers()
        for contact in self.contacts:
            of_one = {"contact_id": contact.contact_id}
            tx.forget_marks(contact_id=contact.contact_id)
            self.counts["contacts"] += 1
            if _is_waiting(tx, contact.person_id):
                tx.set(t.contacts, of_one, doc=dump(Contact, _bare(contact)), domain="")
            else:
                _remove(tx, t.contacts, t.contacts.c.contact_id == contact.contact_id)
        for email in self.known.emails:
            c = t.listings.c
            self._remove("entries of lists", t.listings, (c.scope == "email") & (c.entry == email))

    def _numbers(self) -> None:
        """Calls stay as figures; whom they rang goes. A do-not-call list keeps what it must."""
        for call in (c for person in self.persons for c in self.tx.calls_of(person)):
            if call.number:
                self.counts["numbers of calls"] += 1
                state = "CANCELLED" if call.state == "READY" else call.state
                self.tx.save_call(replace(call, number="", state=state))
                self.tx.set(t.call_attempts, {"call_id": call.call_id}, number="")

    def _remove(self, name: str, table: Table, where: Any) -> None:
        count = _remove(self.tx, table, where)
        if count:
            self.counts[name] += count


def _remove(tx: SqlTx, table: Table, where: Any) -> int:
    statement = delete(table).where(table.c.tenant_id == tx.tenant_id, where)
    return tx.connection.execute(statement).rowcount


def _traces(tx: SqlTx, known: Known, threads: Sequence[str]) -> Sequence[Any]:
    c = t.trace_events.c
    named = (*known.persons, *threads)
    about = [c.doc.contains(f'"{one}"', autoescape=True) for one in named]
    found = select(c.position, c.doc).where(c.tenant_id == tx.tenant_id)
    rows: dict[int, Any] = {}
    for one in about:
        rows |= {row.position: row for row in tx.connection.execute(found.where(one))}
    return list(rows.values())


def _contacts(tx: SqlTx, persons: Iterable[str]) -> tuple[Contact, ...]:
    c = t.contacts.c
    rows = tx.rows(t.contacts, c.person_id.in_(list(persons)))
    return tuple(load(Contact, row.doc) for row in rows)


def _bare(contact: Contact) -> Contact:
    return replace(contact, first_name="", last_name="", title="", company="", facts=(), signals=())


def _is_waiting(tx: SqlTx, person_id: str) -> bool:
    """Whether an opt-out of theirs has still to reach the CRM."""
    push: Push | None = tx.push("stop", person_id)
    return push is not None and push.state == "WAITING"
