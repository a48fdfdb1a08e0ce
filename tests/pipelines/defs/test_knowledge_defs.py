"""Approved texts as a table, with a warning when an approval runs out."""

from datetime import UTC, datetime

import dagster as dg
import polars as pl
import pytest

from pipelines.defs import knowledge
from pipelines.lake import Lake
from pipelines.resources import WorkspaceResource


@pytest.mark.parametrize(("year", "passed"), [(2026, True), (2099, False)])
def test_every_approved_text_is_a_row_and_expiry_is_noticed(tmp_path, year, passed):
    workspace = WorkspaceResource(
        root=str(tmp_path), tenant_id="t", now=datetime(year, 1, 12, tzinfo=UTC).isoformat()
    )

    result = dg.materialize(
        [knowledge.contents, knowledge.none_expired], resources={"workspace": workspace}
    )
    table = pl.read_parquet(Lake(workspace.paths).contents)

    assert [check.passed for check in result.get_asset_check_evaluations()] == [passed]
    assert table.height > 0
    assert not table.select("id", "version", "locale").is_duplicated().any()
    assert table.get_column("approver").null_count() == 0
