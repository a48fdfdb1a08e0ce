"""`parley segment`: who is in which segment now, what each rule takes out, and why."""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent_runtime.commands import JsonOption, WorkspaceOption
from agent_runtime.settings import load_settings
from pipelines.errors import PipelineError

if TYPE_CHECKING:
    import polars as pl

    from pipelines.transforms.segment import Segment

app = typer.Typer(add_completion=False, rich_markup_mode="rich", no_args_is_help=True)

NowOption = Annotated[
    datetime | None,
    typer.Option(help="End of every window, UTC; default the instant of the last ingest."),
]
_NAMED = 5
"""So many contacts are named where a record is ambiguous."""


@app.callback()
def _segment() -> None:
    """Segments: live counts, a funnel per rule, and why a record is in or out."""


@app.command("list")
def list_segments(
    *, workspace: WorkspaceOption = None, now: NowOption = None, as_json: JsonOption = False
) -> None:
    """List the segments, with how many contacts are in each now.

    They are those that ship and the YAML files of the workspace's folder `segments`, which win
    where both have a name.

    Example: [bold]parley segment list --workspace out/demo[/bold]
    """
    from pipelines.transforms.condition import ConditionFault
    from pipelines.transforms.segment import load_segment, own_segments, segment_names
    from pipelines.transforms.segment_funnel import funnel

    root = load_settings(workspace).paths.root
    facts, own = _facts(root, now), own_segments(root)
    rows: list[dict[str, object]] = []
    faults: list[str] = []
    for name in segment_names(own):
        try:
            segment = load_segment(name, own)
        except PipelineError as fault:
            faults.append(f"{own / name}.yaml: {fault}")
            continue
        row: dict[str, object] = {"segment": segment.label, "description": segment.description}
        try:
            found = funnel(facts, segment)
            rows.append(row | {"members": found.members, "contacts": found.contacts})
        except ConditionFault as fault:
            rows.append(row | {"members": None, "contacts": facts.height, "why": str(fault)})
    if as_json:
        typer.echo(json.dumps([*rows, *({"fault": why} for why in faults)], indent=2))
        return
    for why in faults:
        typer.echo(f"BROKEN  {why}")
    for row in rows:
        members = row["members"]
        shown = "cannot be asked here" if members is None else f"{members:,} of {row['contacts']:,}"
        typer.echo(f"{row['segment']:<28} {shown:>20}  {row['description']}")
    if not facts.height:
        typer.echo("there are no contacts here; `parley ingest` reads them")
    typer.echo(f"segments of your own are YAML files in {own}")


@app.command()
def count(
    segment: Annotated[str, typer.Argument(help="Name of a segment, or a YAML file.")],
    *,
    workspace: WorkspaceOption = None,
    now: NowOption = None,
    as_json: JsonOption = False,
) -> None:
    """Count a segment, rule by rule: whom each takes out in order, and whom it alone would.

    Who fails nothing else would come in without the rule.

    Example: [bold]parley segment count icp-midmarket-data[/bold]

    Example: [bold]parley segment count my/segment.yaml --json[/bold]
    """
    from pipelines.transforms.segment import load_segment, own_segments
    from pipelines.transforms.segment_funnel import funnel

    root = load_settings(workspace).paths.root
    found = funnel(_facts(root, now), load_segment(segment, own_segments(root)))
    if as_json:
        typer.echo(json.dumps(asdict(found), indent=2))
        return
    typer.echo(f"{found.segment}: {found.members:,} of {found.contacts:,} contacts are in")
    if not found.contacts:
        typer.echo("there are no contacts here; `parley ingest` reads them")
        return
    for rule in found.rules:
        typer.echo(
            f"  {rule.rule} takes out {rule.takes_out:,}, {rule.left:,} left; alone it takes out "
            f"{rule.alone:,}, of whom {rule.only:,} fail nothing else and {rule.unknown:,} are "
            "not known"
        )
        typer.echo(f"      must be: {rule.words}")


@app.command()
def explain(
    record: Annotated[str, typer.Argument(help="Contact id, person id or e-mail address.")],
    *,
    segment: Annotated[
        list[str] | None, typer.Option(help="Segment to ask; default every one.")
    ] = None,
    workspace: WorkspaceOption = None,
    now: NowOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say why a record is in a segment or out of it, rule by rule, with its own values.

    Example: [bold]parley segment explain ada@firm.example --segment icp-midmarket-data[/bold]
    """
    from pipelines.transforms.segment_funnel import explain as explanation_of

    root = load_settings(workspace).paths.root
    facts = _facts(root, now)
    contact_id = find_contact(facts, record)
    asked = _segments(facts, segment or [], root)
    found = [explanation_of(facts, one, contact_id) for one in asked]
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in found], indent=2, default=str))
        return
    if not found:
        typer.echo("no segment can be asked of this export; name one with --segment")
    for one in found:
        typer.echo(f"{one.contact_id} is {'in' if one.is_member else 'not in'} {one.segment}")
        for rule in one.rules:
            typer.echo(f"  {'✓' if rule.holds else '✗'} {rule.rule}: {rule.said}")


def find_contact(facts: "pl.DataFrame", record: str) -> str:
    """Returns the one contact that a contact id, person id or e-mail address means.

    Raises:
        PipelineError: no contact is meant, or more than one.
    """
    import polars as pl

    name = record.strip()
    found = facts.filter(pl.col("contacts.contact_id") == name)
    if found.is_empty():
        found = facts.filter(
            (pl.col("contacts.person_id") == name) | (pl.col("contacts.email") == name.lower())
        )
    ids = sorted(found.get_column("contacts.contact_id"))
    if len(ids) == 1:
        return ids[0]
    if not ids:
        raise PipelineError(
            f"record {record!r}: none of {facts.height:,} contacts has it as contact id, person "
            "id or e-mail address; `parley ingest` says which rows were refused."
        )
    more = f" and {len(ids) - _NAMED} more" if len(ids) > _NAMED else ""
    raise PipelineError(
        f"record {record!r}: {len(ids)} contacts are meant, {', '.join(ids[:_NAMED])}{more}; "
        "give the id of one."
    )


def _facts(root: Path, now: datetime | None) -> "pl.DataFrame":
    """Contact facts of the canonical tables as they are now."""
    from agent_runtime.settings import Workspace
    from pipelines.lake import Lake, canonical_now
    from pipelines.transforms.facts import contact_facts

    lake = Lake(Workspace(root))
    at = now.replace(tzinfo=now.tzinfo or UTC) if now else canonical_now(lake)
    return contact_facts(lake.canonical(), now=at)


def _segments(facts: "pl.DataFrame", names: list[str], root: Path) -> "list[Segment]":
    """The segments by name; without names, those that these facts can answer."""
    from pipelines.transforms.condition import fields_of
    from pipelines.transforms.segment import load_segment, own_segments, segment_names

    own = own_segments(root)
    if names:
        return [load_segment(name, own) for name in names]
    every = [load_segment(name, own) for name in segment_names(own)]
    return [
        one
        for one in every
        if all(field in facts.columns for rule in one.rules for field in fields_of(rule.must))
    ]
