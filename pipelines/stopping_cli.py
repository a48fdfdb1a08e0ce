"""`parley stop-rules`: what the stop rules say now, what they decided, and how to go on."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent_runtime.settings import load_settings

if TYPE_CHECKING:
    from experiments.stop_rules import Finding

app = typer.Typer(add_completion=False, rich_markup_mode="rich", no_args_is_help=True)

Campaign = Annotated[str, typer.Option(help="A shipped campaign by name, or its file.")]
WorkspaceOption = Annotated[Path | None, typer.Option(help="The run; default PARLEY_WORKSPACE.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.callback()
def _stop_rules() -> None:
    """What stops a campaign by itself."""


@app.command()
def check(
    *,
    campaign: Campaign = "prospecting",
    workspace: WorkspaceOption = None,
    dry_run: Annotated[bool, typer.Option(help="Only say what would happen.")] = False,
    as_json: AsJson = False,
) -> None:
    """Hold a campaign against its stop rules; pauses it where one is broken, and exits with 1.

    Example: [bold]parley stop-rules check --campaign prospecting --dry-run[/bold]
    """
    from agent_runtime.status import open_store
    from pipelines.campaign import experiment_of, load_campaign
    from pipelines.stopping import findings, promised, stop_if_broken

    settings, chosen = load_settings(workspace), load_campaign(campaign)
    spec = promised(settings.paths, experiment_of(chosen))
    if dry_run:
        found = findings(settings.paths, spec)
    else:
        store, now = open_store(settings), datetime.now(UTC)
        found = stop_if_broken(settings.paths, chosen, spec, store, now=now)
    broken = [finding for finding in found if finding.is_broken]
    if as_json:
        typer.echo(json.dumps([_row(finding) for finding in found]))
    elif not found:
        typer.echo(f"{spec.id}: no stop rule was promised; add `stop_rules` to its next version")
    else:
        for finding in found:
            typer.echo(f"{'BROKEN' if finding.is_broken else 'holds ':<7} {finding.said}")
        if broken and not dry_run:
            typer.echo(f"{chosen.id} is paused; `parley stop-rules resume` lets it go on")
    raise typer.Exit(1 if broken else 0)


@app.command("log")
def show_log(*, workspace: WorkspaceOption = None, as_json: AsJson = False) -> None:
    """List what was decided, by which figures, and who was told.

    Example: [bold]parley stop-rules log --json[/bold]
    """
    from pipelines.stopping import decisions

    made = decisions(load_settings(workspace).paths)
    if as_json:
        typer.echo(json.dumps(made))
        return
    for entry in made:
        why = entry.get("why") or "; ".join(rule["said"] for rule in entry.get("rules", ()))
        told = f"; told: {', '.join(entry['told'])}" if entry.get("told") else ""
        typer.echo(
            f"{entry['decided_at'][:16]}  {entry['decision']:<7} {entry['campaign_id']}  "
            f"{why} ({entry['by']}{told})"
        )
    if not made:
        typer.echo("no campaign was stopped by a rule yet")


@app.command()
def resume(
    *,
    campaign: Campaign = "prospecting",
    by: Annotated[str, typer.Option(help="Who decides it.")],
    why: Annotated[str, typer.Option(help="Why it may go on.")],
    workspace: WorkspaceOption = None,
) -> None:
    """Let a stopped campaign go on; who decided it and why goes into the decision log.

    Example: [bold]parley stop-rules resume --by "Ada Roe" --why "the list was cleaned"[/bold]
    """
    from agent_runtime.status import open_store
    from agent_runtime.steering import pausing
    from pipelines.campaign import load_campaign
    from pipelines.stopping import record_resume

    settings, chosen = load_settings(workspace), load_campaign(campaign)
    record_resume(settings.paths, chosen.id, by=by, why=why, now=datetime.now(UTC))
    with open_store(settings).begin() as tx:
        pausing.resume(tx, campaign=chosen.id, why=why, by=by, at=datetime.now(UTC))
    typer.echo(f"{chosen.id} goes on; a rule that is still broken stops it again at the next look")


def _row(finding: "Finding") -> dict[str, object]:
    return {
        "metric": finding.rule.metric,
        "arm": finding.arm,
        "value": finding.value,
        "n": finding.n,
        "is_broken": finding.is_broken,
        "said": finding.said,
    }
