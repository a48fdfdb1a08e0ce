"""HubSpot: contacts, companies, deals, engagements, subscriptions and owners of an account."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from pipelines.errors import PipelineError
from pipelines.sources.hubspot.tables import TABLES
from pipelines.sources.kinds.base import Checked, Source
from pipelines.sources.secret import Address, SecretName, Secrets

if TYPE_CHECKING:
    from dlt.extract import DltSource

    from pipelines.sources.hubspot.reader import HubSpotReader
    from pipelines.sources.landing import Landed


class HubSpotSource(Source):
    """One account, read with the token of a private app; `parley ingest --source hubspot` too."""

    kind: Literal["hubspot"]
    source: Literal["hubspot"] = "hubspot"
    url: Address = Field(default="https://api.hubapi.com", pattern=r"^https?://")
    token: SecretName = "PARLEY_HUBSPOT_TOKEN"
    properties: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Properties of your own to land, by table, beside the usual ones."""
    lists: tuple[str, ...] = ()
    """Names of lists of contacts whose members are landed."""

    def table_names(self) -> dict[str, str]:
        """Returns the tables, each with what a row stands for."""
        return dict(TABLES)

    @contextmanager
    def opened(self, secrets: Secrets) -> "Iterator[DltSource]":
        """Connects; what is read is what changed since the last pull."""
        from pipelines.sources.hubspot.progress import Progress, Wanted
        from pipelines.sources.hubspot.source import hubspot

        with self._reader(secrets) as reader:
            yield hubspot(reader, Progress(), Wanted(properties=self.properties, lists=self.lists))

    def pull(self, landing: Path, secrets: Secrets, *, now: datetime, is_full: bool) -> "Landed":
        """Pulls part by part, so that a pull which is cut off goes on where it stopped.

        Raises:
            PipelineError: the account could not be read to the end; what was read has landed.
        """
        from pipelines.sources.hubspot.progress import Wanted
        from pipelines.sources.hubspot.pull import pull_hubspot
        from pipelines.sources.landing import Landed, LandedTable, landed_path

        wanted = Wanted(properties=self.properties, lists=self.lists)
        with self._reader(secrets) as reader:
            report = pull_hubspot(reader, landing, now=now, wanted=wanted, is_full=is_full)
        if report.stopped:
            raise PipelineError(f"{report.stopped} What was read has landed.")
        tables = (
            LandedTable(
                one.table,
                landed_path(landing, self.source, one.table),
                rows=one.rows,
                new=one.new,
                changed=one.changed,
                gone=one.gone,
            )
            for one in report.tables
        )
        return Landed(self.source, now, tuple(tables), report.drift)

    def check(self, secrets: Secrets) -> list[Checked]:
        """Asks how many records of each kind there are; what may not be read says so."""
        from pipelines.sources.hubspot.changed import search_for_changes
        from pipelines.sources.hubspot.objects import object_kinds
        from pipelines.sources.hubspot.progress import BEGINNING
        from pipelines.sources.hubspot.reader import HubSpotRefusal

        found: list[Checked] = []
        with self._reader(secrets) as reader:
            for name, kind in object_kinds().items():
                body = search_for_changes(kind.modified, (), BEGINNING, page=1)
                try:
                    answer = reader.ask(f"/crm/v3/objects/{kind.path}/search", body=body)
                    found.append(Checked(name, int(answer["total"])))
                except HubSpotRefusal as refusal:
                    found.append(Checked(name, None, str(refusal)))
        return found

    def _reader(self, secrets: Secrets) -> "HubSpotReader":
        from pipelines.sources.hubspot.reader import HubSpotReader

        return HubSpotReader(self.url, secrets[self.token])
