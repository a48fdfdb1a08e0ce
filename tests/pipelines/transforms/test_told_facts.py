"""What a text may say: names and dates of the account, the latest of each."""

from datetime import timedelta

import polars as pl
import pytest

from pipelines.schemas import TABLES
from pipelines.transforms.told_facts import told_facts


@pytest.fixture
def told(now):
    def table(name, *rows):
        empty = pl.DataFrame(schema=TABLES[name].schema)
        return pl.concat([empty, pl.DataFrame(list(rows))], how="diagonal_relaxed")

    def contract(number, **values):
        renews = now + timedelta(days=40 * number)
        row = {"contract_id": f"k{number}", "account_id": "a1", "product": f"Relay {number}"}
        return row | {"status": "active", "renews_at": renews} | values

    def signal(number, kind, topic, **values):
        when = now - timedelta(days=number)
        return {
            "signal_id": f"g{number}",
            "kind": kind,
            "topic": topic,
            "occurred_at": when,
        } | values

    tables = {
        "contacts": table(
            "contacts",
            {"contact_id": "c1", "account_id": "a1", "language": "en"},
            {"contact_id": "c2", "account_id": "a1", "language": "de"},
            {"contact_id": "c3", "account_id": None, "language": "en"},
        ),
        "contracts": table(
            "contracts",
            contract(2),
            contract(1),
            contract(3, status="ended"),
            contract(4, renews_at=now - timedelta(days=1)),
        ),
        "signals": table(
            "signals",
            signal(9, "milestone", "ten_users", account_id="a1"),
            signal(3, "milestone", "first_sync", account_id="a1"),
            signal(8, "event", "Summit", contact_id="c3"),
            signal(2, "event", "Product Day", contact_id="c3"),
            signal(-1, "event", "Next Year", contact_id="c3"),
            signal(1, "intent", "routing", account_id="a1"),
        ),
    }
    facts = told_facts(tables, now=now)
    return {(row["contact_id"], row["name"]): row["value"] for row in facts.iter_rows(named=True)}


def test_the_next_renewal_and_its_product_are_told_to_everybody_of_the_account(told, now):
    """R125: renewal dates are an input of the renewal playbook."""
    date = (now + timedelta(days=40)).strftime("%d.%m.%Y")
    for contact in ("c1", "c2"):
        assert told[contact, "product"] == "Relay 1"
        assert told[contact, "renewal_date"] == date


def test_milestones_are_told_to_readers_of_english(told):
    """R117: the product names them in English."""
    assert told["c1", "milestone"] == "first sync"
    assert ("c2", "milestone") not in told


def test_the_latest_event_that_has_been_is_told(told):
    """R121."""
    assert told["c3", "event"] == "Product Day"


def test_nothing_is_told_of_who_has_no_account(told):
    assert {name for contact, name in told if contact == "c3"} == {"event"}
