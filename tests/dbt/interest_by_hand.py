"""Signs of interest and product use of the small campaign, and what they come to in plain code."""

from datetime import datetime, timedelta
from typing import Any

from campaign_world import World
from metrics_by_hand import Hand, mails_of, ratio
from trace_payloads import DAY_0, TENANT

WEEK = timedelta(days=7)


def signals(world: World) -> list[dict[str, Any]]:
    """Returns a form of every other person, and an intent of every account, which names nobody."""
    forms = [
        _signal(world, p.contact_id, account=p.account_id, contact=p.contact_id, kind="form")
        for p in world.persons[::2]
    ]
    accounts = dict.fromkeys(p.account_id for p in world.persons)
    return forms + [_signal(world, a, account=a, contact=None, kind="intent") for a in accounts]


def usage(world: World) -> list[dict[str, Any]]:
    """Returns two days of use of each account; every third did nothing on them."""
    return [
        {
            "tenant_id": TENANT,
            "account_id": account,
            "day": (DAY_0 + timedelta(days=day)).date(),
            "metric": "rows_synced",
            "value": 0.0 if number % 3 == 0 else 10.0,
        }
        for number, account in enumerate(dict.fromkeys(p.account_id for p in world.persons))
        for day in (1, 2)
    ]


def interest_by_hand(world: World) -> dict[str, Hand]:
    """Returns the metrics of signals and use, of everybody."""
    sent = [m.event for m in mails_of(world.events) if m.is_sent]
    accounts = {p.person_id: p.account_id for p in world.persons}
    persons = {p.contact_id: p.person_id for p in world.persons}
    found = signals(world)

    def is_followed(signal: dict[str, Any]) -> bool:
        named = persons.get(signal["contact_id"])
        at: datetime = signal["occurred_at"]
        return any(
            at <= e.occurred_at < at + WEEK
            and (
                e.person_id == named
                if named
                else accounts.get(e.person_id or "") == signal["account_id"]
            )
            for e in sent
        )

    active = {row["account_id"] for row in usage(world) if row["value"] > 0}
    return {
        "signals_seen": Hand(len(found)),
        "signal_follow_up_rate": ratio(sum(map(is_followed, found)), len(found)),
        "accounts_active": Hand(len(active)),
    }


def _signal(
    world: World, key: str, *, account: str, contact: str | None, kind: str
) -> dict[str, Any]:
    return {
        "tenant_id": TENANT,
        "signal_id": f"signal-{kind}-{key}",
        "account_id": account,
        "contact_id": contact,
        "kind": kind,
        "topic": "data integration",
        "strength": 0.5,
        "occurred_at": DAY_0 + timedelta(hours=24 * 28 * world.draw(key, "signal", 0)),
    }
