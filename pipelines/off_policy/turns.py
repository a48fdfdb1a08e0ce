"""Turns of the agent with the chances that each answer had, as the traces have them."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from agent_runtime.settings import Workspace
from pipelines.errors import PipelineError
from pipelines.traces import own_traces

KNOWN = ("kind", "touch", "playbook", "state", "intent", "confidence", "language", "country")
"""What was known of a turn before its choice, by which an outcome may be foretold."""

TURNS: dict[str, Any] = {
    "turn": pl.String,
    "thread": pl.String,
    "cluster": pl.String,
    "at": pl.Datetime("us", "UTC"),
    "campaign": pl.String,
    **dict.fromkeys(KNOWN, pl.String),
    "touch": pl.Int64,
    "confidence": pl.Float64,
}
OPTIONS: dict[str, Any] = {
    "turn": pl.String,
    "rank": pl.Int64,
    "action": pl.String,
    "texts": pl.List(pl.String),
    "logged": pl.Float64,
    "is_chosen": pl.Boolean,
}


@dataclass(frozen=True, slots=True)
class LoggedTable:
    """Turns, and what could have been done in each.

    Attributes:
        turns: One row a turn that was carried out: id, thread, person (`cluster`), instant,
            campaign, and the columns of `KNOWN`.
        options: One row an answer that the rules allowed: its turn, place (0 is the best), what it
            does in a word, its texts, the chance that it had, and whether it was chosen.
        last_event_at: Of all traces that were read.
    """

    turns: pl.DataFrame
    options: pl.DataFrame
    last_event_at: datetime


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which threads are read; empty means all."""

    campaign: str = ""
    playbook: str = ""
    since: datetime | None = None
    """Threads whose first turn is not before this."""


def logged_table(
    workspace: Workspace, wanted: Wanted | None = None, *, tenant_id: str
) -> LoggedTable:
    """Returns a tenant's turns of a workspace's traces.

    Raises:
        PipelineError: nothing was traced yet, or no thread is as wanted.
    """
    events = own_traces(workspace, tenant_id=tenant_id)
    last = last_event_at(workspace, tenant_id=tenant_id)
    assert events is not None
    turns = (
        events.filter(pl.col("kind") == "turn")
        .select("seq", "thread_id", "person_id", "occurred_at", "payload")
        .sort("seq")
        .collect()
    )
    rows = (
        (thread or "", person or "", at, json.loads(payload))
        for thread, person, at, payload in turns.drop("seq").iter_rows()
    )
    return table_of(rows, last_event_at=last, wanted=wanted or Wanted())


def last_event_at(workspace: Workspace, *, tenant_id: str) -> datetime:
    """Returns when the last trace of a tenant was written.

    Raises:
        PipelineError: there is none.
    """
    events = own_traces(workspace, tenant_id=tenant_id)
    last = (
        events.select(pl.col("occurred_at").max()).collect().item() if events is not None else None
    )
    if last is None:
        raise PipelineError(
            f"{workspace.traces}: there are no traces; `parley demo` or a worker writes them, and "
            "this command reads what has been exported."
        )
    return last


def table_of(
    events: Iterable[tuple[str, str, datetime, Mapping[str, Any]]],
    *,
    last_event_at: datetime,
    wanted: Wanted,
) -> LoggedTable:
    """Returns turns as tables.

    Args:
        events: Thread, person, instant and payload of each turn, in the order of writing.
        last_event_at: Of all traces.
        wanted: Which threads.

    Raises:
        PipelineError: no thread is as wanted.
    """
    # A touch that had to wait is decided again under the same id: the last word counts.
    last = {(thread, told["turn_id"]): (p, at, told) for thread, p, at, told in events}
    kept = [
        (thread, person, at, told)
        for (thread, _), (person, at, told) in last.items()
        if told["chosen"]["decision"] != "defer"
    ]
    turns = pl.DataFrame([_turn(*one) for one in kept], schema=TURNS, orient="row")
    options = pl.DataFrame(
        [row for one in kept for row in _options(one[0], one[3])], schema=OPTIONS, orient="row"
    )
    held = {thread for thread, _, _, told in kept if _is_done(told)}
    threads = (
        turns.filter(pl.col("thread").is_in(list(held)))
        .group_by("thread")
        .agg(
            pl.col("at").min(),
            pl.col("campaign").filter(pl.col("campaign") != "").first().fill_null(""),
            pl.col("playbook"),
        )
    )
    if wanted.campaign:
        threads = threads.filter(pl.col("campaign") == wanted.campaign)
    if wanted.playbook:
        threads = threads.filter(pl.col("playbook").list.contains(wanted.playbook))
    if wanted.since:
        threads = threads.filter(pl.col("at") >= wanted.since)
    if threads.is_empty():
        asked = f"campaign {wanted.campaign!r}, playbook {wanted.playbook!r}, since {wanted.since}"
        raise PipelineError(
            f"no thread in which the agent did anything is left ({asked}); ask for more."
        )
    turns = turns.join(threads.select("thread"), on="thread", how="semi")
    options = options.join(turns.select("turn"), on="turn", how="semi")
    return LoggedTable(turns, options, last_event_at)


def _is_done(told: Mapping[str, Any]) -> bool:
    """The agent did something of its own: threads of a holdout have no policy to change."""
    chosen = told["chosen"]
    return chosen["decision"] == "allow" and chosen["reason"] != "inbound_control"


def _turn(thread: str, person: str, at: datetime, told: Mapping[str, Any]) -> dict[str, Any]:
    seen, basis = told.get("perception") or {}, told.get("basis") or {}
    session, contact = basis.get("session") or {}, basis.get("contact") or {}
    return {
        "turn": _name(thread, told),
        "thread": thread,
        "cluster": person or thread,
        "at": at,
        "campaign": told.get("campaign_id") or session.get("campaign_id", ""),
        "kind": told["observation"]["kind"],
        "touch": told["observation"]["touch"],
        "playbook": told["playbook"],
        "state": told["state_before"],
        "intent": seen.get("primary", ""),
        "confidence": seen.get("confidence"),
        "language": seen.get("language") or contact.get("language", "")[:2],
        "country": contact.get("country", ""),
    }


def _options(thread: str, told: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    chosen, how, turn = told["chosen"], told.get("exploration"), _name(thread, told)
    if how is None or chosen["decision"] != "allow":
        verdict = "" if chosen["decision"] == "allow" else f", {chosen['decision']}"
        action = f"{chosen['action']} ({chosen['reason']}{verdict})"
        yield _option(turn, 0, action, [], 1.0, is_chosen=True)
        return
    for rank, (place, chance, texts) in enumerate(
        zip(how["pool"], how["chances"], how["contents"], strict=True)
    ):
        one = told["candidates"][place]
        action = f"{one['action']} {'+'.join(texts)}" if texts else name_of(one)
        yield _option(turn, rank, action, texts, chance, is_chosen=place == how["chosen"])


def name_of(candidate: Mapping[str, Any]) -> str:
    """Returns what a candidate without texts of the library is called."""
    return f"{candidate['action']} ({candidate['reason']})"


def _option(
    turn: str, rank: int, action: str, texts: list[str], chance: float, *, is_chosen: bool
) -> dict[str, Any]:
    return {
        "turn": turn,
        "rank": rank,
        "action": action,
        "texts": texts,
        "logged": chance,
        "is_chosen": is_chosen,
    }


def _name(thread: str, told: Mapping[str, Any]) -> str:
    return f"{thread}/{told['turn_id']}"
