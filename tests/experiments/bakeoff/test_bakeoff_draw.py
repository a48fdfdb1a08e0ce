"""Who is drawn where, and what so few contacts can show."""

from datetime import UTC, datetime

import polars as pl
import pytest

from experiments import registry
from experiments.bakeoff import enrolment
from experiments.errors import BakeOffError

NOW = datetime(2026, 3, 9, tzinfo=UTC)


def draw(plan, people, **options):
    return enrolment.draw(plan, people, stored=None, now=NOW, source="people.csv", **options)


def test_contacts_are_drawn_in_blocks_with_a_real_holdout(plan, people):
    """R222: single contacts are randomised, and every block has its holdout."""
    found = draw(plan, people(90)).rows.join(people(90), on="unit_id")
    counts = enrolment.counts_of(draw(plan, people(90)), tuple(plan.arms), plan.id)
    assert sum(counts.values()) == 90
    assert all(abs(counts[arm] - share * 90) <= 2 for arm, share in plan.arms.items())
    for block, size in (("north", 60), ("south", 30)):
        mine = found.filter(pl.col("segment") == block)
        for arm, share in plan.arms.items():
            assert abs(mine.filter(pl.col("arm") == arm).height - share * size) <= 2


def test_the_same_plan_draws_the_same(plan, people):
    shuffled = people(80).sample(fraction=1, shuffle=True, seed=3)
    first, second = (draw(plan, table).rows.sort("unit_id") for table in (people(80), shuffled))
    assert first.equals(second)


@pytest.mark.parametrize("count", [49, 101])
def test_other_sizes_are_refused_unless_told(count, plan, people):
    """R220: 50 to 100 contacts."""
    with pytest.raises(BakeOffError, match=f"{count} contacts would be drawn"):
        draw(plan, people(count))
    assert draw(plan, people(count), any_size=True).new == count


@pytest.mark.parametrize(
    ("column", "value"),
    [("consent", ""), ("consent", None), ("consent", "no"), ("owner", " "), ("owner", None)],
)
def test_nobody_is_drawn_without_consent_and_owner(column, value, plan, people):
    """R220: clean consent and owners."""
    unclean = people(60).with_columns(
        pl.when(pl.col("unit_id") == "p7").then(pl.lit(value)).otherwise(column).alias(column)
    )
    with pytest.raises(BakeOffError, match=f"1 of 60 contacts have no {column}, 'p7' for one"):
        draw(plan, unclean)


def test_nobody_is_drawn_before_the_plan_is_registered(plan, plan_file, tmp_path):
    log = tmp_path / "registry.jsonl"
    with pytest.raises(BakeOffError, match="not registered"):
        enrolment.must_be_registered(plan, plan_file, log)
    registry.register(log, plan.to_spec(), approver="Ada", code_version="1", now=NOW)
    enrolment.must_be_registered(plan, plan_file, log)
    edited = plan.model_copy(update={"must_haves": {}})
    with pytest.raises(BakeOffError, match="not the one that was registered"):
        enrolment.must_be_registered(edited, plan_file, log)


def test_what_so_few_can_show_is_said(plan):
    told = enrolment.reaches(plan, {"alpha": 35, "beta": 35, "holdout": 30})
    between = told[-1]
    assert (between.arm, between.base, between.units) == ("alpha", "beta", 70)
    # 35 a side, 10% in the base: Cohen's h of 80% power is 0.67, so the rise is to about 39%.
    assert between.detectable == pytest.approx(0.386, abs=0.02)
    assert 350 < between.needed < 450
    assert "more likely missed" in between.sentence


def test_too_few_to_show_anything_is_said(plan):
    told = enrolment.reaches(plan, {"alpha": 1, "beta": 2, "holdout": 3})
    assert told[0].detectable is None
    assert "no rise" in told[0].sentence
