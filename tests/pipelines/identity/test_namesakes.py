"""People who share a name and a company stay apart; one person with two addresses does not."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.identity.deciding import MOST_QUESTIONS, MOST_TOGETHER, decide
from pipelines.identity.matching import match
from pipelines.identity.records import records

ACCOUNTS = pl.DataFrame(
    {
        "account_id": ["a1", "a2"],
        "name": ["Alder GmbH", "Birken AG"],
        "domain": ["alder.example", "birken.example"],
    }
)
COLUMNS = ("contact_id", "first_name", "last_name", "email", "phone", "title", "account_id")
LINE, MOBILE = "+49 221 4711000", "+49 171 1234567"
MAILBOXES = ("kontakt{}", "info-{}", "buchhaltung{}", "juergen.mueller{}", "jm{}", "mitarbeiter{}")


def recorded(*rows):
    """Records of contacts in Cologne, each a person of its own."""
    frame = pl.DataFrame(
        [(f"c{n}", *row) for n, row in enumerate(rows)],
        schema=dict.fromkeys(COLUMNS, pl.String()),
        orient="row",
    ).with_columns(
        pl.lit("DE").alias("country"),
        pl.lit("Köln").alias("x_city"),
        pl.col("contact_id").alias("person_id"),
    )
    return records(frame, ACCOUNTS)


def decided(*rows):
    """What becomes of contacts in Cologne, each a person of its own."""
    everybody = recorded(*rows)
    return decide(match(everybody.select("contact_id"), everybody), everybody)


def at(mailbox, *, phone=None, title="Einkauf", first="Jürgen", last="Müller", account="a1"):
    return (first, last, mailbox and f"{mailbox}@alder.example", phone, title, account)


@pytest.mark.parametrize("phone", [None, LINE], ids=["no telephone", "the switchboard"])
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("kontakt12", "kontakt20"),
        ("info1", "info2"),
        ("sales-3", "sales-4"),
        ("buchhaltung1", "buchhaltung2"),
        ("mitarbeiter7", "mitarbeiter8"),
        ("juergen.mueller", "juergen.mueller2"),
        ("juergen.mueller", "juergen.k.mueller"),
        ("xq4711", "zk0815"),
        ("juergen.mueller", "kontakt12"),
    ],
)
def test_two_namesakes_at_a_company_with_a_mailbox_each_are_not_merged(one, other, phone):
    """R224: two addresses at one domain speak for two people."""
    assert decided(at(one, phone=phone), at(other, phone=phone)).merged.is_empty()


@settings(max_examples=12, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(MAILBOXES), st.sampled_from([None, LINE])),
        min_size=MOST_TOGETHER + 1,
        max_size=12,
    ),
    st.sampled_from(["alder.example", "birken.example"]),
)
def test_a_crowd_of_namesakes_is_asked_about_at_most_and_never_merged(crowd, domain):
    """R224: whatever their mailboxes, and wherever they are."""
    rows = [
        ("Jürgen", "Müller", f"{mailbox.format(n)}@{domain}", phone, "Einkauf", "a1")
        for n, (mailbox, phone) in enumerate(crowd, 2)
    ]

    found = decided(*rows)

    assert found.merged.is_empty()
    assert found.waiting.height <= MOST_QUESTIONS * len(rows)


def test_many_who_differ_in_nothing_are_a_crowd_of_whom_it_is_asked():
    """R224: that many contacts without an address are not one person by probability alone."""
    few = [at(None, phone=MOBILE)] * 3
    crowd = [at(None)] * (MOST_TOGETHER + 1)

    assert decided(*few).merged.height == 2
    found = decided(*crowd)
    assert found.merged.is_empty()
    assert found.waiting.height >= MOST_TOGETHER


@pytest.mark.parametrize(
    "other",
    [
        at("j.mueller"),
        at("juergen_mueller"),
        at("juergen.muller", last="Muller"),
        at("jurgen.muller", first="Juergen", last="Mueller"),
        at("juergen.meuller", last="Meuller"),
        ("Jürgen", "Müller", "juergen.mueller@gmx.de", MOBILE, "Einkauf", None),
        at(None),
    ],
    ids=["short form", "sign", "no umlaut", "other umlaut", "slip", "private", "no address"],
)
def test_one_person_with_two_spellings_is_merged_or_asked_about(other):
    """R224: a second address that is made of the name is another spelling of the first."""
    found = decided(at("juergen.mueller", phone=MOBILE), other)

    assert found.merged.height + found.waiting.height == 1


@pytest.mark.parametrize(
    ("first", "last", "mailbox"),
    [
        ("Jürgen", "Müller", "juergen.mueller"),
        ("Jürgen", "Müller", "jurgen.muller"),
        ("Jürgen", "Müller", "jmüller"),
        ("Käthe", "Groß", "kaethe.gross"),
        ("Käthe", "Groß", "k.groß"),
        ("Søren", "Bjørk", "soeren.bjoerk"),
        ("Anna", "von der Heide", "anna.vonderheide"),
        ("Bob", "Smith", "robert.smith"),
    ],
)
def test_a_mailbox_is_made_of_the_name_however_its_letters_are_written(first, last, mailbox):
    assert recorded(at(mailbox, first=first, last=last)).get_column("fits").item()


@pytest.mark.parametrize(
    ("mailbox", "is_shared"),
    [
        ("kontakt12", True),
        ("info", True),
        ("sales_3", True),
        ("salesman", False),
        ("mail2u", False),
    ],
)
def test_a_shared_mailbox_may_have_a_number(mailbox, is_shared):
    assert recorded(at(mailbox)).get_column("is_shared").item() is is_shared
