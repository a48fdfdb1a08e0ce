"""Numbers in words and digits, in six languages, and what any text may do to the checks."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_runtime.grounding.draft import Given, ground
from agent_runtime.grounding.lexicon import LANGUAGES
from agent_runtime.grounding.reading import read


@pytest.mark.parametrize(
    ("language", "text", "value", "units"),
    [
        ("en", "ninety nine point nine percent", "99.9", ("percent",)),
        ("en", "one hundred and forty trucks", "140", ()),
        ("en", "a quarter of a million euros", "250000", ("eur",)),
        ("en", "1,250.50 dollars", "1250.5", ("usd",)),
        ("en", "an hour and a half", "1.5", ("hour",)),
        ("en", "$10k", "10000", ("usd",)),
        ("de", "1.250,50 Euro", "1250.5", ("eur",)),
        ("de", "vierundzwanzig Stunden", "24", ("hour",)),
        ("es", "treinta y cinco euros", "35", ("eur",)),
        ("fr", "quatre-vingt-dix jours", "90", ("day",)),
        ("fr", "10 000 euros", "10000", ("eur",)),
        ("it", "ventiquattro mesi", "24", ("month",)),
        ("pt", "dois por cento", "2", ("percent",)),
    ],
)
def test_an_amount_is_read_in_words_and_digits(language, text, value, units):
    lead = "takes " if text.startswith("an ") else ""
    amounts = read(lead + text, language).amounts
    assert [(a.value, a.units) for a in amounts] == [(Fraction(value), units)]


@given(st.integers(2, 99_999), st.integers(2, 99_999))
@settings(max_examples=60, deadline=None)
def test_another_number_is_never_supported(fact, said):
    """R58: a digit more or less is another claim."""
    found = ground(
        f"The plan costs {said} euros per month.",
        [Given("f", f"The plan costs {fact} euros per month.")],
    )
    assert [f.verdict for f in found] == ["supported" if said == fact else "blocked"]


@given(st.text(max_size=200), st.sampled_from((*LANGUAGES, "")))
@settings(max_examples=150, deadline=None)
def test_no_text_breaks_the_checks(text, language):
    for one in ground(
        text, [Given("f", text), Given("g", "Data stays in Ireland.")], language=language
    ):
        assert one.verdict in {"supported", "courtesy", "question", "blocked"}


def test_a_sentence_without_end_is_judged_and_blocked():
    found = ground("We encrypt and " * 3_000, [Given("f", "We encrypt backups.")], language="en")
    assert {f.verdict for f in found} == {"blocked"}
