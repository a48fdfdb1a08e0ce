"""A workspace to which things have happened: texts, autonomy, a champion, a campaign, turns."""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from agent_runtime.settings import load_settings
from agent_runtime.store.engine import open_engine
from agent_runtime.store.export import SCHEMA
from agent_runtime.store.sql import SqlStore
from experiments.hash_chain import appending
from experiments.registry import register
from experiments.spec import load_spec
from pipelines.campaign import load_campaign
from pipelines.campaigns.approving import approve
from pipelines.campaigns.book import Page
from pipelines.changes.authored import authored
from pipelines.changes.noted import note
from pipelines.models.decisions import Decision, log_of

FIRST = datetime(2026, 1, 10, 8, tzinfo=UTC)
SECOND = datetime(2026, 1, 20, 8, tzinfo=UTC)
TEXT = """---
id: answer.pilot
version: {version}
locale: en
kind: answer
claim: A pilot takes {weeks} weeks.
approver: {approver}
approved_at: 2026-01-{day:02}
expires_at: 2028-06-30
---

A pilot takes {weeks} weeks with your own data. <b>No</b> credit card is asked for.
"""


def write_text(root: Path, *, version: int, weeks: int, approver: str, day: int) -> None:
    """Writes a text of the company's own, as approved."""
    path = root / "library/ours/content/en/answer.pilot.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    said = TEXT.format(version=version, weeks=weeks, approver=approver, day=day)
    path.write_text(said, encoding="utf-8")


def look(root: Path, at: datetime) -> int:
    """Writes down what is there, as `parley changes` does."""
    settings = load_settings(root)
    return note(settings.paths, authored(settings), now=at)


def live(root: Path) -> None:
    """Lets ten days go by in a new workspace."""
    settings = load_settings(root)
    write_text(root, version=1, weeks=6, approver="Ada Roe", day=9)
    engine = open_engine(f"sqlite:///{settings.paths.store}")
    assert look(root, FIRST) == 0
    write_text(root, version=2, weeks=4, approver="Ben Okri", day=19)
    with SqlStore(engine, settings.tenant_id).begin() as tx:
        tx.set_flag("autonomy:nurture", "assistive")
    engine.dispose()
    assert look(root, SECOND) == 2
    _approve_campaign(root)
    spec = load_spec(next(iter(sorted(Path("experiments/specs").glob("*.yaml")))))
    register(settings.paths.registry, spec, approver="Cy Ng", code_version="1", now=FIRST)
    _turns(settings.paths.traces)


def promote(root: Path, *, version: int, before: int | None, at: datetime) -> None:
    """Writes a promotion down, as `parley model promote` does once the rule allows it."""
    made = Decision(
        model="agent",
        kind="promoted",
        version=version,
        before=before,
        who="Dee Lim",
        why="asks fewer questions",
        at=at.isoformat(),
        figures=("adherence: difference +0.004 (-0.002 to +0.010) over 393",),
    )
    with appending(log_of(load_settings(root).paths)) as log:
        log.append(asdict(made) | {"figures": list(made.figures)})


def _approve_campaign(root: Path) -> None:
    paths = load_settings(root).paths
    path = Path("pipelines/campaigns/prospecting.yaml")
    campaign = load_campaign("prospecting")
    approve(paths, Page(path, campaign), by="Eva Sol", now=FIRST)
    stricter = campaign.model_copy(update={"autonomy": "assistive", "version": 2})
    approve(paths, Page(path, stricter), by="Eva Sol", now=SECOND)


def _turns(traces: Path) -> None:
    """Two turns by policy 7 and one by policy 8."""
    rows = [
        {
            "event_id": f"e{number}",
            "tenant_id": "northbeam",
            "seq": number,
            "kind": "turn",
            "occurred_at": FIRST.replace(hour=9 + number),
            "schema_version": 1,
            "versions": json.dumps({"policy": policy, "content": "c1"}),
            "payload": "{}",
        }
        for number, policy in enumerate(("7", "7", "8"))
    ]
    folder = traces / "day=2026-01-10"
    folder.mkdir(parents=True)
    pl.DataFrame(rows, schema=SCHEMA).write_parquet(folder / "1-3.parquet")
