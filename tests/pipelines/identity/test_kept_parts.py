"""Records of which parts were kept are the records that all contacts would give anew."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planted import planted
from polars.testing import assert_frame_equal

from agent_runtime.settings import Workspace
from pipelines.identity.kept_parts import kept_records
from pipelines.identity.records import records
from pipelines.lake import Lake

PEOPLE = planted(300, 7)


@pytest.fixture(scope="module")
def people():
    return PEOPLE.contacts.with_columns(pl.col("contact_id").alias("person_id")), PEOPLE.accounts


def changed(contacts, accounts, edits):
    """People leave, get another name or company, and companies are renamed."""
    for number, (kind, place) in enumerate(edits):
        chosen = pl.int_range(pl.len()) == place % contacts.height
        if kind == "leave":
            contacts = contacts.filter(~chosen)
        elif kind == "rename company":
            at = pl.int_range(pl.len()) == place % accounts.height
            name = pl.when(at).then(pl.lit(f"Company {number} GmbH")).otherwise("name")
            accounts = accounts.with_columns(name.alias("name"))
        else:
            column = {"name": "last_name", "mail": "email", "person": "person_id"}[kind]
            new = {"name": f"Nörd{number}", "mail": f"m{number}@x.example", "person": f"p{number}"}
            value = pl.when(chosen).then(pl.lit(new[kind])).otherwise(column)
            contacts = contacts.with_columns(value.alias(column))
    return contacts, accounts


KINDS = ("leave", "rename company", "name", "mail", "person")


@settings(max_examples=15, deadline=None)
@given(st.lists(st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 299)), max_size=4)))
def test_they_are_those_of_a_rebuild_after_any_days(people, tmp_path_factory, days):
    contacts, accounts = people
    lake = Lake(Workspace(tmp_path_factory.mktemp("lake")))
    kept_records(lake, contacts, accounts)
    for edits in days:
        contacts, accounts = changed(contacts, accounts, edits)
        found = kept_records(lake, contacts, accounts)
        assert_frame_equal(found, records(contacts, accounts))


def test_they_are_made_anew_by_other_code(people, tmp_path, monkeypatch):
    contacts, accounts = people
    lake = Lake(Workspace(tmp_path))
    kept_records(lake, contacts, accounts)
    spoilt = pl.read_parquet(lake.identity_parts).with_columns(pl.lit("nobody").alias("last"))
    spoilt.write_parquet(lake.identity_parts)
    assert set(kept_records(lake, contacts, accounts)["last"]) == {"nobody"}
    monkeypatch.setattr("pipelines.identity.kept_parts.code", lambda: "another")
    assert_frame_equal(kept_records(lake, contacts, accounts), records(contacts, accounts))
