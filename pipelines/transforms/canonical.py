"""Raw rows of one export as canonical tables, with a count of what became of every row."""

from collections import Counter
from collections.abc import Mapping as Frames
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta

import polars as pl

from pipelines.schemas import TABLES, Table
from pipelines.sources.mapping import FileMapping, Mapping, Route
from pipelines.transforms.faults import QUARANTINE
from pipelines.transforms.known_rows import name_of, with_row
from pipelines.transforms.route import LATEST, ORDER, Origin, Routed, Warned, route_rows

_PART, _PLACE = "_part", "_place"
"""Place of the route among those that feed a table: earlier ones outrank later ones; of a row."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of the rows routed to one table; read = accepted + merged + quarantined."""

    table: str
    read: int
    accepted: int
    merged: int
    quarantined: dict[str, int] = field(default_factory=dict)
    """Rows by reason."""

    @property
    def is_whole(self) -> bool:
        """No row has vanished and none is counted twice."""
        return self.read == self.accepted + self.merged + sum(self.quarantined.values())


@dataclass(frozen=True, slots=True)
class Canonical:
    """The canonical tables of one export."""

    tables: dict[str, pl.DataFrame]
    quarantine: dict[str, pl.DataFrame]
    counts: tuple[Counts, ...]
    warnings: tuple[Warned, ...]
    contact_keys: pl.DataFrame
    """contact_id and email of every valid contact row, repeats included, in reading order."""
    now: datetime | None
    """The instant of the batch; None where no instant was given and the export has none."""
    clear: dict[str, pl.DataFrame]
    """Values of rows without fault or warning, by route; the next batch may take them over."""


def build(
    raw: Frames[str, pl.DataFrame],
    mapping: Mapping,
    *,
    tenant_id: str,
    now: datetime | None,
    known: Frames[str, pl.DataFrame] | None = None,
) -> Canonical:
    """Returns the canonical tables of the files in `raw`.

    Args:
        raw: Rows as `sources.reader` gives them, by the path that the mapping names.
        mapping: What goes where.
        tenant_id: Whose export it is.
        now: Instant after which nothing can have happened; None means the day after the last
            date in the export, and then nothing is refused for lying in the future.
        known: `clear` of an earlier batch of the same mapping, tenant and code, with an instant
            that is not later; it saves time and changes nothing.
    """
    origin = Origin(tenant_id, mapping.source, now)
    built = {name: pl.DataFrame(schema=table.schema) for name, table in TABLES.items()}
    refused = {name: pl.DataFrame(schema=QUARANTINE) for name in TABLES}
    routes = _routes(raw, mapping)
    keys = pl.DataFrame(schema={"contact_id": pl.String(), "email": pl.String()})
    counts: list[Counts] = []
    warnings: list[Warned] = []
    hashed = {path: with_row(frame) for path, frame in raw.items()}
    clear: dict[str, pl.DataFrame] = {}
    for name, feeding in routes.items():
        routed = [
            route_rows(
                hashed[file.name],
                file,
                route,
                origin=origin,
                built=built,
                known=(known or {}).get(name_of(file, route)),
            )
            for file, route in feeding
        ]
        clear |= {name_of(*fed): one.clear for fed, one in zip(feeding, routed, strict=True)}
        accepted = pl.concat(
            [one.accepted.with_columns(pl.lit(i).alias(_PART)) for i, one in enumerate(routed)],
            how="diagonal_relaxed",
        )
        if name == "contacts":
            keys = _keys(accepted)
        built[name] = _settle(accepted, TABLES[name])
        refused[name] = pl.concat([one.quarantined for one in routed])
        counts.append(_count(name, routed, valid=accepted.height, settled=built[name].height))
        warnings += _sum([warned for one in routed for warned in one.warnings])
    for name, feeding in routes.items():
        mapped = {field for _, route in feeding for field in route.fields}
        warnings += _readiness(built, TABLES[name], mapped, fed=set(routes))
    instant = now or _day_after(built)
    return Canonical(built, refused, tuple(counts), tuple(warnings), keys, instant, clear)


def _routes(
    raw: Frames[str, pl.DataFrame], mapping: Mapping
) -> dict[str, list[tuple[FileMapping, Route]]]:
    """Routes of the files that are there, by table, in the order in which tables are built."""
    routes: dict[str, list[tuple[FileMapping, Route]]] = {}
    for name in TABLES:
        feeding = [
            (file, route)
            for file in mapping.files
            for route in file.routes
            if route.table == name and file.name in raw
        ]
        if feeding:
            routes[name] = feeding
    return routes


def _keys(contacts: pl.DataFrame) -> pl.DataFrame:
    if "email" not in contacts.columns:
        contacts = contacts.with_columns(pl.lit(None, pl.String).alias("email"))
    keyed = contacts.select("contact_id", "email", _PART, ORDER)
    return keyed.sort(_PART, ORDER).select("contact_id", "email")


def _settle(accepted: pl.DataFrame, table: Table) -> pl.DataFrame:
    """One row per key: within a file the latest or else the first, files filling each other up."""
    absent = [
        pl.lit(None, dtype).alias(name)
        for name, dtype in table.schema.items()
        if name not in accepted.columns
    ]
    accepted = accepted.with_columns(absent)
    repeated = accepted.select(_PART, *table.key).is_duplicated()
    latest = (
        accepted.filter(repeated)
        .sort(
            _PART, LATEST, ORDER, descending=[False, True, False], nulls_last=[False, True, False]
        )
        .unique([_PART, *table.key], keep="first", maintain_order=True)
    )
    winners = pl.concat([accepted.filter(~repeated), latest]).sort(_PART, ORDER)
    attributes = [c for c in winners.columns if c.startswith("x_")]
    shared = winners.select(table.key).is_duplicated()
    if shared.any():
        winners = winners.with_row_index(_PLACE)
        rest = [c for c in winners.columns if c not in {*table.key, "synthetic"}]
        filled = (
            winners.filter(shared)
            .group_by(table.key, maintain_order=True)
            .agg(pl.col(rest).drop_nulls().first(), pl.col("synthetic").any())
        )
        winners = pl.concat([winners.filter(~shared), filled.select(winners.columns)]).sort(_PLACE)
    return winners.select(*table.schema, *attributes)


def _count(table: str, routed: list[Routed], *, valid: int, settled: int) -> Counts:
    reasons = Counter(reason for one in routed for reason in one.quarantined.get_column("reason"))
    return Counts(
        table=table,
        read=sum(one.read for one in routed),
        accepted=settled,
        merged=valid - settled,
        quarantined=dict(sorted(reasons.items(), key=lambda item: (-item[1], item[0]))),
    )


def _sum(warnings: list[Warned]) -> list[Warned]:
    totals: dict[tuple[str, str], Warned] = {}
    for one in warnings:
        before = totals.get((one.field, one.what))
        totals[one.field, one.what] = (
            replace(one, rows=one.rows + before.rows) if before is not None else one
        )
    return list(totals.values())


def _readiness(
    built: Frames[str, pl.DataFrame], table: Table, mapped: set[str], *, fed: set[str]
) -> list[Warned]:
    """Rows without a value that campaigns need, and references to rows that are not there."""
    found: list[Warned] = []
    for column in table.columns:
        if column.name not in mapped:
            continue
        values = built[table.name].get_column(column.name)
        if column.is_wanted and values.null_count():
            found.append(Warned(table.name, column.name, "missing", values.null_count()))
        other, _, key = column.refers_to.partition(".")
        if other in fed:
            known = built[other].get_column(key).implode()
            dangling = int((~values.drop_nulls().is_in(known)).sum())
            if dangling:
                found.append(Warned(table.name, column.name, f"not_in_{other}", dangling))
    return found


def _day_after(built: Frames[str, pl.DataFrame]) -> datetime | None:
    days = [
        built[table.name].get_column(column.name).cast(pl.Date).max()
        for table in TABLES.values()
        for column in table.columns
        if column.is_past
    ]
    last = max((day for day in days if day is not None), default=None)  # pyright: ignore
    if last is None:
        return None
    return datetime.combine(last, time(), tzinfo=UTC) + timedelta(days=1)  # pyright: ignore
