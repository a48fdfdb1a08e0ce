"""Exact keys make persons; merges are records, and nobody's id ever changes."""

from datetime import UTC, datetime, timedelta

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from pipelines.transforms.identity import aliases, identify

NOW = datetime(2026, 1, 12, tzinfo=UTC)


def keys(*pairs):
    return pl.DataFrame(
        list(pairs), schema={"contact_id": pl.String, "email": pl.String}, orient="row"
    )


def people(identity):
    return dict(identity.persons.select("contact_id", "person_id").iter_rows())


def kinds(identity):
    return identity.events.get_column("kind").to_list()


def test_contacts_with_one_address_are_one_person():
    """R168, R172: the record that is randomised is the person, however often it is exported."""
    found = identify(keys(("c1", "x@a.example"), ("l1", "x@a.example")), tenant_id="t", now=NOW)

    assert people(found)["c1"] == people(found)["l1"]
    assert kinds(found) == ["created", "joined"]
    assert found.persons.get_column("key").to_list() == ["email", "email"]


def test_contacts_without_an_address_are_each_a_person():
    found = identify(keys(("c1", None), ("c2", None)), tenant_id="t", now=NOW)

    assert people(found)["c1"] != people(found)["c2"]
    assert found.persons.get_column("key").to_list() == ["contact_id", "contact_id"]


def test_the_same_address_at_two_tenants_is_two_persons():
    one = identify(keys(("c1", "x@a.example")), tenant_id="t1", now=NOW)
    two = identify(keys(("c1", "x@a.example")), tenant_id="t2", now=NOW)

    assert people(one)["c1"] != people(two)["c1"]


def test_a_later_row_that_links_two_addresses_merges_two_persons():
    found = identify(
        keys(("c1", "x@a.example"), ("c2", "y@a.example"), ("c1", "y@a.example")),
        tenant_id="t",
        now=NOW,
    )
    merge = found.events.filter(pl.col("kind") == "merged").row(0, named=True)

    assert people(found)["c1"] == people(found)["c2"] == merge["into_person_id"]
    assert aliases(found.events) == {merge["person_id"]: merge["into_person_id"]}


def test_a_second_batch_keeps_ids_and_merges_into_who_is_known_longer():
    first = identify(keys(("c1", "x@a.example"), ("c2", "y@a.example")), tenant_id="t", now=NOW)
    later = NOW + timedelta(days=1)

    second = identify(
        keys(("c2", "x@a.example"), ("c1", "x@a.example"), ("c3", "y@a.example")),
        tenant_id="t",
        now=later,
        history=first.events,
    )

    assert set(people(second).values()) == {people(first)["c1"]}
    assert aliases(second.events) == {people(first)["c2"]: people(first)["c1"]}
    assert second.events.tail(2).get_column("occurred_at").to_list() == [later, later]


def test_the_same_batch_again_adds_no_event():
    pairs = keys(("c1", "x@a.example"), ("c1", "y@a.example"), ("c2", None), ("c3", "y@a.example"))
    first = identify(pairs, tenant_id="t", now=NOW)

    again = identify(pairs, tenant_id="t", now=NOW, history=first.events)

    assert again.events.equals(first.events)
    assert again.persons.equals(first.persons)


def test_events_hold_no_address():
    found = identify(keys(("c1", "x@a.example")), tenant_id="t", now=NOW)

    assert "@" not in str(found.events.rows()) + str(found.persons.rows())


contacts = st.sampled_from(["c1", "c2", "c3", "c4"])
emails = st.sampled_from([None, "x@a.example", "y@a.example", "z@a.example"])
batches = st.lists(st.lists(st.tuples(contacts, emails), min_size=1, max_size=6), max_size=4)


@given(batches)
def test_persons_are_the_connected_contacts(rows):
    history = None
    seen: list[tuple[str, str | None]] = []
    for batch in rows:
        found = identify(keys(*batch), tenant_id="t", now=NOW, history=history)
        history = found.events
        seen += batch
        group = {contact: {contact} for contact, _ in seen}
        for contact, email in seen:
            for other, its in seen:
                if email is not None and email == its:
                    joined = group[contact] | group[other]
                    for member in joined:
                        group[member] = joined
        person = people(found)
        for one in person:
            for other in person:
                assert (person[one] == person[other]) == (other in group[one])
