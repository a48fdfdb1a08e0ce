"""The sources of a workspace: finds their files, checks and pulls them, and says where each is."""

from dataclasses import dataclass, replace
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel

from pipelines.documents import HERE, did_you_mean, read_document
from pipelines.errors import PipelineError
from pipelines.sources.contract import Drift
from pipelines.sources.kinds.base import Checked, Source
from pipelines.sources.secret import Secrets

if TYPE_CHECKING:
    from pipelines.sources.landing import Landed

KINDS = {
    "salesforce": "pipelines.sources.kinds.salesforce:SalesforceSource",
    "sql": "pipelines.sources.kinds.sql:SqlSource",
    "files": "pipelines.sources.kinds.files:FilesSource",
    "feed": "pipelines.sources.kinds.feed:FeedSource",
    "hubspot": "pipelines.sources.kinds.hubspot:HubSpotSource",
}
"""Kinds of sources, and the class that reads the YAML of each."""

EXAMPLES = HERE / "sources" / "examples"
"""One YAML per kind of source to begin with."""


class _Kind(BaseModel):
    """The one line of a source's YAML that says which model reads the rest."""

    kind: str


@dataclass(frozen=True, slots=True)
class Standing:
    """How a source of the workspace stands."""

    source: Source
    kind: str
    pulled_at: datetime | None
    """When it was last pulled; None where it never was."""
    rows: dict[str, int]
    """Rows by landed table, at the last pull."""
    drift: tuple[Drift, ...]


def read_source(path: Path) -> Source:
    """Returns the source that a YAML file describes.

    Raises:
        PipelineError: names the file, the field, and what to do; never a secret.
    """
    kind = read_document(path, _Kind).kind
    if kind not in KINDS:
        raise PipelineError(
            f"{path.name}: kind = {kind!r} is not known{did_you_mean(kind, KINDS)}; use "
            f"{', '.join(KINDS)}."
        )
    module, _, name = KINDS[kind].partition(":")
    return read_document(path, getattr(import_module(module), name))


def sources_in(folder: Path) -> dict[str, Source]:
    """Returns the sources of a folder by name; none where there is no such folder.

    Raises:
        PipelineError: a file is wrong, or two describe a source of one name.
    """
    found: dict[str, Source] = {}
    for path in sorted(folder.glob("*.yaml")):
        source = read_source(path)
        if source.source in found:
            raise PipelineError(f"{path.name}: another file has the source {source.source!r} too.")
        found[source.source] = source
    return found


def find_source(name: str, folder: Path) -> Source:
    """Returns a source of a folder by name, or the one in a YAML file."""
    if name.endswith((".yaml", ".yml")):
        path = Path(name)
        if not path.is_file():
            raise PipelineError(f"{path}: there is no such file.")
        return read_source(path)
    known = sources_in(folder)
    if name not in known:
        raise PipelineError(
            f"{folder} has no source {name!r}{did_you_mean(name, known)}; it has "
            f"{', '.join(known) or f'none: copy one from {EXAMPLES}'}."
        )
    return known[name]


def check(source: Source, secrets: Secrets) -> list[Checked]:
    """Connects to a source and counts; writes nothing."""
    try:
        return source.check(secrets)
    except PipelineError as error:
        raise PipelineError(secrets.hidden_in(str(error))) from None


def pull(
    source: Source, landing: Path, secrets: Secrets, *, now: datetime, is_full: bool = False
) -> "Landed":
    """Pulls a source into its landing tables and counts its rollups.

    Raises:
        PipelineError: the source cannot be read; everything is as it was.
    """
    from pipelines.sources.landing import Landed, LandedTable
    from pipelines.sources.rollup import write_rollup

    try:
        landed: Landed = source.pull(landing, secrets, now=now, is_full=is_full)
    except PipelineError as error:
        raise PipelineError(secrets.hidden_in(str(error))) from None
    home = landing / source.source
    counted = [
        LandedTable(name, home / f"{name}.parquet", rows=write_rollup(home, name, rollup))
        for name, rollup in source.rollups.items()
    ]
    return replace(landed, tables=(*landed.tables, *counted))


def standing(source: Source, landing: Path) -> Standing:
    """Returns when a source was last pulled, what has landed, and what has drifted."""
    from pipelines.sources.landing import last_landed, open_drifts

    at, rows = last_landed(landing, source.source)
    drift = open_drifts(landing, source.source)
    return Standing(source, getattr(source, "kind", ""), at, rows, drift)
