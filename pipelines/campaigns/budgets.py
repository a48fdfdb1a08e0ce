"""What a campaign has used up, held against its budget."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from agent_runtime.settings import Workspace
from agent_runtime.steering import pausing
from pipelines.campaign import Campaign
from pipelines.campaigns.budget_alerts import Spent, warn
from pipelines.campaigns.days import day_at, span_of
from pipelines.campaigns.ledger import entries, threads_of
from pipelines.campaigns.notices import tell
from pipelines.campaigns.runtime import PAUSE, Runtime
from pipelines.costs.price_list import Pricing, load_pricing

BY_BUDGET = "budget: "
"""How a pause begins that a budget has raised; it ends with the day or the month it is of."""


def spent(
    runtime: Runtime, campaign: Campaign, *, now: datetime, pricing: Pricing | None = None
) -> tuple[Spent, ...]:
    """Returns every line of a campaign's budget as it stands, by its own days and months.

    Messages are those that left, or may have left, of the agent. Euros are what the ledger's items
    cost by pricing.yaml. Minutes are people's, in threads that this campaign touched last.
    """
    today, budget = day_at(campaign, now), campaign.budget
    first = today.replace(day=1)
    used = list(_used(runtime, campaign, first, today))
    prices = pricing or load_pricing()
    lines = []
    for name, begins, period in (
        ("day", today, today.isoformat()),
        ("month", first, f"{today:%Y-%m}"),
    ):
        mine = [one for one in used if one.day >= begins]
        usd, unknown = _cost(mine, prices)
        totals = {
            "messages": float(sum(one.item == "sent" for one in mine)),
            "euros": usd / budget.usd_per_euro,
            "reviewer_minutes": sum(o.quantity for o in mine if o.item == "human_minute"),
        }
        for what, total in totals.items():
            field = f"{what}_a_{name}"
            without = unknown if what == "euros" else ""
            lines.append(Spent(field, total, getattr(budget, field), period, without))
    return tuple(lines)


def hold_to_budget(
    workspace: Workspace, runtime: Runtime, campaign: Campaign, *, now: datetime
) -> str:
    """Pauses a campaign whose budget is spent, tells why, and ends such a pause with its period.

    A pause of a person or of a stop rule is left as it is.

    Returns:
        The reason of the pause that is up; empty where the budget keeps nothing back.
    """
    store = runtime.store
    if store is None:
        return ""
    lines = spent(runtime, campaign, now=now)
    over = [line for line in lines if line.is_over]
    reason = BY_BUDGET + "; ".join(line.said for line in over) if over else ""
    flag = f"{PAUSE}:{campaign.id}"
    with store.begin() as tx:
        up = tx.flags().get(flag)
        pauses = bool(reason) and up is None
        warn(tx, workspace.root, campaign.id, lines, is_end_told=pauses, now=now)
        if pauses:
            pausing.pause(tx, campaign=campaign.id, why=reason, by="its budget", at=now)
            tell(tx, workspace.root, campaign.id, "budget", reason, roles=("revops",), now=now)
        elif up is not None and up.startswith(BY_BUDGET) and not reason:
            pausing.resume(tx, campaign=campaign.id, by="its budget", at=now)
    return reason


@dataclass(frozen=True, slots=True)
class _Used:
    day: date
    item: str
    unit: str
    quantity: float


def _used(runtime: Runtime, campaign: Campaign, first: date, last: date) -> Iterator[_Used]:
    begins, until = span_of(campaign, first, last)
    mine = threads_of(runtime, campaign.id)
    for one in entries(runtime, begins, until, ("message", "cost")):
        day, payload = day_at(campaign, one.at), one.payload
        if one.kind == "cost" and one.thread_id in mine:
            yield _Used(day, payload["item"], payload["unit"], float(payload["quantity"]))
        elif one.kind == "message" and _left(payload, campaign.id):
            yield _Used(day, "sent", "", 1)


def _left(payload: dict[str, Any], campaign_id: str) -> bool:
    return (
        payload.get("campaign_id") == campaign_id
        and payload.get("direction") == "out"
        and payload.get("actor") == "agent"
        and payload.get("state") in ("SENT", "UNKNOWN")
    )


def _cost(used: list[_Used], pricing: Pricing) -> tuple[float, str]:
    total, unknown = 0.0, ""
    for one in used:
        if one.item == "sent":
            continue
        price = pricing.price(one.item, one.unit, one.day)
        if price.price_usd is None:
            unknown = price.why_unknown or f"{one.item} has no price"
        else:
            total += one.quantity * float(price.price_usd)
    return total, unknown
