"""Canonical tables, persons and refusals of an export; only what changed since is read again."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import polars as pl

from pipelines.identity.resolving import Resolved, keep_stops, resolve_batch
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
    decided = _decisions(lake)
    read_by = {"code": code(), "mapping": mapping.model_dump(mode="json"), "tenant": tenant_id}
    made_of: dict[str, object] = read_by | {
        "raw": versions(files.values()),
        "is_given": given is not None,
        "decisions": decided,
    }
    if is_current(lake, "canonical", made_of, _tables(lake)) and _holds(lake.report, given):
        last = read_report(lake.report)
        report = replace(last, now=given or last.now, ignored_files=ignored(files))
        _tell(lake, report, tenant_id)
        return _made(lake, report, merged=0)
    with stamped(lake, "canonical", made_of, _tables(lake)):
        raw = {name: pl.read_parquet(path) for name, path in files.items()}
        known = known_rows(lake, read_by, given)
        made = build(raw, mapping, tenant_id=tenant_id, now=given, known=known)
        keep_rows(lake, made.clear, read_by, given)
        now = made.now or or_else
        before = read_or_empty(lake.person_events, EVENTS)
        exact = identify(made.contact_keys, tenant_id=tenant_id, now=now, history=before)
        resolved = resolve_batch(lake, exact, made.tables, tenant_id=tenant_id, now=now)
        made_of["decisions"] = _decisions_after(lake, decided, resolved)
        identity = resolved.identity
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
        refusals = keep_stops(lake, suppressions(tables, made.quarantine), before, identity)
        write_all(tables, lake.paths.canonical)
        write_all(made.quarantine, lake.paths.quarantine)
        write(identity.persons, lake.persons)
        write(identity.events, lake.person_events)
        write(refusals, lake.suppressions)
        _tell(lake, report, tenant_id)
    return _made(lake, report, merged=resolved.merged)


def _tell(lake: Lake, report: IngestReport, tenant_id: str) -> None:
    """Puts in place what tells of the batch itself, and so differs even where no table does."""
    write(pl.DataFrame({"tenant_id": [tenant_id], "read_at": [report.now]}), lake.crm_reads)
    write_json(report.to_document(), lake.report)


def _decisions(lake: Lake) -> dict[str, str]:
    return versions(sorted(lake.identity_decisions.glob("[0-9]*.parquet")))


def _decisions_after(lake: Lake, before: dict[str, str], resolved: Resolved) -> dict[str, str]:
    """Decisions of which the tables are made, with the batch's own, which is one file at most.

    Where a colleague has decided meanwhile it is not known whether that was read: then those from
    before are returned, and the next batch makes the tables again.
    """
    now = _decisions(lake)
    return now if len(now) == len(before) + (resolved.merged > 0) else before


def _holds(path: Path, given: datetime | None) -> bool:
    """Whether nothing would be judged otherwise at a later instant."""
    if not path.is_file():
        return False
    report = read_report(path)
    reasons = [reason for table in report.tables for reason in table.quarantined]
    reasons += [warned.what for warned in report.warnings]
    is_later = given is None or report.now <= given
    return is_later and not any(reason.endswith(AHEAD) for reason in reasons)


def _made(lake: Lake, report: IngestReport, *, merged: int) -> Made:
    counted = {name: rows(lake.paths.canonical / f"{name}.parquet") for name in TABLES}
    return Made(
        report,
        counted
        | {
            "persons": report.persons,
            "person_events": rows(lake.person_events),
            "identity_decisions": merged,
            "identity_questions": rows(lake.identity_questions),
            "suppressions": rows(lake.suppressions),
            "reads": 1,
            "quarantined_rows": report.quarantined,
        },
    )


def _tables(lake: Lake) -> list[Path]:
    """The files that hold what the batch makes; the report is not one, it is made from them."""
    paths = [folder / f"{name}.parquet" for folder in _folders(lake) for name in TABLES]
    matched = [lake.identity_questions, lake.identity_records, lake.kept_stops]
    return [*paths, lake.persons, lake.person_events, lake.suppressions, *matched]


def _folders(lake: Lake) -> tuple[Path, Path]:
    return lake.paths.canonical, lake.paths.quarantine


def _with_person(contacts: pl.DataFrame, persons: pl.DataFrame) -> pl.DataFrame:
    columns = contacts.columns
    person_of = persons.select("contact_id", "person_id")
    person_of = person_of.filter(pl.col("contact_id").is_first_distinct())
    return (
        contacts.drop("person_id")
        .join(person_of, on="contact_id", how="left", maintain_order="left")
        .select(columns)
    )
