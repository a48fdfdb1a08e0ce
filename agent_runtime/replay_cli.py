"""`parley replay`: what today's library, model and rules would decide in the turns of old."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated, Any

import typer

from agent_runtime.commands import JsonOption, WorkspaceOption
from agent_runtime.settings import Settings, load_settings

replay = typer.Typer(add_completion=False, rich_markup_mode="rich")

_SHOWN = 20


@replay.command()
def _replay(
    thread: Annotated[str, typer.Option(help="Only this thread.")] = "",
    limit: Annotated[int, typer.Option(help="At most so many turns, the latest.", min=1)] = 5000,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Replay recorded turns and say which would be decided otherwise today.

    Nothing is sent and nothing is written: a turn's trace holds all that it stood on. Use it after
    a change of a playbook, a text, a document or the model. Exit code 1 when a turn differs.

    Example: [bold]parley replay --thread thread-4f0c[/bold]
    """
    settings = load_settings(workspace)
    turns = 0
    changed: list[dict[str, Any]] = []
    for row, found in _replayed(settings, thread, limit):
        turns += 1
        if found:
            changed.append({**row, "differences": found})
    if as_json:
        typer.echo(json.dumps({"turns": turns, "changed": changed}, indent=2, default=str))
    else:
        _print(turns, changed)
    raise typer.Exit(1 if changed else 0)


def _replayed(
    settings: Settings, thread: str, limit: int
) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    from rich.console import Console
    from rich.progress import track

    from agent_runtime.mind import open_mind
    from agent_runtime.replay import differences, replay
    from agent_runtime.status import open_store
    from agent_runtime.store.reading import turns_of

    store = open_store(settings)
    events = turns_of(store.engine, store.tenant_id, thread=thread, limit=limit)
    library, model = open_mind(settings)
    progress = track(
        events, "Replaying", console=Console(stderr=True), transient=True, disable=len(events) < 50
    )
    for event in progress:
        row = {
            "thread_id": event.thread_id,
            "at": event.occurred_at.isoformat(),
            "versions": event.versions,
        }
        action = replay(event.payload, library, model)
        yield row, [asdict(found) for found in differences(event.payload, action)]


def _print(turns: int, changed: list[dict[str, Any]]) -> None:
    for row in changed[:_SHOWN]:
        typer.echo(f"{row['thread_id']}  {row['at']}")
        for found in row["differences"]:
            then, now = _brief(found["then"]), _brief(found["now"])
            typer.echo(
                f"    {found['what']}: {then} -> {now}" if then != now else f"    {found['what']}"
            )
    if len(changed) > _SHOWN:
        typer.echo(f"… and {len(changed) - _SHOWN} more; --json has all of them")
    kinds = Counter(found["what"] for row in changed for found in row["differences"])
    parts = ", ".join(f"{name} {count}" for name, count in kinds.most_common())
    typer.echo(
        "no turn is recorded yet"
        if not turns
        else f"{turns:,} turns replayed, {len(changed):,} decided otherwise"
        + (f" ({parts})" if parts else "")
    )


def _brief(value: Any) -> str:
    """What changed, in a word: the action and why, or what was heard."""
    if isinstance(value, dict) and "action" in value:
        return f"{value['action']} ({value['reason']}, {value['decision']})"
    if isinstance(value, dict) and "primary" in value:
        return f"{value['primary']} {value['confidence']:.2f}"
    if isinstance(value, list):
        names = (v.get("fact_id") or v.get("action") or v.get("rule") for v in value)
        return ", ".join(str(name) for name in names)
    return str(value)
