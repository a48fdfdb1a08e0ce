"""Canonical tables, persons and refusals of an export; only what changed since is read again."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import polars as pl

from pipelines.kept import code, is_current, keep_rows, known_rows, rows, stamped, versions
from pipelines.lake import Lake, read_or_empty, write, write_all, write_json
from pipelines.report import IngestReport, read_report
from pipelines.schemas import TABLES
from pipelines.sources.mapping import Mapping
from pipelines.transforms.canonical import build
from pipelines.transforms.consent import suppressions
from pipelines.transforms.identity import EVENTS, identify

AHEAD = "in_the_future"
"""Ends the reason of a value that lies after the instant of the batch."""


@dataclass(frozen=True, slots=True)
class Made:
    """What stands in the lake after the batch."""

    report: IngestReport
    rows: dict[str, int]
    """Rows by asset; of the persons, how many there are."""


def make_canonical(
    lake: Lake,
    mapping: Mapping,
    *,
    tenant_id: str,
    given: datetime | None,
    or_else: datetime,
    ignored: Callable[[Collection[str]], tuple[str, ...]],
) -> Made:
    """Makes the tables of the raw files in the lake, or finds that they stand already.

    Args:
        lake: Where raw files lie and tables are put.
        mapping: What goes where.
        tenant_id: Whose export it is.
        given: Instant of the batch; None where the export itself tells it.
        or_else: Instant where neither does.
        ignored: Returns the files of the folder that are not among these.
    """
    files = {path.stem: path for path in sorted(lake.raw.glob("*.parquet"))}
    read_by = {"code": code(), "mapping": mapping.model_dump(mode="json"), "tenant": tenant_id}
    made_of = read_by | {"raw": versions(files.values()), "is_given": given is not None}
    if is_current(lake, "canonical", made_of, _tables(lake)) and _holds(lake.report, given):
        before = read_report(lake.report)
        report = replace(before, now=given or before.now, ignored_files=ignored(files))
        write_json(report.to_document(), lake.report)
        return _made(lake, report)
    with stamped(lake, "canonical", made_of, _tables(lake)):
        raw = {name: pl.read_parquet(path) for name, path in files.items()}
        known = known_rows(lake, read_by, given)
        made = build(raw, mapping, tenant_id=tenant_id, now=given, known=known)
        keep_rows(lake, made.clear, read_by, given)
        now = made.now or or_else
        identity = identify(
            made.contact_keys,
            tenant_id=tenant_id,
            now=now,
            history=read_or_empty(lake.person_events, EVENTS),
        )
        tables = made.tables | {"contacts": _with_person(made.tables["contacts"], identity.persons)}
        report = IngestReport(
            mapping=mapping.mapping,
            mapping_version=mapping.version,
            source=mapping.source,
            now=now,
            files={name: frame.height for name, frame in raw.items()},
            ignored_files=ignored(raw),
            tables=made.counts,
            warnings=made.warnings,
            persons=identity.persons.get_column("person_id").n_unique(),
            synthetic_contacts=int(tables["contacts"].get_column("synthetic").sum()),
        )
        write_all(tables, lake.paths.canonical)
        write_all(made.quarantine, lake.paths.quarantine)
        write(identity.persons, lake.persons)
        write(identity.events, lake.person_events)
        write(suppressions(tables, made.quarantine), lake.suppressions)
        write_json(report.to_document(), lake.report)
    return _made(lake, report)


def _holds(path: Path, given: datetime | None) -> bool:
    """Whether nothing would be judged otherwise at a later instant."""
    if not path.is_file():
        return False
    report = read_report(path)
    reasons = [reason for table in report.tables for reason in table.quarantined]
    reasons += [warned.what for warned in report.warnings]
    is_later = given is None or report.now <= given
    return is_later and not any(reason.endswith(AHEAD) for reason in reasons)


def _made(lake: Lake, report: IngestReport) -> Made:
    counted = {name: rows(lake.paths.canonical / f"{name}.parquet") for name in TABLES}
    return Made(
        report,
        counted
        | {
            "persons": report.persons,
            "person_events": rows(lake.person_events),
            "suppressions": rows(lake.suppressions),
            "quarantined_rows": report.quarantined,
        },
    )


def _tables(lake: Lake) -> list[Path]:
    """The files that hold what the batch makes; the report is not one, it is made from them."""
    paths = [folder / f"{name}.parquet" for folder in _folders(lake) for name in TABLES]
    return [*paths, lake.persons, lake.person_events, lake.suppressions]


def _folders(lake: Lake) -> tuple[Path, Path]:
    return lake.paths.canonical, lake.paths.quarantine


def _with_person(contacts: pl.DataFrame, persons: pl.DataFrame) -> pl.DataFrame:
    columns = contacts.columns
    person_of = persons.select("contact_id", "person_id").unique("contact_id")
    return (
        contacts.drop("person_id")
        .join(person_of, on="contact_id", how="left", maintain_order="left")
        .select(columns)
    )
