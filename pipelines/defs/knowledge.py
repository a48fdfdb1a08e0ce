"""What the agent may say: the approved texts as a table, with a check on their expiry."""

import hashlib

import dagster as dg

from pipelines.resources import WorkspaceResource

COLUMNS = ("id", "version", "locale", "kind", "claim", "approver", "approved_at", "expires_at")


@dg.asset(key=["knowledge", "contents"], group_name="knowledge", kinds={"polars", "parquet"})
def contents(workspace: WorkspaceResource) -> dg.MaterializeResult:
    """One row per approved text and language: what it claims, who approved it, until when.

    Source: the library of playbooks and content, which must load without a problem. What is
    otherwise than at the last look, rules and prompts included, goes into the change log.
    """
    import polars as pl

    from agent_runtime.settings import Settings
    from pipelines.changes.authored import authored
    from pipelines.changes.noted import note
    from pipelines.lake import Lake, write

    settings = Settings(workspace=workspace.paths.root, tenant_id=workspace.tenant_id)
    there = authored(settings)
    now = workspace.instant_if_known() or workspace.wall_clock()
    changed = note(workspace.paths, there, now=now)
    texts = there.library.contents.values()
    table = pl.DataFrame(
        [
            {name: getattr(text, name) for name in COLUMNS}
            | {"content_hash": hashlib.sha256(text.body.encode()).hexdigest()}
            for text in texts
        ],
        schema=pl.Schema(
            dict.fromkeys(COLUMNS, pl.String())
            | {"version": pl.Int64(), "approved_at": pl.Date(), "expires_at": pl.Date()}
            | {"content_hash": pl.String()}
        ),
    ).sort("id", "locale")
    write(table, Lake(workspace.paths).contents)
    return dg.MaterializeResult(metadata={"dagster/row_count": table.height, "changed": changed})


@dg.asset_check(asset=contents, name="none_expired", description="No approved text is out of date.")
def none_expired(workspace: WorkspaceResource) -> dg.AssetCheckResult:
    """Warns of texts that the permit will refuse, since their approval has run out."""
    import polars as pl

    from pipelines.lake import Lake

    table = pl.read_parquet(Lake(workspace.paths).contents)
    expired = table.filter(pl.col("expires_at") <= workspace.instant().date())
    return dg.AssetCheckResult(
        passed=expired.is_empty(),
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"expired": expired.get_column("id").to_list()},
    )
