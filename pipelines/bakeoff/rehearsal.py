"""A bake-off of an agent with itself, from a finished run: the routine is tried on real threads."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from agent_runtime.settings import Workspace
from experiments.assignment import bucket, permuted_blocks
from experiments.bakeoff.config import HOLDOUT, BakeOff
from experiments.bakeoff.outcomes import REHEARSAL
from experiments.bakeoff.threads import Thread
from pipelines.bakeoff.workspace import read_run_outcomes, read_run_people, read_run_threads
from pipelines.errors import PipelineError


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """The files of a rehearsal, as vendors and the CRM would deliver them."""

    people: Path
    assignments: Path
    outcomes: Path
    threads: Path
    counts: dict[str, int]


def rehearse(
    plan: BakeOff,
    workspace: Workspace,
    folder: Path,
    *,
    experiment_id: str,
    treated: str,
    control: str,
    contacts: int,
) -> Rehearsal:
    """Writes the files of a bake-off whose candidates are one agent, split by chance.

    The holdout is drawn from the run's own holdout, so that it stays a fair comparison; the
    candidates are drawn from its treated arm within the plan's blocks. Nothing differs between
    them but chance, which is what their comparison must say.

    Raises:
        PipelineError: The run has too few people in an arm of the plan's segment.
    """
    run = read_run_outcomes(workspace, experiment_id)
    people = read_run_people(workspace).filter(pl.col("segment") == plan.scope.segment)
    known = run.join(people, on="unit_id")
    wanted = {HOLDOUT: round(contacts * plan.arms[HOLDOUT])}
    wanted[treated] = contacts - wanted[HOLDOUT]
    chosen = {
        name: _some(known.filter(pl.col("arm") == arm), wanted[name], plan, arm)
        for name, arm in ((HOLDOUT, control), (treated, treated))
    }
    shares = {name: plan.arms[name] / (1 - plan.arms[HOLDOUT]) for name in plan.names}
    blocks = _blocks(chosen[treated], plan)
    arms = permuted_blocks(blocks, shares, plan.seed)
    arms |= dict.fromkeys(chosen[HOLDOUT]["unit_id"], HOLDOUT)
    drawn = pl.DataFrame(
        sorted(arms.items()), schema={"unit_id": pl.String, "arm": pl.String}, orient="row"
    )
    units = drawn.join(known.drop("arm"), on="unit_id")
    files = Rehearsal(
        people=folder / "people.csv",
        assignments=folder / "assignments.parquet",
        outcomes=folder / "outcomes.csv",
        threads=folder / "threads.jsonl",
        counts=dict(drawn.group_by("arm").len().sort("arm").iter_rows()),
    )
    taken = [path for path in (files.people, files.assignments, files.outcomes) if path.exists()]
    if taken:
        raise PipelineError(f"{taken[0]} is there already; rehearse in a folder of its own.")
    folder.mkdir(parents=True, exist_ok=True)
    units.select(
        "unit_id", "segment", "language", pl.lit("yes").alias("consent"), "owner"
    ).write_csv(files.people)
    units.select(
        pl.lit(plan.id).alias("experiment_id"),
        "unit_id",
        "arm",
        pl.lit(plan.layer).alias("layer"),
        "assigned_at",
        pl.lit(REHEARSAL).alias("how"),
    ).write_parquet(files.assignments)
    units.drop("arm", "assigned_at", "segment", "language", "owner").write_csv(files.outcomes)
    _write_threads(read_run_threads(workspace, units["unit_id"]), files.threads)
    return files


def _some(people: pl.DataFrame, count: int, plan: BakeOff, arm: str) -> pl.DataFrame:
    if people.height < count:
        raise PipelineError(
            f"the run has {people.height} people of {plan.scope.segment} in the arm {arm!r}, but "
            f"the rehearsal needs {count}; rehearse with fewer --contacts."
        )
    # A bake-off takes contacts with an owner; a run that tells of none is rehearsed without.
    places = [bucket(f"{plan.seed}/rehearsal", unit) for unit in people["unit_id"]]
    order = (pl.col("owner").is_null(), "place")
    return people.with_columns(pl.Series("place", places)).sort(order).head(count).drop("place")


def _blocks(people: pl.DataFrame, plan: BakeOff) -> dict[str, str]:
    missing = [block for block in plan.people.blocks if block not in people.columns]
    if missing:
        raise PipelineError(
            f"the plan draws within {missing[0]!r}, which the run does not tell of its people; "
            "name segment, language or owner."
        )
    names = [pl.col(block).fill_null("unknown") for block in plan.people.blocks]
    label = pl.concat_str(names, separator="/") if names else pl.lit("all")
    return dict(people.select("unit_id", label.alias("block")).iter_rows())


def _write_threads(threads: Sequence[Thread], path: Path) -> None:
    with path.open("w", encoding="utf-8") as file:
        for thread in threads:
            line = thread.model_dump(mode="json", by_alias=True, exclude_none=True)
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
