"""One run with HubSpot as the source: what webhooks named, the pull, the files of the mapping."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl

from agent_runtime.crm_news import note_pulled
from agent_runtime.news_port import CrmNews
from agent_runtime.ports import Store
from agent_runtime.settings import Settings, Workspace
from pipelines.errors import PipelineError
from pipelines.lake import Lake
from pipelines.sources.hubspot.export import MADE, export_hubspot
from pipelines.sources.hubspot.objects import object_kinds
from pipelines.sources.hubspot.progress import Wanted
from pipelines.sources.hubspot.pull import NAME, PullReport, pull_hubspot
from pipelines.sources.hubspot.reader import HubSpotReader
from pipelines.sources.hubspot.records import OWN, link_column, merged_away
from pipelines.sources.landing import read_landed
from pipelines.sources.mapping import Mapping


@dataclass(frozen=True, slots=True)
class HubSpotRun:
    """What a run brought."""

    pull: PullReport
    files: dict[str, int]
    """Rows by file of the export."""
    folder: Path
    named: int
    """Records that webhooks had named."""
    listed: int
    """Addresses put on the suppression list, since webhooks told of their refusal."""


def hubspot_folder(workspace: Workspace) -> Path:
    """Returns where the files of the mapping lie."""
    return workspace.exports / NAME


def open_reader(settings: Settings) -> HubSpotReader:
    """Returns a reader of the account whose token is set.

    Raises:
        PipelineError: no token is set.
    """
    token = settings.hubspot_token.get_secret_value()
    if not token:
        raise PipelineError(
            "PARLEY_HUBSPOT_TOKEN is empty; set it to the access token of a private app with the "
            "scopes of `parley ingest --source hubspot --scopes`."
        )
    return HubSpotReader(settings.hubspot_url, token)


def run_hubspot(
    reader: HubSpotReader,
    workspace: Workspace,
    mapping: Mapping,
    *,
    now: datetime,
    store: Store | None = None,
    is_full: bool = False,
    lists: Sequence[str] = (),
) -> HubSpotRun:
    """Pulls the account and writes the files that the mapping reads.

    Args:
        reader: Asks the account.
        workspace: Where the lake and the files are.
        mapping: Names the properties to ask for beside the usual ones.
        now: Instant of the run.
        store: Runtime store with the news of webhooks; None where there is none yet.
        is_full: Read everything again.
        lists: Names of lists of contacts whose members are read.

    Raises:
        PipelineError: the account could not be read to the end; what was read has landed, and
            the files stay as they were.
    """
    landing = Lake(workspace).landing
    news = _waiting(store)
    ids = {
        kind: [one.record_id for one in news if one.kind == kind]
        for kind in sorted({one.kind for one in news})
    }
    wanted = Wanted(properties=properties_of(mapping), ids=ids, lists=lists)
    report = pull_hubspot(reader, landing, now=now, wanted=wanted, is_full=is_full)
    if report.stopped:
        raise PipelineError(f"{report.stopped} What was read has landed.")
    if "contacts" in report.refused:
        raise PipelineError(
            f"contacts: {report.refused['contacts']}; without them there is no run."
        )
    read = [one for one in news if one.kind not in report.refused]
    listed = _note(store, landing, read, now) if store is not None and read else 0
    folder = hubspot_folder(workspace)
    files = export_hubspot(landing, folder, now=now, lists=lists)
    return HubSpotRun(report, files, folder, len(news), listed)


def properties_of(mapping: Mapping) -> dict[str, Sequence[str]]:
    """Returns by kind what a mapping takes from it that is a property of HubSpot's."""
    found: dict[str, Sequence[str]] = {}
    for name, kind in object_kinds().items():
        links = map(link_column, kind.links)
        ours = {*OWN, *links, *kind.asked(), *MADE.get(name, ())}
        taken = [
            column
            for file in mapping.files
            if file.path == f"{name}.parquet"
            for _, column in file.columns()
        ]
        found[name] = [one for one in dict.fromkeys(taken) if one not in ours]
    return found


def _waiting(store: Store | None) -> tuple[CrmNews, ...]:
    if store is None:
        return ()
    with store.begin() as tx:
        return tuple(dict.fromkeys((*tx.news_waiting(), *tx.stops_open())))


def _note(store: Store, landing: Path, news: Sequence[CrmNews], now: datetime) -> int:
    wanted = {one.record_id for one in news if one.stop == "open"}
    addresses: dict[str, list[str]] = {}
    for record_id, address in _addresses(read_landed(landing, NAME, "contacts"), wanted):
        addresses.setdefault(record_id, []).append(address)
    with store.begin() as tx:
        return note_pulled(tx, news, addresses, now=now)


def _addresses(contacts: pl.DataFrame, wanted: set[str]) -> Iterator[tuple[str, str]]:
    """The addresses of contacts, also under the ids of those that were merged into them."""
    for row in contacts.iter_rows(named=True) if wanted else ():
        for record_id in wanted.intersection((row["id"], *merged_away(row))):
            more = str(row.get("hs_additional_emails") or "").split(";")
            yield from ((record_id, one) for one in (row["email"], *more) if one)
