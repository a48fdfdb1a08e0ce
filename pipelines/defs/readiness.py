"""The checklist before a pilot as an asset, and each of its items as a check that warns."""

from collections.abc import Iterator

import dagster as dg

from pipelines.readiness.checklist import checklist
from pipelines.resources import BatchResource, WorkspaceResource

READINESS = dg.AssetKey(["readouts", "readiness"])


@dg.multi_asset(
    name="readiness",
    specs=[
        dg.AssetSpec(
            READINESS,
            group_name="readouts",
            deps=[
                dg.AssetKey(["segments", "eligibilities"]),
                dg.AssetKey(["knowledge", "contents"]),
            ],
            description="One page per workspace: what must be in place before a pilot, and what "
            "is missing. Source: canonical tables, results of rules and tests, settings.",
            kinds={"html"},
        )
    ],
    check_specs=[
        dg.AssetCheckSpec(rule.id, asset=READINESS, description=rule.wanted) for rule in checklist()
    ],
)
def readiness(
    workspace: WorkspaceResource, batch: BatchResource
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    """Goes through the checklist; no name is looked up, so DNS stays `not checked` here."""
    from agent_runtime.settings import load_settings
    from pipelines.readiness.assess import assess
    from pipelines.readiness.page import render_page
    from pipelines.readiness.world import read_world

    settings = load_settings(workspace.paths.root).model_copy(
        update={"tenant_id": workspace.tenant_id}
    )
    found = assess(read_world(settings, batch.campaign))
    page = workspace.paths.root / "readiness.html"
    page.write_text(render_page(found), encoding="utf-8")
    yield dg.MaterializeResult(
        asset_key=READINESS, metadata={"path": str(page), "answer": found.answer, "why": found.why}
    )
    for item in found.items:
        yield dg.AssetCheckResult(
            asset_key=READINESS,
            check_name=item.id,
            passed=item.is_ready,
            severity=dg.AssetCheckSeverity.WARN,
            metadata={"state": item.state, "figure": item.figure, "todo": item.todo},
        )
