"""Commands of `parley review` for samples: draw, check, rubric, agreement, the accepted patch."""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from getpass import getuser
from typing import Annotated, Any

import typer

from agent_runtime.clock import read_now
from agent_runtime.coaching import rubric
from agent_runtime.coaching.errors import CoachingError
from agent_runtime.coaching.samples import PER_PLAYBOOK, SEED, Sample, checked_again, draw_day
from agent_runtime.commands import JsonOption, WorkspaceOption
from agent_runtime.settings import load_settings
from agent_runtime.status import open_store

app = typer.Typer()

Day = Annotated[str, typer.Option(help="The day, as 2026-01-12 [default: yesterday].")]


@app.command()
def sample(
    day: Day = "",
    per_playbook: Annotated[int, typer.Option(help="Threads of each playbook.")] = PER_PLAYBOOK,
    seed: Annotated[int, typer.Option(help="Another seed draws another sample.")] = SEED,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Write nothing.")] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Draw a day again and compare; write nothing.")
    ] = False,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Draw the threads of a day that people read and score, the same for whoever draws them.

    Half of each playbook's threads were answered, half were silent, where there are so many. A day
    is drawn once; a repeat shows what was drawn. The console has them under Coaching.

    Example: [bold]parley review sample --day 2026-01-12[/bold]

    Example: [bold]parley review sample --day 2026-01-12 --check[/bold]
    """
    store = open_store(load_settings(workspace))
    now = read_now(store.engine)
    wanted = _day(day) if day else now.date() - timedelta(days=1)
    if check:
        gone, new = checked_again(store, wanted)
        if gone or new:
            raise CoachingError(
                f"{wanted}: {len(gone)} threads stand that a new draw has not, and {len(new)} the "
                "other way round; something of that day was changed or erased since."
            )
        typer.echo(f"{wanted}: a new draw gives the same threads")
        return
    found = draw_day(
        store,
        wanted,
        by=getuser(),
        now=now,
        at=datetime.now(UTC),
        per_playbook=per_playbook,
        seed=seed,
        dry_run=dry_run,
    )
    _print(found, wanted, as_json=as_json)


@app.command("rubric")
def _rubric(
    for_spreadsheet: Annotated[
        bool, typer.Option("--csv", help="A row for each mark, for a spreadsheet.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Print the rubric as a template: what is asked, what each mark means, a sheet to fill in.

    Example: [bold]parley review rubric > rubric.md[/bold]

    Example: [bold]parley review rubric --csv > rubric.csv[/bold]
    """
    if as_json:
        typer.echo(json.dumps([asdict(question) for question in rubric.QUESTIONS], indent=2))
    else:
        typer.echo(rubric.as_csv() if for_spreadsheet else rubric.as_markdown(), nl=False)


@app.command()
def agreement(workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    """Say how far two people who read the same threads agree, on each field of the rubric.

    Example: [bold]parley review agreement[/bold]
    """
    from agent_runtime.coaching.agreement import agreements
    from agent_runtime.coaching.quality import doubles_of
    from agent_runtime.coaching.told import told_scores

    store = open_store(load_settings(workspace))
    with store.begin() as tx:
        scores = told_scores(tx, today=read_now(store.engine).date())
    found = agreements(doubles_of(scores.given))
    if as_json:
        typer.echo(json.dumps([_plain(asdict(one)) for one in found], indent=2))
        return
    for one in found:
        if one.kappa is None:
            typer.echo(f"{one.dimension}: no kappa, {one.reason}")
        else:
            typer.echo(
                f"{one.dimension}: kappa {one.kappa:.2f} ({one.low:.2f} to {one.high:.2f}), "
                f"{one.word}, the same mark in {one.same:.0%} of {one.threads} threads"
            )


@app.command()
def patch(workspace: WorkspaceOption = None) -> None:
    """Print the accepted changes of texts, playbooks, scenarios and rules as one patch.

    Example: [bold]parley review patch | git apply --3way[/bold]
    """
    from agent_runtime.coaching.changes import all_changes, patch_of

    with open_store(load_settings(workspace)).begin() as tx:
        typer.echo(patch_of(all_changes(tx, state="ACCEPTED")), nl=False)


def _print(found: Sequence[Sample], day: date, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in found], indent=2, default=str))
        return
    for one in found:
        who = "all reviewers" if one.is_for_all else "two reviewers"
        buyer = "answered" if one.is_answered else "silent"
        typer.echo(
            f"{one.number:3}  {one.playbook}  {one.thread_id}  {one.language}  {buyer}, {who}"
        )
    if not found:
        typer.echo(f"{day}: the agent wrote to nobody")


def _plain(told: dict[str, Any]) -> dict[str, Any]:
    """NaN is no JSON."""
    return {
        name: None if isinstance(value, float) and math.isnan(value) else value
        for name, value in told.items()
    }


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise CoachingError(f"day {text!r}: is no date; write it as 2026-01-12.") from None
