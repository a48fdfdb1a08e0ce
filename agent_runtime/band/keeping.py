"""Keeps the band in the store: what went, what was judged, and what that changed."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from functools import cache, lru_cache
from typing import Any

from pydantic import TypeAdapter

from agent_runtime.band.bands import Bands
from agent_runtime.band.state import (
    OVERALL,
    BandState,
    Record,
    renewed,
    standings,
)
from agent_runtime.band.watch import Watch
from agent_runtime.contracts import TraceEvent
from agent_runtime.domain import SafeBand
from agent_runtime.log import event_id
from agent_runtime.ports import Tx
from agent_runtime.store.rows import HumanTask

STATE = "safe_band:"
HISTORY = "safe_band_history:"
"""Under these names and a playbook's id the store keeps the band, and what became of it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the history of a band."""

    at: datetime
    what: str
    """`calibrated` or `closed`."""
    category: str
    why: str
    version: str
    threshold: float | None = None


def state_of_band(tx: Tx, playbook: str) -> BandState | None:
    """Returns the band of a playbook as it stands; None where none was calibrated."""
    written = tx.published(STATE + playbook)
    return _read(written) if written else None


def bands_of(tx: Tx, playbook: str, band: SafeBand) -> Bands:
    """Returns the bands of a playbook for a permit."""
    state = state_of_band(tx, playbook)
    if state is None:
        return Bands(is_needed=band.needs_calibration, audit_share=band.audit_share)
    unheard = tx.count_unread(playbook, None, state.overall.heard_of)
    stands = standings(state, sent_unheard=unheard)
    share = state.record.terms.audit_share
    return Bands(state.record.version, band.needs_calibration, stands, share)


def publish(tx: Tx, record: Record, *, by: str, now: datetime) -> None:
    """Puts a calibration in force, at the next permit."""
    tx.lock(f"band:{record.playbook}")
    before = state_of_band(tx, record.playbook)
    known = {b.category: b.threshold for b in before.record.bands} if before else {}
    _save(tx, renewed(before, record))
    shown = {b.category: b for b in record.bands}
    changed = [c for c in shown if c not in known or known[c] != shown[c].threshold]
    for name in sorted({*changed, *(known.keys() - shown.keys())}):
        band = shown.get(name)
        why = "counts in another now"
        if band is not None:
            at_most = "" if band.at_most is None else f", at most {band.at_most:.1%} with certainty"
            why = f"{band.wrong} of {band.inside} judged messages inside were wrong{at_most}"
        threshold = band.threshold if band else None
        entry = Entry(now, "calibrated", name, f"{why}; by {by}", record.version, threshold)
        _remember(tx, record.playbook, entry)


def close(tx: Tx, playbook: str, *, by: str, why: str, now: datetime) -> bool:
    """Closes all bands of a playbook by hand; False where none was calibrated.

    Only a calibration over messages judged from now on opens them again.
    """
    tx.lock(f"band:{playbook}")
    state = state_of_band(tx, playbook)
    if state is None:
        return False
    closed = replace(state.overall, narrowed_at=now, why=f"{by}: {why}")
    changed_to(tx, playbook, state, replace(state, overall=closed), now=now)
    return True


def closed_bands(tx: Tx, playbooks: Iterable[str]) -> tuple[str, ...]:
    """Returns in one sentence each which bands are closed, since when and why."""
    found: list[str] = []
    for playbook in playbooks:
        state = state_of_band(tx, playbook)
        watches = _watches(state) if state else {}
        found += [
            f"{playbook} {name}: closed since {watch.narrowed_at:%Y-%m-%d %H:%M} UTC, {watch.why}; "
            f"`parley autonomy band show {playbook}`"
            for name, watch in watches.items()
            if watch.narrowed_at
        ]
    return tuple(found)


def history(tx: Tx, playbook: str) -> tuple[Entry, ...]:
    """Returns what became of a band, the earliest first."""
    written = tx.published(HISTORY + playbook)
    return _entries().validate_json(written) if written else ()


def changed_to(
    tx: Tx, playbook: str, before: BandState, after: BandState, *, now: datetime
) -> None:
    """Puts a state in force; what closed with it is told."""
    _save(tx, after)
    was = _watches(before)
    for name, watch in _watches(after).items():
        known = was.get(name, Watch())
        if watch.narrowed_at is not None and known.narrowed_at is None:
            _tell(tx, playbook, name, watch.why, after.record.version, now=now)


def _watches(state: BandState) -> dict[str, Watch]:
    return {**state.watches, OVERALL: state.overall}


def _tell(tx: Tx, playbook: str, category: str, why: str, version: str, *, now: datetime) -> None:
    """A band that closes is in the history, an incident, and a notice to people."""
    _remember(tx, playbook, Entry(now, "closed", category, why, version))
    key = event_id(now, "incident", tx.tenant_id, "band", playbook, category)
    what = f"the safe band of {playbook} was closed: {category}"
    tx.trace(
        TraceEvent(
            event_id=key,
            tenant_id=tx.tenant_id,
            kind="incident",
            thread_id=None,
            person_id=None,
            contact_id=None,
            occurred_at=now,
            versions={"band": version},
            payload={"what": what, "detail": why, "severity": "high"},
        )
    )
    tx.save_human_task(
        HumanTask(
            tenant_id=tx.tenant_id,
            task_id=f"band-{key}",
            thread_id="",
            person_id="",
            kind="notice",
            route_to="team",
            reason=what,
            text=f"{why}.\nA person reads these messages until what is judged from now on shows a "
            f"confidence to be safe.\n\nparley autonomy band show {playbook}",
            received_at=now,
            priority="fast",
        )
    )


def _save(tx: Tx, state: BandState) -> None:
    tx.publish(STATE + state.record.playbook, _states().dump_json(state).decode())


def _remember(tx: Tx, playbook: str, entry: Entry) -> None:
    entries = (*history(tx, playbook), entry)
    tx.publish(HISTORY + playbook, _entries().dump_json(entries).decode())


@lru_cache(maxsize=64)
def _read(written: str) -> BandState:
    """Most permits find the same text as the one before."""
    return _states().validate_json(written)


@cache
def _states() -> TypeAdapter[BandState]:
    return TypeAdapter(BandState)


@cache
def _entries() -> TypeAdapter[tuple[Entry, ...]]:
    return TypeAdapter(tuple[Entry, ...])


def as_dict(state: BandState) -> dict[str, Any]:
    """Returns a band as JSON can hold it."""
    return json.loads(json.dumps(asdict(state), default=str))
