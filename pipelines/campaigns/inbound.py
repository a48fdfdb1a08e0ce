"""A campaign that answers who writes first: whom it would have answered, by when, and whom not."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl
from sqlalchemy import select

from agent_runtime.inbound_campaign import InboundCampaign, as_text
from agent_runtime.library.catalog import Library
from agent_runtime.policies.quiet_hours import OpenHours, next_open
from agent_runtime.policies.zones import plausible_zones
from agent_runtime.store import tables as t
from pipelines.campaign import Campaign
from pipelines.campaigns.days import span_of
from pipelines.campaigns.planning import ANSWERED, Planned, World
from pipelines.campaigns.runtime import Runtime
from pipelines.lake import Lake
from pipelines.schemas import FLAG, INSTANT, TEXT

REQUESTS = pl.Schema(
    {
        "at": INSTANT,
        "door": TEXT,
        "person_id": TEXT,
        "contact_id": TEXT,
        "by_agent": FLAG,
        "why": TEXT,
        "answer_at": INSTANT,
        "answer_by": INSTANT,
    }
)
"""One row per request: who answers it and why, when the agent would, and by when anybody has to."""

STRANGER = "stranger"
"""In no CRM: their arm is drawn in the second in which they write."""


@dataclass(frozen=True, slots=True)
class _Asked:
    at: datetime
    door: str
    person_id: str | None


def requests(world: World, planned: Planned, runtime: Runtime, library: Library) -> pl.DataFrame:
    """Returns the requests of the days before a day, as the campaign would have met them.

    Forms come from the export, and forms, mails and chats from the runtime store; a form that
    stands in both is told once.
    """
    inbound = planned.campaign.inbound
    if inbound is None:
        return pl.DataFrame(schema=REQUESTS)
    _, midnight = span_of(planned.campaign, planned.day, planned.day)
    until = min(planned.now, midnight)
    since = until - timedelta(days=inbound.look_back_days)
    asked = {
        (one.at, one.door, one.person_id): one
        for one in (*_of_export(world), *_of_store(runtime))
        if since <= one.at < until and one.door in inbound.doors
    }
    people = {row["person_id"]: row for row in planned.outcomes.iter_rows(named=True)}
    columns = planned.audience.select("person_id", "time_zone", "country")
    places = {person: (zone, country) for person, zone, country in columns.iter_rows()}
    within = timedelta(minutes=inbound.answer_within_minutes)
    rows = []
    for one in asked.values():
        known = people.get(one.person_id or "")
        why = known["reason"] if known else STRANGER
        rows.append(
            {
                "at": one.at,
                "door": one.door,
                "person_id": one.person_id,
                "contact_id": known["contact_id"] if known else None,
                "by_agent": why == ANSWERED,
                "why": why,
                "answer_at": _answers_at(
                    planned.campaign, library, one.at, *places.get(one.person_id, ("", ""))
                )
                if why == ANSWERED
                else None,
                "answer_by": one.at + within,
            }
        )
    return pl.DataFrame(rows, schema=REQUESTS).sort("at", "person_id", nulls_last=True)


def write_inbound(campaign: Campaign, lake: Lake) -> None:
    """Writes whose campaign requests are, where the runtime's import reads it."""
    if campaign.inbound is None:
        return
    told = InboundCampaign(campaign.id, campaign.inbound.doors, campaign.autonomy)
    lake.inbound_campaign.write_text(as_text(told), encoding="utf-8")


def told(campaign: Campaign, found: pl.DataFrame) -> Iterator[str]:
    """Yields what a dry run says of the requests, the newest days' first figures first."""
    inbound = campaign.inbound
    if inbound is None:
        return
    agent = found.filter("by_agent")
    on_time = agent.filter(pl.col("answer_at") <= pl.col("answer_by")).height
    held = found.filter(pl.col("why").is_in(["holdout", "global_holdout"])).height
    strangers = found.filter(pl.col("why") == STRANGER).height
    yield (
        f"In the last {inbound.look_back_days} days {found.height:,} requests came by "
        f"{', '.join(inbound.doors)}: the agent would have answered {agent.height:,}, {on_time:,} "
        f"of them within {inbound.answer_within_minutes} minutes; {held:,} are control, and "
        f"{found.height - agent.height - held - strangers:,} are left to people."
    )
    if strangers:
        yield (
            f"{strangers:,} came from people who are in no CRM; each gets an arm in the second in "
            "which they write."
        )


def _of_export(world: World) -> Iterator[_Asked]:
    forms = world.tables["signals"].filter(
        (pl.col("kind") == "form") & pl.col("occurred_at").is_not_null()
    )
    people = world.tables["contacts"].select("contact_id", "person_id")
    named = forms.join(people, on="contact_id", how="left").select("occurred_at", "person_id")
    for at, person in named.iter_rows():
        yield _Asked(at, "form", person)


def _of_store(runtime: Runtime) -> Iterator[_Asked]:
    if runtime.store is None:
        return
    query = select(t.inbound.c.doc).where(t.inbound.c.tenant_id == runtime.store.tenant_id)
    with runtime.store.engine.connect() as connection:
        for (text,) in connection.execute(query):
            doc = json.loads(text)
            if doc["is_request"]:
                at = datetime.fromisoformat(doc["received_at"])
                yield _Asked(at, doc["channel"], doc["person_id"])


def _answers_at(
    campaign: Campaign, library: Library, at: datetime, zone: str | None, country: str | None
) -> datetime | None:
    """When the playbook lets the answer go: after its minutes, in its hours of answering."""
    channel = library.playbook(campaign.playbook).on("email")
    ready = at + timedelta(minutes=channel.reply_after_minutes)
    hours = (channel.reply_from_hour, channel.reply_to_hour)
    if hours == (0, 24):
        return ready
    zones = plausible_zones(zone or "", country or "") or ("UTC",)
    open_hours = OpenHours(zones, country or "", *hours, has_rest=False)
    return ready if not open_hours.closed(ready) else next_open(ready, open_hours)
