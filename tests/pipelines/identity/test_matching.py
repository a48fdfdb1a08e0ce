"""What the match makes of pairs, of those of the changed alone, and how well on the whole."""

from dataclasses import replace

import polars as pl
import pytest

from pipelines.identity.deciding import decide
from pipelines.identity.matching import MOST_SHARING, match, score
from pipelines.identity.model import shipped
from pipelines.identity.reasons import reasons
from pipelines.identity.records import records
from tests.pipelines.identity.planted import planted
from tests.pipelines.identity.quality import exact, measure

ACCOUNTS = pl.DataFrame(
    {
        "account_id": ["a1", "a2"],
        "name": ["Alder GmbH", "Birch Ltd"],
        "domain": ["alder.example", "birch.example"],
    }
)
COLUMNS = (
    *("contact_id", "account_id", "first_name", "last_name", "email", "phone", "title"),
    *("country", "x_city"),
)
HANS = ("c1", "a1", "Hans", "Müller", "hans.mueller@alder.example", "+491711234567", "CEO", "DE")


def crm(*rows):
    """Contacts, each a person of its own."""
    frame = pl.DataFrame(
        [(*row, "Köln") for row in rows], schema=dict.fromkeys(COLUMNS, pl.String()), orient="row"
    )
    return records(frame.with_columns(pl.col("contact_id").alias("person_id")), ACCOUNTS)


def likely(one, other):
    """The probability that two contacts are one person."""
    everybody = crm(one, other)
    pair = pl.DataFrame({"left_id": [one[0]], "right_id": [other[0]]})
    return score(pair, everybody).get_column("probability").item()


@pytest.mark.parametrize(
    "other",
    [
        ("c2", "a1", "Hans", "Mueller", None, "+491711234567", "CEO", "DE"),
        ("c2", "a1", "Müller", "Hans", None, "+491711234567", "CEO", "DE"),
        ("c2", "a1", "Johannes", "Müller", "h.mueller@alder.example", "+491711234567", None, "DE"),
        ("c2", "a1", "H.", "Müller", None, "01711234567", "CEO", "DE"),
        ("c2", None, "Hans", "Muller", None, "+49 171 1234567", "CEO", None),
        ("c2", "a1", "Hans", "Mülller", "hans.muller@alder.example", None, "CEO", "DE"),
    ],
    ids=["umlaut", "swapped", "short name", "initial", "phone format", "slips"],
)
def test_the_same_human_written_otherwise_is_merged(other):
    """R224: duplicates are found however they are written."""
    assert likely(HANS, other) >= shipped().certain


@pytest.mark.parametrize(
    "other",
    [
        ("a1", None, None, "info@alder.example", "+492211000", None, "DE"),
        ("a1", "Karin", "Müller", "karin.mueller@alder.example", HANS[5], "HR", "DE"),
        ("a1", "Hans", "Müller jun.", "hans.mueller2@alder.example", "+491729999999", "COO", "DE"),
        ("a1", "Eva", "Roth", "office.mueller@alder.example", HANS[5], "Assistant", "DE"),
        ("a1", "Olaf", "Brandt", "olaf.brandt@alder.example", HANS[5], "CEO", "DE"),
        ("a2", "Hans", "Müller", "hans.mueller@birch.example", "+441711111111", "Buyer", "GB"),
    ],
    ids=["shared mailbox", "family", "son", "assistant", "successor", "namesake"],
)  # fmt: skip
def test_who_only_looks_alike_is_not_merged(other):
    """R224: families, namesakes, assistants, successors and shared mailboxes stay apart."""
    assert likely(HANS, ("c2", *other)) < shipped().certain


def test_names_in_other_alphabets_are_compared_in_latin_letters():
    one = ("c1", "a1", "Дмитрий", "Соколов", None, "+79161234567", "CTO", "RU")
    other = ("c2", "a1", "Dmitrii", "Sokolov", None, "+79161234567", "CTO", "RU")

    assert likely(one, other) >= shipped().certain


def test_a_third_that_looks_like_both_does_not_join_father_and_son():
    son = ("c2", "a1", "Hans", "Müller jun.", "hans.mueller2@alder.example", "+491729999999",
           "Buyer", "DE")  # fmt: skip
    between = ("c3", "a1", "Hans", "Müller", None, "+491729999999", "Buyer", "DE")
    everybody = crm(HANS, son, between)
    ids = everybody.select("contact_id")

    found = decide(match(ids, everybody), everybody)

    merged = {frozenset(pair) for pair in found.merged.select("left_id", "right_id").iter_rows()}
    assert len(merged) <= 1
    assert frozenset(("c1", "c2")) not in merged


@pytest.mark.parametrize(
    "other",
    [
        ("c2", "a1", "Karin", "Müller", None, HANS[5], "CEO", "DE"),
        ("c2", "a2", "Hans", "Müller", "hans.mueller@birch.example", None, "CEO", "DE"),
    ],
    ids=["another first name", "the same name and post elsewhere"],
)
def test_some_are_asked_about_however_likely_they_are(other):
    """R224: nobody is merged alone whose first name differs, or who may have changed jobs."""
    everybody = crm(HANS, other)
    sure = replace(shipped(), certain=0.0, possible=0.0)
    pairs = match(everybody.select("contact_id"), everybody, model=sure)

    found = decide(pairs, everybody, model=sure)

    assert found.merged.is_empty()
    assert found.waiting.height == 1


def test_persons_who_were_said_to_be_two_are_neither_merged_nor_asked():
    everybody = crm(HANS, ("c2", *HANS[1:4], None, *HANS[5:]))
    ids = everybody.select("contact_id")
    pairs = match(ids, everybody)

    assert decide(pairs, everybody).merged.height == 1
    found = decide(pairs, everybody, apart={frozenset(("c1", "c2"))})
    assert found.merged.height == found.waiting.height == 0


def test_a_key_that_very_many_share_brings_none_together():
    rows = [
        (f"c{n}", None, f"Name{n}", f"Other{n}", None, "+490000000", None, None)
        for n in range(MOST_SHARING + 1)
    ]
    everybody = crm(*rows)

    assert match(everybody.select("contact_id"), everybody, at_least=0.0).is_empty()


def test_reasons_name_what_agrees_the_weightiest_first():
    everybody = crm(HANS, ("c2", "a1", "Hans", "Mueller", None, *HANS[5:]))
    (pair,) = match(everybody.select("contact_id"), everybody).to_dicts()

    told = reasons(pair)

    assert {reason.field for reason in told} >= {"name", "phone", "company"}
    assert "telephone" in next(r.words for r in told if r.field == "phone")
    weights = [max(reason.times, 1 / reason.times) for reason in told]
    assert weights == sorted(weights, reverse=True)


@pytest.fixture(scope="module")
def small():
    """A planted CRM, its contacts with exact persons, and their records."""
    made = planted(3_000, seed=31)
    contacts = exact(made)
    return contacts, records(contacts, made.accounts)


def test_the_pairs_of_the_changed_are_those_of_all_that_touch_them(small):
    contacts, everybody = small
    changed = contacts.select("contact_id").filter(pl.col("contact_id").str.ends_with("7"))
    ids = changed.get_column("contact_id").implode()

    found = match(changed, everybody)

    touching = pl.col("left_id").is_in(ids) | pl.col("right_id").is_in(ids)
    assert found.height > 5
    assert found.equals(match(contacts, everybody).filter(touching))


def test_precision_and_recall_on_a_small_planted_set():
    """R224: the small version of the acceptance check `identity-quality`."""
    quality = measure(planted(6_000, seed=41))

    assert quality.precision >= 0.985
    assert quality.recall >= 0.93
