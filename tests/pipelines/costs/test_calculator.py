"""The calculator: the buyer's volumes, by hand."""

from datetime import date
from decimal import Decimal

import pytest

from pipelines.costs.calculator import Volumes, complete, estimate
from pipelines.costs.price_list import load_pricing
from pipelines.errors import PipelineError

DAY = date(2026, 1, 1)
PRICING = load_pricing()


def volumes(conversations=1000, *, meeting_rate=None, **more):
    counted = {"conversations": Decimal(conversations), **{n: Decimal(x) for n, x in more.items()}}
    return Volumes(counted, {}, seats=Decimal(5), meeting_rate=meeting_rate)


def test_a_month_is_the_sum_by_hand():
    """R214: platform 300, seats 5 x 150, 800 conversations and 7,000 mails above, 3,400 minutes."""
    found = estimate(volumes(mails=9000, reviewer_minutes=3400), PRICING, DAY)
    by_hand = {
        "platform": Decimal(300),
        "seat": Decimal(750),
        "conversations": Decimal(960),
        "mails": Decimal(28),
        "reviewer_minutes": Decimal(2550),
    }
    assert {line.name: line.amount_usd for line in found.lines if line.amount_usd} == by_hand
    assert found.cost.usd == sum(by_hand.values())
    assert found.cost.is_whole


def test_the_next_conversation_costs_what_its_tier_and_mix_say():
    """R166, R213: added cost per step of 100; 10 mails and 2 minutes come with each."""
    found = estimate(volumes(mails=10_000, reviewer_minutes=2000), PRICING, DAY)
    mix = Decimal(10) * Decimal("0.004") + 2 * Decimal("0.75")
    tiers = {1: "1.20", 2: "0.90", 5: "0.90", 10: "0.60"}
    assert {at.multiple: at.marginal_usd for at in found.at} == {
        times: Decimal(tier) + mix for times, tier in tiers.items()
    }
    averages = [at.per_conversation_usd for at in found.at]
    assert averages == sorted(averages, reverse=True)


def test_cost_per_meeting_needs_a_rate():
    """R213: without a rate of meetings nobody knows it; with one it is cost over meetings."""
    assert {at.per_meeting_usd for at in estimate(volumes(), PRICING, DAY).at} == {None}
    found = estimate(volumes(meeting_rate=Decimal("0.1")), PRICING, DAY)
    assert found.at[0].per_meeting_usd == Decimal("20.10")


def test_an_unknown_price_leaves_no_average_and_no_margin():
    [at, *_] = estimate(volumes(audio_seconds=5), PRICING, DAY).at
    assert (at.per_conversation_usd, at.marginal_usd, at.per_meeting_usd) == (None, None, None)
    assert at.cost.unknown == ("Seconds of speech",)


def test_what_is_not_given_is_assumed_and_said_so():
    counted, sources = complete({"conversations": Decimal(100)}, PRICING, DAY)
    assert counted == {"conversations": 100, "mails": 900, "reviewer_minutes": 80}
    assert sources["mails"] == "assumed: 9 a conversation"


def test_a_finished_run_replaces_every_assumption():
    counted, sources = complete(
        {"conversations": Decimal(100), "mails": Decimal(5)},
        PRICING,
        DAY,
        measured={"mails": Decimal(7), "reviewer_minutes": Decimal("2.5")},
        run="out/demo",
    )
    assert counted == {"conversations": 100, "mails": 5, "reviewer_minutes": 250}
    assert sources == {"reviewer_minutes": "measured in out/demo: 2.5 a conversation"}


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"mail": 5}, r"--volume mail: this is not counted \(did you mean 'mails'\?\); use one"),
        ({"mails": 5}, "the number of conversations a month is missing or 0"),
        ({"conversations": 0}, "the number of conversations a month is missing or 0"),
    ],
)
def test_a_mistake_is_one_sentence(given, sentence):
    with pytest.raises(PipelineError, match=sentence):
        complete({name: Decimal(n) for name, n in given.items()}, PRICING, DAY)
