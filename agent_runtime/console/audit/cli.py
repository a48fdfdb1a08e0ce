"""`parley audit`: the log of what people did, for whoever audits."""

from pathlib import Path
from typing import Annotated

import typer

from agent_runtime.commands import WorkspaceOption
from agent_runtime.settings import load_settings
from agent_runtime.status import open_store

audit = typer.Typer(
    add_completion=False,
    rich_markup_mode="rich",
    no_args_is_help=True,
    help="The audit log and what the rules decided.",
)


@audit.callback()
def _audit() -> None:
    """Export a sample of the audit log that names nobody."""


@audit.command()
def sample(
    folder: Annotated[Path, typer.Argument(help="Where the two files go; made where missing.")],
    entries: Annotated[int, typer.Option(help="Rows of each at the most.", min=1, max=5000)] = 200,
    workspace: WorkspaceOption = None,
) -> None:
    """Write acts of people and decisions of the rules as CSV; nobody is named, no words are in it.

    Example: [bold]parley audit sample audit-sample --entries 100[/bold]
    """
    from agent_runtime.console.audit.sample import ACTS, DECISIONS, audit_sample
    from agent_runtime.console.people.cli import log_command
    from agent_runtime.spreadsheet import as_csv

    store = open_store(load_settings(workspace))
    made = audit_sample(store, entries=entries)
    folder.mkdir(parents=True, exist_ok=True)
    for name, columns, rows in (
        ("audit-log.csv", ACTS, made.acts),
        ("decisions.csv", DECISIONS, made.decisions),
    ):
        path = folder / name
        path.write_text(as_csv(columns, rows), encoding="utf-8", newline="")
        typer.echo(f"wrote {path}: {len(rows)} rows")
    with store.begin() as tx:
        log_command(tx, "audit.sample", "audit:log", f"{len(made.acts)} entries")
