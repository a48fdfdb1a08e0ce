"""`parley people`: who may use the console."""

import json
import sys
from dataclasses import replace
from datetime import UTC, datetime
from getpass import getuser
from pathlib import Path
from secrets import token_hex
from typing import Annotated

import typer

from agent_runtime.commands import JsonOption, WorkspaceOption
from agent_runtime.console.frame.audit import Act, write
from agent_runtime.console.people.passwords import Passwords
from agent_runtime.console.people.users import (
    PeopleError,
    User,
    add_user,
    all_users,
    plain,
    role_of,
    save_user,
    sign_out_everywhere,
    user_by_email,
)
from agent_runtime.settings import load_settings
from agent_runtime.status import open_store
from agent_runtime.store.sql import SqlTx

people = typer.Typer(
    add_completion=False,
    rich_markup_mode="rich",
    no_args_is_help=True,
    help="Accounts of the console.",
)

Email = Annotated[str, typer.Argument(help="Their work address.")]
RoleOption = Annotated[str, typer.Option(help="rep, reviewer, revops, leader or admin.")]
PasswordFile = Annotated[
    Path | None,
    typer.Option(help="File that holds the password, `-` for standard input; else you are asked."),
]


@people.command()
def add(
    email: Email,
    role: RoleOption,
    name: Annotated[str, typer.Option(help="What pages call them.")] = "",
    password_file: PasswordFile = None,
    oidc: Annotated[
        bool, typer.Option("--oidc", help="They sign in by OpenID Connect, with no password.")
    ] = False,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add somebody who may use the console.

    Example: [bold]parley people add maya@company.com --role reviewer --name "Maya Chen"[/bold]

    Example: [bold]parley people add luc@company.com --role leader --oidc[/bold]
    """
    email, role = plain(email), role_of(role)
    kept = "" if oidc else _hash(email, password_file)
    with open_store(load_settings(workspace)).begin() as tx:
        now = datetime.now(UTC)
        user = add_user(tx, email, role=role, name=name, password=kept, now=now)
        log_command(tx, "people.add", f"user:{user.email}", f"role {user.role}")
    _say(user, as_json, f"{user.email} may use the console as {user.role}")


@people.command("list")
def list_people(workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    """List who may use the console.

    Example: [bold]parley people list --json[/bold]
    """
    with open_store(load_settings(workspace)).begin() as tx:
        users = all_users(tx)
    if as_json:
        typer.echo(json.dumps([_plain(user) for user in users], indent=2))
        return
    if not users:
        typer.echo("nobody has an account; `parley people add` makes one")
    for user in users:
        state = "disabled" if user.is_disabled else "active"
        typer.echo(f"{user.email:<36} {user.role:<9} {state:<9} {user.name}")


@people.command()
def disable(
    email: Email,
    enable: Annotated[bool, typer.Option("--enable", help="Let them in again.")] = False,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Keep somebody out, and end their sessions at once; what they did stays in the log.

    Example: [bold]parley people disable maya@company.com[/bold]
    """
    with open_store(load_settings(workspace)).begin() as tx:
        user = replace(_find(tx, email), is_disabled=not enable)
        save_user(tx, user)
        log_command(tx, "people.enable" if enable else "people.disable", f"user:{user.email}")
    _say(
        user, as_json, f"{user.email} is {'let in again' if enable else 'disabled and signed out'}"
    )


@people.command()
def role(
    email: Email,
    new_role: Annotated[str, typer.Argument(help="rep, reviewer, revops, leader or admin.")],
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Give somebody another role; it holds from their next page on.

    Example: [bold]parley people role maya@company.com revops[/bold]
    """
    with open_store(load_settings(workspace)).begin() as tx:
        before = _find(tx, email)
        user = replace(before, role=role_of(new_role))
        save_user(tx, user)
        log_command(tx, "people.role", f"user:{user.email}", f"{before.role} to {user.role}")
    _say(user, as_json, f"{user.email} is {user.role} now")


@people.command()
def password(
    email: Email,
    password_file: PasswordFile = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Give somebody a new password, and end their sessions.

    Example: [bold]parley people password maya@company.com[/bold]

    Example: [bold]pass parley | parley people password ana@company.com --password-file -[/bold]
    """
    store = open_store(load_settings(workspace))
    with store.begin() as tx:
        _find(tx, email)
    kept = _hash(plain(email), password_file)
    with store.begin() as tx:
        user = replace(_find(tx, email), password=kept)
        save_user(tx, user)
        sign_out_everywhere(tx, user.user_id)
        log_command(tx, "people.password", f"user:{user.email}")
    _say(user, as_json, f"{user.email} has a new password and is signed out everywhere")


def log_command(tx: SqlTx, action: str, record: str, detail: str = "") -> None:
    """Writes into the audit log what a command has done, in its transaction."""
    act = Act(
        request_id=token_hex(8),
        at=datetime.now(UTC),
        actor=f"command:{getuser()}",
        role="",
        action=action,
        record=record,
        result="done",
        detail=detail,
    )
    write(tx, act)


def _find(tx: SqlTx, email: str) -> User:
    user = user_by_email(tx, email)
    if user is None:
        raise PeopleError(f"email = {email!r}: has no account; see `parley people list`.")
    return user


def _hash(email: str, file: Path | None) -> str:
    return Passwords().hashed(_read(file), email=email)


def _read(file: Path | None) -> str:
    if file is None:
        return typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    try:
        said = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PeopleError(f"--password-file {file} cannot be read: {error}.") from None
    return said.rstrip("\r\n")


def _say(user: User, as_json: bool, said: str) -> None:
    typer.echo(json.dumps(_plain(user)) if as_json else said)


def _plain(user: User) -> dict[str, object]:
    return {
        "email": user.email,
        "name": user.name,
        "role": user.role,
        "state": "disabled" if user.is_disabled else "active",
        "has_password": bool(user.password),
        "has_oidc": bool(user.subject),
        "made_at": user.made_at.isoformat() if user.made_at else None,
    }
