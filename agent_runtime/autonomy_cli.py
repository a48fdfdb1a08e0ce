"""`parley autonomy`: how free the agent is in each use case."""

import json
from typing import Annotated

import typer

from agent_runtime.autonomy import autonomy_of, flag_of
from agent_runtime.commands import JsonOption, WorkspaceOption
from agent_runtime.domain import Autonomy
from agent_runtime.library.catalog import company_library
from agent_runtime.settings import load_settings
from agent_runtime.status import open_store

autonomy = typer.Typer(
    add_completion=False, rich_markup_mode="rich", no_args_is_help=True, help="Who sends."
)
PlaybookId = Annotated[str, typer.Argument(help="Id of the playbook.")]


@autonomy.command()
def show(workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    """Show every use case with its default and the level that is in force.

    A campaign may be stricter than what is shown here, never freer.

    Example: [bold]parley autonomy show[/bold]
    """
    settings = load_settings(workspace)
    with open_store(settings).begin() as tx:
        flags = tx.flags()
    rows = [
        {"playbook": p.id, "default": p.autonomy, "in_force": autonomy_of(flags, p, "")}
        for p in company_library(settings.paths.library).playbooks.values()
    ]
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
    for row in () if as_json else rows:
        set_by_hand = "" if row["default"] == row["in_force"] else f"  (default {row['default']})"
        typer.echo(f"{row['playbook']:<20} {row['in_force']}{set_by_hand}")


@autonomy.command("set")
def _set(playbook: PlaybookId, level: Autonomy, workspace: WorkspaceOption = None) -> None:
    """Set the level of one use case; in effect at the next permit.

    Example: [bold]parley autonomy set nurture assistive[/bold]
    """
    settings = load_settings(workspace)
    found = company_library(settings.paths.library).playbook(playbook)
    with open_store(settings).begin() as tx:
        tx.set_flag(flag_of(found.id), level)
    typer.echo(f"{found.id} is {level} now; `parley autonomy reset {found.id}` undoes it")


@autonomy.command()
def reset(playbook: PlaybookId, workspace: WorkspaceOption = None) -> None:
    """Go back to the default of a use case.

    Example: [bold]parley autonomy reset nurture[/bold]
    """
    settings = load_settings(workspace)
    found = company_library(settings.paths.library).playbook(playbook)
    with open_store(settings).begin() as tx:
        tx.set_flag(flag_of(found.id), None)
    typer.echo(f"{found.id} is {found.autonomy} again")
