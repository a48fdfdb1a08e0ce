"""`parley token`: secrets by which programs use the console's API."""

import json
from datetime import UTC, datetime, timedelta
from getpass import getuser
from typing import Annotated

import typer

from agent_runtime.commands import JsonOption, WorkspaceOption
from agent_runtime.console.people.cli import log_command
from agent_runtime.console.people.tokens import Token, add_token, all_tokens, revoke_token
from agent_runtime.console.people.users import PeopleError
from agent_runtime.settings import load_settings
from agent_runtime.status import open_store

token = typer.Typer(
    add_completion=False,
    rich_markup_mode="rich",
    no_args_is_help=True,
    help="Service tokens of the API.",
)


@token.command()
def add(
    name: Annotated[str, typer.Argument(help="By which people know it.")],
    scope: Annotated[list[str], typer.Option("--scope", help="What it may; may be given again.")],
    days: Annotated[int, typer.Option(help="Days until its end.", min=1, max=366)] = 90,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a token; its secret is shown once, and kept as a hash only.

    Example: [bold]parley token add "CRM export" --scope approvals:read --days 30[/bold]
    """
    from agent_runtime.console.frame.build import scopes

    unknown = sorted(set(scope) - scopes())
    if unknown:
        known = ", ".join(sorted(scopes()))
        raise PeopleError(f"scope = {unknown[0]!r}: is none; take of {known}.")
    with open_store(load_settings(workspace)).begin() as tx:
        now = datetime.now(UTC)
        made, secret = add_token(
            tx, name, scopes=scope, by=getuser(), valid=timedelta(days=days), now=now
        )
        log_command(tx, "token.add", f"token:{made.token_id}", " ".join(made.scopes))
    if as_json:
        typer.echo(json.dumps({**_plain(made, now), "secret": secret}))
        return
    typer.echo(f"{secret}\n    token {made.token_id} ({made.name}), until {made.ends_at:%Y-%m-%d}")
    typer.echo("    keep it now: it is not shown again")


@token.command("list")
def list_tokens(workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    """List tokens, the newest first.

    Example: [bold]parley token list --json[/bold]
    """
    now = datetime.now(UTC)
    with open_store(load_settings(workspace)).begin() as tx:
        found = all_tokens(tx)
    if as_json:
        typer.echo(json.dumps([_plain(one, now) for one in found], indent=2))
        return
    if not found:
        typer.echo("there are no tokens; `parley token add` makes one")
    for one in found:
        line = f"{one.token_id}  {_state(one, now):<8} until {one.ends_at:%Y-%m-%d}  {one.name}"
        typer.echo(f"{line}: {' '.join(one.scopes)}")


@token.command()
def revoke(
    token_id: Annotated[str, typer.Argument(help="Id of the token; its first letters do.")],
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """End a token at once.

    Example: [bold]parley token revoke 4f0c91aa[/bold]
    """
    now = datetime.now(UTC)
    with open_store(load_settings(workspace)).begin() as tx:
        ended = revoke_token(tx, token_id, now=now)
        log_command(tx, "token.revoke", f"token:{ended.token_id}")
    told = {"token_id": ended.token_id, "state": "revoked"}
    typer.echo(json.dumps(told) if as_json else f"{ended.token_id} ({ended.name}) is revoked")


def _state(one: Token, now: datetime) -> str:
    return "live" if one.is_live(now) else "revoked" if one.revoked_at else "over"


def _plain(one: Token, now: datetime) -> dict[str, str | list[str] | None]:
    return {
        "token_id": one.token_id,
        "name": one.name,
        "scopes": list(one.scopes),
        "state": _state(one, now),
        "made_by": one.made_by,
        "made_at": one.made_at.isoformat(),
        "ends_at": one.ends_at.isoformat(),
        "used_at": one.used_at.isoformat() if one.used_at else None,
    }
