"""`parley dashboard`: build, open and export the four dashboards of a workspace."""

import json
import webbrowser
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from pipelines.errors import PipelineError

app = typer.Typer(add_completion=False, rich_markup_mode="rich", no_args_is_help=True)

WorkspaceOption = Annotated[
    Path | None, typer.Option("--workspace", "-w", help="The run; default PARLEY_WORKSPACE.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Name = Annotated[str, typer.Argument(help="sales, revops, learning or leadership.")]
Choice = Annotated[str | None, typer.Option(help="Only this value; default all.")]


@app.callback()
def _dashboard() -> None:
    """What the run says to sales, RevOps, learning and leadership."""


@app.command("list")
def list_all(*, workspace: WorkspaceOption = None, as_json: AsJson = False) -> None:
    """List the dashboards, the question that each answers, and whether it is built.

    Example: [bold]parley dashboard list -w out/demo[/bold]
    """
    from agent_runtime.settings import load_settings
    from pipelines.readouts.dashboards.definitions import dashboard_path, load_dashboards

    paths = load_settings(workspace).paths
    rows = [
        {
            "name": page.name,
            "question": page.question,
            "metrics": len(page.metrics),
            "file": str(path) if (path := dashboard_path(paths, page.name)).exists() else None,
        }
        for page in load_dashboards()
    ]
    if as_json:
        typer.echo(json.dumps(rows))
        return
    for row in rows:
        typer.echo(f"{row['name']:<11} {row['question']}")
        typer.echo(f"{'':<11} {row['file'] or 'not built yet; `parley dashboard build`'}")


@app.command()
def build(
    *,
    workspace: WorkspaceOption = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep the published numbers; write the pages only.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Publish the numbers of the dashboards from the warehouse, and write the pages.

    Example: [bold]parley dashboard build -w out/demo[/bold]

    Example: [bold]parley dashboard build --keep --json[/bold]
    """
    from agent_runtime.settings import load_settings
    from pipelines.manifest import ensure_manifest
    from pipelines.readouts.dashboards.build import build_dashboards
    from pipelines.readouts.slices import publish_slices, slices_path

    paths = load_settings(workspace).paths
    ensure_manifest()
    if not (keep and slices_path(paths).exists()):
        if not as_json:
            typer.echo("asking for every metric in every combination of filters ...", err=True)
        publish_slices(paths)
    _say([str(path) for path in build_dashboards(paths)], as_json=as_json)


@app.command("open")
def open_page(name: Name = "leadership", *, workspace: WorkspaceOption = None) -> None:
    """Open a dashboard in the browser; where there is none, its file is named.

    Example: [bold]parley dashboard open sales -w out/demo[/bold]
    """
    from agent_runtime.settings import load_settings
    from pipelines.readouts.dashboards.definitions import dashboard_path, find_dashboard

    path = dashboard_path(load_settings(workspace).paths, find_dashboard(name).name)
    if not path.exists():
        raise PipelineError(f"{path}: there is no such file; `parley dashboard build` writes it.")
    webbrowser.open(path.resolve().as_uri())
    typer.echo(str(path))


@app.command()
def export(
    name: Name,
    *,
    out: Annotated[Path, typer.Option(help="HTML file that is written.")],
    segment: Choice = None,
    channel: Choice = None,
    playbook: Choice = None,
    autonomy: Choice = None,
    period: Annotated[
        str, typer.Option(help="run, a month (2026-01), or a week by its Monday (2026-01-12).")
    ] = "run",
    workspace: WorkspaceOption = None,
    as_json: AsJson = False,
) -> None:
    """Write one dashboard as one file without script, to send by mail or to keep.

    Example: [bold]parley dashboard export leadership --out lift.html -w out/demo[/bold]

    Example: [bold]parley dashboard export sales --out week.html --period 2026-01-19[/bold]

    Example: [bold]parley dashboard export revops --out eu.html --playbook icp_prospecting[/bold]
    """
    from agent_runtime.settings import load_settings
    from pipelines.manifest import ensure_manifest
    from pipelines.readouts.dashboards.build import load_sources
    from pipelines.readouts.dashboards.definitions import find_dashboard
    from pipelines.readouts.dashboards.export import render_static

    dashboard = find_dashboard(name)
    ensure_manifest()
    asked = {"segment": segment, "channel": channel, "playbook": playbook, "autonomy": autonomy}
    text = render_static(
        dashboard,
        load_sources(load_settings(workspace).paths),
        chosen={key: value for key, value in asked.items() if value},
        period=period,
    )
    if not out.parent.is_dir():
        raise PipelineError(f"option --out, the value {str(out)!r}: there is no such folder.")
    out.write_text(text, encoding="utf-8")
    _say([str(out)], as_json=as_json)


def _say(files: Sequence[str], *, as_json: bool) -> None:
    typer.echo(json.dumps({"files": files}) if as_json else "\n".join(files))
