"""Who is on a suppression list is seen by the batch as the permit sees it."""

from datetime import UTC, datetime

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from agent_runtime.domain import Contact
from agent_runtime.store.memory import MemoryStore
from agent_runtime.store.rows import Listing
from agent_runtime.suppression import stop_of
from pipelines.transforms.listings import LISTINGS, with_listings

EMAILS = ["ada@alder.example", "bo@mail.alder.example", "cy@oak.example", None]
ENTRIES = [
    ("email", "ada@alder.example"),
    ("domain", "alder.example"),
    ("domain", "mail.alder.example"),
    ("domain", "example"),
    ("account", "a-1"),
]
people = st.tuples(st.sampled_from(EMAILS), st.sampled_from(["A-1", "a-2", None]))


@given(st.lists(people, min_size=1, max_size=6), st.sets(st.sampled_from(ENTRIES)))
def test_the_batch_and_the_permit_read_the_lists_alike(rows, entries):
    """R225: an address, a domain with its subdomains, and an account."""
    contacts = pl.DataFrame(
        {
            "contacts.contact_id": [f"c{n}" for n in range(len(rows))],
            "contacts.email": [email for email, _ in rows],
            "contacts.account_id": [account for _, account in rows],
        },
        schema_overrides={"contacts.email": pl.String, "contacts.account_id": pl.String},
    )
    listings = pl.DataFrame(
        [(scope, value, "competitor") for scope, value in sorted(entries)],
        schema=LISTINGS,
        orient="row",
    )
    found = with_listings(contacts, listings)
    assert found.get_column("contacts.contact_id").to_list() == [f"c{n}" for n in range(len(rows))]
    store = MemoryStore("t")
    for scope, value in entries:
        store.save_listing(
            Listing("t", scope, value, "competitor", "s", datetime(2026, 1, 13, tzinfo=UTC))
        )
    for (email, account), said in zip(rows, found.get_column("_listed_as"), strict=True):
        assert (said is not None) == bool(stop_of(store, contact(email, account)).listed)


def contact(email, account):
    plain = dict.fromkeys(
        ("contact_id", "person_id", "first_name", "last_name", "title", "company", "country"), ""
    )
    more = dict.fromkeys(("language", "time_zone", "owner_id", "owner_name", "mailbox"), "")
    return Contact(tenant_id="t", email=email or "", account_id=account, **plain, **more)
