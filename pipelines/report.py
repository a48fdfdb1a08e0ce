"""What became of every row of an export, as a document and as a table on the terminal."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.table import Table

from pipelines.transforms.canonical import Counts
from pipelines.transforms.route import Warned


@dataclass(frozen=True, slots=True)
class IngestReport:
    """Rows read, accepted, merged and quarantined by reason, per canonical table."""

    mapping: str
    mapping_version: int
    source: str
    now: datetime
    files: dict[str, int]
    """Data rows by file."""
    ignored_files: tuple[str, ...]
    """Files of the folder that the mapping does not name."""
    tables: tuple[Counts, ...]
    warnings: tuple[Warned, ...]
    persons: int
    synthetic_contacts: int

    @property
    def quarantined(self) -> int:
        """Rows in quarantine, over all tables."""
        return sum(sum(table.quarantined.values()) for table in self.tables)

    def table(self, name: str) -> Counts | None:
        """Returns the counts of a canonical table, if the export feeds it."""
        return next((table for table in self.tables if table.table == name), None)

    def to_document(self) -> dict[str, Any]:
        """Returns the report as plain data."""
        return asdict(self) | {"now": self.now.isoformat(), "quarantined": self.quarantined}


def read_report(path: Path) -> IngestReport:
    """Returns the report that a batch has written."""
    document = json.loads(path.read_text(encoding="utf-8"))
    document.pop("quarantined")
    return IngestReport(
        **document
        | {
            "now": datetime.fromisoformat(document["now"]),
            "ignored_files": tuple(document["ignored_files"]),
            "tables": tuple(Counts(**counts) for counts in document["tables"]),
            "warnings": tuple(Warned(**warned) for warned in document["warnings"]),
        }
    )


def render(report: IngestReport) -> Iterator[Table]:
    """Yields tables for a terminal: the counts, then what wants mending."""
    counts = Table(title=f"{report.mapping}: {len(report.files)} files, {report.persons} persons")
    for heading in ("canonical table", "read", "accepted", "merged", "quarantined"):
        counts.add_column(heading, justify="left" if heading == "canonical table" else "right")
    counts.add_column("by reason")
    for one in report.tables:
        counts.add_row(
            one.table,
            *(f"{n:,}" for n in (one.read, one.accepted, one.merged)),
            f"{sum(one.quarantined.values()):,}",
            ", ".join(f"{reason} {rows:,}" for reason, rows in one.quarantined.items()),
        )
    yield counts
    if report.warnings:
        readiness = Table(title="Accepted, but not ready for a campaign")
        for heading in ("column", "what", "rows"):
            readiness.add_column(heading, justify="right" if heading == "rows" else "left")
        for warned in report.warnings:
            readiness.add_row(
                f"{warned.table}.{warned.field}", warned.what.replace("_", " "), f"{warned.rows:,}"
            )
        yield readiness
