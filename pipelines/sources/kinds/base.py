"""What all sources have in common: their YAML's first lines, and what they can be asked for."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from pipelines.sources.secret import Secrets

if TYPE_CHECKING:
    from dlt.extract import DltResource, DltSource

    from pipelines.sources.landing import Landed

TABLE_NAME = r"^[a-z][a-z0-9_]*$"


class Authored(BaseModel):
    """Part of a YAML file; a field that it does not know is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True, slots=True)
class Checked:
    """What a look at one table of a source found; nothing was written."""

    table: str
    rows: int | None
    """Rows that are there now; None where they cannot be counted without reading them."""
    note: str = ""


class Rollup(Authored):
    """A daily count made of landed events: one row per account, UTC day and metric."""

    of: str
    """Landed table of events."""
    account: str
    """Column with the account."""
    at: str
    """Column with the instant of the event, ISO 8601."""
    metric: str
    """Column whose values name the metrics, such as the name of the event."""
    count: Literal["events", "users"] = "events"
    user: str = ""
    """Column with the user, where users are counted."""

    @model_validator(mode="after")
    def _users_have_a_column(self) -> "Rollup":
        if self.count == "users" and not self.user:
            raise ValueError("count: users needs `user`, the column that tells users apart")
        return self


def as_source(name: str, resources: "Sequence[DltResource]") -> "DltSource":
    """Returns the dlt source of these resources."""
    from dlt.common.schema import Schema
    from dlt.extract import DltSource

    return DltSource(Schema(name), name, list(resources))


class Source(Authored, ABC):
    """One source: a name, tables, and how to reach them."""

    source: str = Field(pattern=TABLE_NAME)
    """Its name; the tables land in the folder of that name."""
    version: int = Field(default=1, ge=1)
    description: str = ""
    rollups: dict[str, Rollup] = Field(default_factory=dict)
    """Daily tables made of landed ones, by name."""

    @abstractmethod
    def table_names(self) -> dict[str, str]:
        """Returns the tables that land, each with what a row stands for."""

    @abstractmethod
    def opened(self, secrets: Secrets) -> "AbstractContextManager[DltSource]":
        """Connects for as long as the context lasts; rows are read when the dlt source runs."""

    def pull(self, landing: Path, secrets: Secrets, *, now: datetime, is_full: bool) -> "Landed":
        """Pulls the source into its landing tables.

        Raises:
            PipelineError: it cannot be read.
        """
        from pipelines.sources.landing import land

        sparse = self.sparse_tables()
        with self.opened(secrets) as opened:
            return land(opened, landing, self.source, now=now, is_full=is_full, sparse=sparse)

    @abstractmethod
    def check(self, secrets: Secrets) -> list[Checked]:
        """Connects and counts; writes nothing.

        Raises:
            PipelineError: the source cannot be reached or does not have what the YAML names.
        """

    def sparse_tables(self) -> list[str]:
        """Returns the tables whose rows leave empty columns out."""
        return []

    @model_validator(mode="after")
    def _rollups_fit(self) -> "Source":
        for name, rollup in self.rollups.items():
            if rollup.of not in self.table_names():
                known = ", ".join(self.table_names())
                raise ValueError(
                    f"rollup {name!r} is of {rollup.of!r}, which is not one of {known}"
                )
            if name in self.table_names():
                raise ValueError(f"rollup {name!r} has the name of a table")
        return self

    def all_tables(self) -> dict[str, str]:
        """Returns landed tables and rollups, each with what a row stands for."""
        daily = {
            name: f"One row per account, UTC day and metric, counted from {rollup.of}"
            for name, rollup in self.rollups.items()
        }
        return {**self.table_names(), **daily}
