"""`parley sources`: what a workspace pulls from, what has landed, and what has drifted."""

import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agent_runtime.settings import Workspace, load_settings
from pipelines.errors import PipelineError
from pipelines.sources.contract import Drift
from pipelines.sources.pulling import (
    EXAMPLES,
    Standing,
    check,
    find_source,
    pull,
    sources_in,
    standing,
)
from pipelines.sources.secret import Secrets

if TYPE_CHECKING:
    from pipelines.sources.landing import Landed

app = typer.Typer(add_completion=False, rich_markup_mode="rich", no_args_is_help=True)

DRIFTED = 3
"""Exit code of a pull or a drift report that shows what nothing may be built on."""

Names = Annotated[
    list[str] | None, typer.Argument(metavar="[SOURCE]...", help="Names or files; default all.")
]
Place = Annotated[
    Path | None, typer.Option("--workspace", "-w", help="The run; default PARLEY_WORKSPACE.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.callback()
def _sources() -> None:
    """Systems that are pulled into landing tables, one YAML file each in `sources/`."""


@app.command("list")
def list_(*, workspace: Place = None, as_json: AsJson = False) -> None:
    """List the sources of the workspace: tables, last pull, rows, drift.

    Example: [bold]parley sources list -w out/mine[/bold]
    """
    paths = _paths(workspace)
    found = [standing(one, _landing(paths)) for one in sources_in(paths.sources).values()]
    if as_json:
        _print([_standing_document(one) for one in found])
    elif not found:
        typer.echo(f"No sources in {paths.sources}. Copy one from {EXAMPLES} and change it.")
    else:
        _table(
            ("Source", "Kind", "Table", "Rows", "Pulled", "Drift"),
            [
                (
                    one.source.source,
                    one.kind,
                    name,
                    f"{one.rows[name]:,}" if name in one.rows else "-",
                    f"{one.pulled_at:%Y-%m-%d %H:%M}" if one.pulled_at else "never",
                    str(sum(d.table == name for d in one.drift) or "-"),
                )
                for one in found
                for name in one.source.all_tables()
            ],
        )


@app.command()
def suggest(
    exports: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of an export.")],
    *,
    name: Annotated[str, typer.Option(help="Name of the mapping; default the folder's.")] = "",
) -> None:
    """Write a first mapping of an export that nobody has seen: guesses with reasons, and gaps.

    Example: [bold]parley sources suggest exports/crm > mapping.yaml[/bold]
    """
    from pipelines.sources.suggest import suggest as first_mapping

    if not exports.is_dir():
        raise PipelineError(f"{exports}: there is no such folder.")
    typer.echo(first_mapping(exports, name or exports.resolve().name), nl=False)


@app.command("check")
def check_(names: Names = None, *, workspace: Place = None, as_json: AsJson = False) -> None:
    """Connect to the sources and count their rows; nothing is written. The dry run of a pull.

    Example: [bold]parley sources check salesforce -w out/mine[/bold]

    Example: [bold]parley sources check my/warehouse.yaml --json[/bold]
    """
    secrets, documents, lines = Secrets(os.environ), [], []
    for source in _chosen(names, _paths(workspace)):
        for one in check(source, secrets):
            documents.append({"source": source.source, **asdict(one)})
            rows = "-" if one.rows is None else f"{one.rows:,}"
            lines.append((source.source, one.table, rows, one.note))
    if as_json:
        _print(documents)
    else:
        _table(("Source", "Table", "Rows there", "Note"), lines)
        typer.echo("Nothing was written.")


@app.command("pull")
def pull_(
    names: Names = None,
    *,
    full: Annotated[
        bool, typer.Option("--full", help="Read everything again; what is gone is marked.")
    ] = False,
    workspace: Place = None,
    now: Annotated[datetime | None, typer.Option(help="UTC; default the wall clock.")] = None,
    as_json: AsJson = False,
) -> None:
    """Pull what has changed since the last pull into the landing tables.

    A pull that fails leaves everything as it was, and the others go on. Exit code 0 when all is
    as agreed, 3 when a column or most rows of a table have vanished or a type has changed, 2 when
    a source could not be pulled.

    Example: [bold]parley sources pull -w out/mine[/bold]

    Example: [bold]parley sources pull salesforce --full[/bold]
    """
    paths, secrets = _paths(workspace), Secrets(os.environ)
    instant = now.replace(tzinfo=UTC) if now else datetime.now(UTC)
    landed: list[Landed] = []
    failed: list[str] = []
    for source in _chosen(names, paths):
        try:
            with _working(f"pulling {source.source}", is_shown=not as_json):
                one = pull(source, _landing(paths), secrets, now=instant, is_full=full)
            landed.append(one)
        except PipelineError as error:
            failed.append(str(error))
    if as_json:
        _print({"landed": [_landed_document(one) for one in landed], "failed": failed})
    else:
        _show_landed(landed)
    for sentence in failed:
        typer.echo(f"parley: {sentence}", err=True)
    blocked = any(d.blocks for one in landed for d in one.drift)
    if failed or blocked:
        sys.exit(2 if failed else DRIFTED)


@app.command()
def drift(names: Names = None, *, workspace: Place = None, as_json: AsJson = False) -> None:
    """Say how the sources differ from what was agreed at their first pull.

    Exit code 3 where a column or most rows of a table have vanished or a type has changed.

    Example: [bold]parley sources drift -w out/mine[/bold]
    """
    paths = _paths(workspace)
    found = [d for s in _chosen(names, paths) for d in standing(s, _landing(paths)).drift]
    if as_json:
        _print([_drift_document(one) for one in found])
    elif found:
        _show_drift(found)
        typer.echo(f"Take one in: parley sources accept {found[0].name.replace('.', ' ')}")
    else:
        typer.echo("All sources are as agreed.")
    if any(one.blocks for one in found):
        sys.exit(DRIFTED)


@app.command()
def accept(
    source: Annotated[str, typer.Argument(help="Name of the source.")],
    table: Annotated[str, typer.Argument(help="Landed table.")],
    column: Annotated[str, typer.Argument(help="Column; _rows where most rows have vanished.")],
    *,
    workspace: Place = None,
    as_json: AsJson = False,
) -> None:
    """Take a drift into what is agreed; the next pull reads the whole table.

    A new column lands, a changed type is the type, a vanished column goes, vanished rows go.

    Example: [bold]parley sources accept salesforce contacts segment_c[/bold]
    """
    from pipelines.sources.landing import accept as take_in

    taken = take_in(_landing(_paths(workspace)), source, table, column)
    if as_json:
        _print([_drift_document(one) for one in taken])
    else:
        for one in taken:
            typer.echo(f"Accepted: {one}")
        typer.echo(f"The next pull reads {source}.{table} as a whole.")


def _paths(workspace: Path | None) -> Workspace:
    return Workspace(load_settings(workspace).workspace)


def _landing(paths: Workspace) -> Path:
    return paths.lake / "landing"


def _chosen(names: Sequence[str] | None, paths: Workspace) -> list[Any]:
    if names:
        return [find_source(name, paths.sources) for name in names]
    found = list(sources_in(paths.sources).values())
    if not found:
        raise PipelineError(f"{paths.sources}: there are no sources; copy one from {EXAMPLES}.")
    return found


def _show_landed(landed: Sequence["Landed"]) -> None:
    _table(
        ("Source", "Table", "Rows", "New", "Changed", "Gone", "Refused", "Read up to"),
        [
            (
                one.source,
                table.name,
                *(f"{n:,}" for n in (table.rows, table.new, table.changed, table.gone)),
                f"{table.refused:,}",
                table.cursor or "-",
            )
            for one in landed
            for table in one.tables
        ],
    )
    found = [d for one in landed for d in one.drift]
    if found:
        _show_drift(found)


def _show_drift(found: Sequence[Drift]) -> None:
    for one in found:
        mark = "✗" if one.blocks else "!"
        typer.echo(f"{mark} {one} (since {one.first_seen:%Y-%m-%d})")


def _drift_document(one: Drift) -> dict[str, Any]:
    return {**asdict(one), "blocks": one.blocks, "says": str(one)}


def _landed_document(one: "Landed") -> dict[str, Any]:
    return {
        "source": one.source,
        "at": one.at,
        "tables": [{**asdict(table), "path": str(table.path)} for table in one.tables],
        "drift": [_drift_document(d) for d in one.drift],
    }


def _standing_document(one: Standing) -> dict[str, Any]:
    return {
        "source": one.source.source,
        "kind": one.kind,
        "description": one.source.description,
        "tables": one.source.all_tables(),
        "pulled_at": one.pulled_at,
        "rows": one.rows,
        "drift": [_drift_document(d) for d in one.drift],
    }


def _print(document: Any) -> None:
    typer.echo(json.dumps(document, indent=1, default=str))


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for name in columns:
        is_number = name in {"Rows", "Rows there", "New", "Changed", "Gone", "Refused", "Drift"}
        table.add_column(name, justify="right" if is_number else "left", overflow="fold")
    for row in rows:
        table.add_row(*row)
    Console().print(table)


@contextmanager
def _working(text: str, *, is_shown: bool) -> Iterator[None]:
    from rich.console import Console

    if not is_shown:
        yield
        return
    with Console(stderr=True).status(text):
        yield
