from collections import Counter
from statistics import fmean, pstdev

import pytest

from agent_runtime.sandbox.draw import between, chance, draw, normal, pick, weighted, whole

NUMBERS = range(20_000)


def test_a_draw_depends_on_its_keys_and_not_on_earlier_draws():
    first = [draw(7, "reply", n) for n in range(50)]
    again = [draw(7, "reply", n) for n in reversed(range(50))]
    assert first == again[::-1]
    assert len(set(first)) == 50


def test_draws_are_pinned_so_that_a_release_keeps_every_world():
    assert draw(7, "buyer-000001", "reply", 2) == pytest.approx(0.557020797209082, abs=1e-15)


def test_seed_and_every_key_change_the_draw():
    assert len({draw(1, "a", 1), draw(2, "a", 1), draw(1, "b", 1), draw(1, "a", 2)}) == 4


def test_keys_do_not_run_together():
    assert draw(1, "ab", "c") != draw(1, "a", "bc")


def test_draws_are_even_over_the_unit_interval():
    numbers = [draw(3, n) for n in NUMBERS]
    assert all(0 <= number < 1 for number in numbers)
    tenths = Counter(int(number * 10) for number in numbers)
    assert all(1800 < tenths[tenth] < 2200 for tenth in range(10))


def test_weighted_follows_the_weights_and_never_takes_a_weight_of_zero():
    taken = Counter(weighted(3, {"a": 1, "never": 0, "b": 3}, n) for n in NUMBERS)
    assert taken["never"] == 0
    assert taken["b"] / len(NUMBERS) == pytest.approx(0.75, abs=0.015)


def test_pick_takes_every_option_about_as_often():
    taken = Counter(pick(3, "abcd", n) for n in NUMBERS)
    assert set(taken) == set("abcd")
    assert max(taken.values()) - min(taken.values()) < 400


def test_whole_numbers_include_both_ends():
    assert {whole(3, 2, 4, n) for n in range(200)} == {2, 3, 4}


def test_between_stays_inside():
    numbers = [between(3, -1.0, 2.0, n) for n in range(1000)]
    assert min(numbers) >= -1
    assert max(numbers) < 2
    assert fmean(numbers) == pytest.approx(0.5, abs=0.1)


def test_chance_happens_at_its_rate():
    assert fmean(chance(3, 0.2, n) for n in NUMBERS) == pytest.approx(0.2, abs=0.01)
    assert not any(chance(3, 0, n) for n in range(100))


def test_normal_has_the_mean_and_deviation_asked_for():
    numbers = [normal(3, 10.0, 2.0, n) for n in NUMBERS]
    assert fmean(numbers) == pytest.approx(10, abs=0.06)
    assert pstdev(numbers) == pytest.approx(2, abs=0.05)


@pytest.mark.parametrize("weights", [{}, {"a": 0}])
def test_nothing_to_choose_from_is_an_error(weights):
    with pytest.raises(ValueError, match="weight"):
        weighted(1, weights, "x")
    with pytest.raises(ValueError, match="nothing to pick"):
        pick(1, [], "x")
