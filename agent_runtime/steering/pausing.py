"""Pausing the agent, everywhere or in one campaign: the flags that bind, and who raised them when.

A flag is what binds: every permit asks for it, in the transaction that lets a message out. The log
beside it says since when and by whom, and is only ever added to.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Literal

from pydantic import TypeAdapter

from agent_runtime.errors import ParleyError
from agent_runtime.policies.contact import PAUSES_ALL
from agent_runtime.ports import Tx

ALL = "pause"
"""Flag that silences the agent in every thread; confirmations that somebody is owed still go."""
EVERYTHING = PAUSES_ALL
"""Flag beside it that holds those as well, and what people write: nothing leaves."""
LOG = "pause_log"
_LOCK = "pauses"
_LONGEST = 2000


class PauseError(ParleyError):
    """A pause that cannot be raised or ended as asked."""


@dataclass(frozen=True, slots=True)
class Logged:
    """One time that somebody paused something or let it go on."""

    what: Literal["pause", "resume"]
    campaign: str
    """Empty: everything."""
    why: str
    by: str
    at: datetime
    """By the wall clock, in UTC."""


@dataclass(frozen=True, slots=True)
class Pause:
    """A pause that is up."""

    campaign: str
    why: str
    by: str = ""
    """Empty where nothing says who raised it."""
    since: datetime | None = None
    holds_all: bool = False


def flag_of(campaign: str = "") -> str:
    """Returns the name of the flag that pauses a campaign, or everything."""
    return f"{ALL}:{campaign}" if campaign else ALL


def pause(
    tx: Tx, *, campaign: str = "", why: str, by: str, at: datetime, nothing_leaves: bool = False
) -> Pause:
    """Raises a pause and returns what stands; one that is up keeps its reason and its author.

    Args:
        tx: In which the flag and its line in the log are written together.
        campaign: Only this one; empty means everything.
        why: Shown to everybody who wonders why nothing leaves.
        by: Who decided it.
        at: By the wall clock.
        nothing_leaves: Whether what the agent owes somebody, such as the confirmation of a stop,
            and what people write wait as well; not of one campaign.

    Raises:
        PauseError: no reason, or nothing is to leave of one campaign.
    """
    said = " ".join(why.split())[:_LONGEST]
    if not said:
        raise PauseError("why: a pause needs a reason; say in a few words what is wrong.")
    if campaign and nothing_leaves:
        raise PauseError(
            f"campaign {campaign}: only a pause of everything holds what people write."
        )
    tx.lock(_LOCK)
    flags = tx.flags()
    is_new = flag_of(campaign) not in flags
    if is_new:
        tx.set_flag(flag_of(campaign), said)
    if nothing_leaves and EVERYTHING not in flags:
        tx.set_flag(EVERYTHING, said)
        is_new = True
    if is_new:
        _write(tx, Logged("pause", campaign, said, by, at))
    return next(one for one in pauses_up(tx) if one.campaign == campaign)


def resume(tx: Tx, *, campaign: str = "", why: str = "", by: str, at: datetime) -> str:
    """Ends a pause and returns why it was up; empty where there was none.

    Everything that goes on leaves campaigns paused that were paused by themselves.
    """
    tx.lock(_LOCK)
    up = tx.flags().get(flag_of(campaign), "")
    tx.set_flag(flag_of(campaign), None)
    if not campaign:
        tx.set_flag(EVERYTHING, None)
    if up:
        _write(tx, Logged("resume", campaign, " ".join(why.split())[:_LONGEST], by, at))
    return up


def pauses_up(tx: Tx) -> tuple[Pause, ...]:
    """Returns the pauses that are up, that of everything first."""
    flags, log = tx.flags(), pause_log(tx)
    names = sorted(name for name in flags if name == ALL or name.startswith(f"{ALL}:"))
    return tuple(
        _pause(name.partition(":")[2], flags[name], log, all_held=EVERYTHING in flags)
        for name in names
    )


def pause_log(tx: Tx) -> tuple[Logged, ...]:
    """Returns who paused and resumed what, the latest first."""
    written = tx.published(LOG)
    return tuple(reversed(_entries().validate_json(written))) if written else ()


def _pause(campaign: str, why: str, log: tuple[Logged, ...], *, all_held: bool) -> Pause:
    """A flag of which the latest line says the same was raised by that line."""
    latest = next(_of(log, campaign), None)
    holds = all_held and not campaign
    if latest is None or latest.what != "pause" or latest.why != why:
        return Pause(campaign, why, holds_all=holds)
    return Pause(campaign, why, latest.by, latest.at, holds)


def _of(log: tuple[Logged, ...], campaign: str) -> Iterator[Logged]:
    return (one for one in log if one.campaign == campaign)


def _write(tx: Tx, line: Logged) -> None:
    lines = [*reversed(pause_log(tx)), line]
    tx.publish(LOG, _entries().dump_json(lines).decode())


@cache
def _entries() -> TypeAdapter[list[Logged]]:
    return TypeAdapter(list[Logged])
