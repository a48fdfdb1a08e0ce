"""`parley autonomy`: how free the agent is in each use case."""

import json
from datetime import UTC, datetime
from getpass import getuser
from pathlib import Path
from typing import Annotated

import typer

from agent_runtime.autonomy import autonomy_of
from agent_runtime.commands import JsonOption, WorkspaceOption
from agent_runtime.console.people.users import user_by_email
from agent_runtime.domain import Autonomy
from agent_runtime.library.catalog import company_library
from agent_runtime.settings import load_settings
from agent_runtime.status import open_store
from agent_runtime.steering.changes import propose_or_set
from agent_runtime.steering.subjects import SteeringError, autonomy_subject
from agent_runtime.store.sql import SqlTx

autonomy = typer.Typer(
    add_completion=False, rich_markup_mode="rich", no_args_is_help=True, help="Who sends."
)
PlaybookId = Annotated[str, typer.Argument(help="Id of the playbook.")]
Why = Annotated[str, typer.Option(help="Why; kept with the version.")]
By = Annotated[
    str, typer.Option(help="Who decides, as the address of an account [default: the login name].")
]


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
    """Set the level of one use case, as a version that the console lists and can roll back.

    What is stricter is in effect at the next permit. What is freer is proposed, and a colleague
    puts it in force in the console.

    Example: [bold]parley autonomy set nurture assistive --why "a complaint"[/bold]
    """
    _change(playbook, level, by=by, why=why, workspace=workspace)


@autonomy.command()
def reset(playbook: PlaybookId, why: Why, by: By = "", workspace: WorkspaceOption = None) -> None:
    """Go back to the default of a use case; where that is freer, as a proposal.

    Example: [bold]parley autonomy reset nurture --why "all read" --by ana@company.com[/bold]
    """
    _change(playbook, None, by=by, why=why, workspace=workspace)


def _change(
    playbook: str, level: Autonomy | None, *, by: str, why: str, workspace: Path | None
) -> None:
    settings, who = load_settings(workspace), by.strip() or getuser()
    library = company_library(settings.paths.library)
    subject = autonomy_subject(library.playbook(playbook).id)
    with open_store(settings).begin() as tx:
        made = propose_or_set(tx, library, subject, level, by=who, why=why, at=datetime.now(UTC))
        if made.loosens:
            _need_account(tx, who)
    what = f"{playbook} {level or 'as by default'}, version {made.version}"
    if made.state == "LIVE":
        typer.echo(f"{what} is in force; the console shows it and rolls it back")
    else:
        typer.echo(
            f"{what} makes the agent freer and waits for a colleague; they put it in force at "
            f"/console/steering/changes/{made.change_id}"
        )


def _need_account(tx: SqlTx, who: str) -> None:
    """The console tells author and colleague apart by their accounts, so the author has one."""
    found = user_by_email(tx, who)
    if found is None or found.is_disabled:
        raise SteeringError(
            f"by = {who!r}: makes the agent freer without an account of the console; give the "
            "address of yours, since a colleague has to put it in force there."
        )
