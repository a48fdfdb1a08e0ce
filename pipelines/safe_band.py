"""Calibrates the band of a playbook from what people have judged, as a record to publish."""

import hashlib
import json
import math
from collections.abc import Iterable
from dataclasses import asdict, replace
from datetime import datetime

import polars as pl

from agent_runtime.band.keeping import publish, state_of_band
from agent_runtime.band.rows import BandMessage
from agent_runtime.band.state import BandState, CategoryBand, Record, Since, counts_since
from agent_runtime.band.watch import Terms
from agent_runtime.library.playbook import Playbook
from agent_runtime.ports import Store, Tx
from experiments.safe_band import CERTAINTY, JUDGED, RESERVE, calibrate, is_shifted
from pipelines.errors import PipelineError

SEEN = {name: JUDGED[name] for name in ("category", "confidence")}
FIRST_LOOK = 6 / math.pi**2
"""Part of the uncertainty that the first start of the evidence has; the next have a 4th, a 9th."""


def recalibrate(
    state: BandState | None,
    judged: pl.DataFrame,
    *,
    playbook: str,
    terms: Terms,
    now: datetime,
    floor: float = 0.0,
    seen: pl.DataFrame | None = None,
) -> Record:
    """Returns what judged messages show today.

    Args:
        state: The band as it stands; None where none was ever calibrated.
        judged: As `experiments.safe_band.JUDGED`: all of the playbook's, however old.
        playbook: Whose band.
        terms: The bound on the error rate of what goes without a person, and how it is watched.
        now: When.
        floor: Confidence below which the playbook lets nothing go.
        seen: Category and confidence of all messages since the calibration before, judged or not.
    """
    starts = _starts(state, judged, now=now)
    counts = counted(state, judged, now=now)
    look = max((start.look for start in starts.values()), default=0)
    bands = calibrate(
        counts,
        most_errors=terms.most_errors,
        live=_in_force(state),
        floor=floor,
        certainty=1 - (1 - CERTAINTY) * FIRST_LOOK / (look + 1) ** 2,
    )
    odd = _shifted(state, seen)
    record = Record(
        playbook=playbook,
        version="",
        made_at=now,
        terms=replace(terms, opens_at=terms.most_errors * RESERVE),
        certainty=CERTAINTY,
        judged=counts.height,
        evidence=hashlib.sha256(counts.write_csv().encode()).hexdigest(),
        bands=tuple(
            CategoryBand(
                **asdict(b),
                since=_latest(starts[m].instant for m in b.members),
                is_shifted=bool(odd & set(b.members)),
            )
            for b in bands
        ),
    )
    said = json.dumps(asdict(record), default=str, sort_keys=True)
    return replace(record, version=hashlib.sha256(said.encode()).hexdigest()[:12])


def _shifted(state: BandState | None, seen: pl.DataFrame | None) -> set[str]:
    """Returns the finest categories of the bands whose messages look unlike those before."""
    if state is None or seen is None:
        return set()
    found: set[str] = set()
    for band in state.record.bands:
        own = seen.filter(pl.col("category").is_in(list(band.members)))
        if band.threshold is not None:
            inside = own.filter(pl.col("confidence") >= band.threshold).height
            if is_shifted(band.share, inside, own.height):
                found |= set(band.members)
    return found


def counted(state: BandState | None, judged: pl.DataFrame, *, now: datetime) -> pl.DataFrame:
    """Returns the judged messages that count today: what was judged before a closing never does."""
    starts = _starts(state, judged, now=now)
    from_when = pl.DataFrame(
        {"category": list(starts), "start": [start.instant for start in starts.values()]},
        schema={"category": pl.String, "start": JUDGED["made_at"]},
    )
    is_after = pl.col("start").is_null() | (pl.col("made_at") > pl.col("start"))
    return (
        judged.join(from_when, on="category")
        .filter(is_after)
        .select(JUDGED.names())
        .sort("made_at", "message_id")
    )


def _starts(state: BandState | None, judged: pl.DataFrame, *, now: datetime) -> dict[str, Since]:
    categories = judged["category"].unique().to_list()
    return {name: counts_since(state, name, now=now) for name in categories}


def judged_messages(rows: Iterable[BandMessage]) -> pl.DataFrame:
    """Returns what people judged, as `JUDGED`.

    What went unread and was found wrong later is left out: nobody drew it, so of it only the wrong
    ones are known. It is on the account of the watch instead.
    """
    found = [
        (r.message_id, r.category, r.confidence, r.share, r.weight, r.state == "WRONG", r.made_at)
        for r in rows
        if r.state in ("RIGHT", "WRONG") and r.is_drawn
    ]
    return pl.DataFrame(found, schema=JUDGED, orient="row")


def terms_of(playbook: Playbook, most_errors: float | None = None) -> Terms:
    """Returns how a playbook wants its band to be watched.

    Args:
        playbook: Whose band.
        most_errors: A stricter bound than the playbook's; None takes that.

    Raises:
        PipelineError: a share is not between 0 and 1, or the bound is looser than the playbook's.
    """
    band = playbook.safe_band
    bound = band.most_errors if most_errors is None else most_errors
    for name, value in (("most_errors", bound), ("audit_share", band.audit_share)):
        if not 0 < value < 1:
            raise PipelineError(
                f"field {name}, the value {value:g}: it is a share above 0 and below 1."
            )
    if bound > band.most_errors:
        raise PipelineError(
            f"field most_errors, the value {bound:g}: playbook {playbook.id} allows at most "
            f"{band.most_errors:g}; a looser bound is a new version of the playbook."
        )
    return Terms(most_errors=bound, audit_share=band.audit_share, unheard=band.unheard)


def renew(
    store: Store, playbook: Playbook, *, by: str, now: datetime, most_errors: float | None = None
) -> Record:
    """Calibrates the band of a playbook from the store and puts it in force."""
    with store.begin() as tx:
        record = calibration(tx, playbook, now=now, most_errors=most_errors)
        publish(tx, record, by=by, now=now)
    return record


def calibration(
    tx: Tx, playbook: Playbook, *, now: datetime, most_errors: float | None = None
) -> Record:
    """Returns what the judged messages of a playbook show today; nothing is put in force."""
    state, rows = state_of_band(tx, playbook.id), tx.band_messages(playbook.id)
    return recalibrate(
        state,
        judged_messages(rows),
        playbook=playbook.id,
        terms=terms_of(playbook, _bound(state, playbook) if most_errors is None else most_errors),
        floor=playbook.safe_band.min_confidence,
        seen=_seen(rows, state.record.made_at) if state else None,
        now=now,
    )


def _bound(state: BandState | None, playbook: Playbook) -> float:
    """The bound in force stays until a person names another, or the playbook a stricter one."""
    own = playbook.safe_band.most_errors
    return min(own, state.record.terms.most_errors) if state else own


def _seen(rows: Iterable[BandMessage], after: datetime) -> pl.DataFrame:
    found = [(row.category, row.confidence) for row in rows if row.made_at > after]
    return pl.DataFrame(found, schema=SEEN, orient="row")


def _latest(instants: Iterable[datetime | None]) -> datetime | None:
    return max((at for at in instants if at is not None), default=None)


def _in_force(state: BandState | None) -> dict[str, float]:
    if state is None or state.overall.narrowed_at:
        return {}
    return {
        band.category: band.threshold
        for band in state.record.bands
        if band.threshold is not None and not state.watch(band.category).narrowed_at
    }
