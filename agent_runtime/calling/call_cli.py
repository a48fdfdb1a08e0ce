"""`parley call`: ask for a call, and see what became of those that were asked for."""

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import Annotated

import typer

from agent_runtime.channels.voice.call_cli import call
from agent_runtime.channels.voice.sip.cli import serve
from agent_runtime.commands import JsonOption, WorkspaceOption
from agent_runtime.settings import load_settings

call.command("sip")(serve)


@call.command()
def place(
    person: Annotated[str, typer.Option(help="Person id, an address or a number of theirs.")],
    playbook: Annotated[str, typer.Option(help="Which playbook leads it.")] = "",
    key: Annotated[str, typer.Option(help="Names the request: the same key is one call.")] = "",
    at: Annotated[datetime | None, typer.Option(help="Not before, UTC [default: now].")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would happen.")] = False,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put a call into the queue, unless a rule stops it for good. Exit code 1: one does.

    Example: [bold]parley call place --person ana@alder.example --dry-run[/bold]
    """
    from datetime import UTC

    from agent_runtime.calling.as_json import asked_as_json, status_of
    from agent_runtime.calling.asking import CallRequest, ask_for_call
    from agent_runtime.calling.telephony import telephony_of
    from agent_runtime.calling.voice_cli import show
    from agent_runtime.clock import read_now
    from agent_runtime.library.catalog import company_library
    from agent_runtime.status import open_store

    settings = load_settings(workspace)
    store, library = open_store(settings), company_library(settings.paths.library)
    now = read_now(store.engine)
    due = at.replace(tzinfo=UTC) if at is not None else None
    request = CallRequest(person, playbook, key or f"command {now.isoformat()}", at=due)
    with store.begin() as tx:
        asked = ask_for_call(tx, library, telephony_of(settings), request, now=now, dry_run=dry_run)
    status = status_of(asked, dry_run=dry_run)
    if as_json:
        typer.echo(json.dumps(asked_as_json(asked, dry_run=dry_run), indent=2))
    else:
        show(asked.checked)
        if dry_run:
            _brief(asked.briefing.history, asked.briefing.goal, asked.briefing.time_zones)
        typer.echo(f"{status.replace('_', ' ')}: {asked.task_id}")
    raise typer.Exit(1 if status in ("blocked", "would_block") else 0)


@call.command("list")
def list_calls(
    state: Annotated[str, typer.Option(help="Only these: READY, UNKNOWN, ...")] = "",
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """List calls by state, with attempts, outcome and when they are due.

    Example: [bold]parley call list --state UNKNOWN[/bold]
    """
    from agent_runtime.explaining import redacted
    from agent_runtime.status import open_store

    with open_store(load_settings(workspace)).begin() as tx:
        found = [c for c in tx.calls() if state.upper() in ("", c.state)]
    if as_json:
        rows = [asdict(c) | {"number": redacted(c.number)} for c in found]
        typer.echo(json.dumps(rows, indent=2, default=str))
        return
    if not found:
        typer.echo("no call; `parley call place` asks for one")
    for one in found:
        due = f"due {one.due_at:%Y-%m-%d %H:%M}" if one.state == "READY" else one.outcome
        why = f"  ({one.why})" if one.why else ""
        typer.echo(
            f"{one.call_id[:12]}  {one.state:<9} attempt {one.attempt}  to {redacted(one.number)}  "
            f"{due}{why}"
        )


def _brief(history: tuple[str, ...], goal: str, zones: tuple[str, ...]) -> None:
    say: Callable[[str], None] = typer.echo
    say(f"goal       {goal}")
    say(f"zones      {', '.join(zones) or 'unknown'}")
    for line in history:
        say(f"history    {line}")
