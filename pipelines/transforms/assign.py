"""Who gets which arm: the stored table is the authority, only newcomers are drawn."""

from collections.abc import Mapping
from datetime import datetime

import polars as pl

from experiments.assignment import arm_of, permuted_blocks
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
) -> pl.DataFrame:
    """Returns the assignments of this experiment: those stored, then the newcomers'.

    A person who stands in `stored` keeps the arm; so does an account, and its newcomers inherit
    it. People without an account are left out where the unit is the account.

    Args:
        people: Eligible people: `person_id`, `account_id`, `segment` and the columns that
            `BLOCKS` is made of.
        spec: The registered spec.
        stored: Assignments of every experiment so far.
        tenant_id: Whose people they are.
        now: When newcomers are assigned.
    """
    before = stored.filter(pl.col("experiment_id") == spec.id)
    unit = "account_id" if spec.unit == "account" else "person_id"
    newcomers = people.filter(pl.col(unit).is_not_null()).join(before, on="person_id", how="anti")
    known = dict(before.select("unit_id", "arm").iter_rows())
    units = newcomers.sort("person_id").unique(unit, keep="first", maintain_order=True)
    fresh = units.filter(~pl.col(unit).is_in(list(known)))
    arms = known | _draw(fresh, unit, spec)
    rows = newcomers.sort("person_id").select(
        pl.lit(tenant_id).alias("tenant_id"),
        pl.lit(spec.id).alias("experiment_id"),
        pl.col(unit).alias("unit_id"),
        "person_id",
        pl.col(unit).replace_strict(arms, return_dtype=pl.String).alias("arm")
        if newcomers.height
        else pl.lit(None, pl.String).alias("arm"),
        pl.lit(spec.layer).alias("layer"),
        pl.lit(spec.spec_hash).alias("spec_hash"),
        pl.lit(now).cast(INSTANT).alias("assigned_at"),
        pl.lit("hash" if spec.method == "hash" else "permutation").alias("how"),
    )
    return pl.concat([before.select(list(ASSIGNMENTS)), rows.select(list(ASSIGNMENTS))])


def _draw(units: pl.DataFrame, unit: str, spec: Spec) -> dict[str, str]:
    if spec.method == "hash":
        salt = spec.salt or ""
        return {one: arm_of(salt, one, spec.arms) for one in units.get_column(unit)}
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
