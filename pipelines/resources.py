"""What assets work with: the workspace and the batch. The only reader of the environment here."""

import json
import os
from collections.abc import Collection
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg
from pydantic import Field

from agent_runtime.sandbox.export_clock import FILE
from agent_runtime.settings import Settings, Workspace

if TYPE_CHECKING:
    from agent_runtime.store.sql import SqlStore
    from pipelines.sources.hubspot.reader import HubSpotReader
    from pipelines.sources.mapping import Mapping
    from pipelines.sources.secret import Secrets

FROM_EXPORT = "export"
"""A value of `WorkspaceResource.now`: the day after the last date in the export."""


class WorkspaceResource(dg.ConfigurableResource):
    """Where a batch reads and writes, for whom, and at which instant."""

    root: str
    tenant_id: str
    now: str = ""
    """ISO 8601 instant of the batch; empty means the wall clock, `export` the export's own."""

    @property
    def paths(self) -> Workspace:
        """The layout of the workspace."""
        return Workspace(Path(self.root))

    def instant(self) -> datetime:
        """Returns the `now` of this batch, in UTC."""
        known = self.instant_if_known()
        if known is not None:
            return known
        report = json.loads((self.paths.lake / "ingest_report.json").read_text("utf-8"))
        return datetime.fromisoformat(report["now"])

    def instant_if_known(self) -> datetime | None:
        """Returns `now`, or None where only the export can tell and has not been read yet."""
        if self.now == FROM_EXPORT:
            return None
        return datetime.fromisoformat(self.now).astimezone(UTC) if self.now else self.wall_clock()

    def store(self) -> "SqlStore":
        """Returns the runtime store of the workspace."""
        # Heavy, and few assets need it.
        status = import_module("agent_runtime.status")
        settings = Settings(workspace=Path(self.root), tenant_id=self.tenant_id)
        return status.open_store(settings)

    def store_if_there(self) -> "SqlStore | None":
        """Returns the runtime store, or None where no batch has been loaded into one yet."""
        settings = Settings(workspace=Path(self.root), tenant_id=self.tenant_id)
        if not settings.store_url and not self.paths.store.is_file():
            return None
        return self.store()

    def wall_clock(self) -> datetime:
        """Returns the real time, the `now` of a deployment."""
        return datetime.now(UTC)


class BatchResource(dg.ConfigurableResource):
    """Which authored files a batch follows: names of shipped ones, or paths."""

    exports: str = ""
    """Folder of the export; empty means the one of the workspace."""
    mapping: str = "sandbox"
    campaign: str = "prospecting"
    segments: list[str] = Field(default_factory=list)
    """Segments to use in place of those that the campaign names."""
    approver: str = "revops"
    """Who answers for the registration of the campaign's experiment."""
    code_version: str = "0.1.0"

    def segment_names(self) -> list[str]:
        """Returns the segments of the batch, in the order in which they claim a contact."""
        from pipelines.campaign import load_campaign

        return self.segments or list(load_campaign(self.campaign).segments)

    def segment_ids(self) -> list[str]:
        """Returns the ids of these segments, which their files say."""
        from pipelines.transforms.segment import load_segment

        return [load_segment(name).id for name in self.segment_names()]

    def export_mapping(self, workspace: WorkspaceResource) -> "Mapping":
        """Returns the mapping, with the files of the sandbox where it has adopted the export."""
        from pipelines.sources.adopted import with_adopted_files
        from pipelines.sources.mapping import load_mapping

        return with_adopted_files(load_mapping(self.mapping), self.folder(workspace))

    def folder(self, workspace: WorkspaceResource) -> Path:
        """Returns the folder of the export."""
        return Path(self.exports) if self.exports else workspace.paths.exports

    def ignored_files(self, workspace: WorkspaceResource, read: Collection[str]) -> tuple[str, ...]:
        """Returns the files of the folder that were not read."""
        folder = self.folder(workspace)
        files = (p.name for p in folder.iterdir() if p.is_file()) if folder.is_dir() else ()
        return tuple(sorted(name for name in files if name not in (*read, FILE)))


class HubSpotResource(dg.ConfigurableResource):
    """The HubSpot account that is connected.

    The token comes from the environment or `.env` when it is needed, so that no configuration
    which Dagster keeps or shows holds it.
    """

    url: str

    def is_connected(self) -> bool:
        """Says whether a token is set."""
        return bool(Settings().hubspot_token.get_secret_value())

    def lists(self) -> tuple[str, ...]:
        """Returns the names of the lists of contacts whose members are read."""
        return Settings().hubspot_lists

    def reader(self) -> "HubSpotReader":
        """Returns a reader of the account."""
        return import_module("pipelines.sources.hubspot.run").open_reader(
            Settings(hubspot_url=self.url)
        )


def from_environment_sources() -> Path:
    """Returns the folder of the deployment's sources, whose tables are assets."""
    return Workspace(Settings().workspace).sources


def environment_secrets() -> "Secrets":
    """Returns the secrets that sources name, from the environment."""
    from pipelines.sources.secret import Secrets

    return Secrets(os.environ)


def from_environment() -> dict[str, dg.ConfigurableResource]:
    """Returns the resources of a deployment, from `PARLEY_…` variables or `.env`."""
    settings = Settings()
    return {
        "workspace": WorkspaceResource(
            root=str(settings.workspace.resolve()), tenant_id=settings.tenant_id
        ),
        "batch": BatchResource(exports=settings.exports, mapping=settings.mapping),
        "hubspot": HubSpotResource(url=settings.hubspot_url),
    }
