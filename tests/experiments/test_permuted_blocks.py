from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.assignment import permuted_blocks

HALF = {"agent": 0.5, "holdout": 0.5}
THIRDS = {"a": 1 / 3, "b": 1 / 3, "c": 1 / 3}
BLOCKS = st.dictionaries(st.text(min_size=1), st.sampled_from(["AMER/S", "DACH/L", "UKI/M"]))


def _units(**sizes):
    return {f"{block}-{i}": block for block, size in sizes.items() for i in range(size)}


def _counts(units, arms):
    return Counter((block, arms[unit]) for unit, block in units.items())


@given(BLOCKS, st.integers(0, 2**63))
def test_every_block_and_the_whole_are_within_one_of_the_shares(units, seed):
    """R168: accounts are randomised one by one, alike in every block."""
    shares = {"agent": 0.7, "holdout": 0.3}

    arms = permuted_blocks(units, shares, seed)

    sizes = Counter(units.values())
    for (block, arm), count in _counts(units, arms).items():
        assert abs(count - shares[arm] * sizes[block]) < 1
    for arm, count in Counter(arms.values()).items():
        assert abs(count - shares[arm] * len(units)) < 1


def test_blocks_that_divide_are_split_exactly():
    units = _units(north=9, south=3, west=30)

    arms = permuted_blocks(units, THIRDS, seed=5)

    assert _counts(units, arms) == {
        (block, arm): size // 3
        for block, size in (("north", 9), ("south", 3), ("west", 30))
        for arm in THIRDS
    }


@given(st.permutations(sorted(_units(north=7, south=6).items())))
def test_the_order_of_the_input_changes_nothing(items):
    assert permuted_blocks(dict(items), HALF, 7) == permuted_blocks(dict(sorted(items)), HALF, 7)


def test_the_same_seed_gives_the_same_arms_for_ever():
    units = _units(north=3, south=2)

    assert permuted_blocks(units, HALF, 20170401) == {
        "north-0": "agent",
        "north-1": "holdout",
        "north-2": "agent",
        "south-0": "agent",
        "south-1": "holdout",
    }


def test_over_seeds_every_unit_gets_every_arm_by_its_share():
    """R169: nobody is in the holdout because of who they are."""
    units = _units(north=3, south=2, west=1)
    shares = {"a": 0.2, "b": 0.3, "c": 0.5}
    seeds = 3_000

    drawn = Counter(
        (unit, arm)
        for seed in range(seeds)
        for unit, arm in permuted_blocks(units, shares, seed).items()
    )

    for unit in units:
        for arm, share in shares.items():
            error = (seeds * share * (1 - share)) ** 0.5
            assert drawn[unit, arm] == pytest.approx(seeds * share, abs=4.5 * error)


def test_units_of_a_block_do_not_move_together():
    units = _units(north=10)

    together = sum(
        arms["north-0"] == arms["north-1"]
        for arms in (permuted_blocks(units, HALF, seed) for seed in range(2_000))
    )

    assert together == pytest.approx(2_000 * 4 / 9, abs=4.5 * (2_000 * 20 / 81) ** 0.5)


def test_nobody_to_assign_is_no_error():
    assert permuted_blocks({}, HALF, 1) == {}
