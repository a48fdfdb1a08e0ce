"""Keeps the band in the store: what went, what was judged, and what that changed."""

import json
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from functools import cache, partial
from typing import Any

from pydantic import TypeAdapter

from agent_runtime.band.bands import Bands
from agent_runtime.band.category import category_of, never_by_itself, outside
from agent_runtime.band.rows import BandMessage
from agent_runtime.band.state import (
    OVERALL,
    BandState,
    Record,
    found_wrong,
    heard,
    renewed,
    standings,
)
from agent_runtime.band.watch import Watch
from agent_runtime.contracts import TraceEvent
from agent_runtime.domain import Proposal, SafeBand
from agent_runtime.log import event_id
from agent_runtime.policies.approval import unlisted
from agent_runtime.policies.facts import Facts
from agent_runtime.ports import Tx
from agent_runtime.store.rows import Approval, HumanTask, Message

STATE = "safe_band:"
HISTORY = "safe_band_history:"
"""Under these names and a playbook's id the store keeps the band, and what became of it."""
MATERIAL = 0.1
"""Share of words that a reviewer changed from which the draft counts as wrong."""
FAULTS = frozenset({"accuracy", "policy"})
"""Tags that make a message wrong; a tone that was let pass does not."""
RIGHT_FROM = 4
"""Points for accuracy, of 5, from which a message counts as right."""


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
    return _states().validate_json(written) if written else None


def bands_of(tx: Tx, playbook: str, band: SafeBand) -> Bands:
    """Returns the bands of a playbook for a permit."""
    state = state_of_band(tx, playbook)
    if state is None:
        return Bands(is_needed=band.needs_calibration)
    unheard = tx.count_unread(playbook, None, state.overall.heard_of)
    stands = standings(state, sent_unheard=unheard)
    return Bands(state.record.version, band.needs_calibration, stands)


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
    _changed(tx, playbook, state, replace(state, overall=closed), now=now)
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


def note_asked(tx: Tx, message: Message, proposal: Proposal, facts: Facts) -> None:
    """Notes that a person reads a message first; what they say of it teaches the band.

    Where nothing is drawn and the unsure alone are read, that teaches nothing of the sure ones.
    """
    reads_all = facts.autonomy == "assistive"
    is_drawn = facts.bands.version or facts.bands.is_needed
    is_never = never_by_itself(proposal, facts.safe_band) or unlisted(proposal, facts)
    if message.touch_class == "transactional" or is_never or not (reads_all or is_drawn):
        return
    tx.save_band_message(_row(message, proposal, facts, reads_all=reads_all))


def note_going(tx: Tx, message: Message, proposal: Proposal, facts: Facts) -> None:
    """Notes that a message goes without a person, once however often it is tried."""
    is_ours = facts.actor == "agent" and proposal.touch_class != "transactional"
    is_unread = is_ours and not facts.approved_by and facts.autonomy == "supervised"
    if is_unread and tx.band_message(message.message_id) is None:
        row = _row(message, proposal, facts, reads_all=False)
        tx.save_band_message(replace(row, made_at=facts.now, went=True, state="UNREAD"))


def note_decided(tx: Tx, decided: Approval, *, draft: int, changed: float, now: datetime) -> None:
    """Notes what a person decided on the draft that the agent would have sent."""
    best = next(iter(decided.drafts), None)
    row = tx.band_message(best.message.message_id) if best else None
    if row is None or row.state != "WAITING":
        return
    is_wrong, how = False, "approved"
    if decided.state == "REJECTED":
        is_wrong, how = True, "rejected"
    elif draft:
        is_wrong, how = True, "another draft"
    elif decided.is_edited:
        is_wrong, how = changed >= MATERIAL, f"edited {changed:.0%}"
    faults = FAULTS & set(decided.tags)
    if faults:
        is_wrong, how = True, f"{how}, tagged {', '.join(sorted(faults))}"
    _judge(tx, row, is_wrong=is_wrong, how=how, now=now)


def note_found(tx: Tx, message_id: str, *, how: str, now: datetime) -> None:
    """Notes that a message was found wrong later: scored so, tagged, taken back, complained of.

    That one was found right later teaches nothing: nobody drew it at random.
    """
    row = tx.band_message(message_id)
    if row is None or row.state == "WRONG":
        return
    if row.state == "WAITING":
        _judge(tx, row, is_wrong=True, how=how, now=now)
        return
    tx.lock(f"band:{row.playbook}")
    tx.save_band_message(replace(row, state="WRONG", how=how, judged_at=now))
    state = state_of_band(tx, row.playbook)
    if state is not None:
        after = found_wrong(state, category=row.category, now=now)
        _changed(tx, row.playbook, state, after, now=now)


def _judge(tx: Tx, row: BandMessage, *, is_wrong: bool, how: str, now: datetime) -> None:
    tx.lock(f"band:{row.playbook}")
    judged = replace(row, state="WRONG" if is_wrong else "RIGHT", how=how, judged_at=now)
    tx.save_band_message(judged)
    state = state_of_band(tx, row.playbook)
    if state is None:
        return
    after = heard(
        state,
        category=row.category,
        confidence=row.confidence,
        is_wrong=is_wrong,
        share=row.share,
        made_at=row.made_at,
        sent_since=partial(_unread, tx, row.playbook),
        now=now,
    )
    _changed(tx, row.playbook, state, after, now=now)


def _unread(tx: Tx, playbook: str, members: Collection[str] | None, after: datetime | None) -> int:
    return tx.count_unread(playbook, members, after)


def _row(message: Message, proposal: Proposal, facts: Facts, *, reads_all: bool) -> BandMessage:
    category, bands = category_of(proposal), facts.bands
    is_read = reads_all or bool(outside(proposal, facts.safe_band))
    share = 1.0 if is_read else bands.share(proposal) or 1.0
    in_force = 1.0 if reads_all or not bands.version else bands.in_force(category)
    return BandMessage(
        tenant_id=message.tenant_id,
        message_id=message.message_id,
        playbook=message.playbook,
        category=category,
        confidence=proposal.confidence,
        share=share,
        weight=in_force / share,
        made_at=message.due_at,
        went=False,
        state="WAITING",
        band=bands.version,
    )


def _changed(tx: Tx, playbook: str, before: BandState, after: BandState, *, now: datetime) -> None:
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


@cache
def _states() -> TypeAdapter[BandState]:
    return TypeAdapter(BandState)


@cache
def _entries() -> TypeAdapter[tuple[Entry, ...]]:
    return TypeAdapter(tuple[Entry, ...])


def as_dict(state: BandState) -> dict[str, Any]:
    """Returns a band as JSON can hold it."""
    return json.loads(json.dumps(asdict(state), default=str))
