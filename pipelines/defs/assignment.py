"""The experiment is registered before anybody is assigned; then arms, once and for all."""

import dagster as dg
import polars as pl

from agent_runtime.library.catalog import company_library
from experiments.registry import register
from experiments.spec import Spec
from pipelines.campaign import experiment_of, load_campaign
from pipelines.coherence import check_campaign
from pipelines.lake import Lake, read_or_empty, write
from pipelines.resources import BatchResource, WorkspaceResource
from pipelines.transforms.assign import ASSIGNMENTS, assign


def spec_of(batch: BatchResource) -> Spec:
    """Returns the spec of the experiment of a batch's campaign."""
    return experiment_of(load_campaign(batch.campaign))


@dg.asset(
    key=["assignment", "registrations"],
    group_name="assignment",
    deps=[dg.AssetKey(["crm", "contacts"])],
    kinds={"json"},
)
def registrations(workspace: WorkspaceResource, batch: BatchResource) -> dg.MaterializeResult:
    """One line per registered version of an experiment, in an append-only, hash-chained log.

    Source: the spec that the campaign names. An edited spec under a registered version is an
    error, and then nobody is assigned.
    """
    library = company_library(workspace.paths.library)
    check_campaign(load_campaign(batch.campaign), batch.segment_ids(), library)
    entry = register(
        workspace.paths.registry,
        spec_of(batch),
        approver=batch.approver,
        code_version=batch.code_version,
        now=workspace.instant(),
    )
    return dg.MaterializeResult(
        metadata={"spec": f"{entry.spec_id}@{entry.version}", "spec_hash": entry.spec_hash}
    )


@dg.asset(
    key=["assignment", "assignments"],
    group_name="assignment",
    deps=[registrations, dg.AssetKey(["segments", "eligibilities"])],
    kinds={"polars", "parquet"},
)
def assignments(workspace: WorkspaceResource, batch: BatchResource) -> dg.MaterializeResult:
    """One row per experiment and person: the arm, never changed once it stands here.

    Source: eligible people; the hash or the permutation of the registered spec for newcomers.
    """
    lake, spec = Lake(workspace.paths), spec_of(batch)
    stored = read_or_empty(lake.assignments, ASSIGNMENTS)
    eligible = pl.read_parquet(lake.eligibility).filter(pl.col("eligible"))
    people = eligible.select("person_id", "contact_id", "account_id", "segment").join(
        pl.read_parquet(lake.contact_facts),
        left_on="contact_id",
        right_on="contacts.contact_id",
        how="left",
    )
    own = assign(
        people, spec, stored=stored, tenant_id=workspace.tenant_id, now=workspace.instant()
    )
    others = stored.filter(pl.col("experiment_id") != spec.id)
    write(pl.concat([others, own]), lake.assignments)
    arms = own.get_column("arm").value_counts(sort=True)
    return dg.MaterializeResult(
        metadata={"dagster/row_count": own.height, "arms": dict(arms.iter_rows())}
    )
