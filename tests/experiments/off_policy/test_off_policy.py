"""Off-policy values: right where they can be known, refused where they cannot."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import polars as pl
import pytest
from logged_worlds import NOW, START, Logged, World, log_of, truth_of

from experiments.off_policy import OffPolicyError, read_policy
from experiments.statistics.overlap import LEAST_SIZE

ONE_TURN = World(turns=1, texts=2, threads=2000)


def read(log, *, known=(), **more):
    fields = {"policy": "other", "rewards": ["reply"], "window_days": 28, "as_of": NOW} | more
    return read_policy(log.turns, log.options, log.outcomes, known=list(known), **fields)


def changed(log, **tables):
    return replace(log, **tables)


def test_intervals_hold_the_truth_of_confounded_logs():
    """95% intervals, over logs whose policy looks at what moves the outcome; many more of them
    are in `make accept ISSUE=8`."""
    value, logged = truth_of(ONE_TURN, threads=300_000)
    held, apart, errors = 0, 0, []
    for seed in range(20):
        found = read(log_of(ONE_TURN, seed), known=ONE_TURN.seen).rewards[0].estimates
        held += found.doubly_robust.ci.low <= value <= found.doubly_robust.ci.high
        apart += found.difference.ci.low <= value - logged <= found.difference.ci.high
        errors.append(found.doubly_robust.value - value)
    assert min(held, apart) >= 16, "19 of 20 on average"
    assert abs(np.mean(errors)) < 4 * np.std(errors) / len(errors) ** 0.5


def test_a_plain_mean_of_what_the_policy_would_have_done_is_not_its_value():
    """Why weights are needed: the log chose by what moves the outcome."""
    world = replace(ONE_TURN, threads=20_000, asks="last")
    log, (value, _) = log_of(world, 1), truth_of(world, threads=300_000)
    taken = log.options.filter(pl.col("is_chosen") & (pl.col("policy") == 1))
    threads = log.turns.join(taken, on="turn")["thread"]
    naive = threads.is_in(log.outcomes["thread"].implode()).mean()
    found = read(log, known=world.seen).rewards[0].estimates.doubly_robust
    assert abs(naive - value) > 0.02
    assert found.ci.low <= value <= found.ci.high


def test_the_policy_that_was_logged_is_worth_what_was_counted_and_differs_by_nothing():
    log = log_of(replace(ONE_TURN, threads=400), 2)
    log = changed(log, options=log.options.with_columns(policy=pl.col("logged")))
    reading = read(log, known=ONE_TURN.seen)
    found = reading.rewards[0].estimates
    assert reading.overlap.affected == 0
    assert found.difference.value == 0.0
    assert found.difference.ci == (0.0, 0.0)
    assert found.inverse_propensity.value == pytest.approx(found.counted)
    assert found.self_normalised.value == pytest.approx(found.counted)
    assert found.doubly_robust.value == found.logged.value


def test_estimators_by_hand():
    """Threads of one turn, two texts of equal chance; the policy always takes the second."""
    threads = 800
    turns = pl.DataFrame({"turn": range(threads), "thread": range(threads)}).with_columns(
        cluster="thread", at=pl.lit(START)
    )
    options = pl.concat(
        turns.select(
            "turn",
            pl.lit(text).alias("action"),
            pl.lit(0.5).alias("logged"),
            pl.lit(float(text == "b")).alias("policy"),
            (pl.col("turn") % 2 == place).alias("is_chosen"),
        )
        for place, text in enumerate("ab")
    )
    # Every fourth thread brings something, and all of those were written to with the second text.
    came = turns.filter(pl.col("turn") % 4 == 1).select(
        "thread", pl.lit("reply").alias("reward"), pl.lit(START + timedelta(days=2)).alias("at")
    )
    found = read_policy(
        turns, options, came, policy="b", rewards=["reply"], window_days=7, as_of=NOW
    )
    estimates = found.rewards[0].estimates
    assert found.overlap.effective_size == threads / 2
    assert estimates.inverse_propensity.value == pytest.approx(0.5)
    assert estimates.self_normalised.value == pytest.approx(0.5)
    assert estimates.doubly_robust.value == pytest.approx(0.5, abs=0.01)
    assert estimates.difference.value == pytest.approx(0.25, abs=0.01)
    assert estimates.difference.ci.low > 0.2
    assert estimates.p_value < 1e-6


@pytest.mark.parametrize(
    ("world", "rule", "words"),
    [
        (replace(ONE_TURN, asks="new"), "no_overlap", r"text-new \(2,000 threads\)"),
        (replace(ONE_TURN, explore=0.0), "no_overlap", r"text-[01] \(\d+ threads\), text-"),
        (replace(ONE_TURN, explore=0.015), "no_overlap", "hardly any"),
        (replace(ONE_TURN, threads=300), "few_threads", "at least 150 are needed"),
        (World(threads=1500), "few_threads", "at least 150 are needed"),
    ],
)
def test_thin_overlap_is_refused_with_what_would_help(world, rule, words):
    """R81: what was never tried is not estimated."""
    reading = read(log_of(world, 1), known=world.seen)
    assert [refusal.rule for refusal in reading.refusals] == [rule]
    assert pl.Series([reading.refusals[0].why]).str.contains(words).all()
    assert "exploration" in reading.refusals[0].helps
    assert reading.is_refused
    assert all(one.estimates is None for one in reading.rewards)


def test_few_events_are_refused_reward_by_reward():
    log = log_of(replace(ONE_TURN, threads=4000), 1)
    rare = log.outcomes.head(3).with_columns(reward=pl.lit("meeting"))
    both = changed(log, outcomes=pl.concat([log.outcomes, rare]))
    reply, meeting = read(both, rewards=["reply", "meeting"], known=ONE_TURN.seen).rewards
    assert reply.estimates is not None
    assert meeting.estimates is None
    assert "at least 10 are needed" in meeting.refusals[0].why


def test_chances_by_which_nobody_chose_are_found_out():
    """A log that says another chance than the true one gives weights whose mean is not 1."""
    log = log_of(replace(ONE_TURN, threads=8000, explore=0.2), 1)
    wrong = pl.when(pl.col("logged") < 0.5).then(0.3).otherwise(0.7)
    reading = read(changed(log, options=log.options.with_columns(logged=wrong)))
    assert [refusal.rule for refusal in reading.refusals] == ["wrong_chances"]


def test_a_few_threads_that_go_where_nothing_was_tried_widen_the_interval():
    """At most 5%: all that may come of them, from nothing to one, is inside."""
    log = log_of(replace(ONE_TURN, threads=4000), 1)
    lost = log.turns["turn"].head(80)
    is_lost = pl.col("turn").is_in(lost.implode())
    kept = log.options.with_columns(policy=pl.when(is_lost).then(0.0).otherwise("policy"))
    new = (
        log.options.filter(is_lost)
        .unique("turn")
        .with_columns(action=pl.lit("new"), logged=0.0, policy=1.0, is_chosen=False)
    )
    plain = read(log).rewards[0].estimates
    reading = read(changed(log, options=pl.concat([kept, new])))
    found = reading.rewards[0].estimates
    assert reading.overlap.lost_share == pytest.approx(0.02)
    wider = (found.difference.ci.high - found.difference.ci.low) - (
        plain.difference.ci.high - plain.difference.ci.low
    )
    assert 0.015 < wider < 0.03


def test_open_windows_and_late_events_do_not_count():
    log = log_of(replace(ONE_TURN, threads=1000), 1)
    late = changed(log, outcomes=log.outcomes.with_columns(at=pl.lit(START + timedelta(days=29))))
    with pytest.raises(OffPolicyError, match="no thread is 28 days old"):
        read(log, as_of=START + timedelta(days=27))
    young = log.turns.with_columns(
        at=pl.when(pl.col("thread") < 400).then(pl.lit(NOW)).otherwise("at")
    )
    assert read(changed(log, turns=young)).open_threads == 400
    assert "few_events" in [r.rule for r in read(late).rewards[0].refusals]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"logged": pl.col("logged") / 2}, "logged of turn .* sums to 0.5"),
        ({"policy": pl.col("policy") * 2}, "policy of turn .* sums to 2"),
        ({"is_chosen": pl.lit(True)}, "must name one option"),
    ],
)
def test_tables_that_cannot_be_are_refused(change, words):
    log = log_of(replace(ONE_TURN, threads=50), 1)
    with pytest.raises(OffPolicyError, match=words):
        read(changed(log, options=log.options.with_columns(**change)))


@pytest.mark.parametrize("asks", ["even", "best"])
def test_values_are_shares_and_the_order_of_rows_changes_nothing(asks):
    log = log_of(replace(ONE_TURN, asks=asks, rate=0.2, explore=0.2), 3)
    mixed = [
        table.sample(fraction=1.0, shuffle=True, seed=5)
        for table in (log.turns, log.options, log.outcomes)
    ]
    one, other = read(log), read(Logged(*mixed))
    assert one.as_dict() == other.as_dict()
    for value in one.rewards[0].estimates.others.values():
        assert 0 <= value.ci.low <= value.value <= value.ci.high <= 1


def test_a_log_that_missed_its_heaviest_threads_is_still_seen_as_thin():
    """By luck a log may hold none of the threads that weigh most; their chances tell it."""
    world = World(asks="last", texts=2, threads=4000)
    for seed in range(3):
        reading = read(log_of(world, seed), known=world.seen)
        assert reading.overlap.effective_size < LEAST_SIZE
        assert reading.rewards[0].estimates is None
