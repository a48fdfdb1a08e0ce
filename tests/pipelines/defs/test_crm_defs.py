"""The checks at the boundary stop what is downstream when keys are broken."""

from collections.abc import Iterator

import dagster as dg
import polars as pl
import pytest

from pipelines.defs import crm, segments
from pipelines.lake import Lake, write_all
from pipelines.resources import BatchResource, WorkspaceResource
from pipelines.schemas import TABLES


@dg.multi_asset(specs=[dg.AssetSpec(["crm", name]) for name in TABLES])
def tables_with_an_owner_twice(workspace: WorkspaceResource) -> Iterator[dg.MaterializeResult]:
    empty = {name: pl.DataFrame(schema=table.schema) for name, table in TABLES.items()}
    owners = pl.DataFrame({"owner_id": ["o1", "o1"]})
    write_all(
        empty | {"owners": pl.concat([empty["owners"], owners], how="diagonal")},
        workspace.paths.canonical,
    )
    for name in TABLES:
        yield dg.MaterializeResult(asset_key=["crm", name])


def test_a_broken_key_stops_the_batch(tmp_path, now):
    workspace = WorkspaceResource(root=str(tmp_path), tenant_id="t", now=now.isoformat())

    with pytest.raises(dg.DagsterError, match="crm/owners: keys"):
        dg.materialize(
            [tables_with_an_owner_twice, crm.canonical_expectations, segments.contact_facts],
            resources={"workspace": workspace, "batch": BatchResource()},
        )

    assert not Lake(workspace.paths).contact_facts.exists()
