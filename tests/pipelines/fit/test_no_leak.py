"""Nothing that the outcome writes can reach a model, whoever tries."""

from datetime import timedelta

import numpy as np
import polars as pl
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.errors import PipelineError
from pipelines.fit.features import deals, features_of
from pipelines.fit.spec import COUNTED, FitSpec, load_fit_spec
from pipelines.fit.training import train
from tests.pipelines.fit.fit_world import NOW, START, TENANT, made_up, table

EVERY_COUNT = FitSpec.model_validate(
    {
        "id": "all",
        "version": 1,
        "description": "Every feature there is.",
        "features": [
            {"field": field, "kind": "count", "words": "{value}"} for field in sorted(COUNTED)
        ]
        + [{"field": "accounts.employees", "kind": "number", "words": "{value}"}],
    }
)
WORLD = made_up(5, deals=60, accounts=8)
UNITS = deals(WORLD, tenant_id=TENANT, now=NOW)


def with_events(offset_days, *, deal):
    """One event of every kind so long after the deal was opened, on its account and contact."""
    one = UNITS.row(deal, named=True)
    at = one["cutoff"] + timedelta(days=offset_days)
    keys = {"account_id": one["account_id"], "contact_id": one["contact_id"]}
    kinds = ("intent", "form", "event")
    own = {
        "signals": [
            {"signal_id": kind, "kind": kind, "occurred_at": at, "strength": 1.0} | keys
            for kind in kinds
        ],
        "activities": [{"activity_id": "x", "contact_id": keys["contact_id"], "occurred_at": at}],
        "usage": [
            {"account_id": keys["account_id"], "day": at.date(), "metric": "m", "value": 1.0}
        ],
    }
    return WORLD | {name: table(name, rows) for name, rows in own.items()}


def seen(tables, units=UNITS):
    return features_of(units, tables, EVERY_COUNT, tenant_id=TENANT)


@given(st.floats(0, 60), st.integers(0, UNITS.height - 1))
@settings(max_examples=25)
def test_what_happens_from_the_cut_off_on_is_not_seen(days, number):
    one = UNITS.row(number, named=True)["unit_id"]
    changed = seen(with_events(days, deal=number)).filter(pl.col("unit_id") == one)
    assert changed.equals(seen(WORLD).filter(pl.col("unit_id") == one))


def test_what_happened_before_the_cut_off_is_seen():
    one = UNITS.row(20, named=True)["unit_id"]
    row = seen(with_events(-5, deal=20)).filter(pl.col("unit_id") == one).row(0, named=True)
    for field in ("signals.intents_before", "signals.forms_before", "signals.events_before"):
        assert row[field] == 1
    assert row["activities.touches_before"] == row["usage.active_days_before"] == 1


@given(st.randoms(use_true_random=False), st.integers(0, UNITS.height - 1))
@settings(max_examples=25)
def test_a_deals_features_do_not_hang_on_what_became_of_it_or_of_later_deals(random, number):
    """The planted leak: whatever deals that are decided later write is drawn anew."""
    one = UNITS.row(number, named=True)
    later = pl.col("closed_at") >= pl.lit(one["cutoff"])
    coin = pl.Series([random.random() < 0.5 for _ in range(WORLD["opportunities"].height)])
    redrawn = WORLD["opportunities"].with_columns(
        pl.when(later).then(coin).otherwise(pl.col("is_won")).alias("is_won"),
        pl.when(later).then(coin.cast(pl.Float64)).otherwise("amount_usd").alias("amount_usd"),
        pl.when(later).then(coin.cast(pl.String)).otherwise("stage").alias("stage"),
        pl.when(later).then(coin.cast(pl.String)).otherwise("lost_reason").alias("lost_reason"),
    )
    own = UNITS.filter(pl.col("unit_id") == one["unit_id"])
    assert seen(WORLD | {"opportunities": redrawn}, own).equals(seen(WORLD, own))


@pytest.mark.parametrize(
    ("feature", "why"),
    [
        ("opportunities.amount_usd", "after the outcome is known"),
        ("opportunities.lost_reason", "after the outcome is known"),
        ("opportunities.is_won", "after the outcome is known"),
        ("contracts.active", "after the outcome is known"),
        ("contacts.lead_stage", "after the outcome is known"),
        ("accounts.health_score", "what the law protects"),
        ("contacts.first_name", "what the law protects"),
        ("contacts.x_gender", "what the law protects"),
        ("contacts.x_age", "what the law protects"),
        ("contacts.title", "what the law protects"),
        ("contacts.country", "where somebody comes from"),
        ("contacts.language", "where somebody comes from"),
        ("accounts.x_city", "where somebody comes from"),
        ("contacts.x_origin", "`known_before`"),
    ],
)
def test_a_column_that_may_leak_or_discriminate_is_refused_by_name(tmp_path, feature, why):
    path = write(tmp_path, feature)
    with pytest.raises(PipelineError, match=f"{feature} .*{why}"):
        load_fit_spec(str(path))


def test_a_proxy_comes_in_only_with_a_written_reason_and_an_agent_is_no_age(tmp_path):
    path = write(tmp_path, "accounts.country", allow={"accounts.country": " "})
    with pytest.raises(PipelineError, match="say why in `allow`"):
        load_fit_spec(str(path))
    reason = {"accounts.country": "We sell in two countries only, at different prices."}
    assert load_fit_spec(str(write(tmp_path, "accounts.country", allow=reason))).allow == reason
    known = {"known_before": "Written when the account is made."}
    assert load_fit_spec(str(write(tmp_path, "accounts.x_agent", **known)))


@given(st.integers(0, 10_000), st.floats(0, 0.01), st.sampled_from(["number", "category", "gaps"]))
@settings(max_examples=8)
def test_a_leaking_column_of_the_export_is_taken_for_the_outcome(seed, noise, shape):
    """A column that somebody vouches for, and that is the outcome all the same, cannot get in."""
    draw = np.random.default_rng(seed)
    world = made_up(3, deals=300, accounts=300)
    won = dict(world["opportunities"].select("account_id", "is_won").iter_rows())
    hidden = [won.get(a, False) ^ (draw.random() < noise) for a in world["accounts"]["account_id"]]
    values = {
        "number": pl.Series([3.0 + draw.random() if one else draw.random() for one in hidden]),
        "category": pl.Series(["gold" if one else "none" for one in hidden]),
        "gaps": pl.Series([draw.random() if one else None for one in hidden], dtype=pl.Float64),
    }[shape]
    first = world["opportunities"].unique("account_id", keep="last", maintain_order=True)
    tables = world | {
        "accounts": world["accounts"].with_columns(values.alias("x_tier")),
        "opportunities": first,
    }
    spec = FitSpec.model_validate(
        {
            "id": "leaky",
            "version": 1,
            "description": "A leak.",
            "enough": {"won": 10, "lost": 10, "later_won": 5, "later_lost": 5},
            "features": [
                {
                    "field": "accounts.x_tier",
                    "kind": "category" if shape == "category" else "number",
                    "words": "{value}",
                    "known_before": "Trust me.",
                }
            ],
        }
    )
    with pytest.raises(PipelineError, match=r"accounts.x_tier: .*taken for the outcome; leave it"):
        train(tables, spec, tenant_id=TENANT, now=NOW)


def test_a_deal_decided_after_now_or_without_a_day_is_no_history():
    half = START + timedelta(days=200)
    known = deals(WORLD, tenant_id=TENANT, now=half)
    assert 0 < known.height < UNITS.height
    assert known["decided_at"].max() <= half
    undated = WORLD["opportunities"].with_columns(
        pl.lit(None).cast(pl.Datetime("us", "UTC")).alias("opened_at")
    )
    assert deals(WORLD | {"opportunities": undated}, tenant_id=TENANT, now=NOW).is_empty()


def write(folder, field, *, allow=None, **more):
    feature = {"field": field, "kind": "category", "words": "{value}"} | more
    text = {"id": "s", "version": 1, "description": "d", "features": [feature]}
    path = folder / "s.yaml"
    path.write_text(yaml.safe_dump(text | ({"allow": allow} if allow else {})))
    return path
