"""What `parley ingest --source hubspot` says while it pulls, and of what is missing."""

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from agent_runtime.settings import Workspace, load_settings
from agent_runtime.status import open_store
from pipelines.sources.hubspot.run import HubSpotRun, open_reader, run_hubspot
from pipelines.sources.mapping import load_mapping


def pull_and_say(
    workspace: Workspace, mapping: str, *, now: datetime, is_full: bool, is_quiet: bool
) -> tuple[Path, dict[str, Any]]:
    """Pulls the account; returns the folder of its files, and the report as a document.

    Raises:
        PipelineError: no token is set, or the account could not be read to the end.
    """
    settings = load_settings(workspace.root)
    store = open_store(settings) if settings.store_url or workspace.store.is_file() else None
    console = Console(stderr=is_quiet)
    with open_reader(settings) as reader, console.status("Asking HubSpot what changed …"):
        run = run_hubspot(
            reader,
            workspace,
            load_mapping(mapping),
            now=now,
            store=store,
            is_full=is_full,
            lists=settings.hubspot_lists,
        )
    if not is_quiet:
        _say(run, console)
    return run.folder, {"pull": _document(run)}


def _say(run: HubSpotRun, console: Console) -> None:
    table = Table("HubSpot", "rows", "new", "changed", "gone", title="Pulled", title_justify="left")
    for one in run.pull.tables:
        table.add_row(one.table, *(f"{n:,}" for n in (one.rows, one.new, one.changed, one.gone)))
    console.print(table)
    if run.named:
        console.print(
            f"Webhooks had named {run.named:,} records; {run.listed:,} addresses of refusals were "
            "put on the suppression list."
        )
    for gap in run.pull.gaps():
        console.print(f"Missing: {gap}", style="yellow", highlight=False)


def _document(run: HubSpotRun) -> dict[str, Any]:
    return {
        "tables": [asdict(one) for one in run.pull.tables],
        "missing": run.pull.gaps(),
        "is_whole": run.pull.is_whole,
        "files": run.files,
        "named_by_webhooks": run.named,
        "addresses_listed": run.listed,
    }
