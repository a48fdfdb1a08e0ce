"""What an export leaves open after it was read, and whom a campaign on it would write to."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from pipelines.lake import Lake
from pipelines.sources.adopted import with_adopted_files
from pipelines.sources.mapping import load_mapping
from pipelines.sources.missing import Missing, by_level, empty_fields, missing, profiles_in

if TYPE_CHECKING:
    from pipelines.ingest import BatchReport

SHOWN = 5
"""First messages that a dry run shows."""


@dataclass(frozen=True, slots=True)
class Gaps:
    """Canonical fields that campaigns ask for and the mapping or the export leaves open."""

    missing: tuple[Missing, ...]
    empty: tuple[str, ...]
    """Sentences on fields that are fed and often empty."""

    def lines(self) -> Iterator[str]:
        """Yields the sentences, the gravest first."""
        levels = by_level(self.missing)
        if levels["must"]:
            yield "\nMissing, and nobody is written to without it:"
            yield from (f"  ✗ {one}" for one in levels["must"])
        if levels["wanted"] or self.empty:
            yield "\nMissing, and a campaign does less without it:"
            yield from (f"  ! {one}" for one in (*levels["wanted"], *self.empty))
        if not (self.missing or self.empty):
            yield "\nNothing that a campaign asks for is missing."

    def to_document(self) -> dict[str, Any]:
        """Returns the gaps as JSON."""
        return {
            "missing": [
                {
                    "table": one.table,
                    "field": one.field,
                    "level": one.need.level,
                    "purpose": one.need.purpose,
                    "looks_like": [
                        {"file": c.seen.file, "column": c.seen.column, "because": c.because}
                        for c in one.candidates
                    ],
                    "says": str(one),
                }
                for one in self.missing
            ],
            "empty": list(self.empty),
        }


@dataclass(frozen=True, slots=True)
class DryRun:
    """Whom a campaign would write to and when, and why it would leave the others alone."""

    people: int
    eligible: int
    arms: dict[str, int]
    outcomes: dict[str, int]
    tasks: int
    first: tuple[dict[str, Any], ...]

    @classmethod
    def of(cls, batch: "BatchReport", lake: Lake) -> "DryRun":
        """Returns the dry run of a batch whose queue was not loaded into the runtime."""
        tasks = pl.read_parquet(lake.tasks).sort("not_before", "contact_id")
        columns = ("contact_id", "playbook", "touch", "arm", "not_before", "mailbox")
        shown = tasks.select(columns).head(SHOWN)
        people = sum(batch.outcomes.values())
        return cls(
            people, batch.eligible, batch.arms, batch.outcomes, batch.tasks, tuple(shown.to_dicts())
        )

    def lines(self) -> Iterator[str]:
        """Yields what would happen, in words."""
        yield (
            f"\nDry run: of {self.people:,} people {self.eligible:,} may be written to; "
            f"{self.tasks:,} messages would wait in the queue. Nothing was sent."
        )
        for reason, count in sorted(self.outcomes.items(), key=lambda item: -item[1]):
            yield f"  {count:>7,}  {reason}"
        for one in self.first:
            what = f"touch {one['touch']} of {one['playbook']} ({one['arm']})"
            when = f"not before {one['not_before']:%Y-%m-%d %H:%M} UTC"
            yield f"  to {one['contact_id']} from {one['mailbox']}: {what}, {when}"

    def to_document(self) -> dict[str, Any]:
        """Returns the dry run as JSON."""
        return {
            "people": self.people,
            "eligible": self.eligible,
            "arms": self.arms,
            "outcomes": self.outcomes,
            "messages": self.tasks,
            "first": list(self.first),
        }


def gaps_of(exports: Path, mapping_name: str, lake: Lake) -> Gaps:
    """Returns what is missing in an export that was read through a mapping."""
    mapping = with_adopted_files(load_mapping(mapping_name), exports)
    read = {path.stem: pl.read_parquet(path) for path in sorted(lake.raw.glob("*.parquet"))}
    return Gaps(
        tuple(missing(mapping, profiles_in(exports, read))),
        tuple(empty_fields(lake.canonical(), mapping)),
    )
