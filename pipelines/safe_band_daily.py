"""Every day's calibration of all bands, and the table that says what is in force."""

from collections.abc import Iterable
from datetime import datetime

import polars as pl

from agent_runtime.band.keeping import state_of_band
from agent_runtime.band.state import Record
from agent_runtime.library.playbook import Playbook
from agent_runtime.ports import Store
from pipelines.safe_band import renew

SAFE_BANDS = pl.Schema(
    {
        "playbook": pl.String,
        "category": pl.String,
        "threshold": pl.Float64,
        "judged": pl.Int64,
        "inside": pl.Int64,
        "wrong": pl.Int64,
        "at_most": pl.Float64,
        "share": pl.Float64,
        "most_errors": pl.Float64,
        "version": pl.String,
        "evidence": pl.String,
        "made_at": pl.Datetime("us", "UTC"),
    }
)
"""One row a playbook and category; shares of messages, the threshold null where nothing goes."""


def renew_all(store: Store, playbooks: Iterable[Playbook], *, now: datetime) -> tuple[Record, ...]:
    """Calibrates the playbooks that have a band, or wait for one; the others stay as they are."""
    with store.begin() as tx:
        chosen = [
            one
            for one in playbooks
            if state_of_band(tx, one.id) is not None
            or (one.safe_band.needs_calibration and tx.band_messages(one.id))
        ]
    return tuple(renew(store, one, by="the daily calibration", now=now) for one in chosen)


def as_table(records: Iterable[Record]) -> pl.DataFrame:
    """Returns what is in force, as `SAFE_BANDS`."""
    rows = [
        (
            record.playbook,
            band.category,
            band.threshold,
            band.judged,
            band.inside,
            band.wrong,
            band.at_most,
            band.share,
            record.terms.most_errors,
            record.version,
            record.evidence,
            record.made_at,
        )
        for record in records
        for band in record.bands
    ]
    return pl.DataFrame(rows, schema=SAFE_BANDS, orient="row")
