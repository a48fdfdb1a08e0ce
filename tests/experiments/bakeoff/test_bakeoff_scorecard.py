"""The scorecard: weights, what is missing, who is out, and who can be told from whom."""

import re
from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest

from experiments.bakeoff.answers import Answers
from experiments.bakeoff.config import Measure
from experiments.bakeoff.outcomes import REHEARSAL, joined
from experiments.bakeoff.page import render_page
from experiments.bakeoff.report import build_report
from experiments.bakeoff.resampling import interval, sampled_measures, sampled_review
from experiments.bakeoff.scorecard import scorecard
from experiments.errors import BakeOffError

ASSIGNED = datetime(2026, 3, 1, tzinfo=UTC)
LATER = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.fixture
def answers(plan):
    """Both candidates have so many points in every criterion, and every must-have."""

    def make(**points):
        return {
            name: Answers(
                {c: [float(points[name])] * 2 for c in plan.criteria},
                dict.fromkeys(plan.must_haves, True),
            )
            for name in points
        }

    return make


def varied(rng, level, count):
    """Marks of so many threads around a level."""
    return [
        (*(int(np.clip(level + rng.integers(-1, 2), 1, 5)) for _ in range(3)), "handled")
        if n % 2
        else (*(int(np.clip(level + rng.integers(-1, 2), 1, 5)) for _ in range(3)), "none")
        for n in range(count)
    ]


@pytest.fixture
def units(plan):
    """One row a contact: so many meetings in each arm."""

    def make(alpha=4, beta=4, holdout=3, size=30):
        met = {"alpha": alpha, "beta": beta, "holdout": holdout}
        rows = [
            {
                "unit_id": f"{arm}-p{n}",
                "arm": arm,
                "assigned_at": ASSIGNED,
                "meeting": int(n < count),
                "positive_intent": int(n < count + 1),
                "unsubscribed": int(n == size - 1),
                "replied": int(n < 10),
                "cost_usd": 0.5,
                "first_response_minutes": None if arm == "holdout" else float(2 + n % 5),
                "drafts": 0 if arm == "holdout" else 4,
                "drafts_passed": 0 if arm == "holdout" else 4 - (n % 10 == 0),
            }
            for arm, count in met.items()
            for n in range(size)
        ]
        return pl.DataFrame(rows)

    return make


def report(plan, units, marks=None, answers=None, *, now=LATER, costs=None, how=None):
    drawn = units.select("unit_id", "arm", "assigned_at")
    drawn = drawn.with_columns(how=pl.lit(how)) if how else drawn
    delivered = {"all.csv": units.drop("arm", "assigned_at")}
    return build_report(
        plan,
        joined(plan, drawn, delivered),
        marks,
        answers or {},
        costs=costs or {},
        deviations=(),
        now=now,
    )


def test_a_total_is_the_weighted_mean_of_its_criteria(plan, marks, answers):
    """R187: computed by hand. One thread each, so that there is no interval."""
    given = marks(alpha=[(5, 3, 4, "handled")], beta=[(1, 1, 1, "missed")])
    reviews = {name: sampled_review(plan, given, name) for name in plan.names}
    passed = pl.DataFrame({"arm": ["alpha", "beta"], "drafts": [4, 4], "drafts_passed": [3, 1]})
    measures = {name: sampled_measures(plan, passed, name) for name in plan.names}
    card = scorecard(plan, answers(alpha=60, beta=60), reviews, measures)

    fit = (60 + 50 + 100) / 3
    governance = (60 + 100 + 75 + 75) / 4
    by_hand = 0.25 * fit + 0.15 * governance + 0.6 * 60
    assert card.totals["alpha"].score == pytest.approx(by_hand)
    by_hand = 0.25 * 60 / 3 + 0.15 * (60 + 25) / 4 + 0.6 * 60
    assert card.totals["beta"].score == pytest.approx(by_hand)
    assert card.totals["alpha"].ci is None
    assert "by judgement alone" in card.versus[0].verdict


def test_what_is_missing_is_no_zero(plan, answers):
    card = scorecard(plan, answers(alpha=80, beta=80), {}, {})
    total = card.totals["alpha"]
    assert total.score is None
    assert total.least == pytest.approx(0.25 * 80 / 3 + 0.15 * 80 / 4 + 0.6 * 80)
    assert total.most == pytest.approx(total.least + 0.25 * 200 / 3 + 0.15 * 300 / 4)
    assert card.versus[0].verdict.startswith("not told: evidence is missing")


def test_answers_that_are_missing_may_turn_a_lead(plan, marks, answers):
    rng = np.random.default_rng(1)
    given = marks(alpha=varied(rng, 4, 20), beta=varied(rng, 4, 20))
    reviews = {name: sampled_review(plan, given, name) for name in plan.names}
    passed = pl.DataFrame(
        {"arm": ["alpha", "beta"] * 5, "drafts": [4] * 10, "drafts_passed": [3] * 10}
    )
    measures = {name: sampled_measures(plan, passed, name) for name in plan.names}
    known = answers(alpha=80, beta=50)
    card = scorecard(plan, known, reviews, measures)
    assert "alpha scores" in card.versus[0].verdict
    for line in known["beta"].scores.values():
        line[:] = [50.0, None, None, None]
    card = scorecard(plan, known, reviews, measures)
    assert "the answers that are missing may turn it" in card.versus[0].verdict


def test_who_misses_a_must_have_is_out_and_who_was_not_judged_is_not_chosen(
    plan, marks, answers, units
):
    rng = np.random.default_rng(2)
    given = marks(alpha=varied(rng, 5, 10), beta=varied(rng, 2, 10))
    told = answers(alpha=90, beta=50)
    told["alpha"].must_haves["consent"] = False
    told["beta"].must_haves["billing"] = None
    found = report(plan, units(), given, told)
    assert found.card.missed == {"alpha": ("consent",), "beta": ()}
    assert found.verdict.startswith("alpha is out: it misses consent.")
    assert "alpha scores" not in found.verdict
    page = render_page(found)
    assert "Out: misses consent" in page
    assert "beta cannot be chosen yet" in page


def test_alike_candidates_cannot_be_told_apart(plan, marks, answers, units):
    rng = np.random.default_rng(3)
    given = marks(alpha=varied(rng, 4, 12), beta=varied(rng, 4, 12))
    found = report(plan, units(), given, answers(alpha=70, beta=70))
    assert "the two cannot be told apart by this bake-off" in found.card.versus[0].verdict
    assert "meeting, alpha and beta: the two cannot be told apart" in found.verdict
    low, high = found.card.versus[0].ci
    assert low < 0 < high


def test_a_candidate_far_better_is_told_apart(plan, marks, answers, units):
    rng = np.random.default_rng(4)
    given = marks(alpha=varied(rng, 5, 15), beta=varied(rng, 2, 15))
    found = report(plan, units(alpha=25, beta=5), given, answers(alpha=70, beta=70))
    assert "alpha scores" in found.card.versus[0].verdict
    assert "they differ" in found.verdict
    pairs = [(r.arm, r.control) for r in found.readout.metrics if r.role == "primary"]
    assert pairs == [("alpha", "holdout"), ("beta", "holdout"), ("alpha", "beta")]


def test_nothing_of_a_metric_is_shown_before_its_windows_close(plan, units):
    found = report(plan, units(), now=datetime(2026, 3, 20, tzinfo=UTC))
    assert all(row.effect is row.mean_arm is None for row in found.readout.metrics)
    assert "hidden" in render_page(found)


def test_contacts_without_outcomes_are_missing_and_told(plan, units):
    whole = units()
    drawn = whole.select("unit_id", "arm", "assigned_at")
    given = whole.filter(~pl.col("unit_id").is_in(["beta-p0", "beta-p1"])).drop(
        "arm", "assigned_at"
    )
    found = joined(plan, drawn, {"f": given})
    assert found.units.height == 90
    assert "2 of 30 contacts of beta have no outcomes" in found.deviations[0]
    built = build_report(plan, found, None, {}, costs={}, deviations=(), now=LATER)
    row = next(r for r in built.readout.metrics if (r.arm, r.control) == ("beta", "holdout"))
    assert (row.n_arm, row.n_missing) == (28, 2)
    assert built.costs["beta"].total_usd is None
    assert built.costs["alpha"].per_conversation_usd == pytest.approx(1.5)


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ({"unit_id": ["stranger"]}, "the bake-off did not draw it"),
        ({"unit_id": ["beta-p0", "beta-p0"]}, "outcomes twice"),
        ({"unit_id": ["beta-p0"], "candidate": ["alpha"]}, "was drawn for 'beta'"),
        ({"id": ["beta-p0"]}, "'unit_id' is missing"),
    ],
)
def test_outcomes_that_fit_no_draw_are_refused(table, says, plan, units):
    drawn = units().select("unit_id", "arm", "assigned_at")
    with pytest.raises(BakeOffError, match=says):
        joined(plan, drawn, {"f.csv": pl.DataFrame(table)})


def test_a_spoilt_holdout_and_a_rehearsal_are_told_first(plan, units):
    spoilt = units().with_columns(touches=(pl.col("unit_id") == "holdout-p3").cast(pl.Int64))
    found = report(plan, spoilt, how=REHEARSAL)
    assert found.deviations[0].startswith("this is a rehearsal")
    assert found.deviations[1].startswith("the holdout is spoilt: 1 of its contacts")
    page = render_page(found)
    assert page.index("The holdout is spoilt") < page.index("Scorecard</h2>")


def test_first_response_and_compliance_are_measured_of_candidates(plan, units):
    """R221: first response time, positive intent, meetings and compliance are all there."""
    found = report(plan, units())
    rows = {row.name: row for row in found.measures}
    assert rows["first_response_minutes"].figures["alpha"].value == 4
    assert rows["compliance_pass_rate"].figures["beta"].value == pytest.approx(1 - 3 / 120)
    assert "holdout" not in rows["compliance_pass_rate"].figures
    assert {r.metric for r in found.readout.metrics} >= {"meeting", "positive_intent"}


def test_a_measure_that_is_no_share_is_no_criterion(plan, units):
    wrong = plan.model_copy(
        update={"measures": {"compliance_pass_rate": Measure(numerator="first_response_minutes")}}
    )
    with pytest.raises(BakeOffError, match="counts shares from 0 to 1"):
        report(wrong, units().with_columns(pl.col("first_response_minutes") + 5))


def test_costs_that_somebody_told_come_before_the_column(plan, units):
    found = report(plan, units(), costs={"beta": 420.0})
    assert found.costs["beta"].per_conversation_usd == pytest.approx(42)


def test_the_page_is_one_file_and_escapes_what_it_shows(plan_file, plan, units):
    evil = '<img src=x onerror="alert(1)">'
    named = plan.model_copy(
        update={
            "candidates": {
                n: c.model_copy(update={"label": evil + n}) for n, c in plan.candidates.items()
            }
        }
    )
    page = render_page(report(named, units()))
    assert "<img" not in page
    assert not re.search(r"(src|href)=|<script|url\(", page.replace("&lt;img src=x", ""))
    assert "None" not in page
    assert "nan" not in re.sub(r"[a-z]*nan[a-z]+|[a-z]+nan[a-z]*", "", page.lower())


def test_intervals_of_ten_threads_cover_as_promised(plan):
    """The difference of two alike candidates with ten threads each: near 95%, never much below."""
    rng, covered, runs = np.random.default_rng(5), 0, 120
    one = plan.model_copy(update={"measures": {"m": Measure(numerator="x")}})
    for _ in range(runs):
        table = pl.DataFrame({"arm": ["alpha", "beta"] * 10, "x": rng.integers(1, 6, 20)})
        a, b = (sampled_measures(one, table, name)["m"] for name in one.names)
        low, high = interval(a.draws - b.draws, 10)
        covered += low <= 0 <= high
    assert 0.9 <= covered / runs <= 0.995


def test_a_sample_that_does_not_vary_has_no_interval():
    assert interval(np.full(2000, 50.0), 10) is None
    assert interval(np.arange(2000.0), 1) is None
