"""`parley metrics`: what each figure means, and its values in a workspace's warehouse."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from pipelines.errors import PipelineError

if TYPE_CHECKING:
    from rich.table import Table

    from experiments.metrics import MetricReading
    from experiments.semantic_layer import MetricDefinition

app = typer.Typer(add_completion=False, rich_markup_mode="rich", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Inclusive, UTC.")]


@app.callback()
def _metrics() -> None:
    """The figures of the guide, each defined once."""


@app.command("list")
def list_all(*, as_json: AsJson = False) -> None:
    """List every metric with what it means; those that the guide asks for come first.

    Example: [bold]parley metrics list[/bold]

    Example: [bold]parley metrics list --json[/bold]
    """
    from experiments.metrics import list_metrics
    from pipelines.manifest import ensure_manifest

    ensure_manifest()
    definitions = sorted(list_metrics(), key=lambda d: (_number(d.requirement), d.name))
    if as_json:
        typer.echo(json.dumps([asdict(definition) for definition in definitions]))
        return
    _print(_definitions(definitions))
    typer.echo("`parley metrics query NAME` gives the values; docs/metrics.md has the formulas")


@app.command()
def query(
    names: Annotated[
        list[str], typer.Argument(help="Metrics, as `parley metrics list` names them.")
    ],
    *,
    grain: Annotated[
        Literal["day", "week", "month"] | None, typer.Option(help="One value a period.")
    ] = None,
    by: Annotated[
        list[str] | None,
        typer.Option(help="Split by a dimension: arm, playbook, channel, segment ... Repeatable."),
    ] = None,
    where: Annotated[
        list[str] | None,
        typer.Option(metavar="DIM=VALUE", help="Keep one value of a dimension. Repeatable."),
    ] = None,
    since: Day = None,
    until: Day = None,
    workspace: Annotated[
        Path | None, typer.Option("--workspace", "-w", help="The run; default PARLEY_WORKSPACE.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Ask for the values of metrics: value, numerator, denominator, n; a reason where none is.

    A median or a count of persons cannot be summed up from days: ask at the grain that you need.

    Example: [bold]parley metrics query meetings_set --by arm -w out/demo[/bold]

    Example: [bold]parley metrics query positive_intent_rate --grain week --where arm=agent[/bold]

    Example: [bold]parley metrics query read_ms_p50 read_ms_p95 --since 2026-01-19 --json[/bold]
    """
    from agent_runtime.settings import load_settings
    from experiments.metrics import read_metrics
    from pipelines.manifest import ensure_manifest

    wanted = _filters(where or [])
    if since and until and since > until:
        raise PipelineError(
            f"option --since, the value {since:%Y-%m-%d}: it is after --until, {until:%Y-%m-%d}."
        )
    ensure_manifest()
    readings = read_metrics(
        tuple(dict.fromkeys(names)),
        warehouse=load_settings(workspace).paths.warehouse,
        grain=grain,
        by=tuple(dict.fromkeys(by or [])),
        where=wanted,
        since=_day(since),
        until=_day(until),
    )
    if as_json:
        typer.echo(json.dumps([_row(reading) for reading in readings]))
    elif not readings:
        typer.echo("nothing happened in that period for that filter, so there is no row")
    else:
        _print(_values(readings))


@app.command()
def changes(
    *,
    days: Annotated[
        int, typer.Option(min=3, help="Length of a period at most; a short run makes it shorter.")
    ] = 14,
    until: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Last day, UTC; default the run's last."),
    ] = None,
    by: Annotated[
        list[str] | None,
        typer.Option(help="Split by a dimension: segment, playbook, arm ... Repeatable."),
    ] = None,
    workspace: Annotated[
        Path | None, typer.Option("--workspace", "-w", help="The run; default PARLEY_WORKSPACE.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say what changed since the period before, how sure that is, and what to do.

    Every metric is up, down, flat or cannot tell; flat is shown too, never assumed. All are looked
    at together, so that where nothing changed at most one run in twenty has an advice.

    Example: [bold]parley metrics changes -w out/demo[/bold]

    Example: [bold]parley metrics changes --days 7 --until 2026-02-01 --by segment --json[/bold]
    """
    from agent_runtime.settings import load_settings
    from experiments.movements.compared import what_changed
    from pipelines.manifest import ensure_manifest
    from pipelines.metric_changes import print_changes
    from pipelines.readouts.movements import with_experiments

    ensure_manifest()
    paths = load_settings(workspace).paths
    found = what_changed(
        paths.warehouse, days=days, until=_day(until), by=tuple(dict.fromkeys(by or []))
    )
    found = with_experiments(paths, found)
    if as_json:
        typer.echo(found.model_dump_json())
    else:
        print_changes(found)


def _filters(given: Sequence[str]) -> dict[str, list[str]]:
    """Returns dimension to the values wanted; a dimension that is named twice has two."""
    found: dict[str, list[str]] = {}
    for text in given:
        name, sign, value = text.partition("=")
        if not (name.strip() and sign and value.strip()):
            raise PipelineError(
                f"option --where, the value {text!r}: write DIM=VALUE, for instance arm=agent."
            )
        found.setdefault(name.strip(), []).append(value.strip())
    return found


def _row(reading: "MetricReading") -> dict[str, Any]:
    period = reading.period.isoformat() if reading.period else None
    return asdict(reading) | {"period": period, "reason": reading.reason or None}


def _definitions(definitions: "Sequence[MetricDefinition]") -> "Table":
    from rich.table import Table

    table = Table("Metric", "Means", "Unit", "Guide", box=None, padding=(0, 2, 0, 0))
    table.columns[0].no_wrap = True
    for d in definitions:
        table.add_row(d.name, d.description, d.unit, d.requirement)
    return table


def _values(readings: "Sequence[MetricReading]") -> "Table":
    from rich.table import Table

    first = readings[0]
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("Metric", no_wrap=True)
    for name in (*(["period"] if first.period else []), *first.keys):
        table.add_column(name)
    for name in ("value", "numerator", "denominator", "n"):
        table.add_column(name, justify="right")
    has_gap = any(r.reason for r in readings)
    if has_gap:
        table.add_column("why there is none")
    for r in readings:
        period = [r.period.isoformat()] if r.period else []
        keys = [str(value) if value is not None else "(none)" for value in r.keys.values()]
        numbers = [_figure(x) for x in (r.value, r.numerator, r.denominator, float(r.n))]
        table.add_row(r.metric, *period, *keys, *numbers, *([r.reason] if has_gap else []))
    return table


def _figure(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,.0f}" if value == int(value) else f"{value:,.4g}"


def _print(table: "Table") -> None:
    from rich.console import Console

    Console(highlight=False, markup=False).print(table)


def _number(requirement: str) -> int:
    return int(requirement.lstrip("R")) if requirement else 10_000


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None
