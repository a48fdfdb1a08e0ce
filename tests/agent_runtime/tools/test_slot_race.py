import pytest
from slot_race import race

from agent_runtime.library.catalog import load_library


@pytest.mark.real
@pytest.mark.slow
def test_many_bookers_fill_few_slots_each_once_and_every_loser_is_offered_another(tmp_path):
    """R54 R108: no slot twice; who loses gets another time while one is left, else is told so."""
    seen = race(tmp_path, load_library(), bookers=60, slots=10)

    assert seen["meetings"] == seen["confirmed"] == seen["starts"] == seen["people"] == 10
    assert seen["got"] == 10
    assert seen["told_none_left"] == 50
    assert seen["lost"] == seen["offered_another"] + seen["told_none_left"]
    assert seen["left"] == 0
    assert seen["later"] == 3


@pytest.mark.real
@pytest.mark.slow
def test_holding_what_is_offered_leaves_nobody_with_nothing_while_a_time_is_free(tmp_path):
    """R37 R54: every slot is met in though others were thinking about it; no hold is left over."""
    seen = race(tmp_path, load_library(), bookers=16, slots=10, hold_hours=24)

    assert seen["holding"] > 0
    assert seen["meetings"] == seen["confirmed"] == seen["starts"] == seen["people"] == 10
    assert (seen["got"], seen["told_none_left"], seen["left"]) == (10, 6, 0)
