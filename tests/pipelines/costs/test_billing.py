"""The arithmetic of an invoice, by properties."""

import random
from collections import Counter
from datetime import date
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.costs.billing import bill, total
from pipelines.costs.plan import Plan, Tier
from pipelines.costs.price_list import load_pricing

DAY = date(2026, 1, 1)
PLAN = load_pricing().plan(DAY)
PRICED = [
    c.name
    for c in PLAN.charges
    if c.kind == "usage" and all(tier.price_usd is not None for tier in c.overage)
]
counts = st.integers(0, 20_000)
usage = st.fixed_dictionaries({name: counts for name in PRICED})


def amounts(counted):
    return {line.name: line.amount_usd for line in bill(PLAN, counted)}


@given(usage, st.integers(0, 2**32), st.integers(1, 12))
def test_a_month_split_into_parts_in_any_order_gives_the_same_invoice(counted, seed, parts):
    """R231: a spike on one day and the same volume spread over the month cost the same."""
    draw = random.Random(seed)
    pieces = []
    for name, quantity in counted.items():
        cuts = sorted(draw.randint(0, quantity) for _ in range(parts - 1))
        edges = [0, *cuts, quantity]
        pieces += [(name, b - a) for a, b in pairwise(edges)]
    draw.shuffle(pieces)
    again = Counter()
    for name, quantity in pieces:
        again[name] += quantity
    whole = bill(PLAN, {name: Decimal(n) for name, n in counted.items()})
    assert bill(PLAN, {name: Decimal(n) for name, n in again.items()}) == whole


@given(usage, st.sampled_from(PRICED), st.integers(1, 5_000))
def test_more_usage_never_costs_less_and_never_more_than_its_dearest_price(counted, name, more):
    """R212, R236: overage rises with volume, unit by unit at the price of its tier."""
    before = {key: Decimal(n) for key, n in counted.items()}
    after = {**before, name: before[name] + more}
    charge = next(c for c in PLAN.charges if c.name == name)
    dearest = max(tier.price_usd or 0 for tier in charge.overage)
    added = total(bill(PLAN, after)).usd - total(bill(PLAN, before)).usd
    assert 0 <= added <= more * dearest + Decimal("0.01")


@given(usage)
def test_every_line_is_the_sum_of_its_steps_and_the_total_that_of_its_lines(counted):
    lines = bill(PLAN, {name: Decimal(n) for name, n in counted.items()})
    for line in lines:
        paid = sum((step.quantity for step in line.steps), Decimal(0))
        assert paid == max(line.quantity - line.included, 0)
        assert line.amount_usd == line.amount_usd.quantize(Decimal("0.01"))
    assert total(lines).usd == sum(line.amount_usd for line in lines)


@given(st.integers(0, 200), st.integers(0, 2_000))
def test_what_is_included_costs_nothing(conversations, mails):
    assert amounts({"conversations": Decimal(conversations), "mails": Decimal(mails)}) == {
        **amounts({}),
        "conversations": 0,
        "mails": 0,
    }


def test_each_unit_has_the_price_of_its_tier():
    """R212: 200 included, the next 1,000 at 1.20, the next 4,000 at 0.90, the rest at 0.60."""
    at = [amounts({"conversations": Decimal(n)})["conversations"] for n in (201, 1200, 5200, 5201)]
    assert at == [Decimal(x) for x in ("1.20", "1200.00", "4800.00", "4800.60")]


def test_an_unknown_price_makes_the_total_at_least_and_is_never_zero():
    lines = bill(PLAN, {"audio_seconds": Decimal(60)})
    line = next(line for line in lines if line.name == "audio_seconds")
    assert (line.amount_usd, line.why_unknown) == (None, "no voice carrier is under contract")
    assert total(lines).unknown == ("Seconds of speech",)
    assert total(lines).usd == 750
    assert total(bill(PLAN, {})).is_whole


def test_seats_are_by_contract():
    lines = bill(PLAN, {}, seats=Decimal(5))
    assert {line.name: line.amount_usd for line in lines}["seat"] == 750


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"model": "usage"}, "model usage has charges by usage, but these are by seat and usage"),
        ({"charges": (PLAN.charges[0],) * 2 + PLAN.charges}, "'platform' stands there twice"),
    ],
)
def test_a_plan_that_contradicts_itself_is_refused(change, rule):
    with pytest.raises(ValueError, match=rule):
        Plan.model_validate({**dict(PLAN), **change})


@pytest.mark.parametrize(
    "price", [{"price_usd": None}, {"price_usd": 1, "why_unknown": "x"}, {"price_usd": -1}]
)
def test_a_price_is_known_or_explained_and_never_negative(price):
    with pytest.raises(ValueError, match=r"price_usd|price is a number"):
        Tier.model_validate(price)
