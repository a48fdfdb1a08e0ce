"""`parley campaign stage`, `promote`, `demote` and `review`: the life of a campaign."""

import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from pipelines.campaigns.stages.history import Measured
    from pipelines.campaigns.stages.measuring import Subject

app = typer.Typer(add_completion=False, rich_markup_mode="rich")

Name = Annotated[str, typer.Argument(help="Id of a campaign, or its file in the workspace.")]
By = Annotated[str, typer.Option(help="Who decides it.")]
WorkspaceOption = Annotated[
    Path | None, typer.Option("--workspace", "-w", help="Folder of the run [default: out/demo]")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Dns = Annotated[bool, typer.Option("--dns", help="Look the mail domain up, for readiness.")]
DnsFile = Annotated[
    Path | None, typer.Option(help="YAML file with the records, instead of a lookup.")
]


@app.command()
def stage(
    name: Name,
    dns: Dns = False,
    dns_file: DnsFile = None,
    workspace: WorkspaceOption = None,
    as_json: AsJson = False,
) -> None:
    """Show the state of a campaign's life, and what stands between it and the next one.

    Example: [bold]parley campaign stage prospecting --dns[/bold]
    """
    from pipelines.campaigns.stages.measuring import measure
    from pipelines.campaigns.stages.moving import next_stage
    from pipelines.campaigns.stages.rules import rules

    subject = _subject(name, workspace, dns, dns_file)
    life, following = subject.life, next_stage(subject.life)
    criteria = measure(subject, following) if following else ()
    rule = rules()[life.stage]
    told: dict[str, Any] = {
        "campaign": life.campaign_id,
        "stage": life.stage,
        "since": life.since.isoformat() if life.since else None,
        "says": rule.says,
        "bounds": rule.bounds.model_dump(exclude_none=True),
        "next": following,
        "criteria": [asdict(one) for one in criteria],
        "history": [asdict(move) | {"at": move.at.isoformat()} for move in life.moves],
    }
    if as_json:
        typer.echo(json.dumps(told, indent=1))
        return
    since = f" since {life.since:%Y-%m-%d}" if life.since else ", as it began"
    typer.echo(f"{life.campaign_id} is in {life.stage}{since}. {rule.says}")
    for move in life.moves:
        why = f" OVERRIDE: {move.reason}" if move.is_override else f" {move.reason}".rstrip()
        typer.echo(f"  {move.at:%Y-%m-%d %H:%M}  {move.source} to {move.target}, {move.by}.{why}")
    if following is None:
        typer.echo("It is the last state.")
        return
    met = sum(one.met for one in criteria)
    typer.echo(f"\nTo enter {following}, {met} of {len(criteria)} are met:")
    for one in criteria:
        typer.echo(_line(one))
    if met == len(criteria):
        typer.echo(f"\n`parley campaign promote {name} --by NAME` moves it on.")


@app.command()
def promote(
    name: Name,
    by: By,
    to: Annotated[str, typer.Option(help="A later state [default: the next]")] = "",
    override: Annotated[
        bool, typer.Option("--override", help="Although criteria are not met; needs --reason.")
    ] = False,
    reason: Annotated[str, typer.Option(help="Why; it is written down.")] = "",
    dns: Dns = False,
    dns_file: DnsFile = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Move a campaign to its next state, where all criteria are met; the evidence is kept.

    Example: [bold]parley campaign promote prospecting --by "Ada Roe" --dns[/bold]

    Example: [bold]parley campaign promote prospecting --by "Ada Roe" --to scale --override
    --reason "moved from another system, where it ran for a year"[/bold]
    """
    from pipelines.campaigns.stages.moving import promote as move_on
    from pipelines.campaigns.stages.rules import stage_named

    subject = _subject(name, workspace, dns, dns_file)
    target = stage_named(to) if to else None
    made = move_on(subject, by=by, target=target, is_override=override, reason=reason)
    left = sum(not one["met"] for one in made.evidence)
    how = f", with {left} criteria not met, because: {made.reason}" if made.is_override else ""
    typer.echo(f"{subject.life.campaign_id} is in {made.target} now, by {made.by}{how}")


@app.command()
def demote(
    name: Name,
    by: By,
    reason: Annotated[str, typer.Option(help="Why; it is written down.")],
    to: Annotated[str, typer.Option(help="An earlier state [default: the one before]")] = "",
    workspace: WorkspaceOption = None,
) -> None:
    """Move a campaign back; in effect at the runtime's next permit.

    Example: [bold]parley campaign demote prospecting --by "Ada Roe" --reason "complaints"[/bold]
    """
    from pipelines.campaigns.stages.moving import demote as move_back
    from pipelines.campaigns.stages.rules import stage_named

    subject = _subject(name, workspace)
    target = stage_named(to) if to else None
    made = move_back(subject, by=by, reason=reason, target=target)
    typer.echo(f"{subject.life.campaign_id} is in {made.target} again, by {made.by}: {made.reason}")


@app.command()
def review(
    name: Name,
    by: By,
    note: Annotated[str, typer.Option(help="What was seen, in a few words.")],
    day: Annotated[
        datetime | None,
        typer.Option("--day", formats=["%Y-%m-%d"], help="A day of its calendar [default: today]"),
    ] = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Write down that somebody has looked at a day; a pilot queues no further day without it.

    Example: [bold]parley campaign review prospecting --by "Ada Roe" --note "12 sent, all well"
    [/bold]
    """
    from pipelines.campaigns.days import day_at
    from pipelines.campaigns.stages.history import write_review

    subject = _subject(name, workspace)
    campaign, paths = subject.page.campaign, subject.settings.paths
    looked_at = day.date() if day else day_at(campaign, subject.now)
    who = write_review(paths, campaign.id, looked_at, by=by, note=note, now=subject.now)
    typer.echo(f"{campaign.id} on {looked_at} was looked at by {who}")


@app.command()
def plan(
    name: Name,
    begins: Annotated[
        datetime, typer.Option(formats=["%Y-%m-%d"], help="First day of the set-up.")
    ],
    workspace: WorkspaceOption = None,
    as_json: AsJson = False,
) -> None:
    """Print the plan from set-up to scale: dates, who does what by which command, what is met.

    Example: [bold]parley campaign plan pilot -w pilot --begins 2026-03-02 > plan.md[/bold]
    """
    from pydantic import TypeAdapter

    from agent_runtime.settings import load_settings
    from pipelines.campaigns.book import read_book
    from pipelines.campaigns.stages.plan import as_markdown, plan_of

    settings = load_settings(workspace)
    campaign = read_book(settings.workspace).page(name).campaign
    made = plan_of(campaign, begins=begins.date(), workspace=str(settings.workspace))
    text = TypeAdapter(type(made)).dump_json(made, indent=1).decode() if as_json else ""
    typer.echo(text or as_markdown(made).rstrip())


def _subject(
    name: str, workspace: Path | None, dns: bool = False, dns_file: Path | None = None
) -> "Subject":
    from agent_runtime.settings import load_settings
    from pipelines.campaigns.book import read_book
    from pipelines.campaigns.runtime import open_runtime
    from pipelines.campaigns.stages.history import life_of
    from pipelines.campaigns.stages.measuring import Subject
    from pipelines.readiness.dns import DnsFile, LiveDns

    settings = load_settings(workspace)
    page = read_book(settings.workspace).page(name)
    with open_runtime(settings.paths, settings.tenant_id) as runtime:
        now = runtime.now()
    answers = DnsFile(dns_file) if dns_file else LiveDns() if dns else None
    life = life_of(settings.paths, page.campaign.id)
    return Subject(settings, page, life, now, answers)


def _line(one: "Measured") -> str:
    value = "no value" if one.value is None else f"{one.value:,.4g}"
    why = f" ({one.why})" if one.why else ""
    line = f"  {'met    ' if one.met else 'NOT MET'}  {one.title}: {value}, {one.bound}{why}"
    return line if one.met else f"{line}\n           {one.todo}"
