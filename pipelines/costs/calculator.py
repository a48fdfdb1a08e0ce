"""What a month would cost a buyer at their volumes, and what one more conversation costs."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from pipelines.costs.billing import ZERO, Line, Step, Sum, bill, in_cents, total
from pipelines.costs.price_list import Pricing
from pipelines.documents import did_you_mean
from pipelines.errors import PipelineError

CONVERSATIONS = "conversations"
REVIEWER_MINUTES = "reviewer_minutes"
MULTIPLES = (1, 2, 5, 10)


@dataclass(frozen=True, slots=True)
class Volumes:
    """What a buyer expects in a month.

    Attributes:
        counted: Units of each charge by usage, and `reviewer_minutes`, the buyer's own people.
        sources: Where each figure that was not given comes from.
        seats: Seats; None for what the plan's contract has.
        meeting_rate: Meetings per conversation; None when nobody knows.
    """

    counted: Mapping[str, Decimal]
    sources: Mapping[str, str]
    seats: Decimal | None = None
    meeting_rate: Decimal | None = None


@dataclass(frozen=True, slots=True)
class AtVolume:
    """The month at a multiple of the volumes.

    Attributes:
        multiple: Times the buyer's volumes.
        conversations: In the month.
        cost: Of the month.
        per_conversation_usd: Of the average conversation; None when a price is unknown.
        marginal_usd: Added cost of the next `step` conversations, per conversation.
        per_meeting_usd: None without a meeting rate, or when a price is unknown.
    """

    multiple: int
    conversations: Decimal
    cost: Sum
    per_conversation_usd: Decimal | None
    marginal_usd: Decimal | None
    per_meeting_usd: Decimal | None


@dataclass(frozen=True, slots=True)
class Estimate:
    """The answer of the calculator."""

    plan_version: str
    model: str
    lines: tuple[Line, ...]
    cost: Sum
    step: Decimal
    at: tuple[AtVolume, ...]


def complete(
    given: Mapping[str, Decimal],
    pricing: Pricing,
    day: date,
    *,
    measured: Mapping[str, Decimal] | None = None,
    run: str = "",
) -> tuple[dict[str, Decimal], dict[str, str]]:
    """Returns the volumes with what was not given filled in, and where each of these comes from.

    Args:
        given: By name of the charge; `conversations` must be there.
        pricing: Says what is assumed where nobody measured.
        day: A day of the month that is priced.
        measured: Units per conversation of a finished run.
        run: What to call that run.

    Raises:
        PipelineError: A name is unknown, or the conversations are missing.
    """
    charges = [c.name for c in pricing.plan(day).charges if c.kind == "usage"]
    known = [*charges, REVIEWER_MINUTES]
    if unknown := next((name for name in given if name not in known), None):
        raise PipelineError(
            f"--volume {unknown}: this is not counted{did_you_mean(unknown, known)}; "
            f"use one of {', '.join(known)}."
        )
    if not given.get(CONVERSATIONS):
        raise PipelineError(
            "--volume: the number of conversations a month is missing or 0; "
            "give it as --volume conversations=1000."
        )
    counted, sources = dict(given), {}
    for name in known:
        ratio = (measured or {}).get(name) if measured else pricing.assumed(name)
        if name in counted or not ratio:
            continue
        counted[name] = (ratio * given[CONVERSATIONS]).quantize(Decimal(1))
        how = f"measured in {run}" if measured else "assumed"
        sources[name] = f"{how}: {ratio.normalize():f} a conversation"
    return counted, sources


def estimate(
    volumes: Volumes, pricing: Pricing, day: date, *, step: Decimal = Decimal(100)
) -> Estimate:
    """Returns the month's lines, and its cost at 1, 2, 5 and 10 times the volumes.

    The mix of a conversation and the seats stay the same at every multiple.
    """
    plan = pricing.plan(day)
    lines = _lines(volumes, pricing, day, Decimal(1))
    return Estimate(
        plan_version=plan.version,
        model=plan.model,
        lines=tuple(lines),
        cost=total(lines),
        step=step,
        at=tuple(_at(volumes, pricing, day, multiple, step) for multiple in MULTIPLES),
    )


def _at(volumes: Volumes, pricing: Pricing, day: date, multiple: int, step: Decimal) -> AtVolume:
    conversations = volumes.counted[CONVERSATIONS] * multiple
    cost = total(_lines(volumes, pricing, day, Decimal(multiple)))
    more = (conversations + step) / volumes.counted[CONVERSATIONS]
    added = total(_lines(volumes, pricing, day, more))
    meetings = conversations * (volumes.meeting_rate or ZERO)
    is_whole = cost.is_whole and added.is_whole
    return AtVolume(
        multiple=multiple,
        conversations=conversations,
        cost=cost,
        per_conversation_usd=in_cents(cost.usd / conversations) if cost.is_whole else None,
        marginal_usd=in_cents((added.usd - cost.usd) / step) if is_whole else None,
        per_meeting_usd=in_cents(cost.usd / meetings) if meetings and cost.is_whole else None,
    )


def _lines(volumes: Volumes, pricing: Pricing, day: date, times: Decimal) -> list[Line]:
    counted = {name: quantity * times for name, quantity in volumes.counted.items()}
    lines = bill(pricing.plan(day), counted, seats=volumes.seats)
    minutes = counted.get(REVIEWER_MINUTES, ZERO)
    price = pricing.price("human_minute", "minute", day)
    is_known = price.price_usd is not None or not minutes
    own = Line(
        name=REVIEWER_MINUTES,
        label="Reviewer minutes",
        about="Of your own people; part of what the program costs you, and on no invoice",
        quantity=minutes,
        included=ZERO,
        steps=(Step(minutes, price.price_usd),) if minutes else (),
        amount_usd=in_cents(minutes * (price.price_usd or ZERO)) if is_known else None,
        why_unknown="" if is_known else price.why_unknown,
    )
    return [*lines, own]
