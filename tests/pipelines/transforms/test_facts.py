"""What segment rules may ask: joined once per contact, windows ending at now."""

from datetime import timedelta

import polars as pl
import pytest

from pipelines.schemas import TABLES
from pipelines.transforms.facts import contact_facts


@pytest.fixture
def facts(now):
    def table(name, *rows):
        empty = pl.DataFrame(schema=TABLES[name].schema)
        more = [pl.DataFrame(list(rows))] if rows else []
        return pl.concat([empty, *more], how="diagonal_relaxed")

    long_ago = now - timedelta(days=31)
    recently = now - timedelta(days=29)

    def signal(number, **values):
        return {"signal_id": f"g{number}", "kind": "intent", "occurred_at": recently} | values

    tables = {name: table(name) for name in TABLES} | {
        "contacts": table(
            "contacts",
            {"contact_id": "c1", "account_id": "a1", "owner_id": None},
            {"contact_id": "c2", "account_id": None, "owner_id": "o2"},
        ),
        "accounts": table("accounts", {"account_id": "a1", "owner_id": "o1", "employees": 90}),
        "owners": table("owners", {"owner_id": "o1", "active": True}),
        "signals": table(
            "signals",
            signal(1, account_id="a1", strength=50.0),
            signal(2, account_id="a1", strength=70.0),
            signal(3, account_id="a1", strength=99.0, occurred_at=long_ago),
            signal(4, contact_id="c1", kind="form"),
        ),
        "opportunities": table(
            "opportunities",
            {"opportunity_id": "d1", "account_id": "a1", "is_won": None, "closed_at": None},
            {"opportunity_id": "d2", "account_id": "a1", "is_won": True, "closed_at": long_ago},
        ),
        "contracts": table(
            "contracts",
            {
                "contract_id": "k1",
                "account_id": "a1",
                "status": "active",
                "renews_at": now + timedelta(days=40),
            },
        ),
    }
    return contact_facts(tables, now=now).rows_by_key("contacts.contact_id", named=True)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("accounts.employees", 90),
        ("owners.owner_id", "o1"),
        ("owners.active", True),
        ("signals.intent_score_30d", 70.0),
        ("signals.intents_30d", 2),
        ("signals.forms_30d", 1),
        ("opportunities.open", 1),
        ("opportunities.won", 1),
        ("opportunities.days_since_close", 31),
        ("contracts.active", 1),
        ("contracts.days_to_renewal", 40),
        ("usage.total_30d", 0.0),
    ],
)
def test_a_contact_knows_its_account_and_what_happened(facts, field, value):
    """R51, R55: accounts, owners, deals, contracts and signals of every kind."""
    [row] = facts["c1"]
    assert row[field] == value


def test_a_contact_without_an_account_has_nothing_on_record(facts):
    [row] = facts["c2"]

    assert row["owners.owner_id"] == "o2"
    assert row["owners.active"] is None
    assert (row["opportunities.open"], row["contracts.active"], row["signals.intents_30d"]) == (
        0,
        0,
        0,
    )
    assert row["opportunities.days_since_close"] is None
