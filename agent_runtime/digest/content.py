"""What the digest of one week says, from what was published and what the store counts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from agent_runtime.digest.week import Week, WeekError
from agent_runtime.readouts.board import Board, Cell, Finding, Row
from agent_runtime.readouts.experiment import Experiment
from agent_runtime.readouts.reading import read_board, read_experiments
from agent_runtime.settings import Settings
from agent_runtime.store import tables as t
from agent_runtime.store.sql import SqlStore
from agent_runtime.store.trace_index import field_is

BOARD = "leadership"
TREND = "meetings_set"
"""The metric whose weeks are drawn."""


class NotYet(WeekError):
    """Of this week nothing whole was published."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One metric of the week, beside the week before."""

    label: str
    now: str
    interval: str
    before: str
    basis: str


@dataclass(frozen=True, slots=True)
class Group:
    """Figures that are to be read together."""

    title: str
    note: str
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class Bar:
    """One week of the trend; its length in percent of the longest."""

    label: str
    said: str
    percent: int
    is_this: bool


@dataclass(frozen=True, slots=True)
class Digest:
    """What is told of one week."""

    week: Week
    subject: str
    groups: tuple[Group, ...]
    trend: tuple[Bar, ...]
    trend_of: str
    between: str
    """The days that the findings compare."""
    findings: tuple[Finding, ...]
    quiet: str
    experiments: tuple[Experiment, ...]
    notes: tuple[str, ...]
    """What somebody has to look at."""
    link: str
    """Where the dashboard is; empty where the console has no address."""
    made_at: datetime | None


def digest_of(settings: Settings, store: SqlStore, week: Week) -> Digest:
    """Returns the digest of a week.

    Raises:
        NotYet: nothing was published of it, or before it was over.
        ReadoutError: what was published cannot be read.
    """
    board = read_board(settings.paths, BOARD)
    if board is None:
        raise NotYet(
            f"week = {week.name}: no dashboard was published yet; the daily batch does it, and so "
            "does `parley dashboard build`."
        )
    key = _published(board, week)
    groups = tuple(
        Group(section.title, section.note, figures)
        for section in board.sections
        if (figures := tuple(_figures(board, section.tiles, week)))
    )
    meetings = board.cell(TREND, key, {})
    base = settings.public_url.rstrip("/")
    return Digest(
        week=week,
        subject=f"Week of {week.said}: {meetings.text} meetings set",
        groups=groups,
        trend=_trend(board, week),
        trend_of=board.metrics[TREND].label,
        between=board.moved.between if board.moved else "",
        findings=board.moved.findings if board.moved else (),
        quiet=board.moved.quiet if board.moved else "",
        experiments=read_experiments(settings.paths),
        notes=tuple(_notes(store, week)),
        link=f"{base}/console/dashboards/{BOARD}?period={key.replace(' ', '+')}" if base else "",
        made_at=board.made_at,
    )


def _published(board: Board, week: Week) -> str:
    key = f"week {week.monday.isoformat()}"
    weeks = [one.key for one in board.weeks]
    if key not in weeks:
        there = ", ".join(Week.named(one[5:]).name for one in weeks) or "none"
        raise NotYet(f"week = {week.name}: nothing was published of it; there are {there}.")
    is_whole = board.made_at >= week.ends_at if board.made_at else key != weeks[-1]
    if not is_whole:
        raise NotYet(
            f"week = {week.name}: what was published is from before its end; wait for the batch "
            f"after {week.ends_at:%-d %B %Y}."
        )
    return key


def _figures(board: Board, names: Sequence[str], week: Week) -> Iterator[Figure]:
    """Metrics that have a value in the week or in the one before."""
    for name in names:
        now, before = (
            board.cell(name, f"week {one.monday.isoformat()}", {}) for one in (week, week.previous)
        )
        if now.value is not None or before.value is not None:
            label = board.metrics[name].label
            yield Figure(label, _said(now), now.interval, _said(before), now.basis)


def _said(cell: Cell) -> str:
    return cell.text if cell.value is not None else "no value"


def _trend(board: Board, week: Week) -> tuple[Bar, ...]:
    rows = [
        Row(one.key[5:], one.short, board.cell(TREND, one.key, {}))
        for one in board.weeks
        if one.key[5:] <= week.monday.isoformat()
    ][-8:]
    most = max((row.cell.value or 0 for row in rows), default=0) or 1
    return tuple(
        Bar(
            row.label,
            row.cell.text,
            round(100 * (row.cell.value or 0) / most),
            row.at == week.monday.isoformat(),
        )
        for row in rows
    )


def _notes(store: SqlStore, week: Week) -> Sequence[str]:
    """Incidents of the week, and what stands still now."""
    days = (week.monday.isoformat(), week.ends_at.date().isoformat())
    c = t.trace_events.c
    with store.begin() as tx:
        query = select(func.count()).where(
            c.tenant_id == store.tenant_id,
            field_is(tx.connection, "kind", "incident"),
            c.day >= days[0],
            c.day < days[1],
        )
        incidents = tx.connection.execute(query).scalar_one()
        paused = {name: why for name, why in tx.flags().items() if name.startswith("pause")}
        waiting = tx.count(t.approvals, state="OPEN")
        unknown = tx.count(t.messages, state="UNKNOWN")
    found = [_counted(incidents, "incident", "in the week")]
    found += [
        f"{name.removeprefix('pause:') if ':' in name else 'Everything'} is paused: {why}"
        for name, why in sorted(paused.items())
    ]
    found.append(_counted(waiting, "draft", "waiting for a decision now"))
    if unknown:
        found.append(_counted(unknown, "mail", "of unknown fate now"))
    return found


def _counted(count: int, what: str, more: str) -> str:
    return f"{count or 'No'} {what if count == 1 else f'{what}s'} {more}"
