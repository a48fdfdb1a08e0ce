"""`parley sandbox`: writes a company in a box, or takes over a real export."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from agent_runtime.sandbox.adopt import adopt as adopt_export
from agent_runtime.sandbox.company import write_company
from agent_runtime.settings import Workspace

app = typer.Typer(help="A company in a box: exports, people, and a truth to measure against.")

Out = Annotated[Path, typer.Option(help="Root of the workspace to write.")]
Seed = Annotated[int, typer.Option(help="Names the world; the same seed gives the same bytes.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the report as JSON.")]


@app.command()
def company(
    out: Out = Path("out/demo"),
    seed: Seed = 7,
    size: Annotated[int, typer.Option(min=1, help="People in the world.")] = 3600,
    as_json: AsJson = False,
) -> None:
    """Write the exports of an invented company and the truth about its people.

    Example: parley sandbox company --seed 7 --size 3600 --out out/demo
    """
    workspace = Workspace(out)
    report = write_company(workspace.exports, workspace.sandbox, seed, size)
    if as_json:
        _print_json(asdict(report))
        return
    table = Table("file", "rows", title=f"{report.people:,} people, {report.accounts:,} accounts")
    for name, rows in report.files.items():
        table.add_row(name, f"{rows:,}")
    Console().print(table)


@app.command()
def adopt(
    source: Annotated[Path, typer.Argument(help="Folder of the export.")],
    like: Annotated[
        str,
        typer.Option(help="maven_crm, x_education, sandbox, or the YAML of a mapping or adoption."),
    ],
    out: Out = Path("out/demo"),
    seed: Seed = 7,
    as_json: AsJson = False,
) -> None:
    """Take over a real export: sandbox addresses for its people, invented people where it has none.

    Example: parley sandbox adopt exports/maven --like maven_crm --out out/maven
    """
    report = adopt_export(source, out, like, seed)
    if as_json:
        _print_json(asdict(report))
        return
    table = Table("", "", show_header=False)
    for name, value in asdict(report).items():
        text = ", ".join(value) if isinstance(value, tuple) else str(value)
        table.add_row(name.replace("_", " "), text)
    Console().print(table)


def _print_json(report: dict[str, Any]) -> None:
    typer.echo(json.dumps(report, default=str, indent=1, ensure_ascii=False))
