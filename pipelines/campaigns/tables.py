"""Where a campaign keeps what it did, day by day: `lake/campaigns/<id>/day=…/<name>.parquet`."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from fcntl import LOCK_EX, flock
from pathlib import Path

import polars as pl

from agent_runtime.settings import Workspace
from pipelines.campaigns.triggers import ANSWERED
from pipelines.lake import read_or_empty, write


@dataclass(frozen=True, slots=True)
class CampaignTables:
    """The tables of one campaign; those that decide (queue, arms) are shared and lie elsewhere."""

    paths: Workspace
    campaign_id: str

    @property
    def folder(self) -> Path:
        """All that belongs to this campaign alone."""
        return self.paths.lake / "campaigns" / self.campaign_id

    def of(self, day: date, name: str) -> Path:
        """Returns the file of a table of one day."""
        return self.folder / f"day={day.isoformat()}" / f"{name}.parquet"

    def answered(self) -> pl.DataFrame:
        """Returns the events that were written for, see `triggers.ANSWERED`."""
        return read_or_empty(self.folder / "answered.parquet", ANSWERED)

    def add_answered(self, events: pl.DataFrame, day: date) -> None:
        """Writes down for which events a day has written; a line that stands is kept."""
        fresh = events.select("account_id", "event_id", pl.lit(day).alias("day"))
        joined = pl.concat([self.answered(), fresh]).unique(
            ["account_id", "event_id"], keep="first", maintain_order=True
        )
        if not joined.is_empty():
            write(joined, self.folder / "answered.parquet")

    def days(self, name: str) -> tuple[date, ...]:
        """Returns the days that have such a table, in order."""
        found = self.folder.glob(f"day=*/{name}.parquet")
        return tuple(sorted(date.fromisoformat(p.parent.name.removeprefix("day=")) for p in found))


@contextmanager
def only_writer(paths: Workspace) -> Iterator[None]:
    """Lets one at a time read the queue and the arms and put new ones in their place."""
    paths.lake.mkdir(parents=True, exist_ok=True)
    with (paths.lake / ".campaigns.lock").open("a") as file:
        flock(file, LOCK_EX)
        yield
