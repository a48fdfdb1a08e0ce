"""The Parquet tables of a workspace that batch code writes, and where each lies."""

import json
import os
from collections.abc import Mapping as Frames
from dataclasses import dataclass
from datetime import datetime
from filecmp import clear_cache, cmp
from pathlib import Path
from typing import Any

import polars as pl

from agent_runtime.campaign_limits import FILE
from agent_runtime.campaign_stage import FILE as STAGES
from agent_runtime.erasures import FILE as ERASURES
from agent_runtime.inbound_campaign import FILE as INBOUND
from agent_runtime.settings import Workspace
from pipelines.errors import PipelineError
from pipelines.schemas import TABLES


@dataclass(frozen=True, slots=True)
class Lake:
    """The tables of one workspace; each is replaced as a whole or not at all."""

    paths: Workspace

    @property
    def raw(self) -> Path:
        """One Parquet file per export file, every cell as text."""
        return self.paths.lake / "raw"

    @property
    def landing(self) -> Path:
        """One folder per source that is pulled, one Parquet file per table in it."""
        return self.paths.lake / "landing"

    @property
    def erasures(self) -> Path:
        """Who was erased, as hashes: one line each, only added to, and read by every batch."""
        return self.paths.lake / ERASURES

    @property
    def persons(self) -> Path:
        """One row per contact: its person."""
        return self.paths.lake / "persons.parquet"

    @property
    def person_events(self) -> Path:
        """History of identity."""
        return self.paths.lake / "person_events.parquet"

    @property
    def identity_decisions(self) -> Path:
        """Who was merged with whom, split or kept apart: one file per act, never overwritten."""
        return self.paths.lake / "identity_decisions"

    @property
    def identity_questions(self) -> Path:
        """One row per two persons of whom a colleague is asked whether they are one."""
        return self.paths.lake / "identity_questions.parquet"

    @property
    def identity_parts(self) -> Path:
        """Contacts as the match compares them, but for what it counts."""
        return self.paths.lake / "identity_parts.parquet"

    @property
    def identity_records(self) -> Path:
        """One row per contact: what it was compared by when it was last looked at."""
        return self.paths.lake / "identity_records.parquet"

    @property
    def kept_stops(self) -> Path:
        """Refusals that stay with persons who were one when it was said, and are not any more."""
        return self.paths.lake / "identity_kept_stops.parquet"

    @property
    def suppressions(self) -> Path:
        """One row per refusal and person."""
        return self.paths.lake / "suppressions.parquet"

    @property
    def crm_reads(self) -> Path:
        """One row: as of when the export tells."""
        return self.paths.lake / "crm_reads.parquet"

    @property
    def report(self) -> Path:
        """What became of every row of the export."""
        return self.paths.lake / "ingest_report.json"

    @property
    def contact_facts(self) -> Path:
        """One row per contact: all that segment rules may ask."""
        return self.paths.lake / "contact_facts.parquet"

    @property
    def told_facts(self) -> Path:
        """One row per contact and fact that a text may say."""
        return self.paths.lake / "told_facts.parquet"

    @property
    def campaign_limits(self) -> Path:
        """What campaigns leave out of their playbooks."""
        return self.paths.lake / FILE

    @property
    def campaign_stages(self) -> Path:
        """What the state of each campaign's life lets the agent do."""
        return self.paths.lake / STAGES

    @property
    def inbound_campaign(self) -> Path:
        """The campaign to which requests of people who write first belong."""
        return self.paths.lake / INBOUND

    @property
    def public_signals(self) -> Path:
        """One row per thing that a company made public and a draft may refer to."""
        return self.paths.lake / "public_signals.parquet"

    @property
    def segments(self) -> Path:
        """One file per segment."""
        return self.paths.lake / "segments"

    @property
    def eligibility(self) -> Path:
        """One row per person: may be written to, or why not."""
        return self.paths.lake / "eligibility.parquet"

    def judged(self, campaign_id: str) -> Path:
        """Returns the file of whom the batch judged for a campaign, one row per person.

        `eligibility` is the last judgement for any campaign.
        """
        return self.paths.lake / "judged" / f"{campaign_id}.parquet"

    def read_judged(self, campaign_id: str) -> pl.DataFrame:
        """Returns whom the batch may write to in a campaign.

        Raises:
            PipelineError: nobody was judged for it yet.
        """
        path = self.judged(campaign_id)
        if not path.is_file():
            raise PipelineError(
                f"campaign {campaign_id}: nobody was judged for it yet; run the asset "
                "`segments/eligibilities` first."
            )
        return pl.read_parquet(path)

    @property
    def assignments(self) -> Path:
        """One row per experiment and person; never overwritten, only added to."""
        return self.paths.lake / "assignments.parquet"

    @property
    def assigned_owners(self) -> Path:
        """One row per experiment and person: who owned them when they were assigned."""
        return self.paths.lake / "assigned_owners.parquet"

    @property
    def tasks(self) -> Path:
        """The outreach queue."""
        return self.paths.lake / "outreach_tasks.parquet"

    @property
    def outcomes(self) -> Path:
        """One row per person: queued, or why not."""
        return self.paths.lake / "outreach_outcomes.parquet"

    @property
    def contents(self) -> Path:
        """One row per approved content, version and language."""
        return self.paths.lake / "contents.parquet"

    @property
    def fit_scores(self) -> Path:
        """One row per contact, or per account without one: how likely it buys, and why."""
        return self.paths.lake / "fit_scores.parquet"

    def canonical(self, *names: str) -> dict[str, pl.DataFrame]:
        """Returns these canonical tables, or all where none is named."""
        asked = names or tuple(TABLES)
        return {name: pl.read_parquet(self.paths.canonical / f"{name}.parquet") for name in asked}

    def quarantine(self) -> dict[str, pl.DataFrame]:
        """Returns the quarantine of every canonical table."""
        return {name: pl.read_parquet(self.paths.quarantine / f"{name}.parquet") for name in TABLES}


def canonical_now(lake: Lake) -> datetime:
    """Returns the instant at which the canonical tables were made.

    Raises:
        PipelineError: nothing was ingested here.
    """
    if not lake.report.is_file():
        raise PipelineError(
            f"{lake.paths.root}: nothing was ingested here; `parley ingest` reads a CRM export, "
            "and --workspace names another folder."
        )
    return datetime.fromisoformat(json.loads(lake.report.read_text("utf-8"))["now"])


def write(frame: pl.DataFrame, path: Path) -> None:
    """Puts a table in place: readers see the old one or the new one, never a part.

    A table that says the same stays as it is, so that what is made of it need not be made again.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    frame.write_parquet(draft, compression="lz4")
    clear_cache()
    if path.is_file() and cmp(draft, path, shallow=False):
        draft.unlink()
    else:
        os.replace(draft, path)


def write_all(frames: Frames[str, pl.DataFrame], folder: Path) -> None:
    """Puts tables in place as the only ones of a folder."""
    for name, frame in frames.items():
        write(frame, folder / f"{name}.parquet")
    for path in folder.glob("*.parquet"):
        if path.stem not in frames:
            path.unlink()


def write_json(document: dict[str, Any], path: Path) -> None:
    """Puts a JSON document in place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(document, indent=1, default=str) + "\n", encoding="utf-8")
    os.replace(draft, path)


def read_or_empty(path: Path, schema: pl.Schema) -> pl.DataFrame:
    """Returns a table, or an empty one where there is none yet."""
    return pl.read_parquet(path) if path.is_file() else pl.DataFrame(schema=schema)
