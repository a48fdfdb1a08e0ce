"""Calibrates the band of a playbook from what people have judged, as a record to publish."""

import hashlib
import json
import math
from collections.abc import Iterable
from dataclasses import asdict, replace
from datetime import datetime

import polars as pl

from agent_runtime.band.state import BandState, CategoryBand, Record, counts_since
from agent_runtime.band.watch import Terms
from experiments.safe_band import CERTAINTY, JUDGED, RESERVE, calibrate

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
) -> Record:
    """Returns what judged messages show today.

    Args:
        state: The band as it stands; None where none was ever calibrated.
        judged: As `experiments.safe_band.JUDGED`: all of the playbook's, however old.
        playbook: Whose band.
        terms: The bound on the error rate of what goes without a person, and how it is watched.
        now: When.
        floor: Confidence below which the playbook lets nothing go.
    """
    categories = judged["category"].unique().to_list()
    starts = {name: counts_since(state, name, now=now) for name in categories}
    from_when = pl.DataFrame(
        {"category": list(starts), "start": [start.instant for start in starts.values()]},
        schema={"category": pl.String, "start": JUDGED["made_at"]},
    )
    is_after = pl.col("start").is_null() | (pl.col("made_at") > pl.col("start"))
    counted = (
        judged.join(from_when, on="category")
        .filter(is_after)
        .select(JUDGED.names())
        .sort("made_at", "message_id")
    )
    look = max((start.look for start in starts.values()), default=0)
    bands = calibrate(
        counted,
        most_errors=terms.most_errors,
        live=_in_force(state),
        floor=floor,
        certainty=1 - (1 - CERTAINTY) * FIRST_LOOK / (look + 1) ** 2,
    )
    record = Record(
        playbook=playbook,
        version="",
        made_at=now,
        terms=replace(terms, opens_at=terms.most_errors * RESERVE),
        certainty=CERTAINTY,
        judged=counted.height,
        evidence=hashlib.sha256(counted.write_csv().encode()).hexdigest(),
        bands=tuple(
            CategoryBand(**asdict(b), since=_latest(starts[m].instant for m in b.members))
            for b in bands
        ),
    )
    said = json.dumps(asdict(record), default=str, sort_keys=True)
    return replace(record, version=hashlib.sha256(said.encode()).hexdigest()[:12])


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


__all__ = ["JUDGED", "recalibrate"]
