"""Who gets which arm: the stored table is the authority, only newcomers are drawn."""

from collections.abc import Mapping
from datetime import datetime

import polars as pl

from agent_runtime.policies.arms import GLOBAL_HOLDOUT, HOLDOUT
from experiments.assignment import permuted_blocks
from experiments.assignment_frames import bucket_expr, drawn_expr
from experiments.spec import Spec
from pipelines.documents import did_you_mean
from pipelines.errors import PipelineError
from pipelines.schemas import INSTANT, TEXT

ASSIGNMENTS = pl.Schema(
    {
        "tenant_id": TEXT,
        "experiment_id": TEXT,
        "unit_id": TEXT,
        "person_id": TEXT,
        "arm": TEXT,
        "layer": TEXT,
        "spec_hash": TEXT,
        "assigned_at": INSTANT,
        "how": TEXT,
    }
)
"""One row per experiment and person, as `agent_runtime.contracts.Assignment`."""

ASSIGNED_OWNERS = pl.Schema(
    {"experiment_id": pl.String, "person_id": pl.String, "owner_id": pl.String}
)
"""Who owned a person when they were assigned; written once, beside the assignments."""

_SIZE_BANDS = ((50, "under 50"), (250, "50-249"), (1000, "250-999"), (5000, "1000-4999"))

BLOCKS: Mapping[str, pl.Expr] = {
    "segment": pl.col("segment"),
    "territory": pl.coalesce("accounts.territory", "owners.territory"),
    "industry": pl.col("accounts.industry"),
    "country": pl.coalesce("accounts.country", "contacts.country"),
    "owner": pl.col("owners.owner_id"),
    "size_band": pl.coalesce(
        *(
            pl.when(pl.col("accounts.employees") < limit).then(pl.lit(band))
            for limit, band in _SIZE_BANDS
        ),
        pl.when(pl.col("accounts.employees").is_not_null()).then(pl.lit("5000 and more")),
    ),
}
"""What units of a block have in common, by the names that a spec may use."""


def assign(
    people: pl.DataFrame,
    spec: Spec,
    *,
    stored: pl.DataFrame,
    tenant_id: str,
    now: datetime,
    survivors: Mapping[str, str] | None = None,
) -> pl.DataFrame:
    """Returns the assignments of this experiment: those stored, then the newcomers'.

    A person who stands in `stored` keeps the arm, under whatever account or owner they are now; so
    does an account, and its newcomers inherit it. Whoever was merged with somebody assigned is of
    that one's unit. Left out are people without an account where that is the unit, people and
    accounts that stand in another experiment of the layer or in the global holdout, and units that
    the draw gives to nobody.

    Args:
        people: Eligible people: `person_id`, `account_id`, `segment` and the columns that
            `BLOCKS` is made of.
        spec: The registered spec.
        stored: Assignments of every experiment so far.
        tenant_id: Whose people they are.
        now: When newcomers are assigned.
        survivors: The person into whom each person who was merged away went.
    """
    merged = survivors or {}
    before = stored.filter(pl.col("experiment_id") == spec.id)
    unit = _unit_of(spec)
    newcomers = _unknown(people.filter(pl.col(unit).is_not_null()), before)
    elsewhere = stored.filter(
        (pl.col("experiment_id") == GLOBAL_HOLDOUT)
        | ((pl.col("layer") == spec.layer) & (pl.col("experiment_id") != spec.id))
    )
    newcomers = newcomers.filter(~_human(merged).is_in(_humans(elsewhere, merged)))
    known = _arms_of_units(before, spec)
    mine = newcomers.with_columns(_human(merged)).join(
        _inherited(before, spec, merged), on="human", how="left"
    )
    units = mine.filter(pl.col("unit_id").is_null()).sort("person_id")
    units = units.unique(unit, keep="first", maintain_order=True)
    taken = _taken_units(people, elsewhere, unit, merged)
    fresh = units.filter(~pl.col(unit).is_in([*known, *taken]))
    arms = known | _draw(fresh, unit, spec)
    rows = (
        mine.with_columns(pl.coalesce("unit_id", unit).alias("unit_id"))
        .filter(pl.col("unit_id").is_in(list(arms)))
        .with_columns(
            pl.col("unit_id").replace_strict(arms, default=None, return_dtype=TEXT).alias("arm")
        )
    )
    drawn = _rows(rows, spec, spec.id, layer=spec.layer, tenant_id=tenant_id, now=now)
    return pl.concat([before.select(list(ASSIGNMENTS)), drawn])


def hold_out(
    people: pl.DataFrame,
    spec: Spec,
    *,
    stored: pl.DataFrame,
    tenant_id: str,
    now: datetime,
    survivors: Mapping[str, str] | None = None,
) -> pl.DataFrame:
    """Returns the rows of the global holdout: those stored, then the newcomers'.

    Nobody leaves it. Nobody enters it who, or whose account, was in an experiment before: an agent
    may have written to them, so that they would hold nothing out.

    Args:
        people: As for `assign`.
        spec: The registered spec; without a global holdout nobody new is held out.
        stored: Assignments of every experiment so far.
        tenant_id: Whose people they are.
        now: When newcomers are held out.
        survivors: The person into whom each person who was merged away went.
    """
    merged = survivors or {}
    before = stored.filter(pl.col("experiment_id") == GLOBAL_HOLDOUT).select(list(ASSIGNMENTS))
    if spec.global_holdout is None:
        return before
    unit = _unit_of(spec)
    newcomers = _unknown(people.filter(pl.col(unit).is_not_null()), before)
    newcomers = newcomers.filter(~_human(merged).is_in(_humans(stored, merged)))
    others = stored.filter(pl.col("experiment_id") != GLOBAL_HOLDOUT)
    taken = _taken_units(people, others, unit, merged)
    is_held = bucket_expr(spec.global_holdout.salt, unit) < spec.global_holdout.share
    is_known = pl.col(unit).is_in(before.get_column("unit_id").to_list())
    held = newcomers.filter(is_known | (is_held & ~pl.col(unit).is_in(taken))).with_columns(
        pl.col(unit).alias("unit_id"), pl.lit(HOLDOUT).alias("arm")
    )
    rows = _rows(held, spec, GLOBAL_HOLDOUT, layer=GLOBAL_HOLDOUT, tenant_id=tenant_id, now=now)
    return pl.concat([before, rows.with_columns(pl.lit("hash").alias("how"))])


def _unit_of(spec: Spec) -> str:
    return "account_id" if spec.unit == "account" else "person_id"


def _human(survivors: Mapping[str, str]) -> pl.Expr:
    return pl.col("person_id").replace(dict(survivors)).alias("human")


def _humans(assignments: pl.DataFrame, survivors: Mapping[str, str]) -> list[str]:
    return assignments.select(_human(survivors)).unique().get_column("human").to_list()


def _unknown(people: pl.DataFrame, before: pl.DataFrame) -> pl.DataFrame:
    return people.join(before, on="person_id", how="anti")


def _arms_of_units(before: pl.DataFrame, spec: Spec) -> dict[str, str]:
    """Where a table tells two arms of one unit, as only a restored one can, the control wins."""
    held = before.filter(pl.col("arm") == spec.control).select("unit_id", "arm")
    return dict(before.select("unit_id", "arm").iter_rows()) | dict(held.iter_rows())


def _inherited(before: pl.DataFrame, spec: Spec, survivors: Mapping[str, str]) -> pl.DataFrame:
    """The unit of each human who was assigned: of several the control's, then the earliest."""
    return (
        before.select(
            _human(survivors), "unit_id", (pl.col("arm") != spec.control).alias("x"), "assigned_at"
        )
        .sort("x", "assigned_at", "unit_id")
        .unique("human", keep="first", maintain_order=True)
        .select("human", "unit_id")
    )


def _taken_units(
    people: pl.DataFrame, elsewhere: pl.DataFrame, unit: str, survivors: Mapping[str, str]
) -> list[str]:
    """Units that stand elsewhere themselves, or of which a person does."""
    of_people = people.filter(
        pl.col(unit).is_not_null() & _human(survivors).is_in(_humans(elsewhere, survivors))
    )
    return [
        *elsewhere.get_column("unit_id").unique().to_list(),
        *of_people.get_column(unit).unique().to_list(),
    ]


def _rows(
    people: pl.DataFrame,
    spec: Spec,
    experiment_id: str,
    *,
    layer: str,
    tenant_id: str,
    now: datetime,
) -> pl.DataFrame:
    return people.sort("person_id").select(
        pl.lit(tenant_id).alias("tenant_id"),
        pl.lit(experiment_id).alias("experiment_id"),
        "unit_id",
        "person_id",
        "arm",
        pl.lit(layer).alias("layer"),
        pl.lit(spec.spec_hash).alias("spec_hash"),
        pl.lit(now).cast(INSTANT).alias("assigned_at"),
        pl.lit("hash" if spec.method == "hash" else "permutation").alias("how"),
    )


def _draw(units: pl.DataFrame, unit: str, spec: Spec) -> dict[str, str]:
    if spec.method == "hash":
        drawn = units.select(unit, drawn_expr(spec.draw, unit)).drop_nulls("arm")
        return dict(drawn.iter_rows())
    if spec.global_holdout is not None:
        held = spec.global_holdout
        units = units.filter(bucket_expr(held.salt, unit) >= held.share)
    unknown = [name for name in spec.blocks if name not in BLOCKS]
    if unknown:
        raise PipelineError(
            f"experiment {spec.id}: blocks name {unknown[0]!r}, which is not known"
            f"{did_you_mean(unknown[0], BLOCKS)}; use {', '.join(BLOCKS)}."
        )
    names = [BLOCKS[name].cast(pl.String).fill_null("unknown") for name in spec.blocks]
    block = pl.concat_str(names, separator="/") if names else pl.lit("all")
    blocks = units.select(pl.col(unit), block.alias("block"))
    return permuted_blocks(dict(blocks.iter_rows()), spec.arms, spec.seed or 0)
