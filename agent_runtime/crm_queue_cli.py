"""`parley crm queue` and `parley crm pull`: how the write-back stands, and reading the CRM back."""

import json
from collections import Counter
from contextlib import closing
from dataclasses import asdict

import typer

from agent_runtime.clock import read_now
from agent_runtime.commands import JsonOption, WorkspaceOption
from agent_runtime.crm_push_words import DEAD, WORDS, push_row, said
from agent_runtime.settings import load_settings
from agent_runtime.status import open_store


def queue(workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    """Show how many rows wait for the CRM, since when, and those that nothing happens to any more.

    Mend what their reasons name, then queue them again: [bold]parley crm push ID[/bold], or --all.

    Example: [bold]parley crm queue[/bold]
    """
    store = open_store(load_settings(workspace))
    with store.begin() as tx:
        pushes = tx.pushes()
        dead = [push_row(tx, push) for push in pushes if push.state in DEAD]
    waiting = [push for push in pushes if push.state == "WAITING"]
    oldest = min((push.queued_at for push in waiting), default=None)
    failing = [push for push in waiting if push.attempts]
    counts = Counter(push.state for push in pushes)
    if as_json:
        shown = {
            "states": dict(sorted(counts.items())),
            "oldest_waiting": oldest.isoformat() if oldest else None,
            "failing": len(failing),
            "stops_waiting": sum(push.kind == "stop" for push in waiting),
            "dead": dead,
        }
        typer.echo(json.dumps(shown, indent=2))
        return
    if not pushes:
        typer.echo("nothing was to reach the CRM yet")
        return
    for state, words in WORDS.items():
        if counts[state]:
            typer.echo(f"{counts[state]:>7}  {words}")
    if oldest is not None:
        typer.echo(f"the oldest that waits was queued {oldest:%Y-%m-%d %H:%M}")
    if failing:
        newest = max(failing, key=lambda push: push.due_at)
        typer.echo(f"{len(failing)} were tried in vain: {newest.reason or 'no reason given'}")
    for row in dead:
        typer.echo(f"{row['id'][:24]:<24}  {row['what']}\n    {said(row)}")


def pull(workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    """Read back what the CRM holds of the people that were written about, opt-outs included.

    The worker does so every quarter of an hour.

    Example: [bold]parley crm pull[/bold]
    """
    from agent_runtime.crm_mirror import Mirror
    from agent_runtime.neighbours import open_crm
    from agent_runtime.versions import versions_at

    settings = load_settings(workspace)
    store = open_store(settings)
    with closing(open_crm(settings, store)) as crm:
        read = Mirror(store, crm, versions_at(settings)).work(now=read_now(store.engine))
        is_connected = bool(crm.name)
    if as_json:
        typer.echo(json.dumps(asdict(read), indent=2))
    elif not is_connected:
        typer.echo("no CRM is connected: what is in the store is all there is")
    else:
        typer.echo(
            f"read {read.people} people: {read.changed} fields were changed there, "
            f"{read.stopped} opted out there, {read.told_again} opt-outs of ours are told again"
        )
        if read.trouble:
            typer.echo(f"it ended early: {read.trouble}")
    if read.trouble:
        raise typer.Exit(1)
