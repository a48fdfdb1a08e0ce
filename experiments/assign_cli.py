"""`parley experiment assign`: the arm of every unit of a table, once and for all."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from experiments.errors import RegistryError, UnitsError
from experiments.registry import current
from experiments.spec import Spec, load_spec

if TYPE_CHECKING:
    from experiments.assigning import Assigned


def assign(
    *,
    spec: Annotated[Path, typer.Option(help="The registered spec, YAML.")],
    units: Annotated[Path, typer.Option(help="One row a unit: Parquet or CSV with unit_id.")],
    out: Annotated[Path, typer.Option(help="Where the assignments go, Parquet.")],
    log: Annotated[Path, typer.Option("--registry", help="The registry's log.")] = Path(
        "out/demo/registry.jsonl"
    ),
    stored: Annotated[
        Path | None,
        typer.Option(help="Earlier assignments, which stay; left out, what stands at --out."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say it, and write nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Give every unit its arm: what is stored stays, newcomers are drawn as registered.

    Where accounts are randomised, their people inherit the account's arm.

    Example: parley experiment assign --spec spec.yaml --units people.csv --out assignments.parquet
    """
    question = load_spec(spec)
    _must_be_registered(question, spec, log)
    if out.suffix != ".parquet":
        raise UnitsError(f"--out {out}: the file must end in .parquet")
    from experiments.assigning import assign_units
    from experiments.units import read_units

    before = stored or (out if out.exists() else None)
    # Ids of accounts are text too: in a CSV they may look like numbers.
    named = {"cluster": question.cluster or "account_id"} if question.unit == "account" else {}
    as_text = question.model_copy(update=named)
    found = assign_units(
        read_units(units, as_text),
        question,
        stored=read_units(before, as_text) if before else None,
        now=datetime.now(UTC),
        source=str(units),
    )
    if not dry_run:
        out.parent.mkdir(parents=True, exist_ok=True)
        draft = out.with_suffix(".draft")
        found.rows.write_parquet(draft)
        os.replace(draft, out)
    _say(found, question, out, dry_run=dry_run, as_json=as_json)


def _must_be_registered(question: Spec, path: Path, log: Path) -> None:
    known = current(log, question.id)
    if known is None:
        raise RegistryError(
            f"{question.id} is not registered in {log}, and nobody is assigned before it is; run "
            f"parley experiment register {path} --registry {log} --approver NAME"
        )
    if known.spec_hash != question.spec_hash:
        raise RegistryError(
            f"{path}: the spec has the hash {question.spec_hash[:12]}, but version {known.version} "
            f"was registered with {known.spec_hash[:12]}; restore the file, or raise the version "
            "and register it"
        )


def _say(found: "Assigned", question: Spec, out: Path, *, dry_run: bool, as_json: bool) -> None:
    rows = found.rows.group_by("experiment_id", "arm").len().iter_rows()
    counts = {(experiment, arm): count for experiment, arm, count in rows}
    arms = {arm: counts.get((question.id, arm), 0) for arm in question.arms}
    held = sum(count for (experiment, _), count in counts.items() if experiment == "global-holdout")
    ratio = found.sample_ratio
    if as_json:
        report = {
            "experiment_id": question.id,
            "spec_hash": question.spec_hash,
            "arms": arms,
            "new": found.new,
            "global_holdout": held,
            "left_out": found.left_out,
            "srm": ratio.model_dump(mode="json") if ratio else None,
            "out": None if dry_run else str(out),
        }
        typer.echo(json.dumps(report))
        return
    told = ", ".join(f"{count:,} {arm}" for arm, count in arms.items())
    typer.echo(f"{question.id}: {told}; {found.new:,} of all rows are new")
    if held:
        typer.echo(f"{held:,} in the global holdout, whom no campaign's agent writes to")
    for reason, count in found.left_out.items():
        typer.echo(f"{count:,} left out: {reason.replace('_', ' ')}")
    if ratio:
        odd = "; the arms are not as promised" if ratio.is_mismatch else ""
        typer.echo(f"sample ratio over {ratio.counted}: p = {ratio.p_value:.4f}{odd}")
    else:
        typer.echo("nobody is assigned, so there is no sample ratio to test")
    typer.echo("nothing was written" if dry_run else f"written to {out}")
