"""`parley experiment`: register a question, check the log, analyse the units, plan a sample."""

import json
from datetime import UTC, datetime
from functools import partial
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from experiments import registry
from experiments.assign_cli import assign
from experiments.code_version import version_of_code
from experiments.errors import ExperimentError, RegistryError
from experiments.hash_chain import head_of
from experiments.power_cli import power
from experiments.report_file import check_report_path
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
MOMENTS = [
    "%Y-%m-%d",
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%dT%H:%M%z",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%dT%H:%M:%S%z",
    "%Y-%m-%dT%H:%M:%S.%f%z",
]


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
    html: Annotated[Path | None, typer.Option(help="Where the page goes, one HTML file.")] = None,
    log: Annotated[
        Path | None,
        typer.Option("--registry", help="The registry's log, to tell what was promised before."),
    ] = None,
    first_send: Annotated[
        datetime | None,
        typer.Option(
            formats=MOMENTS,
            help="When the first message left, UTC unless it names a zone; later edits of the "
            "spec stand on the first line.",
        ),
    ] = None,
    contamination: Annotated[
        Path | None,
        typer.Option(help="What `parley experiment contamination` left in metrics/, JSON."),
    ] = None,
    as_of: Annotated[
        datetime | None,
        typer.Option(
            formats=MOMENTS,
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

    Example: parley experiment analyze --spec s.yaml --units u.csv --out r.json --html r.html
    --registry out/demo/registry.jsonl --first-send 2026-01-12T08:00
    """
    from experiments.units import read_units

    if log is not None and not (log.exists() or head_of(log).exists()):
        raise RegistryError(f"{log}: there is no such file, but --registry names it")
    read = [path for path in (spec, units, log, contamination) if path is not None]
    check_report_path(out, *read)
    if html is not None:
        check_report_path(html, *read)
        if html.resolve() == out.resolve():
            raise ExperimentError(f"{out}: --out and --html name one file; name two")
    question = load_spec(spec)
    now = _in_utc(as_of) if as_of else datetime.now(UTC).replace(microsecond=0)
    read_table = partial(
        read_units,
        units,
        question,
        unit_column=None if rows_are_units else unit_column,
        arm_column=arm_column,
        is_whole=False,
    )
    # SciPy takes as long to load as ten million rows to read, so each has a thread.
    Thread(target=import_module, args=("experiments.analysis",)).start()
    tables = [read_table()]
    from experiments.analysis import analyze as analyze_units
    from experiments.report.files import completed, write_readout
    from experiments.report.terminal import print_readout
    from experiments.reproduction import Sources

    # The table keeps no name here: the analysis lets go of its texts once they are checked.
    found = analyze_units(tables.pop(), question, source=str(units), now=now)
    sources = Sources(
        spec=spec,
        units=units,
        out=out,
        registry=log,
        first_send=_in_utc(first_send) if first_send else None,
        contamination=contamination,
        as_of=now if found.windows else None,
        unit_column=None if rows_are_units else unit_column,
        arm_column=arm_column,
    )
    readout = completed(found, question, sources)
    digest = write_readout(readout, question, out=out, html=html)
    if as_json:
        typer.echo(readout.model_dump_json())
        return
    print_readout(readout, console=Console())
    page = f", page: {html}" if html else ""
    typer.echo(f"JSON: {out} (SHA-256 {digest[:12]}){page}")


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
