"""Who is in which segment, who may be written to in the campaign, and why everybody else not."""

from typing import TYPE_CHECKING

import dagster as dg

from pipelines.resources import BatchResource, WorkspaceResource
from pipelines.tables import GRAINS

if TYPE_CHECKING:
    from pipelines.transforms.segment_funnel import Funnel

KINDS = {"polars", "parquet"}
CANONICAL = [dg.AssetKey(["crm", name]) for name in GRAINS]


@dg.asset(key=["segments", "contact_facts"], group_name="segments", deps=CANONICAL, kinds=KINDS)
def contact_facts(workspace: WorkspaceResource) -> dg.MaterializeResult:
    """One row per contact: all that segment rules may ask, windows ending at the batch's now.

    Source: canonical tables.
    """
    from pipelines.kept import canonical_versions, code, is_current, rows, stamped
    from pipelines.lake import Lake, write
    from pipelines.transforms.facts import contact_facts as facts_of

    lake, now = Lake(workspace.paths), workspace.instant()
    made_of = {"code": code(), "now": now, "tables": canonical_versions(lake)}
    if not is_current(lake, "contact_facts", made_of, [lake.contact_facts]):
        with stamped(lake, "contact_facts", made_of, [lake.contact_facts]):
            write(facts_of(lake.canonical(), now=now), lake.contact_facts)
    return dg.MaterializeResult(metadata={"dagster/row_count": rows(lake.contact_facts)})


@dg.asset(
    key=["segments", "memberships"],
    group_name="segments",
    deps=[dg.AssetKey(["segments", "contact_facts"])],
    kinds=KINDS,
)
def memberships(workspace: WorkspaceResource, batch: BatchResource) -> dg.MaterializeResult:
    """One file per segment of the campaign, one row per contact: in or out, and the rule why.

    Source: contact facts, and the segments that people write in YAML.
    """
    import polars as pl

    from pipelines.lake import Lake, write_all
    from pipelines.transforms.segment import load_segment, members
    from pipelines.transforms.segment_funnel import funnel

    lake = Lake(workspace.paths)
    facts = pl.read_parquet(lake.contact_facts)
    segments = [load_segment(name) for name in batch.segment_names()]
    frames = {segment.id: members(facts, segment) for segment in segments}
    write_all(frames, lake.segments)
    funnels = [funnel(facts, segment) for segment in segments]
    inside = {one.segment.partition("@")[0]: one.members for one in funnels}
    return dg.MaterializeResult(metadata={"members": inside, "funnel": _as_table(funnels)})


def _as_table(funnels: "list[Funnel]") -> dg.TableMetadataValue:
    """One row per segment and rule: whom it takes out in order, and whom it alone would."""
    rows = [
        {
            "segment": one.segment,
            "rule": rule.rule,
            "must be": rule.words,
            "takes out": rule.takes_out,
            "left": rule.left,
            "alone": rule.alone,
            "only this": rule.only,
        }
        for one in funnels
        for rule in one.rules
    ]
    return dg.MetadataValue.table([dg.TableRecord(row) for row in rows])


@dg.asset(
    key=["segments", "eligibilities"],
    group_name="segments",
    deps=[
        dg.AssetKey(["segments", "memberships"]),
        dg.AssetKey(["crm", "suppressions"]),
        dg.AssetKey(["crm", "consents"]),
        dg.AssetKey(["crm", "person_events"]),
    ],
    kinds=KINDS,
)
def eligibilities(workspace: WorkspaceResource, batch: BatchResource) -> dg.MaterializeResult:
    """One row per person: may be written to in this campaign, or the first reason why not.

    Source: memberships, consents, suppressions, owners, territories and the suppression lists of
    the runtime store, by the contact rules; and what people have turned off by themselves there.
    """
    import polars as pl

    from agent_runtime.library.catalog import company_library
    from agent_runtime.policies.contact_rules import rules_without
    from pipelines.campaign import load_campaign, purpose_of
    from pipelines.campaigns.planning import without_unwilling
    from pipelines.campaigns.runtime import open_runtime
    from pipelines.lake import Lake, read_or_empty, write
    from pipelines.listings import read_listings
    from pipelines.transforms.consent import bases
    from pipelines.transforms.eligibility import judge, rule_facts
    from pipelines.transforms.identity import EVENTS, aliases

    lake, campaign = Lake(workspace.paths), load_campaign(batch.campaign)
    playbook = company_library(workspace.paths.library).playbook(campaign.playbook)
    tables = lake.canonical("contacts", "consents", "territories")
    contacts = pl.read_parquet(lake.contact_facts)
    facts = rule_facts(
        contacts,
        bases=bases(tables, purpose_of(playbook)),
        suppressions=pl.read_parquet(lake.suppressions),
        territories=tables["territories"],
        listings=read_listings(workspace.paths, workspace.tenant_id),
    )
    judged = judge(
        contacts,
        facts,
        [pl.read_parquet(lake.segments / f"{name}.parquet") for name in batch.segment_ids()],
        rules_without(campaign.waive),
        tenant_id=workspace.tenant_id,
    )
    with open_runtime(workspace.paths, workspace.tenant_id) as runtime:
        choices = runtime.choices()
    survivors = aliases(read_or_empty(lake.person_events, EVENTS))
    judged = without_unwilling(judged, choices, campaign, playbook, survivors)
    write(judged, lake.judged(campaign.id))
    write(judged, lake.eligibility)
    reasons = judged.filter(~pl.col("eligible")).get_column("reason").value_counts(sort=True)
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": judged.height,
            "eligible": int(judged.get_column("eligible").sum()),
            "reasons": dict(reasons.iter_rows()),
        }
    )
