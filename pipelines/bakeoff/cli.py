"""`parley bakeoff` where it needs files of vendors or a run of ours."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent_runtime.settings import load_settings
from experiments.bakeoff.cli import AsJson, Log, Plan, app, log_of, marks_of
from experiments.bakeoff.config import BakeOff, load_bakeoff
from experiments.errors import BakeOffError

if TYPE_CHECKING:
    import polars as pl

    from experiments.bakeoff.threads import Thread

__all__ = ["app"]

Run = Annotated[
    Path | None, typer.Option("--workspace", "-w", help="A run of ours that holds them too.")
]
Draw = Annotated[
    Path | None,
    typer.Option("--assignments", help="The draw [default: assignments.parquet beside the plan]"),
]


@app.command()
def rehearse(
    file: Plan,
    *,
    workspace: Annotated[Path, typer.Option("--workspace", "-w", help="A finished run.")] = Path(
        "out/demo"
    ),
    experiment: Annotated[str, typer.Option(help="The run's experiment.")] = "icp-prospecting",
    treated: Annotated[str, typer.Option(help="Its treated arm.")] = "agent",
    control: Annotated[str, typer.Option(help="Its holdout.")] = "holdout",
    contacts: Annotated[
        int | None, typer.Option(help="How many [default: the plan's most]")
    ] = None,
) -> None:
    """Try the routine on a finished run: the candidates are one agent, split by chance.

    Writes people, draw, outcomes and threads beside the plan, as vendors and the CRM deliver them.

    Example: parley bakeoff rehearse out/bakeoff/bakeoff.yaml --workspace out/demo
    """
    from pipelines.bakeoff.rehearsal import rehearse as rehearse_run

    plan = load_bakeoff(file)
    files = rehearse_run(
        plan,
        load_settings(workspace).paths,
        file.parent,
        experiment_id=experiment,
        treated=treated,
        control=control,
        contacts=contacts or plan.people.most,
    )
    told = ", ".join(f"{count} {arm}" for arm, count in files.counts.items())
    typer.echo(f"a rehearsal of {told}: any difference between the candidates is chance")
    for path in (files.people, files.assignments, files.outcomes, files.threads):
        typer.echo(f"written: {path}")


@app.command()
def enforce(
    file: Plan,
    *,
    workspace: Annotated[Path, typer.Option("--workspace", "-w", help="A run of ours.")],
    ours: Annotated[
        list[str] | None,
        typer.Option(
            help="A candidate that this run plays; may be given again "
            "[default: none among vendors, else all]"
        ),
    ] = None,
    assignments: Draw = None,
    log: Log = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say it, and write nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Tell a run of ours who was drawn: its agent keeps away from the holdout and from others'.

    Whatever a campaign has queued for them is stopped at send; there is no way to take it back.

    Example: parley bakeoff enforce out/bakeoff/bakeoff.yaml --workspace out/demo --ours ours
    """
    from agent_runtime.status import open_store
    from experiments.bakeoff.enrolment import must_be_registered, read_people
    from pipelines.bakeoff.enforcing import enforce as enforce_draw
    from pipelines.bakeoff.enforcing import ours_of

    plan = load_bakeoff(file)
    must_be_registered(plan, file, log_of(file, log))
    played = ours_of(plan, ours or ())
    settings = load_settings(workspace)
    found = enforce_draw(
        plan,
        read_people(assignments or file.parent / "assignments.parquet", plan),
        open_store(settings),
        tenant_id=settings.tenant_id,
        ours=played,
        is_trial=dry_run,
    )
    if as_json:
        said = {"arms": found.counts, "kept_away": found.kept_away, "written": not dry_run}
        typer.echo(json.dumps(said))
        return
    away = sum(found.counts[arm] for arm in found.kept_away)
    would = "would keep" if dry_run else "keeps"
    typer.echo(
        f"{plan.id}: the agent of {workspace} {would} away from {away} contacts "
        f"({', '.join(f'{found.counts[arm]} {arm}' for arm in found.kept_away)})"
    )
    for arm in played:
        typer.echo(f"it may write to {found.counts[arm]} of {arm}, where campaigns ask for it")


@app.command()
def sample(
    file: Plan,
    *,
    day: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The day to read (UTC).")],
    threads: Annotated[
        list[Path] | None,
        typer.Option(help="Threads of a vendor, .jsonl or .parquet; may be given again."),
    ] = None,
    workspace: Run = None,
    assignments: Draw = None,
    names: Annotated[
        list[Path] | None,
        typer.Option(help="CSV of unit_id and names, all hidden in that contact's threads."),
    ] = None,
    qa: Annotated[
        Path | None, typer.Option(help="Where sheets go [default: qa beside the plan]")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Draw the day's threads of every candidate, and write blind sheets for the reviewers.

    Names, addresses, links and the candidates' marks are hidden; the key lies apart, in keys/.

    Example: parley bakeoff sample plan.yaml --day 2026-01-20 --threads acme.jsonl -w out/demo
    """
    from experiments.bakeoff.sampling import draw_threads
    from experiments.bakeoff.sheets import threads_read_before, write_sheets
    from experiments.bakeoff.threads import read_threads, with_candidates
    from pipelines.bakeoff.hiding import hiding
    from pipelines.bakeoff.workspace import read_run_threads

    plan = load_bakeoff(file)
    arms = _drawn(plan, file, assignments)
    if not threads and workspace is None:
        raise BakeOffError("there are no threads; name --threads FILE, or --workspace of a run")
    found: dict[str, list[Thread]] = {name: [] for name in plan.names}
    for path in threads or ():
        for name, mine in with_candidates(
            read_threads(path), arms, plan.names, source=str(path)
        ).items():
            found[name] += mine
    if workspace is not None:
        of_run = read_run_threads(load_settings(workspace).paths, arms)
        for name, mine in with_candidates(of_run, arms, plan.names, source=str(workspace)).items():
            found[name] += mine
    _must_differ(found)
    folder = qa or file.parent / "qa"
    drawn = draw_threads(
        plan,
        found,
        day.date(),
        read_before=threads_read_before(folder, day.date()),
        blind=hiding(marks_of(plan), names or ()),
    )
    files = write_sheets(plan, day.date(), drawn, folder)
    counts = {name: sum(one.candidate == name for one in drawn) for name in plan.names}
    if as_json:
        said = {"day": day.date().isoformat(), "threads": counts, "page": str(files.page)}
        said |= {"sheets": [str(path) for path in files.sheets], "key": str(files.key)}
        typer.echo(json.dumps(said))
        return
    typer.echo(f"{day:%Y-%m-%d}: {', '.join(f'{count} {name}' for name, count in counts.items())}")
    few = [name for name, count in counts.items() if count < plan.review.threads_per_day]
    if few:
        typer.echo(
            f"fewer than {plan.review.threads_per_day} threads for {', '.join(few)}: all that it "
            "wrote to that day are taken"
        )
    typer.echo(f"to read: {files.page}")
    typer.echo(f"to fill: {', '.join(str(path) for path in files.sheets)}")
    typer.echo(f"kept from reviewers: {files.key}")


@app.command()
def report(
    file: Plan,
    *,
    outcomes: Annotated[
        list[Path] | None,
        typer.Option(help="Outcomes of a vendor or the holdout, CSV or Parquet; again for more."),
    ] = None,
    workspace: Run = None,
    assignments: Draw = None,
    marks: Annotated[
        Path | None, typer.Option(help="From `score` [default: marks.csv beside the plan]")
    ] = None,
    answers: Annotated[
        Path | None, typer.Option(help="Filled sheet [default: answers.csv beside the plan]")
    ] = None,
    cost: Annotated[
        list[str] | None, typer.Option(help="What a candidate cost in all, NAME=USD; again.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option(help="The page [default: scorecard.html beside the plan]")
    ] = None,
    log: Log = None,
    as_of: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M"], help="UTC; default: now."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say how the candidates did: weighted scorecard, lift, and what cannot be told apart.

    Example: parley bakeoff report plan.yaml --outcomes acme.csv -w out/demo --html scorecard.html
    """
    from experiments import registry
    from experiments.bakeoff.answers import read_answers
    from experiments.bakeoff.outcomes import joined, read_outcomes
    from experiments.bakeoff.page import render_page
    from experiments.bakeoff.report import build_report
    from pipelines.bakeoff.workspace import read_run_outcomes

    plan = load_bakeoff(file)
    now = as_of.replace(tzinfo=UTC) if as_of else datetime.now(UTC)
    rows = _draw_rows(plan, file, assignments)
    delivered = read_outcomes(plan, outcomes or ())
    if workspace is not None:
        delivered[str(workspace)] = read_run_outcomes(load_settings(workspace).paths, plan.id)
    if not delivered:
        raise BakeOffError("there are no outcomes; name --outcomes FILE, or --workspace of a run")
    beside = answers or file.parent / "answers.csv"
    built = build_report(
        plan,
        joined(plan, rows, delivered),
        _marks(plan, marks, file),
        read_answers(plan, beside) if answers or beside.exists() else {},
        costs=_costs(plan, cost or ()),
        deviations=registry.deviations(log_of(file, log), plan.to_spec(), first_send=None),
        now=now,
        source=", ".join(delivered),
    )
    page = html or file.parent / "scorecard.html"
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(render_page(built), encoding="utf-8")
    if as_json:
        typer.echo(json.dumps(built.as_dict()))
        return
    for deviation in built.deviations:
        typer.echo(f"beware: {deviation}")
    for name in plan.names:
        total = built.card.totals[name]
        told = f"{total.score:.1f}" if total.score is not None else "not complete"
        bounds = "" if total.is_complete else f" (between {total.least:.1f} and {total.most:.1f})"
        typer.echo(f"{plan.label(name)}: {told} of 100 points{bounds}")
    typer.echo(built.verdict)
    typer.echo(f"written to {page}")


def _draw_rows(plan: BakeOff, file: Path, assignments: Path | None) -> "pl.DataFrame":
    from experiments.bakeoff.enrolment import read_people
    from experiments.bakeoff.outcomes import arms_of

    path = assignments or file.parent / "assignments.parquet"
    return arms_of(read_people(path, plan), plan, source=str(path))


def _drawn(plan: BakeOff, file: Path, assignments: Path | None) -> dict[str, str]:
    return dict(_draw_rows(plan, file, assignments).select("unit_id", "arm").iter_rows())


def _must_differ(found: dict[str, list["Thread"]]) -> None:
    seen: set[str] = set()
    for thread in (thread for mine in found.values() for thread in mine):
        if thread.thread_id in seen:
            raise BakeOffError(
                f"the thread {thread.thread_id!r} comes from two sources; leave one of them out"
            )
        seen.add(thread.thread_id)


def _marks(plan: BakeOff, marks: Path | None, file: Path) -> "pl.DataFrame | None":
    from experiments.bakeoff.marks import read_scored

    path = marks or file.parent / "marks.csv"
    return read_scored(plan, path) if marks or path.exists() else None


def _costs(plan: BakeOff, told: Sequence[str]) -> dict[str, float]:
    found: dict[str, float] = {}
    for one in told:
        name, _, amount = one.partition("=")
        try:
            usd = float(amount)
        except ValueError:
            usd = -1.0
        if name not in plan.candidates or not 0 <= usd < float("inf"):
            raise BakeOffError(
                f"--cost {one!r}: it must be a candidate ({', '.join(plan.names)}), =, and an "
                "amount in USD, such as " + f"{plan.names[0]}=420"
            )
        found[name] = usd
    return found
