"""`parley campaign`: what runs when, who would get what, and the switches."""

import json
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agent_runtime.settings import Settings, load_settings
from pipelines.campaigns.stages.cli import app as stages

if TYPE_CHECKING:
    from pipelines.campaign import Campaign
    from pipelines.campaigns.book import Page
    from pipelines.campaigns.comparing import Comparison
    from pipelines.campaigns.running import Day

app = typer.Typer(add_completion=False, rich_markup_mode="rich", no_args_is_help=True)
app.add_typer(stages)

Name = Annotated[str, typer.Argument(help="Id of a campaign, or its file in the workspace.")]
WorkspaceOption = Annotated[
    Path | None, typer.Option("--workspace", "-w", help="Folder of the run [default: out/demo]")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
OfDay = Annotated[
    datetime | None,
    typer.Option("--day", formats=["%Y-%m-%d"], help="A day of its calendar [default: today]"),
]
By = Annotated[str, typer.Option(help="Who decides it.")]
Why = Annotated[str, typer.Option(help="Why; it is written down.")]


@app.callback()
def _campaign() -> None:
    """Schedule, look at, approve, pause and explain campaigns."""


@app.command("list")
def list_campaigns(workspace: WorkspaceOption = None, as_json: AsJson = False) -> None:
    """List the campaigns: timetable, approval, pause, and files that are none, with why.

    Example: [bold]parley campaign list[/bold]
    """
    from pipelines.campaigns.book import folder_of, read_book

    settings = load_settings(workspace)
    book = read_book(settings.workspace)
    rows = [_row(settings, page) for page in book.pages]
    faults = [{"file": str(fault.path), "why": fault.why} for fault in book.faults]
    if as_json:
        typer.echo(json.dumps({"campaigns": rows, "faults": faults}, indent=2))
        return
    for row in rows:
        typer.echo(f"{row['id']:<24} {row['schedule']:<44} {row['state']}")
    for row in rows:
        if row["held"]:
            typer.echo(f"HELD    {row['held']}")
    for fault in faults:
        typer.echo(f"BROKEN  {fault['why']}")
    if not rows:
        typer.echo(f"no campaign yet: put a YAML file into {folder_of(settings.workspace)}")


@app.command()
def show(name: Name, workspace: WorkspaceOption = None, as_json: AsJson = False) -> None:
    """Show a campaign as it is now: its file, its hash, who approved it, its budget.

    Example: [bold]parley campaign show prospecting[/bold]
    """
    settings, page = _page(name, workspace)
    row = _row(settings, page) | {"campaign": page.campaign.model_dump(mode="json")}
    if as_json:
        typer.echo(json.dumps(row, indent=2))
        return
    for field in ("id", "description", "file", "schedule", "hash", "approved", "state", "held"):
        typer.echo(f"{field:<12} {row[field] or 'nothing'}")
    for field in ("segments", "playbook", "experiment", "triggers", "caps"):
        typer.echo(f"{field:<12} {json.dumps(row['campaign'][field])}")


@app.command("dry-run")
def dry_run(
    name: Name,
    day: OfDay = None,
    people: Annotated[int, typer.Option(help="How many people are listed.")] = 15,
    messages: Annotated[int, typer.Option(help="How many first messages are shown.")] = 1,
    workspace: WorkspaceOption = None,
    as_json: AsJson = False,
) -> None:
    """Say who would get what, when and why, and who not and why not; nothing is queued.

    Example: [bold]parley campaign dry-run prospecting --day 2026-01-12 --messages 3[/bold]
    """
    from pipelines.campaigns.running import look
    from pipelines.campaigns.words import as_text

    settings, page = _page(name, workspace)
    found = look(_day(settings, page.campaign, day))
    if as_json:
        first = [
            {"person_id": m.person_id, "to": m.to, "subject": m.subject, "body": m.body}
            for m in found.messages[:messages]
        ]
        typer.echo(json.dumps(found.as_dict() | {"messages": first}, indent=1))
    else:
        typer.echo(as_text(found, settings.paths, people=people, messages=messages))


@app.command()
def run(
    name: Name,
    day: OfDay = None,
    allow_jump: Annotated[bool, typer.Option(help="A jump of the volume is wanted.")] = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Run one day now, as its schedule would: plan, checks, queue, import into the runtime.

    Example: [bold]parley campaign run prospecting[/bold]
    """
    settings, page = _page(name, workspace)
    one = _day(settings, page.campaign, day)
    _run(settings, page, [one.day], allow_jump=allow_jump)


@app.command()
def backfill(
    name: Name,
    first: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First day.")],
    last: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say which days it would do, and do none.")
    ] = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Make up for days that were missed: each once, and never a touch into the past.

    Example: [bold]parley campaign backfill prospecting --from 2026-01-12 --to 2026-01-16[/bold]

    Example: [bold]parley campaign backfill prospecting --from 2026-01-12 --to 2026-01-16
    --dry-run[/bold]
    """
    from pipelines.campaigns.backfilling import days_of, foretell

    settings, page = _page(name, workspace)
    now = _now(settings)
    days = days_of(page.campaign, first.date(), last.date(), now=now)
    if not dry_run:
        _run(settings, page, days, allow_jump=False)
        return
    for line in foretell(settings, page.campaign, days):
        typer.echo(line)


@app.command()
def schedule(
    name: Name,
    on: Annotated[bool, typer.Option("--on/--off", help="Start or stop it.")] = True,
    workspace: WorkspaceOption = None,
) -> None:
    """Turn a campaign's schedule on or off, as its switch in Dagster does.

    Example: [bold]parley campaign schedule prospecting --off[/bold]
    """
    from pipelines.campaigns.switching import switch_schedule

    settings, page = _page(name, workspace)
    switch_schedule(settings.workspace, page, on=on)
    typer.echo(f"{page.campaign.id}: {_timetable(page.campaign)} is {'on' if on else 'off'}")


@app.command()
def pause(
    name: Name, why: Why = "by command", by: By = "", workspace: WorkspaceOption = None
) -> None:
    """Pause a campaign; in effect at the runtime's next permit, and after every restart.

    Example: [bold]parley campaign pause prospecting --why "a complaint" --by "Ada Roe"[/bold]
    """
    from pipelines.campaigns.control import pause as raise_flag

    settings, page = _page(name, workspace)
    more = {"why": why, "by": _who(by), "now": _now(settings)}
    stands = raise_flag(settings.paths, settings.tenant_id, page.campaign.id, **more)
    typer.echo(
        f"{page.campaign.id} is paused: {stands}; `parley campaign resume {name}` lets it go on"
    )


@app.command()
def resume(
    name: Name, why: Why = "by command", by: By = "", workspace: WorkspaceOption = None
) -> None:
    """Let a paused campaign go on.

    Example: [bold]parley campaign resume prospecting --by "Ada Roe"[/bold]
    """
    from pipelines.campaigns.control import resume as lower_flag

    settings, page = _page(name, workspace)
    more = {"why": why, "by": _who(by), "now": _now(settings)}
    was = lower_flag(settings.paths, settings.tenant_id, page.campaign.id, **more)
    said = f"goes on; it was paused: {was}" if was else "was not paused"
    typer.echo(f"{page.campaign.id} {said}")


@app.command()
def budget(name: Name, workspace: WorkspaceOption = None, as_json: AsJson = False) -> None:
    """Say what a campaign has used up today and this month; pauses it where it is too much.

    Example: [bold]parley campaign budget prospecting[/bold]
    """
    from dataclasses import asdict

    from pipelines.campaigns.budgets import hold_to_budget, spent
    from pipelines.campaigns.runtime import open_runtime

    settings, page = _page(name, workspace)
    now = _now(settings)
    with open_runtime(settings.paths, settings.tenant_id) as runtime:
        lines = spent(runtime, page.campaign, now=now)
        hold_to_budget(settings.paths, runtime, page.campaign, now=now)
    if as_json:
        rows = [asdict(line) | {"is_over": line.is_over} for line in lines]
        typer.echo(json.dumps(rows, indent=2))
    for line in () if as_json else lines:
        typer.echo(f"{'SPENT' if line.is_over else '':<6} {line.said}".rstrip())


@app.command()
def diff(
    old: Annotated[str, typer.Argument(help="A campaign or a file; alone: what is now.")],
    new: Annotated[str, typer.Argument(help="Another file [default: against the approved]")] = "",
    day: OfDay = None,
    examples: Annotated[int, typer.Option(help="How many people of each kind are named.")] = 3,
    workspace: WorkspaceOption = None,
    as_json: AsJson = False,
) -> None:
    """Show who is affected by a change: who comes in, who goes out, whose touches move.

    Example: [bold]parley campaign diff prospecting[/bold]  what is now against what was approved

    Example: [bold]parley campaign diff prospecting draft.yaml[/bold]
    """
    from pipelines.campaigns.comparing import as_dict, compare
    from pipelines.campaigns.planning import read_world
    from pipelines.campaigns.runtime import open_runtime

    settings = load_settings(workspace)
    before, after = _two(settings, old, new)
    one = _day(settings, after, day)
    with open_runtime(settings.paths, settings.tenant_id) as runtime:
        world = read_world(
            settings.paths,
            settings.tenant_id,
            stopped=runtime.stopped(),
            choices=runtime.choices(),
        )
    found = compare(world, before, after, day=one.day, at=one.at)
    if as_json:
        typer.echo(json.dumps(as_dict(found), indent=1))
    else:
        typer.echo(_in_words(found, examples))


@app.command()
def approve(name: Name, by: By, workspace: WorkspaceOption = None) -> None:
    """Stand for a campaign as it is now; a changed one does not run before.

    Example: [bold]parley campaign approve prospecting --by "Ada Roe"[/bold]
    """
    from pipelines.campaigns.approving import approve as write_down

    settings, page = _page(name, workspace)
    made = write_down(settings.paths, page, by=by, now=_now(settings))
    typer.echo(f"{page.campaign.id} {made.hash[:12]} is approved by {made.by}")


def _page(name: str, workspace: Path | None) -> "tuple[Settings, Page]":
    from pipelines.campaigns.book import read_book

    settings = load_settings(workspace)
    return settings, read_book(settings.workspace).page(name)


def _now(settings: Settings) -> datetime:
    from pipelines.campaigns.runtime import open_runtime

    with open_runtime(settings.paths, settings.tenant_id) as runtime:
        return runtime.now()


def _day(settings: Settings, campaign: "Campaign", day: datetime | None) -> "Day":
    from pipelines.campaigns.days import day_at
    from pipelines.campaigns.running import Day

    now = _now(settings)
    wanted: date = day.date() if day else day_at(campaign, now)
    return Day(settings.paths, settings.tenant_id, campaign, wanted, now)


def _run(settings: Settings, page: "Page", days: Sequence[date], *, allow_jump: bool) -> None:
    from pipelines.campaigns.switching import run_days

    for day, said in run_days(settings, page, days, allow_jump=allow_jump):
        typer.echo(f"{page.campaign.id} on {day}: {said}")


def _two(settings: Settings, old: str, new: str) -> "tuple[Campaign, Campaign]":
    from pipelines.campaigns.approved import approved_campaign
    from pipelines.campaigns.book import open_campaign, read_book

    book = read_book(settings.workspace)

    def named(name: str) -> "Campaign":
        path = Path(name)
        is_file = path.suffix in {".yaml", ".yml"} and path.is_file()
        return open_campaign(path) if is_file else book.page(name).campaign

    if new:
        return named(old), named(new)
    return approved_campaign(settings.paths, named(old).id), named(old)


def _row(settings: Settings, page: "Page") -> dict[str, Any]:
    from agent_runtime.campaign_stage import why_kept_back
    from pipelines.campaigns.approving import hash_of, last_approval, why_unapproved
    from pipelines.campaigns.runtime import open_runtime
    from pipelines.campaigns.stages.history import life_of
    from pipelines.campaigns.stages.rules import rules

    campaign, paths = page.campaign, settings.paths
    with open_runtime(paths, settings.tenant_id) as runtime:
        paused = runtime.why_paused(campaign.id)
    held = why_kept_back(campaign.id, rules()[life_of(paths, campaign.id).stage].told)
    last = last_approval(paths, campaign.id)
    waits = "" if not why_unapproved(paths, campaign) else "waits for approval"
    return {
        "id": campaign.id,
        "description": campaign.description,
        "file": str(page.path),
        "schedule": _timetable(campaign),
        "hash": hash_of(campaign)[:12],
        "approved": f"{last.by}, {last.at:%Y-%m-%d %H:%M}, {last.hash[:12]}" if last else "nobody",
        "paused": paused,
        "held": held,
        "state": f"PAUSED: {paused}" if paused else waits or "may run",
    }


def _timetable(campaign: "Campaign") -> str:
    if campaign.schedule is None:
        return "no schedule"
    return f"{campaign.schedule.at} {campaign.time_zone} {' '.join(campaign.schedule.days)}"


def _in_words(found: "Comparison", examples: int) -> str:
    lines = [f"{name}: {was!r} becomes {now!r}" for name, (was, now) in found.fields.items()]
    lines.append(
        f"{found.affected:,} people are affected: {len(found.comes_in):,} come in, "
        f"{len(found.goes_out):,} go out, of {len(found.moves):,} the touches move; "
        f"{found.stays:,} stay as they are."
    )
    for title, people in (("comes in", found.comes_in), ("goes out", found.goes_out)):
        lines += [f"  {title}  {p}  {why}" for p, why in list(people.items())[:examples]]
    for one in found.moves[:examples]:
        was, now = (", ".join(f"{at:%d %b %H:%M}" for at in w) for w in (one.before, one.after))
        lines.append(f"  moves     {one.person_id}  {was} becomes {now} (UTC)")
    if found.stands:
        lines.append(
            f"{len(found.stands):,} of them have touches in the queue already; those are kept, "
            "since a touch in the queue is never moved."
        )
    return "\n".join(lines)


def _who(by: str) -> str:
    from getpass import getuser

    return by or getuser()
