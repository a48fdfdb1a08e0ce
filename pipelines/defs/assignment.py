"""The experiment is registered before anybody is assigned; then arms, once and for all."""

from typing import TYPE_CHECKING

import dagster as dg

from pipelines.errors import PipelineError
from pipelines.resources import BatchResource, WorkspaceResource

if TYPE_CHECKING:
    import polars as pl

    from experiments.spec import Spec
    from pipelines.lake import Lake


def spec_of(batch: BatchResource) -> "Spec":
    """Returns the spec of the experiment of a batch's campaign."""
    from pipelines.campaign import experiment_of, load_campaign

    return experiment_of(load_campaign(batch.campaign))


def registered_spec(workspace: WorkspaceResource, batch: BatchResource) -> "Spec":
    """Returns the spec of a batch's campaign; raises where it is not what was registered."""
    from experiments.registry import current

    spec = spec_of(batch)
    known = current(workspace.paths.registry, spec.id)
    if known is None or known.spec_hash != spec.spec_hash:
        was = f"version {known.version} ({known.spec_hash[:12]})" if known else "nothing"
        raise PipelineError(
            f"experiment {spec.id}: the spec has the hash {spec.spec_hash[:12]}, but {was} is "
            "registered; register it under a raised version, or restore the file."
        )
    return spec


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
    from agent_runtime.library.catalog import company_library
    from experiments.registry import register
    from pipelines.campaign import load_campaign
    from pipelines.campaigns.approving import refuse_unapproved
    from pipelines.coherence import check_campaign

    library = company_library(workspace.paths.library)
    check_campaign(load_campaign(batch.campaign), batch.segment_ids(), library)
    refuse_unapproved(workspace.paths, load_campaign(batch.campaign), batch.segment_names())
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

    Source: eligible people; the hash or the permutation of the registered spec for newcomers. The
    global holdout is an experiment of its own, in which nobody is treated.
    """
    import polars as pl

    from agent_runtime.policies.arms import GLOBAL_HOLDOUT
    from pipelines.campaign import load_campaign
    from pipelines.campaigns.tables import only_writer
    from pipelines.lake import Lake, read_or_empty, write
    from pipelines.transforms.assign import ASSIGNMENTS, assign, hold_out
    from pipelines.transforms.identity import EVENTS, aliases

    lake, spec = Lake(workspace.paths), registered_spec(workspace, batch)
    survivors = aliases(read_or_empty(lake.person_events, EVENTS))
    more = {"tenant_id": workspace.tenant_id, "now": workspace.instant(), "survivors": survivors}
    with only_writer(workspace.paths):
        stored = read_or_empty(lake.assignments, ASSIGNMENTS)
        eligible = lake.read_judged(load_campaign(batch.campaign).id).filter(pl.col("eligible"))
        people = eligible.select("person_id", "contact_id", "account_id", "segment").join(
            pl.read_parquet(lake.contact_facts),
            left_on="contact_id",
            right_on="contacts.contact_id",
            how="left",
        )
        held = hold_out(people, spec, stored=stored, **more)
        others = stored.filter(~pl.col("experiment_id").is_in([spec.id, GLOBAL_HOLDOUT]))
        kept = pl.concat([others, held])
        mine = stored.filter(pl.col("experiment_id") == spec.id)
        own = assign(people, spec, stored=pl.concat([kept, mine]), **more)
        write(_owners(lake, own, eligible), lake.assigned_owners)
        write(pl.concat([kept, own]), lake.assignments)
    arms = own.get_column("arm").value_counts(sort=True)
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": own.height,
            "arms": dict(arms.iter_rows()),
            GLOBAL_HOLDOUT: held.height,
        }
    )


def _owners(lake: "Lake", own: "pl.DataFrame", eligible: "pl.DataFrame") -> "pl.DataFrame":
    """Who owned whom when they were assigned: what stands is kept, as the arms are."""
    import polars as pl

    from pipelines.lake import read_or_empty
    from pipelines.transforms.assign import ASSIGNED_OWNERS

    known = read_or_empty(lake.assigned_owners, ASSIGNED_OWNERS)
    newcomers = own.join(known, on=["experiment_id", "person_id"], how="anti")
    owned = eligible.select("person_id", "owner_id").unique("person_id", keep="first")
    added = newcomers.join(owned, on="person_id", maintain_order="left").select(
        list(ASSIGNED_OWNERS)
    )
    return pl.concat([known, added])
