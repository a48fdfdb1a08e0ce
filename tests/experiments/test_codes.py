"""Numbers for names, repeated names and orders of rows are what slow and plain code makes."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments import codes
from experiments.codes import dense_codes, first_repeated, stable_order

names = st.lists(st.sampled_from("a b aa ä é c d").map(str) | st.text(max_size=3), min_size=1)


@given(names)
def test_names_are_numbered_in_their_own_order(texts):
    series = pl.Series("account", texts)

    numbers = dense_codes(series)

    assert numbers.to_list() == (series.rank("dense") - 1).to_list()
    assert numbers.name == "account"


@given(names)
def test_the_first_name_that_comes_twice_is_found(texts):
    repeated = [text for text in texts if texts.count(text) > 1]

    assert first_repeated(pl.Series(texts)) == (repeated[0] if repeated else None)


@given(st.lists(st.integers(0, 2**62), max_size=30) | st.lists(st.integers(0, 5)))
def test_rows_are_ordered_as_by_a_stable_sort(numbers):
    array = np.array(numbers, np.int64)

    assert stable_order(array).tolist() == np.argsort(array, kind="stable").tolist()


@pytest.mark.parametrize("clash", [0, 1], ids=["leading bits", "whole hash"])
def test_names_that_share_a_hash_stay_two_names(monkeypatch, clash):
    """Of 64 bits nobody ever meets it, so the hash is made a poor one."""
    texts = ["b", "a", "c", "b", "a", "d"]
    first = {"a": 2, "b": 1, "c": 1 if clash else 3, "d": 2**60}
    second = {"a": 1, "b": 2, "c": 3, "d": 4}

    def poor(self, seed=0, *_):
        chosen = first if seed == 0 else second
        return pl.Series([chosen[text] for text in self], dtype=pl.UInt64)

    monkeypatch.setattr(codes.pl.Series, "hash", poor)

    assert dense_codes(pl.Series(texts)).to_list() == [1, 0, 2, 1, 0, 3]
    assert first_repeated(pl.Series(texts[2:])) is None
    assert first_repeated(pl.Series(texts)) == "b"
