"""`parley experiment contamination` and `gate --replay`: what the run itself says of the arms."""

import json
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from agent_runtime.commands import JsonOption, WorkspaceOption
from agent_runtime.settings import Settings, load_settings
from experiments.cli import app
from pipelines.errors import PipelineError
from pipelines.off_policy.cli import off_policy

__all__ = ["app"]

_SHOWN = 20

app.command("off-policy")(off_policy)


@app.command()
def contamination(
    *,
    experiment: Annotated[
        str, typer.Option(help="Its id; left out, every registered experiment.")
    ] = "",
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what may have blurred the arms: who wrote to the control, who shares what with whom.

    Exits 1 if an agent wrote to a control.

    Example: parley experiment contamination --workspace out/demo --json
    """
    from pipelines.contamination import contamination_of, save_contamination

    settings = load_settings(workspace)
    stored, sends = _read(settings)
    known = [name for name in stored.controls if experiment in ("", name)]
    if experiment and not known:
        raise PipelineError(
            f"--experiment {experiment!r} is not registered in {settings.paths.registry}; known "
            f"are {', '.join(stored.controls) or 'none'}."
        )
    reports = [contamination_of(settings.paths, name, sends, stored) for name in known]
    for report in reports:
        save_contamination(settings.paths, report)
    if as_json:
        typer.echo(json.dumps([report.as_dict() for report in reports], indent=2))
    elif not reports:
        typer.echo(f"No experiment is registered in {settings.paths.registry}.")
    for report in [] if as_json else reports:
        table = Table("", "count", "what it does to the reading", title=report.experiment_id)
        for name, found in report.findings.items():
            count = f"{found.count:,}" if found.is_measured else "not recorded"
            table.add_row(name.replace("_", " "), count, found.reading)
        Console().print(table)
    broken = any(report.findings["agent_sends_to_control"].count for report in reports)
    raise typer.Exit(1 if broken else 0)


@app.command()
def gate(
    *,
    replay: Annotated[bool, typer.Option("--replay", help="Ask it about every send.")] = False,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask the gate again about every message that was ever sent; nothing is sent or changed.

    Each is judged by the arms and merges known when it left, and by those known now. Exits 1 if
    an agent wrote to a control, or to somebody without an arm.

    Example: parley experiment gate --replay --workspace out/demo
    """
    from pipelines.gate_replay import replay_gate

    if not replay:
        raise typer.BadParameter("say --replay: the gate is asked again about every send")
    stored, sends = _read(load_settings(workspace))
    found = replay_gate(sends, stored)
    if as_json:
        typer.echo(json.dumps(found.as_dict(), indent=2))
    else:
        _print(found)
    raise typer.Exit(1 if found.agent_sends_to_control else 0)


def _read(settings: Settings) -> tuple[Any, Any]:
    from pipelines.sends import read_sends
    from pipelines.stored_arms import read_arms
    from pipelines.traces import export_to_lake

    if not settings.paths.root.is_dir():
        raise PipelineError(f"{settings.paths.root}: there is no such run; name its --workspace.")
    with Console(stderr=True).status("reading every send and every arm"):
        export_to_lake(settings.paths, tenant_id=settings.tenant_id, store_url=settings.store_url)
        return read_arms(settings.paths, store_url=settings.store_url), read_sends(settings.paths)


def _print(found: Any) -> None:
    if not found.sent:
        typer.echo("Nothing was ever sent, so there is nothing to ask the gate about.")
        return
    typer.echo(
        f"{found.sent:,} messages left: {found.by_agent:,} of the agent, {found.by_people:,} of "
        f"people. Of the agent's the gate would have stopped {found.stopped_then:,} by what was "
        f"known when they left, and would stop {found.stopped_now:,} by what is known now."
    )
    typer.echo(
        f"Agent to a control: {found.agent_sends_to_control:,}. People to a control: "
        f"{found.human_sends_to_control:,}, which they may."
    )
    if found.stopped:
        table = Table("message", "person", "channel", "sent", "then", "now")
        for one in found.stopped[:_SHOWN]:
            at = f"{one.sent_at:%Y-%m-%d %H:%M}"
            table.add_row(one.message_id, one.person_id, one.channel, at, one.then, one.now)
        Console().print(table)
        if len(found.stopped) > _SHOWN:
            typer.echo(f"and {len(found.stopped) - _SHOWN:,} more; --json lists all")
