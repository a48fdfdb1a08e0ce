"""`parley call samples`: publish calls that anybody may hear, with their traces (R269)."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent_runtime.commands import JsonOption, WorkspaceOption
from agent_runtime.errors import ParleyError
from agent_runtime.settings import load_settings

if TYPE_CHECKING:
    from agent_runtime.channels.voice.samples.sample import Told
    from agent_runtime.library.call_scenario import CallScenario


def samples(
    out: Annotated[Path, typer.Option("--out", help="Folder to write them to.")],
    scenario: Annotated[
        list[str] | None, typer.Option(help="Name of a call; may be given again.")
    ] = None,
    live: Annotated[
        bool, typer.Option("--live", help="Through the whole pipeline, in real time, timed.")
    ] = False,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Publish sample calls: sound, page on a time axis, transcript and trace of each, and an index.

    Scenarios are spoken by two computer voices, and every page says that they are synthetic. On
    their own clock they sound and read the same each time; with --live they take as long as they
    last, and say how soon we answered on this machine. Exits 1 where a call went otherwise than
    its author expects.

    Example: [bold]parley call samples --out samples[/bold]

    Example: [bold]parley call samples --out samples --scenario soc2_question --live[/bold]
    """
    from agent_runtime.channels.voice.samples.index import write_index
    from agent_runtime.channels.voice.samples.sample import (
        SHIPPED,
        led_in_sound,
        rehearsed,
        write_sample,
    )
    from agent_runtime.mind import open_mind

    settings = load_settings(workspace)
    chosen = _chosen(tuple(scenario or SHIPPED), settings.paths.library)
    library, model = open_mind(settings)
    _make(out)
    written = []
    for number, one in enumerate(chosen, 1):
        with _progress(f"{number}/{len(chosen)} {one.id}", is_quiet=as_json) as told:
            if live:
                led = led_in_sound(one, library, model, clock=lambda: datetime.now(UTC), told=told)
            else:
                led = rehearsed(one, library, model, told=told)
            written.append(write_sample(led, library, out))
    index = write_index(written, out)
    failed = [sample for sample in written if sample.problems]
    if as_json:
        rows = [
            {"name": s.name, "page": str(out / s.name / "call.html"), "problems": s.problems}
            for s in written
        ]
        typer.echo(json.dumps({"index": str(index), "samples": rows}, ensure_ascii=False))
    else:
        for sample in written:
            typer.echo(f"{sample.name:<28} {sample.timeline.disposition.replace('_', ' ')}")
            for problem in sample.problems:
                typer.echo(f"  {problem}", err=True)
        typer.echo(f"wrote {len(written)} calls; open {index}")
    raise typer.Exit(int(bool(failed)))


def _chosen(names: tuple[str, ...], own: Path) -> "list[CallScenario]":
    from agent_runtime.library.call_scenario import read_call_scenarios
    from agent_runtime.library.catalog import PACKAGE, own_libraries

    known = {one.id: one for one in read_call_scenarios((PACKAGE, *own_libraries(own)))}
    found = [known.get(name) or known.get(f"call.{name}") for name in names]
    for name, one in zip(names, found, strict=True):
        if one is None:
            raise ParleyError(f"--scenario {name!r} is no call; `parley call` lists them.")
    return [one for one in found if one is not None]


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ParleyError(f"--out {folder} cannot be made: {error.strerror}.") from None


@contextmanager
def _progress(what: str, *, is_quiet: bool) -> "Iterator[Told]":
    from rich.console import Console

    console = Console(stderr=True)
    if is_quiet or not console.is_terminal:
        yield lambda at_s, said: None
        return
    with console.status(what) as status:
        yield lambda at_s, said: status.update(f"{what} {at_s:.0f} s {said[:60]}")
