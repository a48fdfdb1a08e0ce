"""`parley demo`: the main job end to end on the sandbox company, and the page that shows it."""

import json
import shlex
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from agent_runtime.settings import load_settings
from pipelines.demo_plan import Plan, read_plan, resumable
from pipelines.demo_table import final_table
from pipelines.errors import PipelineError

app = typer.Typer(add_completion=False, rich_markup_mode="rich")
console = Console()


@app.callback(invoke_without_command=True)
def demo(
    size: Annotated[int, typer.Option(help="People in the sandbox company.", min=100)] = 3000,
    seed: Annotated[int, typer.Option(help="Names the company, its people and their luck.")] = 1,
    days: Annotated[int, typer.Option(help="Campaign days to play.", min=1)] = 28,
    effect: Annotated[float, typer.Option(help="Planted effect of contact on meetings.")] = 0.05,
    data: Annotated[Path | None, typer.Option(help="A real CRM export to adopt.")] = None,
    mapping: Annotated[str, typer.Option(help="Mapping of that export: a name or a file.")] = "",
    segment: Annotated[str, typer.Option(help="Segment to use: a name or a file.")] = "",
    campaign: Annotated[str, typer.Option(help="Campaign to run: a name or a file.")] = "",
    workspace: Annotated[Path, typer.Option("--workspace", "-w")] = Path("out/demo"),
    fresh: Annotated[bool, typer.Option(help="Begin again even if a run can go on.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Play the sandbox company end to end: data in, mails out, meetings, lift, beside the truth.

    An interrupted run goes on where it was when the same command is given again.

    Example: [bold]parley demo --size 20000[/bold]

    Example: [bold]parley demo --data exports/crm --mapping maven_crm[/bold]
    """
    wanted = Plan(
        size=size,
        seed=seed,
        days=days,
        effect=effect,
        data=str(data.resolve()) if data else "",
        mapping=mapping or ("sandbox" if data is None else ""),
        segment=segment,
        campaign=campaign,
    )
    report = run(wanted, workspace, fresh=fresh)
    if as_json:
        typer.echo(json.dumps(report, indent=2))
        return
    console.print(final_table(report))
    console.print(f"\nThe dashboard: [bold]{workspace / 'index.html'}[/bold] (open it as a file)")
    typer.echo("\nThe console, where people approve, steer and read; this opens it:")
    typer.echo(opens_console(sys.argv[0], workspace, is_invented=data is None))


def opens_console(called: str, workspace: Path, *, is_invented: bool) -> str:
    """Returns the command that opens the console on a run.

    Args:
        called: How this program was called, and so can be again.
        workspace: Where the run is.
        is_invented: Whether its people are; nobody enters among real ones without an account.
    """
    parley = called if Path(called).name == "parley" and "/" in called else "uv run parley"
    folder = shlex.quote(str(workspace))
    if is_invented:
        return f"{parley} serve --workspace {folder} --open"
    account = f"{parley} people add YOU@COMPANY --role admin --workspace {folder}"
    return f"{account} && {parley} serve --workspace {folder}"


def run(wanted: Plan, workspace: Path, *, fresh: bool = False) -> dict[str, Any]:
    """Plays what is left of a plan in a workspace and returns its report.

    Raises:
        PipelineError: a real export was given without a mapping that exists.
    """
    from pipelines import demo_stages as stages

    plan = None if fresh else resumable(workspace, wanted)
    if plan is None:
        _check(wanted)
        shutil.rmtree(workspace, ignore_errors=True)
        workspace.mkdir(parents=True)
        plan = wanted
        plan.write(workspace)
    else:
        console.print(f"[dim]going on with the run in {workspace}[/dim]")
    settings = load_settings(workspace)
    for name, stage in stages.STAGES.items():
        if name in plan.done:
            continue
        with console.status(stage.says) as status:
            began = datetime.now(UTC)
            told = stage.run(plan, settings, status.update)
        took = (datetime.now(UTC) - began).total_seconds()
        console.print(f"[green]✓[/green] {told} [dim]({took:.0f} s)[/dim]")
        plan = plan.after(name)
        plan.write(workspace)
    return json.loads(settings.paths.report.read_text(encoding="utf-8"))


def _check(plan: Plan) -> None:
    if plan.data and not plan.mapping:
        raise PipelineError(
            f"--data {plan.data} needs a mapping: add --mapping NAME or FILE, which says what its "
            "columns mean; `parley ingest --help` tells more."
        )
    if plan.data and not Path(plan.data).is_dir():
        raise PipelineError(f"--data {plan.data} is no folder; give the folder of the export.")


__all__ = ["app", "read_plan", "run"]
