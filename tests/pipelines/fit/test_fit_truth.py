"""A planted effect is found, its probabilities are true, and a coin is called a coin."""

import numpy as np
import polars as pl
import pytest

from pipelines.fit.evaluation import auc, evaluate
from pipelines.fit.features import features_of, prospects
from pipelines.fit.rule import judge, load_rule
from pipelines.fit.spec import FitError, load_fit_spec
from pipelines.fit.training import train
from tests.pipelines.fit.fit_world import NOW, TENANT, made_up, table, truth_of

SPEC = load_fit_spec("deals")
SEEDS = range(8)


def trained(tables, spec=SPEC):
    return train(tables, spec, tenant_id=TENANT, now=NOW)


@pytest.fixture(scope="module")
def worlds():
    every = [made_up(seed) for seed in SEEDS]
    return [(tables, trained(tables)) for tables in every]


def points(found, field, label):
    card = next(card for card in found.model.cards if card.field == field)
    return next(one.points for one in card.bins if one.label == label)


def test_the_direction_of_a_planted_effect_is_found_in_every_world(worlds):
    for _, found in worlds:
        finance, retail = (points(found, "accounts.industry", n) for n in ("finance", "retail"))
        assert finance > 0.3 > -0.1 > retail
        size = next(card for card in found.model.cards if card.field == "accounts.employees")
        assert size.bins[-2].points > size.bins[0].points


def test_probabilities_are_those_that_were_planted(worlds):
    """Mean error over accounts at most 0.06 on average over seeds, and 0.09 in the worst."""
    errors = []
    for tables, found in worlds:
        people = prospects(tables, tenant_id=TENANT, now=NOW)
        said = found.model.probabilities(features_of(people, tables, SPEC, tenant_id=TENANT))
        firms = people.join(tables["accounts"], on="account_id", maintain_order="left")
        errors.append(np.abs(said - truth_of(firms["industry"], firms["employees"])).mean())
    assert np.mean(errors) <= 0.06
    assert max(errors) <= 0.09


def test_the_later_period_is_forecast_and_the_rule_lets_the_model_in(worlds):
    verdicts = [judge(found.evaluation, load_rule()).may_be_promoted for _, found in worlds]
    assert sum(verdicts) >= len(verdicts) - 1
    assert np.mean([abs(found.evaluation.z) <= 1.96 for _, found in worlds]) >= 0.6
    for _, found in worlds:
        assert found.history.earlier["decided_at"].max() < found.history.later["cutoff"].min()


def test_a_coin_is_not_let_in():
    verdicts = []
    for seed in SEEDS:
        found = trained(made_up(seed, is_planted=False))
        verdicts.append(judge(found.evaluation, load_rule()).may_be_promoted)
    assert sum(verdicts) <= 1


def test_too_little_history_is_refused_with_what_is_missing():
    with pytest.raises(FitError, match=r"needs \d+ more won \(\d+ of 50\) and \d+ more lost"):
        trained(made_up(1, deals=40))
    with pytest.raises(FitError, match=r"50 more won \(0 of 50\) and 50 more lost \(0 of 50\)"):
        trained(made_up(1) | {"opportunities": table("opportunities", [])})


def test_nothing_is_learnt_from_another_tenant(worlds):
    tables, found = worlds[0]
    others = {
        name: pl.concat([frame, foreign(frame)], how="vertical") for name, frame in tables.items()
    }
    assert trained(others).model == found.model


def foreign(frame):
    """The same rows of another tenant, with every deal won."""
    changed = frame.with_columns(pl.lit("other").alias("tenant_id"))
    if "is_won" in frame.columns:
        changed = changed.with_columns(pl.lit(value=True).alias("is_won"))
    return changed.select(frame.columns)


def test_auc_and_brier_are_those_of_scikit_learn():
    from sklearn.metrics import brier_score_loss, roc_auc_score

    draw = np.random.default_rng(3)
    said = np.round(draw.random(200), 1)
    won = (draw.random(200) < said).astype(np.int8)
    found = evaluate(said, won, np.arange(200).astype(str), base_rate=0.5, learnt_from=100)

    assert auc(said, won) == pytest.approx(roc_auc_score(won, said))
    assert found.brier.value == pytest.approx(brier_score_loss(won, said))
    assert found.auc.low < found.auc.value < found.auc.high
    assert sum(point.n for point in found.curve) == 200
