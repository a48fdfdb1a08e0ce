from dataclasses import replace
from datetime import timedelta

import pytest
from sandbox_conversation import make_person

from agent_runtime.sandbox.truth import Params, TruthError, planted, truth_of

PARAMS = Params(seed=11)
CROWD = [make_person(f"buyer-{n:06d}") for n in range(20_000)]


def test_planted_effect_is_met_on_average_over_many_people():
    found = planted(CROWD, PARAMS)
    assert found.total == 20_000
    assert found.effect == pytest.approx(0.05, abs=0.005)
    assert found.y0_total / found.total == pytest.approx(0.04, abs=0.005)
    assert found.effect == (found.y1_total - found.y0_total) / found.total


def test_planted_zero_plants_nothing_and_leaves_those_who_ask_alone():
    nothing = replace(PARAMS, planted_effect=0.0)
    found = planted(CROWD, nothing)
    assert found.effect == 0
    assert found.y0_total == planted(CROWD, PARAMS).y0_total


def test_truth_does_not_depend_on_the_order_of_people():
    forwards = {p.buyer_id: truth_of(p, PARAMS) for p in CROWD[:500]}
    backwards = {p.buyer_id: truth_of(p, PARAMS) for p in reversed(CROWD[:500])}
    assert forwards == backwards


def test_another_seed_gives_other_people():
    truths = [truth_of(p, PARAMS) for p in CROWD[:500]]
    assert truths != [truth_of(p, replace(PARAMS, seed=12)) for p in CROWD[:500]]


@pytest.mark.parametrize("change", [{"inbox_ok": False}, {"language": "pl"}])
def test_people_who_cannot_write_back_meet_in_neither_arm(change):
    crowd = [replace(person, **change) for person in CROWD]
    found = planted(crowd, PARAMS)
    assert (found.y0_total, found.y1_total) == (0, 0)
    assert {truth_of(person, PARAMS).temperament for person in crowd[:1000]} == {"silent"}


def test_nobody_is_both_convinced_and_asking_and_all_three_touches_convince_some():
    truths = [truth_of(person, PARAMS) for person in CROWD]
    assert not [t for t in truths if t.asks_unprompted and t.convinced_by_touch]
    assert {t.convinced_by_touch for t in truths} == {0, 1, 2, 3}
    asked = [t.asks_at for t in truths if t.asks_unprompted]
    assert min(asked) >= timedelta(hours=12)
    assert max(asked) <= timedelta(days=20)


def test_people_who_opted_out_before_are_never_convinced():
    truths = [truth_of(replace(person, opted_out_before=True), PARAMS) for person in CROWD]
    assert not any(truth.convinced_by_touch for truth in truths)


@pytest.mark.parametrize(
    ("field", "value"),
    [("planted_effect", 0.97), ("planted_effect", -0.1), ("base_rate", 1.0), ("grid_minutes", 7)],
)
def test_impossible_settings_are_refused_with_their_name_and_value(field, value):
    with pytest.raises(TruthError, match=f"{field} is {value}"):
        Params(seed=1, **{field: value})


def test_effect_over_nobody_is_zero():
    assert planted([], PARAMS).effect == 0
