"""`parley bakeoff`: candidates side by side, from the plan to the draw and the daily marks."""

import json
import os
import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from experiments.bakeoff.config import BakeOff, load_bakeoff
from experiments.errors import BakeOffError

app = typer.Typer(
    name="bakeoff",
    help="Candidates side by side on 50-100 contacts, with a holdout.",
    no_args_is_help=True,
)

Plan = Annotated[Path, typer.Argument(help="The plan, YAML.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
Log = Annotated[
    Path | None,
    typer.Option("--registry", help="The registry's log [default: registry.jsonl beside the plan]"),
]
Force = Annotated[bool, typer.Option("--dry-run", help="Say it, and write nothing.")]


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="Where the plan goes.")],
    *,
    candidates: Annotated[str, typer.Option(help="Their names, with commas between.")],
    kind: Annotated[
        Literal["playbook", "model", "vendor", "agent"], typer.Option(help="What they are.")
    ] = "vendor",
    bakeoff_id: Annotated[str, typer.Option("--id", help="Its id [default: the folder's]")] = "",
    segment: Annotated[str, typer.Option(help="The one segment.")] = "icp-midmarket-data",
    channel: Annotated[str, typer.Option(help="The one channel.")] = "email",
    playbook: Annotated[str, typer.Option(help="The one playbook.")] = "icp_prospecting",
    seed: Annotated[int | None, typer.Option(help="Of the draw [default: a random one]")] = None,
) -> None:
    """Write a ready plan, and the sheet of what every candidate is asked.

    Example: parley bakeoff init out/bakeoff --candidates ours,acme --kind vendor
    """
    from experiments.bakeoff.template import ANSWERS_SHEET, PLAN, write_template

    write_template(
        folder,
        candidates=[name.strip() for name in candidates.split(",") if name.strip()],
        kind=kind,
        bakeoff_id=bakeoff_id or folder.resolve().name,
        segment=segment,
        channel=channel,
        playbook=playbook,
        seed=secrets.randbelow(10**9) if seed is None else seed,
    )
    typer.echo(f"written: {folder / PLAN} (the plan) and {folder / ANSWERS_SHEET} (what to ask)")
    typer.echo(f"next: parley bakeoff check {folder / PLAN}")


@app.command()
def check(file: Plan, *, as_json: AsJson = False) -> None:
    """Say in one sentence what is wrong with a plan, or what it promises.

    Example: parley bakeoff check out/bakeoff/bakeoff.yaml
    """
    plan = load_bakeoff(file)
    spec = plan.to_spec()
    if as_json:
        weights = {name: line.weight for name, line in plan.criteria.items()}
        said: dict[str, Any] = {"id": plan.id, "version": plan.version, "arms": plan.arms}
        said |= {"spec_hash": spec.spec_hash, "plan_digest": plan.digest, "weights": weights}
        typer.echo(json.dumps(said))
        return
    arms = ", ".join(f"{arm} {share:.0%}" for arm, share in plan.arms.items())
    days = f" within {plan.primary.window_days} days" if plan.primary.window_days else ""
    typer.echo(
        f"{plan.id} version {plan.version} is sound: {plan.people.fewest} to {plan.people.most} "
        f"contacts ({arms}), {plan.primary.metric}{days} decides, "
        f"{plan.review.threads_per_day} threads a day of each candidate"
    )
    weighed = ", ".join(f"{n} {c.weight:g}" for n, c in plan.criteria.items())
    typer.echo(f"weights: {weighed}")


@app.command()
def register(
    file: Plan,
    *,
    approver: Annotated[str, typer.Option(help="Who stands for this plan.")],
    log: Log = None,
) -> None:
    """Write the plan into the registry, before anybody is drawn; its weights are promised too.

    Example: parley bakeoff register out/bakeoff/bakeoff.yaml --approver "Ada Roe"
    """
    from experiments import registry
    from experiments.cli import version_of_code

    plan = load_bakeoff(file)
    entry = registry.register(
        log_of(file, log),
        plan.to_spec(),
        approver=approver,
        code_version=version_of_code(),
        now=datetime.now(UTC),
    )
    typer.echo(
        f"{entry.spec_id} version {entry.version} is registered as {entry.spec_hash[:12]} since "
        f"{entry.registered_at:%Y-%m-%d %H:%M} UTC, approved by {entry.approver}"
    )


@app.command()
def assign(
    file: Plan,
    *,
    people: Annotated[Path, typer.Option(help="One row a contact: unit_id, consent, owner, ...")],
    out: Annotated[
        Path | None, typer.Option(help="The draw [default: assignments.parquet beside the plan]")
    ] = None,
    log: Log = None,
    any_size: Annotated[
        bool, typer.Option("--any-size", help="Also fewer or more contacts than planned.")
    ] = False,
    dry_run: Force = False,
    as_json: AsJson = False,
) -> None:
    """Draw the contacts into the candidates and the holdout, and say what so few can show.

    Nobody is drawn before the plan is registered; whoever was drawn stays there.

    Example: parley bakeoff assign out/bakeoff/bakeoff.yaml --people people.csv
    """
    from experiments.bakeoff import enrolment

    plan = load_bakeoff(file)
    enrolment.must_be_registered(plan, file, log_of(file, log))
    target = out or file.parent / "assignments.parquet"
    if target.suffix != ".parquet":
        raise BakeOffError(f"--out {target}: the file must end in .parquet")
    found = enrolment.draw(
        plan,
        enrolment.read_people(people, plan),
        stored=enrolment.read_people(target, plan) if target.exists() else None,
        now=datetime.now(UTC),
        source=str(people),
        any_size=any_size,
    )
    if not dry_run:
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = target.with_suffix(".draft")
        found.rows.write_parquet(draft)
        os.replace(draft, target)
    counts = enrolment.counts_of(found, tuple(plan.arms), plan.id)
    told = enrolment.reaches(plan, counts)
    if as_json:
        said = {
            "arms": counts,
            "new": found.new,
            "left_out": found.left_out,
            "out": None if dry_run else str(target),
            "reach": [
                {"arm": r.arm, "base": r.base, "detectable": r.detectable, "needed": r.needed}
                | {"told": r.sentence}
                for r in told
            ],
        }
        typer.echo(json.dumps(said))
        return
    typer.echo(
        f"{plan.id}: {', '.join(f'{count} {arm}' for arm, count in counts.items())}; "
        f"{found.new} of all rows are new"
    )
    for reason, count in found.left_out.items():
        typer.echo(f"{count} left out: {reason.replace('_', ' ')}")
    for reach in told:
        typer.echo(reach.sentence)
    typer.echo("nothing was written" if dry_run else f"written to {target}")


@app.command()
def score(
    file: Plan,
    *,
    sheet: Annotated[
        list[Path] | None,
        typer.Option(help="A filled sheet; may be given again [default: all that are filled]"),
    ] = None,
    qa: Annotated[
        Path | None, typer.Option(help="Folder of sheets and keys [default: qa beside the plan]")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="The marks [default: marks.csv beside the plan]")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Take filled review sheets, and say how far the reviewers agree.

    Example: parley bakeoff score out/bakeoff/bakeoff.yaml

    Example: parley bakeoff score plan.yaml --sheet ada.csv --sheet ben.csv
    """
    from dataclasses import asdict

    from experiments.bakeoff.agreement import agreements
    from experiments.bakeoff.marks import filled_sheets, read_keys, read_marks, unread

    plan = load_bakeoff(file)
    folder = qa or file.parent / "qa"
    target = out or file.parent / "marks.csv"
    keys = read_keys(plan, folder)
    sheets = sheet or filled_sheets(folder)
    if not sheets:
        raise BakeOffError(
            f"{folder}: no sheet is filled yet; fill the reviewer-*.csv of a day, or threads.html "
            "and give what it saves with --sheet"
        )
    marks = read_marks(plan, sheets, keys)
    target.parent.mkdir(parents=True, exist_ok=True)
    marks.write_csv(target)
    found, open_codes = agreements(marks), unread(marks, keys, plan.review.reviewers)
    if as_json:
        said = {"rows": marks.height, "out": str(target), "unread": open_codes}
        typer.echo(json.dumps(said | {"agreement": [asdict(one) for one in found]}))
        return
    judged = marks["code"].n_unique()
    typer.echo(f"{judged} threads with {marks.height} judgements; written to {target}")
    for one in found:
        typer.echo(one.sentence + " the same")
    if not found:
        typer.echo("no thread has two reviewers, so nothing is known of their agreement")
    if open_codes:
        typer.echo(
            f"{len(open_codes)} threads have fewer than {plan.review.reviewers} reviewers yet, "
            f"{open_codes[0]} for one"
        )


def log_of(file: Path, log: Path | None) -> Path:
    """Returns the registry's log: the one named, or the one beside the plan."""
    return log or file.parent / "registry.jsonl"


def marks_of(plan: BakeOff) -> tuple[str, ...]:
    """Returns the words by which a reviewer would know any candidate."""
    known = [
        (name, candidate.label, *candidate.marks) for name, candidate in plan.candidates.items()
    ]
    return tuple(dict.fromkeys(word for words in known for word in words if word))
