"""Who would get what, when and why, and who not and why not, before anything is scheduled."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from agent_runtime.contracts import OutreachTask
from pipelines.campaigns.checking import Finding
from pipelines.campaigns.planning import Planned, World
from pipelines.campaigns.rehearsal import FirstMessage
from pipelines.schemas import DAY, FLAG, INSTANT, TEXT, WHOLE

DRY_RUN = pl.Schema(
    {
        "day": DAY,
        "person_id": TEXT,
        "contact_id": TEXT,
        "account_id": TEXT,
        "segment": TEXT,
        "gets": FLAG,
        "first_at": INSTANT,
        "touches": WHOLE,
        "mailbox": TEXT,
        "texts": pl.List(TEXT),
        "why": TEXT,
        "detail": TEXT,
    }
)
"""One row per person: when their first touch is due and why, or why there is none. No names."""

HELD = "kept_back"
"""Planned, and the permit would say no at that hour."""


@dataclass(frozen=True, slots=True)
class DryRun:
    """A plan, its first messages and what has to be known before it may run."""

    planned: Planned
    table: pl.DataFrame
    messages: tuple[FirstMessage, ...]
    findings: tuple[Finding, ...]
    why_not_yet: tuple[str, ...]
    """Not approved, paused, a budget that is spent: why the run would not go ahead now."""
    requests: pl.DataFrame
    """Rows of `inbound.REQUESTS`; none where the campaign has touches."""
    stands: int
    """People whose touches stand in the queue from earlier days."""

    @property
    def reached(self) -> int:
        """People who would hear from the agent: by a touch, or by an answer to what they wrote."""
        answered = self.requests.filter("by_agent").get_column("person_id").n_unique()
        return self.counts["gets"] + answered

    @property
    def held(self) -> int:
        """People whose first message would wait: a public holiday, quiet hours, a cap."""
        return self.table.filter(pl.col("gets") & (pl.col("detail") != "")).height

    @property
    def touches(self) -> int:
        """Touches of those who would get any."""
        return int(self.table.filter("gets").get_column("touches").sum())

    @property
    def counts(self) -> dict[str, int]:
        """People by what would become of them, the most first."""
        why = self.table.filter(~pl.col("gets")).get_column("why").to_list()
        return {"gets": int(self.table["gets"].sum()), **dict(Counter(why).most_common())}

    def as_dict(self) -> dict[str, Any]:
        """Returns the dry run as JSON can hold it; without the words of messages."""
        planned = self.planned
        return {
            "campaign": planned.campaign.id,
            "version": planned.campaign.version,
            "day": planned.day.isoformat(),
            "time_zone": planned.campaign.time_zone,
            "planned_from": planned.now.isoformat(),
            "counts": self.counts,
            "touches": self.touches,
            "held_at_first": self.held,
            "stand_already": self.stands,
            "why_not_yet": list(self.why_not_yet),
            "checks": [{"name": f.name, "passed": f.passed, "says": f.says} for f in self.findings],
            "people": _as_json(self.table),
            "requests": _as_json(self.requests),
        }


def dry_run(
    world: World,
    planned: Planned,
    *,
    messages: Sequence[FirstMessage],
    findings: Sequence[Finding],
    requests: pl.DataFrame,
    why_not_yet: Sequence[str],
) -> DryRun:
    """Returns the dry run of a plan; see `rehearsal.rehearse` for its messages."""
    stands = {t.person_id for t in world.tasks if t.campaign_id == planned.campaign.id}
    return DryRun(
        planned=planned,
        table=_table(planned, stands, messages),
        messages=tuple(messages),
        findings=tuple(findings),
        why_not_yet=tuple(why_not_yet),
        requests=requests,
        stands=len(stands),
    )


def _as_json(table: pl.DataFrame) -> list[dict[str, Any]]:
    return [
        {k: v.isoformat() if hasattr(v, "isoformat") else v for k, v in row.items()}
        for row in table.iter_rows(named=True)
    ]


def local(planned: Planned, instant: datetime) -> str:
    """Returns an instant as the campaign's clock shows it."""
    return f"{instant.astimezone(ZoneInfo(planned.campaign.time_zone)):%a %d %b %H:%M}"


def _table(planned: Planned, stands: set[str], messages: Sequence[FirstMessage]) -> pl.DataFrame:
    touches: dict[str, list[OutreachTask]] = defaultdict(list)
    for task in planned.new:
        touches[task.person_id].append(task)
    message_of = {one.person_id: one for one in messages}
    detail_of = dict(planned.audience.select("person_id", "detail").iter_rows())
    account_of = dict(planned.audience.select("person_id", "account_id").iter_rows())
    rows = []
    for row in planned.outcomes.iter_rows(named=True):
        person, mine = row["person_id"], touches.get(row["person_id"], [])
        message = message_of.get(person)
        kept_back = message.why_not if message else ""
        first = min(mine, key=lambda task: task.touch) if mine else None
        why, detail = row["reason"], detail_of.get(person) or ""
        if first is not None:
            held = message.held if message else ""
            why, detail = (HELD, kept_back) if kept_back else (first.reason, held)
        elif row["queued"] and person in stands:
            why = "queued_before"
        rows.append(
            {
                "day": planned.day,
                "person_id": person,
                "contact_id": row["contact_id"],
                "account_id": account_of.get(person),
                "segment": row["segment"],
                "gets": first is not None and not kept_back,
                "first_at": first.not_before if first else None,
                "touches": len(mine),
                "mailbox": first.mailbox if first else None,
                "texts": list(message.texts) if message else [],
                "why": why,
                "detail": detail,
            }
        )
    return pl.DataFrame(rows, schema=DRY_RUN).sort(
        pl.col("gets").not_(), "first_at", "why", "person_id", nulls_last=True
    )
