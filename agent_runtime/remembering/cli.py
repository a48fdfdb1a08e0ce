"""`parley memory`: what is remembered of a person, and a story that shows it live (R190)."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from agent_runtime.commands import JsonOption, WorkspaceOption
from agent_runtime.settings import load_settings

app = typer.Typer(add_completion=False, rich_markup_mode="rich", no_args_is_help=True)
_PLACE = Path("out/memory")


@app.callback()
def _memory() -> None:
    """What the agent remembers of a person, and where it was learnt."""


@app.command()
def demo(
    workspace: Annotated[
        Path, typer.Option("--workspace", "-w", help="Folder of the story's own run.")
    ] = _PLACE,
    story: Annotated[
        Path | None, typer.Option(help="Another story, as YAML.", show_default="one_thread")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Play one person over mail, chat, text message and telephone; show what is remembered.

    The messages come in as in production and go through the same store, desk and permit; only mail
    server, carrier and calendar are stand-ins, and the call has no sound. The margin says what was
    learnt, which question was spared by it, and what would have been said without memory: the
    same turn decided again on a thread that remembers nothing. Exits 1 where anything went
    otherwise than the story says.

    Example: [bold]parley memory demo[/bold]

    Example: [bold]parley memory demo --json --workspace out/memory[/bold]
    """
    from rich.console import Console

    from agent_runtime.mind import open_mind
    from agent_runtime.remembering.memory import memory_of
    from agent_runtime.remembering.play import first_day, play
    from agent_runtime.remembering.scenes import problems_of
    from agent_runtime.remembering.story import STORIES, read_story
    from agent_runtime.remembering.told import (
        leave_line,
        memory_as_dict,
        memory_lines,
        scene_as_dict,
        scene_table,
    )
    from agent_runtime.remembering.watching import Watching
    from agent_runtime.remembering.world import fresh_store, open_world

    told = read_story(story or STORIES / "one_thread.yaml")
    settings = load_settings(workspace)
    store = fresh_store(settings, told)
    library, model = open_mind(settings)
    first = first_day(told, datetime.now(UTC))
    world = open_world(settings, told, store, library, model, now=first)
    watching, console = Watching(told, world, library, model), Console(highlight=False)
    scenes, contact = [], watching.contact
    for scene in watching.scenes(play(told, world, first=first)):
        scenes.append(scene)
        if not as_json and (record := watching.record()) is not None:
            console.print(scene_table(scene, contact, record))
    problems, record = list(problems_of(told, scenes)), watching.record()
    memory = memory_of(record, library) if record else None
    if as_json and record and memory:
        said = {
            "thread_ids": sorted({scene.thread_id for scene in scenes}),
            "channels": list(dict.fromkeys(scene.channel for scene in scenes)),
            "moments": [scene_as_dict(scene, contact, record) for scene in scenes],
            "memory": memory_as_dict(memory, contact, record),
            "problems": problems,
        }
        typer.echo(json.dumps(said, indent=2, ensure_ascii=False))
    elif record and memory:
        typer.echo(f"What is remembered of {contact.first_name} {contact.last_name}:")
        for line in memory_lines(memory, contact, record):
            typer.echo(f"  {line}")
        with store.begin() as tx:
            typer.echo(f"\n{leave_line(tx.consents(contact.person_id))}")
        threads, channels = {s.thread_id for s in scenes}, {s.channel for s in scenes}
        typer.echo(f"{len(channels)} channels, {len(threads)} thread: {', '.join(threads)}")
        typer.echo(f"See it: parley serve --workspace {workspace} --open, then Threads")
        typer.echo(f"Forget it: parley erase {contact.email} --workspace {workspace} --yes")
    for problem in problems:
        typer.echo(problem, err=True)
    if problems:
        raise typer.Exit(1)


@app.command()
def show(
    who: Annotated[str, typer.Argument(help="A person_id, or an e-mail address of the person.")],
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what is remembered of a person: each thing since when, and from which channel.

    Example: [bold]parley memory show ada@kranwerk.example[/bold]
    """
    from agent_runtime.remembering.recall import recall
    from agent_runtime.remembering.told import memory_as_dict, memory_lines

    found = recall(load_settings(workspace), who)
    if as_json:
        said = memory_as_dict(found.memory, found.contact, found.record)
        typer.echo(json.dumps(said, indent=2, ensure_ascii=False))
        return
    for line in memory_lines(found.memory, found.contact, found.record):
        typer.echo(line)
