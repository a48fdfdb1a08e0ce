"""The outreach queue, and its way into the runtime store."""

from importlib import import_module
from typing import TYPE_CHECKING

import dagster as dg

from pipelines.campaigns.keys import queue_keys
from pipelines.defs.assignment import registered_spec
from pipelines.outages import again_after_outage
from pipelines.pools import STORE
from pipelines.resources import BatchResource, WorkspaceResource

if TYPE_CHECKING:
    from pipelines.lake import Lake

KINDS = {"polars", "parquet"}


def _queue_specs() -> list[dg.AssetSpec]:
    deps = [
        dg.AssetKey(["assignment", "assignments"]),
        dg.AssetKey(["segments", "eligibilities"]),
        dg.AssetKey(["fit", "scores"]),
        dg.AssetKey(["crm", "person_events"]),
    ]
    described = {
        "tasks": "One row per person and touch in a treated arm: when, from which mailbox, why.",
        "outcomes": "One row per person: queued, or the reason why there is no touch for them.",
    }
    return [
        dg.AssetSpec(
            ["outreach", name],
            group_name="outreach",
            deps=deps,
            description=f"{text} Source: eligible people and their arms.",
            kinds=KINDS,
        )
        for name, text in described.items()
    ]


@dg.multi_asset(name="outreach_queue", specs=_queue_specs())
def outreach_queue(
    workspace: WorkspaceResource, batch: BatchResource
) -> tuple[dg.MaterializeResult, dg.MaterializeResult]:
    """Touches of everybody in a treated arm; a touch that stands in the queue is never moved."""
    import polars as pl

    from agent_runtime.store.registrations import controls_of, read_registrations
    from pipelines.campaign import load_campaign, write_limits
    from pipelines.campaigns.tables import only_writer
    from pipelines.lake import Lake, read_or_empty, write
    from pipelines.transforms.queue import plan
    from pipelines.transforms.queue_table import TASKS, from_tasks, in_order, planned
    from pipelines.transforms.recipient import Arms, outcomes, sort_by_arm

    lake, campaign = Lake(workspace.paths), load_campaign(batch.campaign)
    spec = registered_spec(workspace, batch)
    controls = controls_of(read_registrations(workspace.paths.registry))
    with only_writer(workspace.paths):
        eligibility, stored = lake.read_judged(campaign.id), read_or_empty(lake.tasks, TASKS)
        standing = stored.filter(pl.col("campaign_id") == campaign.id).get_column("person_id")
        by_arm = sort_by_arm(
            eligibility,
            pl.read_parquet(lake.assignments),
            pl.read_parquet(lake.person_events),
            Arms(spec.id, spec.treated, spec.control, spec.layer, controls),
            campaign,
            but=standing.unique().to_list(),
        )
        queue = plan(
            by_arm.recipients,
            campaign,
            experiment_id=spec.id,
            now=workspace.instant(),
            stored=planned(stored),
            likely=_likely(lake, workspace.tenant_id) if campaign.order_by == "fit" else None,
        )
        tasks = in_order(pl.concat([stored, from_tasks(queue.tasks)]))
        final = outcomes(eligibility, by_arm.left_out | queue.left_out)
        write(tasks, lake.tasks)
        write(final, lake.outcomes)
        write_limits(campaign, lake.campaign_limits)
    reasons = final.get_column("reason").value_counts(sort=True)
    return (
        dg.MaterializeResult(
            asset_key=["outreach", "tasks"],
            metadata={"dagster/row_count": tasks.height, "new": len(queue.tasks)},
        ),
        dg.MaterializeResult(
            asset_key=["outreach", "outcomes"], metadata={"reasons": dict(reasons.iter_rows())}
        ),
    )


def _likely(lake: "Lake", tenant_id: str) -> dict[str, float]:
    """The best score of every person; empty where nothing was scored, and then nobody is first."""
    import polars as pl

    from pipelines.fit.scores import FIT_SCORES
    from pipelines.lake import read_or_empty

    scored = read_or_empty(lake.fit_scores, FIT_SCORES).filter(
        pl.col("person_id").is_not_null()
        & pl.col("probability").is_not_null()
        & (pl.col("tenant_id") == tenant_id)
    )
    return dict(scored.group_by("person_id").agg(pl.col("probability").max()).iter_rows())


@dg.asset(
    key=["outreach", "public_signals"],
    group_name="outreach",
    deps=[dg.AssetKey(["crm", "accounts"])],
    kinds=KINDS,
)
def public_signals(workspace: WorkspaceResource, batch: BatchResource) -> dg.MaterializeResult:
    """One row per thing that a company made public and that a LinkedIn draft may refer to.

    Source: public_signals.csv or .json beside the CRM export; what the allow-list does not have
    goes to the quarantine with the reason.
    """
    from pipelines.lake import Lake, write
    from pipelines.sources.public_signals import read_public_signals

    lake = Lake(workspace.paths)
    accounts = lake.canonical("accounts")["accounts"].get_column("account_id").to_list()
    read = read_public_signals(batch.folder(workspace), accounts, now=workspace.instant())
    if read.rows.height or lake.public_signals.exists():
        write(read.rows, lake.public_signals)
    if read.refused.height:
        write(read.refused, workspace.paths.quarantine / "public_signals.parquet")
    reasons = read.refused.get_column("reason").value_counts(sort=True)
    return dg.MaterializeResult(
        metadata={"dagster/row_count": read.rows.height, "refused": dict(reasons.iter_rows())}
    )


@dg.asset(
    key=["outreach", "told_facts"],
    group_name="outreach",
    deps=[dg.AssetKey(["crm", name]) for name in ("contacts", "contracts", "signals")],
    kinds=KINDS,
)
def told_facts(workspace: WorkspaceResource) -> dg.MaterializeResult:
    """One row per contact and fact that a text may say: product, renewal date, event, milestone.

    Source: canonical tables.
    """
    from pipelines.kept import canonical_versions, code, is_current, rows, stamped
    from pipelines.lake import Lake, write
    from pipelines.transforms.told_facts import told_facts as facts_of

    lake, now = Lake(workspace.paths), workspace.instant()
    made_of = {"code": code(), "now": now, "tables": canonical_versions(lake)}
    if not is_current(lake, "told_facts", made_of, [lake.told_facts]):
        with stamped(lake, "told_facts", made_of, [lake.told_facts]):
            tables = lake.canonical("contacts", "contracts", "signals")
            write(facts_of(tables, now=now), lake.told_facts)
    return dg.MaterializeResult(metadata={"dagster/row_count": rows(lake.told_facts)})


@dg.asset(
    key=["outreach", "runtime_imports"],
    group_name="outreach",
    deps=[
        dg.AssetKey(["outreach", "tasks"]),
        dg.AssetKey(["outreach", "told_facts"]),
        dg.AssetKey(["outreach", "public_signals"]),
        dg.AssetKey(["assignment", "assignments"]),
        dg.AssetKey(["crm", "contacts"]),
        dg.AssetKey(["crm", "consents"]),
        dg.AssetKey(["crm", "suppressions"]),
        *queue_keys(),
    ],
    kinds={"sqlalchemy"},
    pool=STORE,
)
def runtime_imports(
    context: dg.AssetExecutionContext, workspace: WorkspaceResource
) -> dg.MaterializeResult:
    """One load per batch: contacts, consents, suppressions, arms and touches in the runtime store.

    Source: the lake. What stands in the store already is kept; a touch is never put there twice.
    """
    from experiments.registry import current

    # A registry that is not what was written is an error, and then nothing is loaded.
    current(workspace.paths.registry, "")
    # The runtime store is heavy and only this asset needs it.
    store_import = import_module("agent_runtime.store.importing")
    with again_after_outage(context.op_execution_context.retry_number):
        counts = store_import.load(workspace.paths, workspace.tenant_id, workspace.instant())
    return dg.MaterializeResult(metadata=counts)
