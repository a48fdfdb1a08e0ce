"""What the checklist looks at: tables, results of rules and tests, authored files, settings."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import polars as pl

from agent_runtime.library.catalog import Library, company_library
from agent_runtime.settings import Settings
from agent_runtime.store.rows import Listing
from experiments.spec import Spec
from pipelines.campaign import Campaign, experiment_of, load_campaign
from pipelines.errors import PipelineError
from pipelines.expectations import Verdict, validate
from pipelines.lake import Lake
from pipelines.readiness.dns import Dns
from pipelines.readouts.checks import load_checks
from pipelines.readouts.report import Check
from pipelines.report import IngestReport, read_report
from pipelines.suites import Suite


@dataclass(frozen=True, eq=False)
class World:
    """All that is known before a pilot starts."""

    settings: Settings
    now: datetime
    campaign: Campaign
    spec: Spec
    library: Library
    tables: Mapping[str, pl.DataFrame]
    ingest: IngestReport
    suites: tuple[tuple[Suite, Verdict], ...]
    """What Great Expectations says of the canonical tables."""
    tests: tuple[Check, ...]
    """What dbt's tests said of the warehouse; none where they never ran."""
    eligibility: pl.DataFrame | None
    """One row a person of the campaign; None where the batch has not come so far."""
    listings: tuple[Listing, ...]
    """Suppression lists that stand."""
    dns: Dns | None
    """None where nobody asked for a look."""
    why_no_batch: str = ""

    @cached_property
    def contacts(self) -> pl.DataFrame:
        """One row per contact: its owner, by itself or by its account, and its file."""
        accounts = self.tables["accounts"].select(
            "account_id", pl.col("owner_id").alias("_of_account")
        )
        owners = self.tables["owners"].select(
            pl.col("owner_id").alias("owner"), pl.col("active").alias("owner_active")
        )
        return (
            self.tables["contacts"]
            .join(accounts, on="account_id", how="left")
            .with_columns(
                pl.coalesce("owner_id", "_of_account").alias("owner"),
                pl.col("source_key").str.split(":").list.first().alias("file"),
            )
            .join(owners, on="owner", how="left")
        )

    @cached_property
    def scope(self) -> pl.DataFrame:
        """The contacts of the campaign's segments; all where nobody was sorted into them."""
        if self.eligibility is None:
            return self.contacts
        inside = self.eligibility.filter(pl.col("segment").is_not_null())
        return self.contacts.join(inside.select("contact_id"), on="contact_id", how="semi")

    @cached_property
    def eligible(self) -> pl.DataFrame:
        """Who may be written to; nobody where the batch has not come so far."""
        if self.eligibility is None:
            return self.contacts.clear()
        may = self.eligibility.filter("eligible").select("contact_id")
        return self.contacts.join(may, on="contact_id", how="semi")

    @cached_property
    def languages(self) -> tuple[str, ...]:
        """Languages of those who may be written to, the commonest first."""
        frame = self.scope if self.eligible.is_empty() else self.eligible
        counted = frame.get_column("language").drop_nulls().value_counts(sort=True)
        spoken = [str(name) for name in counted.get_column("language")]
        return tuple(name for name in spoken if name in self.playbook_locales)

    @property
    def playbook_locales(self) -> tuple[str, ...]:
        """Languages in which the playbook writes."""
        return self.library.playbook(self.campaign.playbook).locales


def read_world(
    settings: Settings,
    campaign: str,
    *,
    dns: Dns | None = None,
    now: datetime | None = None,
    why_no_batch: str = "",
) -> World:
    """Returns what a workspace holds.

    Args:
        settings: Where the workspace is, and how mail and calendar are set up.
        campaign: Name or path of the campaign that the pilot runs.
        dns: Answers for names of the mail domain; None looks nothing up.
        now: The instant that ages count to; by default the last batch's.
        why_no_batch: Why nobody was sorted into segments, where that is known.

    Raises:
        PipelineError: no export has been read into the workspace.
    """
    lake = Lake(settings.paths)
    if not lake.report.exists():
        raise PipelineError(
            f"{settings.paths.root}: no export was read into this workspace; run `parley ingest`, "
            "or name the export with --data and --mapping."
        )
    report, planned = read_report(lake.report), load_campaign(campaign)
    tables, instant = lake.canonical(), now or report.now
    return World(
        settings=settings,
        now=instant,
        campaign=planned,
        spec=experiment_of(planned),
        library=company_library(settings.paths.library),
        tables=tables,
        ingest=report,
        suites=tuple(validate(tables, now=report.now)),
        tests=load_checks(settings.paths),
        eligibility=pl.read_parquet(lake.eligibility) if lake.eligibility.exists() else None,
        listings=_listings(settings),
        dns=dns,
        why_no_batch=why_no_batch,
    )


def _listings(settings: Settings) -> tuple[Listing, ...]:
    if not settings.store_url and not settings.paths.store.exists():
        return ()
    from agent_runtime.status import open_store

    store = open_store(settings)
    try:
        with store.begin() as tx:
            return tuple(entry for entry in tx.listings() if entry.lifted_at is None)
    finally:
        store.engine.dispose()
