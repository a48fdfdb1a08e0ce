"""What became of a campaign on one of its days: what left, what came back, what was booked."""

from collections import Counter, defaultdict
from datetime import date

import polars as pl

from agent_runtime.policies.arms import HOLDOUT
from agent_runtime.settings import Workspace
from pipelines.campaign import Campaign, experiment_of
from pipelines.campaigns.days import span_of
from pipelines.campaigns.ledger import entries
from pipelines.campaigns.runtime import Runtime
from pipelines.lake import Lake, read_or_empty
from pipelines.schemas import FLAG, INSTANT, TEXT, WHOLE
from pipelines.transforms.assign import ASSIGNMENTS

DELIVERED = pl.Schema(
    {
        "message_id": TEXT,
        "task_id": TEXT,
        "person_id": TEXT,
        "touch": WHOLE,
        "touch_class": TEXT,
        "state": TEXT,
        "at": INSTANT,
        "bounced": FLAG,
    }
)
"""One row per message of the campaign whose sending ended on the day."""

RESULTS = pl.Schema(
    {
        "arm": TEXT,
        "people": WHOLE,
        "messages": WHOLE,
        "replied": WHOLE,
        "positive": WHOLE,
        "stopped": WHOLE,
        "meetings": WHOLE,
    }
)
"""One row per arm: people assigned so far, and what they did and got on the day."""


def delivered(runtime: Runtime, campaign: Campaign, day: date) -> pl.DataFrame:
    """Returns the messages of a campaign that left on a day, or that may have left."""
    begins, until = span_of(campaign, day, day)
    found, bounced = {}, set()
    for one in entries(runtime, begins, until, ("message", "delivery")):
        told = one.payload
        if one.kind == "delivery":
            bounced |= {told["message_id"]} if told["status"] == "bounced" else set()
        elif told.get("campaign_id") == campaign.id and told["direction"] == "out":
            found[told["message_id"]] = {
                "message_id": told["message_id"],
                "task_id": told["task_id"],
                "person_id": one.person_id,
                "touch": told["touch"],
                "touch_class": told["touch_class"],
                "state": told["state"],
                "at": one.at,
            }
    rows = [row | {"bounced": name in bounced} for name, row in found.items()]
    return pl.DataFrame(rows, schema=DELIVERED).sort("at", "message_id")


def results(paths: Workspace, runtime: Runtime, campaign: Campaign, day: date) -> pl.DataFrame:
    """Returns what each arm did on a day; the holdout too, since it may write by itself."""
    spec = experiment_of(campaign)
    known = read_or_empty(Lake(paths).assignments, ASSIGNMENTS)
    arm_of = dict(
        known.filter(pl.col("experiment_id") == spec.id).select("person_id", "arm").iter_rows()
    )
    begins, until = span_of(campaign, day, day)
    did: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    sent: Counter[str] = Counter()
    for one in entries(runtime, begins, until, ("message", "meeting")):
        arm, told = arm_of.get(one.person_id), one.payload
        if arm is None:
            continue
        if one.kind == "meeting":
            did[arm]["meetings"] |= {one.person_id} if told["status"] == "confirmed" else set()
        elif told["direction"] == "in":
            for name, is_so in (
                ("replied", not told["auto_reply"]),
                ("positive", told["positive_intent"]),
                ("stopped", told["opt_out"]),
            ):
                did[arm][name] |= {one.person_id} if is_so else set()
        else:
            sent[arm] += told.get("campaign_id") == campaign.id and told["state"] == "SENT"
    people = Counter(arm_of.values())
    rows = [
        {"arm": arm, "people": people[arm], "messages": sent[arm]}
        | {name: len(did[arm][name]) for name in ("replied", "positive", "stopped", "meetings")}
        for arm in sorted({*people, *spec.arms}, key=lambda arm: (arm == HOLDOUT, arm))
    ]
    return pl.DataFrame(rows, schema=RESULTS)
