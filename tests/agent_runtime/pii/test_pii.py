from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_runtime.authored import load_yaml
from agent_runtime.lone_text import NOBODY
from agent_runtime.pii import find
from agent_runtime.placeholders import fill, redact

_CASES = load_yaml((Path(__file__).parent / "pii_cases.yaml").read_text("utf-8"))
_CONTENT = Path(__file__).parents[3] / "agent_runtime/content"
_PIECES = st.sampled_from(
    [
        *("4539988915720591", "DE89370400440532013000", "123-45-6789", "12345678Z", "Str. 5"),
        *("12 High Street", "\nLeeds LS1 4AB", "PO Box 5", "Apt. 4", "10115 Berlin", "call "),
        *("020 7946 0958", "my address is ", "passport ", "[[ADDRESS_1]]", "[[", "]]", ", ", "\n"),
        *("1.2.3.4", "a@b.example", "password: x1!", "İ", "ß", "N° 5", "3º B", " and ", "."),
    ]
)


@pytest.mark.parametrize(("text", "hidden"), _CASES["hidden"])
def test_each_kind_of_personal_data_becomes_a_placeholder(text, hidden):
    """R60 R61: cards, accounts, papers, addresses and telephones leave a text."""
    assert redact(text, NOBODY).text == hidden


@pytest.mark.parametrize("text", _CASES["stays"])
def test_what_the_agent_needs_to_read_stays(text):
    """R60: times, dates, prices, counts, versions, order numbers and our own address stay."""
    assert redact(text, NOBODY).text == text


@given(text=st.lists(st.one_of(_PIECES, st.text(max_size=4))).map("".join))
def test_whatever_is_hidden_comes_back_letter_for_letter(text):
    """R60: filling undoes redaction for every mixture of kinds."""
    hidden = redact(text, NOBODY)

    assert fill(hidden.text, NOBODY, hidden.originals) == text


@given(text=st.lists(_PIECES).map("".join))
def test_pieces_never_overlap_and_lie_within_the_text(text):
    found = find(text)

    assert all(0 <= f.start < f.end <= len(text) for f in found)
    assert all(a.end <= b.start for a, b in pairwise(found))


def test_one_address_is_one_placeholder_in_the_whole_thread():
    first = redact("I live at 12 High Street, Leeds LS1 4AB.", NOBODY)
    second = redact("Not 3 Mill Lane, Leeds LS1 9ZZ but 12 High Street, Leeds LS1 4AB.", NOBODY)
    again = redact("12 High Street, Leeds LS1 4AB", NOBODY, known=first.originals)

    assert again.text == "[[ADDRESS_1]]"
    assert second.text == "Not [[ADDRESS_1]] but [[ADDRESS_2]]."


def test_approved_content_is_left_alone():
    """R60: what we may say ourselves holds nobody's personal data."""
    texts = {path: path.read_text("utf-8") for path in sorted(_CONTENT.rglob("*.md"))}
    found = {str(path): find(text) for path, text in texts.items()}

    assert texts
    assert not {path: pieces for path, pieces in found.items() if pieces}
