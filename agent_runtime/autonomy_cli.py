"""`parley autonomy`: how free the agent is in each use case."""

import json
from pathlib import Path
from typing import Annotated

import typer

from agent_runtime.autonomy import autonomy_of
from agent_runtime.commands import JsonOption, WorkspaceOption
from agent_runtime.domain import Autonomy
from agent_runtime.library.catalog import company_library
from agent_runtime.settings import load_settings
from agent_runtime.status import open_store
from agent_runtime.steering.by_command import BY, WHY, change_by_command, told
from agent_runtime.steering.subjects import autonomy_subject

autonomy = typer.Typer(
    add_completion=False, rich_markup_mode="rich", no_args_is_help=True, help="Who sends."
)
PlaybookId = Annotated[str, typer.Argument(help="Id of the playbook.")]
Why = Annotated[str, typer.Option(help=WHY)]
By = Annotated[str, typer.Option(help=BY)]


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
def _set(
    playbook: PlaybookId,
    level: Autonomy,
    why: Why,
    by: By = "",
    workspace: WorkspaceOption = None,
) -> None:
    """Make a use case stricter, as a version that the console lists and can roll back.

    In effect at the next permit. What is freer is proposed in the console, and put in force there
    by a colleague.

    Example: [bold]parley autonomy set nurture assistive --why "a complaint"[/bold]
    """
    _change(playbook, level, by=by, why=why, workspace=workspace)


@autonomy.command()
def reset(playbook: PlaybookId, why: Why, by: By = "", workspace: WorkspaceOption = None) -> None:
    """Go back to the default of a use case, where that is no freer.

    Example: [bold]parley autonomy reset nurture --why "too many questions"[/bold]
    """
    _change(playbook, None, by=by, why=why, workspace=workspace)


def _change(
    playbook: str, level: Autonomy | None, *, by: str, why: str, workspace: Path | None
) -> None:
    settings = load_settings(workspace)
    library = company_library(settings.paths.library)
    subject = autonomy_subject(library.playbook(playbook).id)
    with open_store(settings).begin() as tx:
        made = change_by_command(tx, library, subject, level, by=by, why=why)
    typer.echo(told(made, f"{playbook} {level or 'as by default'}"))
