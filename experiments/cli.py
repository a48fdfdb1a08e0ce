"""`parley experiment`: register a question, check the log, analyse the units, plan a sample."""

import json
import subprocess
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from experiments import registry
from experiments.assign_cli import assign
from experiments.power_cli import power
from experiments.readout import Readout
from experiments.report_file import check_report_path, write_report
from experiments.simulate_cli import simulate
from experiments.spec import load_spec

app = typer.Typer(
    name="experiment",
    help="Causal lift: promised before, measured after.",
    no_args_is_help=True,
)

app.command(name="power")(power)
app.command(name="assign")(assign)
app.command(name="simulate")(simulate)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
Log = Annotated[Path, typer.Option("--registry", help="The registry's log.")]
DEFAULT_LOG = Path("out/demo/registry.jsonl")


@app.command()
def register(
    spec: Annotated[Path, typer.Argument(help="The spec, YAML.")],
    *,
    approver: Annotated[str, typer.Option(help="Who stands for this question.")],
    log: Log = DEFAULT_LOG,
    code_version: Annotated[str, typer.Option(help="Default: the commit checked out.")] = "",
) -> None:
    """Write a spec into the registry, before anybody is assigned.

    Example: parley experiment register experiments/specs/icp-prospecting.yaml --approver "Ada Roe"
    """
    entry = registry.register(
        log,
        load_spec(spec),
        approver=approver,
        code_version=code_version or version_of_code(),
        now=datetime.now(UTC),
    )
    typer.echo(
        f"{entry.spec_id} version {entry.version} is registered as {entry.spec_hash[:12]} "
        f"since {entry.registered_at:%Y-%m-%d %H:%M} UTC, approved by {entry.approver}"
    )


@app.command("list")
def list_registrations(*, log: Log = DEFAULT_LOG, as_json: AsJson = False) -> None:
    """List what is registered; exits 1 if the log is damaged and the list therefore short.

    Example: parley experiment list --json
    """
    found = registry.verify(log)
    if as_json:
        typer.echo(json.dumps([entry.model_dump(mode="json") for entry in found.registrations]))
    else:
        Console().print(_table(found.registrations))
    for problem in found.problems:
        typer.echo(f"{log}: {problem}", err=True)
    raise typer.Exit(0 if found.is_intact else 1)


@app.command()
def verify(*, log: Log = DEFAULT_LOG, as_json: AsJson = False) -> None:
    """Check that no line of the registry was changed, removed or reordered; exits 1 if one was.

    Example: parley experiment verify --registry out/demo/registry.jsonl
    """
    found = registry.verify(log)
    if as_json:
        report = {
            "is_intact": found.is_intact,
            "registrations": len(found.registrations),
            "problems": found.problems,
        }
        typer.echo(json.dumps(report))
    elif found.is_intact:
        typer.echo(f"{log}: {len(found.registrations)} registrations, all as they were written")
    else:
        for problem in found.problems:
            typer.echo(f"{log}: {problem}")
    raise typer.Exit(0 if found.is_intact else 1)


@app.command()
def analyze(
    *,
    spec: Annotated[Path, typer.Option(help="The spec, YAML.")],
    units: Annotated[Path, typer.Option(help="One row a unit: Parquet or CSV.")],
    out: Annotated[Path, typer.Option(help="Where the readout goes, JSON.")],
    as_of: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"],
            help="Time of the look, UTC unless it names a zone; default: now. It decides which "
            "windows are open where the spec names assigned_at and a window.",
        ),
    ] = None,
    unit_column: Annotated[str, typer.Option(help="The file's column of ids.")] = "unit_id",
    arm_column: Annotated[str, typer.Option(help="The file's column of arms.")] = "arm",
    rows_are_units: Annotated[
        bool, typer.Option("--rows-are-units", help="The file has no ids: each row is a unit.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Say what a trial shows: effects with intervals, and a verdict in plain words.

    A fixed trial shows no effect before every window has closed; a sequential one shows at any
    time what holds at every look.

    Example: parley experiment analyze --spec spec.yaml --units units.parquet --out report.json

    Example: parley experiment analyze --spec s.yaml --units u.csv --out r.json --as-of 2026-04-06

    Example, an old trial: parley experiment analyze --spec s.yaml --units nsw.csv --out r.json
    --arm-column treat --rows-are-units
    """
    from experiments.analysis import analyze as analyze_units
    from experiments.units import read_units

    check_report_path(out, spec, units)
    question = load_spec(spec)
    now = _in_utc(as_of) if as_of else datetime.now(UTC)
    table = read_units(
        units,
        question,
        unit_column=None if rows_are_units else unit_column,
        arm_column=arm_column,
    )
    readout = analyze_units(table, question, source=str(units), now=now)
    write_report(out, readout.model_dump_json(indent=2) + "\n")
    if as_json:
        typer.echo(readout.model_dump_json())
    else:
        _print_readout(readout)


def _in_utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _table(registrations: tuple[registry.Registration, ...]) -> Table:
    table = Table("experiment", "version", "spec hash", "approver", "registered", "code")
    for entry in registrations:
        table.add_row(
            entry.spec_id,
            str(entry.version),
            entry.spec_hash[:12],
            entry.approver,
            f"{entry.registered_at:%Y-%m-%d %H:%M}",
            entry.code_version,
        )
    return table


def _print_readout(readout: Readout) -> None:
    table = Table("metric", "arm", "units", "mean", "control", "effect", "95% interval", "p")
    for row in readout.metrics:
        has_interval = row.ci_low is not None and row.p_value is not None
        table.add_row(
            row.metric,
            row.arm,
            f"{row.n_arm:,} / {row.n_control:,}",
            *(
                "hidden" if number is None else format(number, form)
                for number, form in (
                    (row.mean_arm, ".4g"),
                    (row.mean_control, ".4g"),
                    (row.effect, "+.4g"),
                )
            ),
            f"{row.ci_low:+.4g} to {row.ci_high:+.4g}" if has_interval else "none",
            f"{row.p_value:.3g}" if has_interval else "none",
        )
    Console().print(table)
    for row in readout.metrics:
        if row.role != "primary":
            typer.echo(f"{row.metric}: {row.verdict}")
    typer.echo(readout.verdict)


def version_of_code() -> str:
    """The commit checked out, or the installed version where there is no checkout."""
    command = ("git", "describe", "--always", "--dirty", "--abbrev=12")
    found = subprocess.run(
        command, cwd=Path(__file__).parent, capture_output=True, text=True, check=False
    )
    if found.returncode == 0:
        return found.stdout.strip()
    try:
        return metadata.version("parley")
    except metadata.PackageNotFoundError:
        return "unknown"
