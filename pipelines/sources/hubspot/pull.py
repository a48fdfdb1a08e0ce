"""Brings what changed in an account into the landing tables, part by part until nothing is left."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from pipelines.sources.contract import Drift
from pipelines.sources.hubspot.objects import object_kinds
from pipelines.sources.hubspot.progress import Progress, Wanted
from pipelines.sources.hubspot.reader import HubSpotReader
from pipelines.sources.landing import Landed, land, landed_path

NAME = "hubspot"
"""Folder of the landed tables."""


@dataclass(frozen=True, slots=True)
class TableCount:
    """What a pull did to one table, over all its parts."""

    table: str
    rows: int
    """Rows that the account still has."""
    new: int = 0
    changed: int = 0
    gone: int = 0


@dataclass(frozen=True, slots=True)
class PullReport:
    """What a pull brought, and what it did not."""

    at: datetime
    tables: tuple[TableCount, ...]
    refused: Mapping[str, str] = field(default_factory=dict)
    """By table, why it was not read."""
    lacking: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """By kind, properties that were wanted and that the account does not have."""
    unread: int = 0
    """Addresses whose subscriptions were not learnt; they count as no consent."""
    drift: tuple[Drift, ...] = ()
    stopped: str = ""
    """Why it ended early; the next pull goes on from there. Empty where it is whole."""

    @property
    def is_whole(self) -> bool:
        """Whether all that the account has was read."""
        return not (self.stopped or self.refused or self.unread)

    def gaps(self) -> list[str]:
        """Returns what is missing, one sentence each."""
        found = [f"{table}: not read, {why}" for table, why in sorted(self.refused.items())]
        found += [
            f"{kind}: the account has no property {name}"
            for kind, names in sorted(self.lacking.items())
            for name in names
        ]
        if self.unread:
            found.append(f"subscriptions: not learnt of {self.unread} addresses, asked for again")
        found += [str(one) for one in self.drift]
        return found


def pull_hubspot(
    reader: HubSpotReader,
    landing: Path,
    *,
    now: datetime,
    wanted: Wanted | None = None,
    is_full: bool = False,
) -> PullReport:
    """Reads from where the last pull stopped until nothing is left, and lands it part by part.

    Args:
        reader: Asks the account.
        landing: Landing folder of the lake.
        now: Instant of the pull.
        wanted: Further properties, and records that webhooks named.
        is_full: Read everything again; what the account has no longer is marked as gone.

    Raises:
        PipelineError: the token is wrong, another pull is running, or a table that had to be read
            as a whole was not.
    """
    progress, wanted = Progress(), wanted or Wanted()
    known = {name for name in object_kinds() if landed_path(landing, NAME, name).is_file()}
    counts: dict[str, TableCount] = {}
    asked = replace(wanted, whole=frozenset(known if is_full else _due(landing) & known))
    names: frozenset[str] | None = None
    while True:
        part = _land(reader, landing, progress, asked, names, now=now, is_full=is_full)
        for table in part.tables:
            before = counts.get(table.name, TableCount(table.name, 0))
            counts[table.name] = TableCount(
                table.name,
                table.rows,
                before.new + table.new,
                before.changed + table.changed,
                before.gone + table.gone,
            )
        if progress.stopped or not progress.behind:
            break
        names = frozenset(progress.behind)
        asked, is_full = replace(asked, ids={}, lists=(), whole=frozenset()), False
    return PullReport(
        at=now,
        tables=tuple(counts[name] for name in sorted(counts)),
        refused=dict(progress.refused),
        lacking=dict(progress.lacking),
        unread=progress.unread,
        drift=part.drift,
        stopped=progress.stopped,
    )


def _land(
    reader: HubSpotReader,
    landing: Path,
    progress: Progress,
    wanted: Wanted,
    names: frozenset[str] | None,
    *,
    now: datetime,
    is_full: bool,
) -> Landed:
    from pipelines.sources.hubspot.source import hubspot

    source = hubspot(reader, progress, wanted)
    if names is not None:
        of_contacts = {"subscriptions"} if "contacts" in names else set()
        source = source.with_resources(*names, *of_contacts)
    return land(source, landing, NAME, now=now, is_full=is_full)


def _due(landing: Path) -> set[str]:
    """Tables that the next pull takes as a whole, since a drift was accepted."""
    from pipelines.sources.contract import read_contract
    from pipelines.sources.landing import STATE

    contract = read_contract(landing / NAME / STATE / "contract.json", NAME)
    return {name for name, table in contract.tables.items() if table.is_due}
