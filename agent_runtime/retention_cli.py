"""`parley retention`: how long words are kept, what is due to go, and removing it."""

import json
import sys
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from agent_runtime.commands import JsonOption, WorkspaceOption
from agent_runtime.errors import ParleyError
from agent_runtime.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Mapping

retention = typer.Typer(add_completion=False, rich_markup_mode="rich", no_args_is_help=True)


@retention.callback()
def _retention() -> None:
    """Say how long words are kept, and remove those whose time has come."""


@retention.command()
def show(workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    """Say which profile keeps words how long, which one binds, and what is due to go.

    Example: [bold]parley retention show[/bold]
    """
    from agent_runtime.clock import read_now
    from agent_runtime.policies.ruleset import profile_of, profiles, rule_set
    from agent_runtime.status import open_store
    from agent_runtime.store.pruning import last_run, prune

    settings = load_settings(workspace)
    store = open_store(settings)
    with store.begin() as tx:
        binds = profile_of(tx.flags(), "").profile
    kept, recorded = settings.landing_days, settings.call_recording_days
    now = read_now(store.engine)
    due = prune(
        store,
        settings.paths,
        now=now,
        landing_days=kept,
        recording_days=recorded,
        dry_run=True,
    )
    ran = last_run(store)
    days = {name: rule_set(name).retention_days for name in profiles()}
    if as_json:
        told = {
            "days": days,
            "binds": binds,
            "landing_days": kept,
            "recording_days": recorded,
            "due": due,
            "last_run": ran,
        }
        typer.echo(json.dumps(told, indent=2))
        return
    for name, words in days.items():
        typer.echo(f"{name:<10} {words} days{', binds now' if name == binds else ''}")
    typer.echo(f"{'landing':<10} {kept} days after the source has deleted a row")
    typer.echo(f"{'recordings':<10} {recorded} days, the sound of calls")
    _print(due, "due to go")
    typer.echo(f"last run: {ran['at'][:16]}" if ran else "last run: none yet")
    typer.echo("kept always: stops, suppression lists, proofs of consent, arms, and all figures")


@retention.command()
def run(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; it cannot be undone.")] = False,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Remove what has had its time: words of mails and chats, traces, landed rows, recordings.

    The worker does this once a day by itself. It cannot be undone.

    Example: [bold]parley retention run --dry-run[/bold]
    """
    from agent_runtime.clock import read_now
    from agent_runtime.status import open_store
    from agent_runtime.store.pruning import prune

    settings = load_settings(workspace)
    store = open_store(settings)
    now = read_now(store.engine)
    run_once = partial(
        prune,
        store,
        settings.paths,
        now=now,
        landing_days=settings.landing_days,
        recording_days=settings.call_recording_days,
    )
    counts = run_once(dry_run=True)
    if any(counts.values()) and not (dry_run or yes):
        _ask(sum(counts.values()))
    if not dry_run:
        counts = run_once()
    if as_json:
        typer.echo(json.dumps({"dry_run": dry_run, "removed": counts}, indent=2))
    else:
        _print(counts, "would go" if dry_run else "removed")


def _ask(count: int) -> None:
    if not sys.stdin.isatty():
        raise ParleyError(f"{count} texts would be removed for good; add --yes, or --dry-run.")
    typer.confirm(f"Remove the words of {count} rows for good?", abort=True)


def _print(counts: "Mapping[str, int]", verb: str) -> None:
    if not any(counts.values()):
        typer.echo(f"{verb}: nothing")
    for name, count in counts.items():
        if count:
            typer.echo(f"{verb}: {count:>7} {name}")
