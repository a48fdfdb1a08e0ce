"""`parley lists`: who of a campaign or segment stands on a list of the marketing tool."""

import json
from collections import Counter
from datetime import datetime
from getpass import getuser
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agent_runtime.clock import read_now
from agent_runtime.commands import JsonOption, WorkspaceOption
from agent_runtime.settings import Settings, load_settings
from agent_runtime.status import open_store
from pipelines.errors import PipelineError

if TYPE_CHECKING:
    from agent_runtime.crm_list_plan import ListPlan
    from agent_runtime.ports import Tx

app = typer.Typer(add_completion=False, rich_markup_mode="rich", no_args_is_help=True)


@app.callback()
def _lists() -> None:
    """Lists of the marketing tool, on which people stand while the agent talks with them."""


@app.command()
def push(
    name: Annotated[
        str, typer.Argument(help="Our name of the list, as `parley lists show` has it.")
    ],
    *,
    segment: Annotated[
        list[str] | None, typer.Option(help="Segment, or its YAML file, whose people go on it.")
    ] = None,
    campaign: Annotated[
        list[str] | None, typer.Option(help="Campaign whose queued people go on it.")
    ] = None,
    nobody: Annotated[bool, typer.Option(help="Take everybody of ours off.")] = False,
    dry_run: Annotated[bool, typer.Option(help="Only say who would go on and off.")] = False,
    by: Annotated[str, typer.Option(help="Who decides [default: who is logged in].")] = "",
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put the people of campaigns and segments on a list, and take off who is not of them any more.

    Nobody of a holdout and nobody who is stopped is put there, and members that others put there
    stay. The worker brings it to the CRM; `parley crm queue` says how far it is, and
    `parley crm undo` takes one person's back.

    Example: [bold]parley lists push in_conversation --campaign prospecting --dry-run[/bold]

    Example: [bold]parley lists push in_conversation --nobody[/bold]
    """
    from agent_runtime.crm_list_plan import carry_out, plan

    if bool(segment or campaign) is nobody:
        raise PipelineError(
            "say whose people go on the list, --segment or --campaign, or --nobody to empty it of "
            "ours; not both."
        )
    settings = load_settings(workspace)
    store = open_store(settings)
    now = read_now(store.engine)
    wanted = _contacts(settings, segment or [], campaign or [], now)
    with store.begin() as tx:
        people = {one.person_id for one in tx.contacts() if one.contact_id in wanted}
        made = plan(tx, name, people)
        if not dry_run:
            carry_out(tx, made, by=by or getuser(), now=now)
    _say(made, dry_run=dry_run, as_json=as_json)


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="Our name of a list; default every one.")] = "",
    *,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the lists that people may be put on, and how many of ours are to stand there.

    Example: [bold]parley lists show in_conversation --json[/bold]
    """
    from agent_runtime.crm_lists import CrmListError, list_rules

    rules = list_rules()
    if name and name not in rules:
        raise CrmListError(
            f"list {name!r} is not in writable.yaml below crm.lists; `parley lists show` has all."
        )
    store = open_store(load_settings(workspace))
    with store.begin() as tx:
        rows = [_row(tx, one, rules[one].arms) for one in sorted(rules) if name in ("", one)]
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        typer.echo(f"{row['list']}: {row['there']!r} in HubSpot, for {_FOR[row['arms']]}")
        typer.echo(f"  {len(row['on'])} of ours are to stand there")
        for state, number in row["states"].items():
            typer.echo(f"  {number:>7}  {state.lower()}")
    if not rows:
        typer.echo("no list is named in writable.yaml below crm.lists")


_FOR = {"agent": "people whom the agent may write to", "all": "everybody, the holdout too"}


def _contacts(
    settings: Settings, segments: list[str], campaigns: list[str], now: datetime
) -> set[str]:
    """Ids of the contacts in segments and in the queues of campaigns."""
    import polars as pl

    from pipelines.lake import Lake
    from pipelines.transforms.facts import contact_facts
    from pipelines.transforms.segment import load_segment, members

    lake, found = Lake(settings.paths), set[str]()
    if segments:
        facts = contact_facts(lake.canonical(), now=now)
        for one in segments:
            inside = members(facts, load_segment(one)).filter("is_member")
            found |= set(inside["contact_id"])
    if campaigns and not lake.tasks.exists():
        raise PipelineError(
            f"campaign {campaigns[0]!r}: nothing is queued here; run `parley campaign` first."
        )
    for one in campaigns:
        queued = pl.read_parquet(lake.tasks).filter(pl.col("campaign_id") == one)
        if queued.is_empty():
            raise PipelineError(f"campaign {one!r}: nobody is queued; see `parley campaign list`.")
        found |= set(queued["contact_id"])
    return found


def _row(tx: "Tx", name: str, arms: str) -> dict[str, Any]:
    from agent_runtime.crm_lists import ON, field_of, stands
    from agent_runtime.tools.allow_list import allow_list

    target = allow_list("hubspot").property("list", name)
    changes = [one for one in tx.changes() if one.field == field_of(name)]
    pushes = [tx.push("change", one.change_id) for one in changes]
    return {
        "list": name,
        "there": target.name if target else "",
        "arms": arms,
        "on": [c.contact_id for c in tx.contacts() if stands(tx, c, name) == ON],
        "states": dict(sorted(Counter(p.state for p in pushes if p).items())),
    }


def _say(made: "ListPlan", *, dry_run: bool, as_json: bool) -> None:
    why = Counter(reason for _, reason in made.refused)
    if as_json:
        said = {
            "list": made.name,
            "dry_run": dry_run,
            "on": [one.contact_id for one in made.on],
            "off": [one.contact_id for one in made.off],
            "stand": made.stand,
            "refused": [{"contact_id": c.contact_id, "why": reason} for c, reason in made.refused],
        }
        typer.echo(json.dumps(said, indent=2))
        return
    would = "would go" if dry_run else "are queued to go"
    typer.echo(f"{made.name}: {len(made.on)} {would} on, {len(made.off)} off, {made.stand} stay")
    for reason, number in why.most_common():
        typer.echo(f"  {number:>7}  not put there: {reason}")
