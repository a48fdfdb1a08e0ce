"""A no counts wherever it was said, and so does a row that nobody can read."""

import polars as pl
import pytest

from pipelines.schemas import TABLES
from pipelines.transforms.consent import bases, suppressions
from pipelines.transforms.faults import QUARANTINE

NOBODY = {"consents": pl.DataFrame(schema=QUARANTINE)}


def table(name, *rows):
    empty = pl.DataFrame(schema=TABLES[name].schema)
    return pl.concat([empty, pl.DataFrame(list(rows))], how="diagonal_relaxed") if rows else empty


def consent(contact_id, email, **changes):
    return {
        "consent_id": f"{contact_id}{email}{changes}",
        "contact_id": contact_id,
        "email": email,
        "channel": "email",
        "purpose": "prospecting",
        "basis": "consent",
        "status": "granted",
        "tenant_id": "t",
    } | changes


@pytest.fixture
def contacts():
    return table(
        "contacts",
        {"contact_id": "c1", "person_id": "p1", "email": "x@a.example", "do_not_contact": False},
        {"contact_id": "c2", "person_id": "p1", "email": "x@a.example", "do_not_contact": None},
        {"contact_id": "c3", "person_id": "p3", "email": None, "do_not_contact": True},
    )


def reasons(tables, refused=NOBODY):
    return suppressions(tables, refused).select("person_id", "reason").unique().sort("*").rows()


def test_a_refusal_counts_by_contact_and_by_address(contacts):
    by_contact = table("consents", consent("c2", None, status="withdrawn", channel="phone"))
    by_address = table("consents", consent("gone", "x@a.example", status="denied"))

    assert ("p1", "withdrawn") in reasons({"contacts": contacts, "consents": by_contact})
    assert ("p1", "denied") in reasons({"contacts": contacts, "consents": by_address})


def test_a_flag_on_any_row_of_a_person_counts(contacts):
    assert reasons({"contacts": contacts, "consents": table("consents")}) == [
        ("p3", "do_not_contact")
    ]


def test_a_consent_that_cannot_be_read_counts_as_a_no(contacts):
    row = {name: None for name in QUARANTINE} | {"tenant_id": "t", "contact_id": "c1"}
    refused = {"consents": pl.DataFrame([row], schema=QUARANTINE)}

    assert ("p1", "unreadable") in reasons(
        {"contacts": contacts, "consents": table("consents")}, refused
    )


def test_only_a_yes_to_mail_for_prospecting_is_a_basis(contacts):
    found = bases(
        {
            "contacts": contacts,
            "consents": table(
                "consents",
                consent("c1", None, basis="legitimate_interest"),
                consent("c2", None),
                consent("c3", None, purpose="newsletter"),
                consent("c3", None, channel="phone"),
                consent("c3", None, status="withdrawn"),
            ),
        },
        "prospecting",
    )

    assert found.rows() == [("p1", "consent")]
