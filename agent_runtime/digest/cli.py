"""`parley digest`: the week, by mail to those who lead."""

import json
from datetime import UTC, datetime
from getpass import getuser
from pathlib import Path
from typing import Annotated

import typer

from agent_runtime.commands import JsonOption, WorkspaceOption

digest = typer.Typer(add_completion=False, rich_markup_mode="rich")


@digest.callback(invoke_without_command=True)
def _digest(
    week: Annotated[
        str, typer.Option(help="As 2026-W04, or a day in it [default: the last that is over].")
    ] = "",
    to: Annotated[
        list[str] | None,
        typer.Option(help="An account of the console; may be repeated [default: all leaders]."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print it, and to whom it would go; send nothing.")
    ] = False,
    html: Annotated[
        Path | None, typer.Option(help="Write it as HTML into this file too, to look at.")
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Try those whose mail server has refused it.")
    ] = False,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Send what a week brought to all leaders, each never twice.

    The worker sends it by itself on Mondays; set PARLEY_WEEKLY_DIGEST=false to have it sent by
    this command only.

    Example: [bold]parley digest --dry-run[/bold]

    Example: [bold]parley digest --week 2026-W04 --to luc@company.com[/bold]
    """
    from agent_runtime.channels.email.outgoing import login_of
    from agent_runtime.channels.email.smtp import SmtpLine
    from agent_runtime.clock import read_now
    from agent_runtime.digest.content import digest_of
    from agent_runtime.digest.mail import as_html, as_text
    from agent_runtime.digest.sending import readers, send, state_of
    from agent_runtime.digest.week import Week
    from agent_runtime.endpoints import INBOUND_ADDRESS, wait_for_endpoints
    from agent_runtime.settings import load_settings
    from agent_runtime.status import open_store

    settings = load_settings(workspace)
    store = open_store(settings)
    now = read_now(store.engine)
    made = digest_of(settings, store, Week.named(week) if week else Week.before(now))
    with store.begin() as tx:
        people = readers(tx, to or ())
        had = {one.email: state_of(tx, made, one.email) for one in people}
    if html is not None:
        html.write_text(as_html(made), encoding="utf-8")
    if dry_run or not people:
        _show(made.week.name, as_text(made), had, as_json=as_json)
        return
    endpoints = wait_for_endpoints(settings)
    line = SmtpLine(endpoints.smtp_host, endpoints.smtp_port, login=login_of(settings))
    told = send(
        store,
        made,
        people,
        line,
        sender=settings.digest_from or INBOUND_ADDRESS,
        by=f"command:{getuser()}",
        again=again,
        now=now,
        wall=datetime.now(UTC),
    )
    if as_json:
        rows = [
            {"to": x.email, "state": x.state, "is_new": x.is_new, "detail": x.detail} for x in told
        ]
        typer.echo(json.dumps({"week": made.week.name, "readers": rows}))
    else:
        for one in told:
            said = one.state.lower() if one.is_new else f"not again, it was {one.state.lower()}"
            why = f", {one.detail}" if one.state != "SENT" and one.detail else ""
            typer.echo(f"{one.email}: {said}{why}")
    if any(one.is_new and one.state != "SENT" for one in told):
        raise typer.Exit(1)


def _show(week: str, text: str, had: dict[str, str | None], *, as_json: bool) -> None:
    if as_json:
        rows = [{"to": email, "state": state} for email, state in had.items()]
        typer.echo(json.dumps({"week": week, "readers": rows, "text": text}))
        return
    typer.echo(text)
    if not had:
        typer.echo("It goes to nobody: no account is a leader's; `parley people add` makes one.")
    for email, state in had.items():
        typer.echo(f"to {email}{': had it already' if state == 'SENT' else ''}")
