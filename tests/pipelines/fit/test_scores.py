"""Scores with reasons that are the model's own, and drift that is noticed."""

from datetime import timedelta

import numpy as np
import polars as pl
import pytest
from scipy.special import logit

from pipelines.fit.document import read_document, write_document
from pipelines.fit.drift import drift, stability_index, worst
from pipelines.fit.explaining import explain
from pipelines.fit.scores import FIT_SCORES, score
from pipelines.fit.spec import FitError, load_fit_spec
from pipelines.fit.training import train
from tests.pipelines.fit.fit_world import NOW, TENANT, made_up, table

EARLIER = NOW - timedelta(days=365)


@pytest.fixture(scope="module")
def world():
    return made_up(11, deals=3000)


@pytest.fixture(scope="module")
def found(world, tmp_path_factory):
    folder = tmp_path_factory.mktemp("fit")
    made = train(world, load_fit_spec("deals"), tenant_id=TENANT, now=EARLIER)
    write_document(made, world, folder, now=EARLIER)
    read = read_document(folder, "fit 1", tenant_id=TENANT)
    assert read.model == made.model
    with pytest.raises(FitError, match="may not score those of 'other'"):
        read_document(folder, "fit 1", tenant_id="other")
    return read


def test_every_score_is_the_average_and_the_contributions(world, found):
    scores = score(found, world, now=NOW)
    assert scores.schema == FIT_SCORES
    assert scores.height == world["contacts"].height
    for contact in ("c1", "c2", "c3"):
        one = explain(found, world, contact, now=NOW)
        total = one.intercept + sum(feature.points for feature in one.features)
        assert logit(one.probability) == pytest.approx(total)
        kept = scores.filter(pl.col("contact_id") == contact).row(0, named=True)
        assert (kept["probability"], tuple(kept["reasons"])) == (one.probability, one.reasons)
        assert explain(found, world, f"{contact}@X.example", now=NOW) == one


def test_a_reason_tells_the_history_of_the_records_own_kind(world, found):
    """A reason has the record's value, what companies like it won, and the average."""
    scores = score(found, world, now=NOW)
    firms = scores.join(world["accounts"], on="account_id")
    finance = firms.filter((pl.col("industry") == "finance") & (pl.col("band") == "high"))
    card = next(card for card in found.model.cards if card.field == "accounts.industry")
    own = next(one for one in card.bins if one.label == "finance")
    said = (
        f"in finance: companies like this won {own.won / own.decided:.0%} of {own.decided:,}, "
        f"against {found.model.base_rate:.0%} on average"
    )
    assert finance.height > 20
    assert all(said in reasons for reasons in finance["reasons"])
    for reasons in scores["reasons"]:
        assert len(reasons) <= 3


def test_nobody_is_scored_of_whom_nothing_is_known(world, found):
    stray = table("contacts", [{"contact_id": "stray", "person_id": "q"}])
    tables = world | {"contacts": pl.concat([world["contacts"], stray])}
    one = score(found, tables, now=NOW).filter(pl.col("contact_id") == "stray")
    assert one.select("probability", "band").row(0) == (None, "unknown")
    with pytest.raises(FitError, match="none of 600 has it"):
        explain(found, world, "nobody", now=NOW)


def levels(found, tables):
    figures = drift(found, tables, now=NOW)
    return {name: worst(figures, f"{name}_drift") for name in ("feature", "score", "calibration")}


def test_what_stays_the_same_does_not_drift(world, found):
    assert levels(found, world) == {"feature": "fine", "score": "fine", "calibration": "fine"}


def test_other_people_and_other_outcomes_are_noticed(world, found):
    all_finance = world["accounts"].with_columns(pl.lit("finance").alias("industry"))
    moved = levels(found, world | {"accounts": all_finance})
    assert moved["feature"] == moved["score"] == "fails"
    draw = np.random.default_rng(1)
    better = world["opportunities"].with_columns(
        pl.when(pl.col("opened_at") > EARLIER)
        .then(pl.Series(draw.random(world["opportunities"].height) < 0.7))
        .otherwise("is_won")
        .alias("is_won")
    )
    assert levels(found, world | {"opportunities": better})["calibration"] == "fails"


def test_the_index_is_nought_for_the_same_and_known_for_a_shift():
    assert stability_index([0.2, 0.8], [0.2, 0.8]) == 0
    by_hand = (0.5 - 0.2) * np.log(0.5 / 0.2) + (0.5 - 0.8) * np.log(0.5 / 0.8)
    assert stability_index([0.2, 0.8], [0.5, 0.5]) == pytest.approx(by_hand)
    assert np.isfinite(stability_index([0.0, 1.0], [1.0, 0.0]))
