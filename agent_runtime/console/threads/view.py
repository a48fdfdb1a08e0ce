"""What the pages of threads show: lists, a stretch of a time line, words with their marks."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from markupsafe import Markup, escape

from agent_runtime.console.frame.faults import Missing
from agent_runtime.console.frame.office import Office, SignedIn
from agent_runtime.console.frame.roles import EVERYBODY, roles
from agent_runtime.library.catalog import Library
from agent_runtime.placeholders import TOKEN, stands_for
from agent_runtime.spreadsheet import Value
from agent_runtime.store.sql import SqlStore
from agent_runtime.store.thread_rows import (
    Asked,
    FoundThreads,
    Group,
    Keep,
    ThreadRecord,
    find_threads,
    groups,
    read_thread,
    without_clear_checks,
)
from agent_runtime.threads.entries import Entry, Line, TurnTrace
from agent_runtime.threads.exporting import shown_entry, shown_trace
from agent_runtime.threads.showing import Showing
from agent_runtime.threads.timeline import line_of
from agent_runtime.threads.tracing import only_of, trace_of

READERS = EVERYBODY
WHOLE = roles("rep", "reviewer")
"""Who answers buyers or judges answers reads names; all others read placeholders."""
SHARERS = roles("rep", "reviewer", "revops")
ON_A_PAGE = 40
"""Entries of a time line on one page."""
COLUMNS = (
    "thread_id",
    "person",
    "company",
    "playbook",
    "state",
    "channel",
    "who_speaks",
    "turns_of_theirs",
    "turns_of_the_agent",
    "last_active",
)
_USED = {
    "message": "Sent",
    "model_turn": "Read by the model",
    "model_token": "Language model",
    "human_minute": "Time of people",
    "audio": "Sound",
}
_UNITS = {"chat": "chat message", "voice": "spoken message"}


@dataclass(frozen=True, slots=True)
class Row:
    """One thread of a list."""

    thread_id: str
    name: str
    company: str
    playbook: str
    state: str
    channel: str
    speaker: str
    turns: int
    last: str
    last_by: str
    active_at: datetime | None


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of threads, and what there is to narrow it by."""

    rows: tuple[Row, ...]
    found: int
    all: int
    choices: dict[str, dict[str, int]]
    """Values with how many threads have each, by what narrows."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A page of a time line, the earliest first."""

    entries: tuple[Entry, ...]
    line: Line
    page: int
    """From 1; the last is the latest."""
    pages: int
    first: int
    total: int


def is_whole(who: SignedIn) -> bool:
    """Says whether somebody reads names; a program never does."""
    return not who.token and who.user.role in WHOLE


def list_threads(store: SqlStore, asked: Asked, *, is_redacted: bool) -> Listed:
    """Returns a page of threads; who reads no names finds nobody by a name."""
    with store.engine.connect() as connection:
        counted = groups(connection, store.tenant_id)
        found = find_threads(connection, store.tenant_id, asked)
    return Listed(
        _rows(found, is_redacted=is_redacted),
        found.found,
        sum(group.count for group in counted),
        {name: _counts(counted, name) for name in ("playbook", "state", "channel", "speaker")},
    )


def thread_table(
    store: SqlStore, asked: Asked, *, is_redacted: bool, most: int
) -> list[tuple[Value, ...]]:
    """Returns the threads that match, a row each, as `COLUMNS` names them; none of their words."""
    with store.engine.connect() as connection:
        found = find_threads(connection, store.tenant_id, replace(asked, page=1, size=most))
    rows = []
    for one in found.threads:
        showing, session = Showing.of(one, is_redacted=is_redacted), one.session
        told = (showing.name, showing.company, session.playbook, session.state, session.channel)
        turns = (session.buyer_turns, session.agent_turns)
        rows.append((session.thread_id, *told, session.speaker, *turns, one.active_at))
    return rows


def read(
    store: SqlStore, thread_id: str, *, until: int | None = None, keep: Keep | None = None
) -> ThreadRecord:
    """Returns a thread, or what `keep` picks of it.

    Raises:
        Missing: there is none.
    """
    with store.engine.connect() as connection:
        found = read_thread(connection, store.tenant_id, thread_id, until=until, keep=keep)
    if found is None:
        raise Missing(f"thread = {thread_id[:60]!r}: is unknown; look for it in the list.")
    return found


def read_line(store: SqlStore, thread_id: str, *, until: int | None = None) -> ThreadRecord:
    """Returns a thread with what its time line tells.

    Raises:
        Missing: there is none.
    """
    return read(store, thread_id, until=until, keep=without_clear_checks)


def read_turn(
    store: SqlStore, thread_id: str, event_id: str, *, until: int | None = None
) -> ThreadRecord:
    """Returns a thread with what the trace of one turn tells.

    Raises:
        Missing: there is none.
    """
    return read(store, thread_id, until=until, keep=only_of(event_id, thread_id))


def stretch_of(record: ThreadRecord, showing: Showing, page: int) -> Stretch:
    """Returns a page of a thread's time line; page 0 is the latest."""
    line = line_of(record)
    total = len(line.entries)
    pages = max(1, -(-total // ON_A_PAGE))
    at = pages if page < 1 else min(page, pages)
    # Pages are filled from the end, so that the latest is never a page of one entry.
    last = total - ON_A_PAGE * (pages - at)
    first = max(0, last - ON_A_PAGE)
    shown = tuple(shown_entry(entry, showing) for entry in line.entries[first:last])
    return Stretch(shown, line, at, pages, first + 1 if total else 0, total)


def read_trace(
    record: ThreadRecord, showing: Showing, event_id: str, library: Library
) -> TurnTrace:
    """Returns the trace of a turn.

    Raises:
        Missing: the thread has no such turn.
    """
    found = trace_of(record, event_id, library)
    if found is None:
        raise Missing(f"turn = {event_id[:40]!r}: this thread has none; go back to the thread.")
    return shown_trace(found, showing)


def used(item: str, quantity: float, unit: str) -> tuple[str, str]:
    """Returns what was used and how much of it, in words.

    >>> used("message", 9, "mail")
    ('Sent', '9 mails')
    """
    several = "" if quantity == 1 else "s"
    amount = f"{quantity:,.1f}".removesuffix(".0")
    named = _UNITS.get(unit) or unit.replace("_", " ")
    return _USED.get(item, item.replace("_", " ").capitalize()), f"{amount} {named}{several}"


def marked(text: str) -> Markup:
    """Returns words with their placeholders as marks that say what stands there."""

    def mark(match: re.Match[str]) -> str:
        return f'<span class="badge">{escape(stands_for(match[0]))}</span>'

    return Markup(TOKEN.sub(mark, str(escape(text))))


def shown_to(who: SignedIn, record: ThreadRecord) -> Showing:
    """Returns how a thread reads for somebody of ours."""
    return Showing.of(record, is_redacted=not is_whole(who))


def public_address(office: Office, base: str, token: str) -> str:
    """Returns the address of a shared thread, as others reach this console."""
    return f"{(office.settings.public_url or base).rstrip('/')}/shared/{token}"


def _rows(found: FoundThreads, *, is_redacted: bool) -> tuple[Row, ...]:
    rows = []
    for one in found.threads:
        showing, session = Showing.of(one, is_redacted=is_redacted), one.session
        last = one.last
        rows.append(
            Row(
                session.thread_id,
                showing.name,
                showing.company,
                session.playbook,
                session.state,
                session.channel,
                session.speaker,
                session.buyer_turns + session.agent_turns,
                showing.text(last.payload["text"])[:220] if last else "",
                str(last.payload["actor"]) if last else "",
                one.active_at,
            )
        )
    return tuple(rows)


def _counts(found: Sequence[Group], name: str) -> dict[str, int]:
    counts: dict[str, int] = {}
    for group in found:
        value = getattr(group, name)
        counts[value] = counts.get(value, 0) + group.count
    return dict(sorted(counts.items()))
