"""`parley readiness`: what must be in place before a pilot may start, and what is missing."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.errors import PipelineError

if TYPE_CHECKING:
    from agent_runtime.settings import Settings
    from pipelines.readiness.assess import Readiness
    from pipelines.readiness.trial import Batch

app = typer.Typer(add_completion=False, rich_markup_mode="rich")

_SYMBOL = {"ready": "✓", "missing": "✗", "not checked": "?"}


@app.callback(invoke_without_command=True)
def readiness(
    *,
    workspace: Annotated[
        Path | None, typer.Option("--workspace", "-w", help="The run; default PARLEY_WORKSPACE.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="Folder of a CRM export, instead of the workspace's.")
    ] = None,
    mapping: Annotated[
        str, typer.Option(help="YAML file, or one of sandbox, maven_crm, x_education.")
    ] = "sandbox",
    segment: Annotated[
        list[str] | None, typer.Option(help="Segment in place of the campaign's. Repeatable.")
    ] = None,
    campaign: Annotated[
        str, typer.Option(help="YAML file, or the name of a shipped campaign.")
    ] = "prospecting",
    warehouse: Annotated[
        bool, typer.Option(help="With --data: build and test the warehouse, half a minute.")
    ] = True,
    dns: Annotated[bool, typer.Option("--dns", help="Look the mail domain up.")] = False,
    dns_file: Annotated[
        Path | None, typer.Option(help="YAML file with the records, instead of a lookup.")
    ] = None,
    now: Annotated[
        datetime | None,
        typer.Option(help="UTC. Ages count to then; left out, the instant of the last batch."),
    ] = None,
    html: Annotated[Path | None, typer.Option(help="Write the checklist as one page.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Go through the checklist before a pilot: what is ready, what is missing, whose task it is.

    Exit code 0 when a pilot may start, 1 when it may not. Nothing is sent, and nothing of the
    workspace is changed.

    Example: [bold]parley readiness -w out/demo --html readiness.html[/bold]

    Example: [bold]parley readiness --data exports --mapping crm.yaml --segment mine.yaml
    --campaign pilot.yaml --dns[/bold]
    """
    from agent_runtime.settings import load_settings
    from pipelines.readiness.assess import assess
    from pipelines.readiness.dns import Dns, DnsFile, LiveDns
    from pipelines.readiness.trial import Batch
    from pipelines.readiness.world import read_world

    if data is None and segment:
        raise PipelineError(
            f"option --segment, the value {segment[0]!r}: it belongs to an export; name it with "
            "--data."
        )
    answers: Dns | None = DnsFile(dns_file) if dns_file else LiveDns() if dns else None
    settings = load_settings(workspace)
    instant = now.replace(tzinfo=UTC) if now else None
    batch = Batch(mapping, campaign, tuple(segment or ()), has_warehouse=warehouse)
    with _looked_at(settings, data, batch) as (seen, why):
        world = read_world(seen, campaign, dns=answers, now=instant, why_no_batch=why)
        found = assess(world)
    if html:
        from pipelines.readiness.page import render_page

        html.parent.mkdir(parents=True, exist_ok=True)
        html.write_text(render_page(found), encoding="utf-8")
    if as_json:
        typer.echo(json.dumps(found.to_document(), indent=1))
    else:
        typer.echo("\n".join(_lines(found)))
        if html:
            typer.echo(f"\nPage: {html}")
    if not found.may_start:
        raise typer.Exit(1)


@contextmanager
def _looked_at(
    settings: "Settings", data: Path | None, batch: "Batch"
) -> "Iterator[tuple[Settings, str]]":
    """Yields the settings of what is looked at, and why nobody was sorted into segments."""
    if data is None:
        yield settings, ""
        return
    if not data.is_dir():
        raise PipelineError(f"{data}: there is no such folder.")
    from pipelines.readiness.trial import borrow, try_batch

    with TemporaryDirectory() as folder:
        trial = settings.model_copy(update={"workspace": Path(folder)})
        borrow(settings.paths, trial.paths)
        yield trial, try_batch(trial, data, batch)


def _lines(found: "Readiness") -> Iterator[str]:
    yield f"{found.answer} {found.why}"
    for group, items in found.groups().items():
        yield f"\n{group}"
        for item in items:
            yield f"  {_SYMBOL[item.state]} {item.title}: {item.figure}"
            if not item.is_ready:
                yield f"      wanted: {item.wanted}"
                yield f"      {item.whose}: {item.todo}"
                yield from (f"      - {d.name}: {d.figure}" for d in item.details if d.is_gap)
