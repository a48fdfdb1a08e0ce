"""`parley enrich`: facts about companies, from sources on a list, with a dry run and undo."""

import json
from dataclasses import asdict
from typing import Annotated

import typer

from agent_runtime.clock import read_now
from agent_runtime.commands import JsonOption, WorkspaceOption
from agent_runtime.enrich import differences, write
from agent_runtime.settings import load_settings
from agent_runtime.status import open_store
from agent_runtime.tools.enrichment import allowed_sources, open_source

app = typer.Typer(add_completion=False, rich_markup_mode="rich")


@app.command()
def enrich(
    source: Annotated[
        str, typer.Argument(help="Id of the source; without one: which there are.")
    ] = "",
    dry_run: Annotated[bool, typer.Option(help="Only say what would be written.")] = False,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask a source about the companies of all contacts and keep what it says, field by field.

    Only sources and fields on the list are taken; `parley crm undo` takes a value back.

    Example: [bold]parley enrich company_register --dry-run[/bold]
    """
    if not source:
        for name, known in allowed_sources().items():
            typer.echo(f"{name}: {known.about}\n    {', '.join(known.fields)}")
        return
    settings = load_settings(workspace)
    listed, opened = open_source(source, settings.workspace / "enrichment", settings.enrichment_url)
    store = open_store(settings)
    with store.begin() as tx:
        contacts = tx.contacts()
    found = list(differences(contacts, listed, opened))
    for change, members in () if dry_run else found:
        with store.begin() as tx:
            write(tx, change, members, source=source, now=read_now(store.engine))
    if as_json:
        typer.echo(json.dumps([asdict(change) for change, _ in found], indent=2))
        return
    for change, _ in found:
        before = change.before or "(empty)"
        typer.echo(f"{change.account_id}  {change.field}: {before!r} -> {change.after!r}")
    verb = "would be written" if dry_run else "written"
    typer.echo(f"{len(found)} facts {verb}, {len(contacts)} contacts looked at")
