"""Tables as CSV: whatever strangers wrote stays words."""

import csv
import io
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from agent_runtime.spreadsheet import FORMULA, as_csv, harmless


@given(st.lists(st.text(st.characters(codec="utf-8")), min_size=1, max_size=4))
def test_no_cell_begins_as_a_formula_and_no_word_is_lost(words):
    text = as_csv(["a"] * len(words), [words])
    _, row = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    for cell, word in zip(row, words, strict=True):
        assert not cell.lstrip(" \u00a0\u200b").startswith(FORMULA)
        assert cell.removeprefix("'") == word.removeprefix("'")


def test_numbers_and_instants_stay_what_they_are():
    at = datetime(2026, 1, 12, 9, 30, tzinfo=UTC)
    text = as_csv(["n", "at", "yes", "none"], [[-0.5, at, True, None]])
    assert text.splitlines()[1] == '-0.5,"2026-01-12T09:30:00+00:00","yes",""'
    assert harmless(" =cmd|' /C calc'!A0") == "' =cmd|' /C calc'!A0"
    assert harmless("ACME GmbH") == "ACME GmbH"
