"""Every row that is read is accepted, merged or quarantined, and says why."""

import csv
import io
import json
from datetime import UTC, datetime

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.sources.mapping import Mapping, load_mapping
from pipelines.sources.reader import read_file
from pipelines.transforms.canonical import build

NOW = datetime(2026, 1, 12, tzinfo=UTC)


def read_export(folder, mapping):
    return {file.path: read_file(folder / file.path, file) for file in mapping.files}


@pytest.fixture
def canonical(small_export, now):
    mapping = load_mapping("sandbox")
    return build(read_export(small_export, mapping), mapping, tenant_id="t", now=now)


def counts_of(canonical, table):
    one = next(one for one in canonical.counts if one.table == table)
    return one.read, one.accepted, one.merged, one.quarantined


def test_every_row_is_accounted_for(canonical):
    assert all(one.is_whole for one in canonical.counts)
    for one in canonical.counts:
        assert canonical.tables[one.table].height == one.accepted
        assert canonical.quarantine[one.table].height == sum(one.quarantined.values())


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("accounts", (5, 3, 1, {"employees_not_a_whole_number": 1})),
        ("contacts", (19, 16, 2, {"email_malformed": 1})),
        ("opportunities", (3, 2, 0, {"amount_usd_not_a_number": 1})),
        (
            "activities",
            (3, 1, 0, {"occurred_at_in_the_future": 1, "occurred_at_not_an_instant": 1}),
        ),
        ("consents", (15, 14, 1, {})),
        ("usage", (3, 1, 1, {"value_missing": 1})),
        ("signals", (6, 5, 0, {"strength_not_a_number": 1})),
    ],
)
def test_rows_are_counted_by_what_became_of_them(canonical, table, expected):
    assert counts_of(canonical, table) == expected


def test_a_quarantined_row_keeps_its_reason_and_all_its_cells(canonical):
    row = canonical.quarantine["contacts"].row(0, named=True)

    assert row["source_key"] == "crm_contacts.csv:c08"
    assert (row["line"], row["field"], row["value"]) == (9, "email", "hal.thun@@birke.example")
    assert row["reason"] == "email_malformed"
    assert json.loads(row["raw"])["last_name"] == "Thun"
    assert row["contact_id"] == "c08"


def test_values_are_normalised(canonical):
    rows = canonical.tables["contacts"].rows_by_key("contact_id", named=True, unique=True)

    assert rows["c01"]["phone"] == "+14155550100"
    assert rows["c02"]["email"] == "bob.may@alder.example"
    assert rows["c02"]["phone"] is None
    assert rows["m1"]["first_name"] == "Bob"
    accounts = canonical.tables["accounts"].rows_by_key("account_id", named=True, unique=True)
    assert accounts["a2"]["domain"] == "birke.example"
    assert accounts["a2"]["revenue_usd"] is None


def test_the_latest_row_of_a_key_wins(canonical):
    leads = canonical.tables["contacts"].filter(pl.col("contact_id") == "l1")

    assert leads.get_column("lead_stage").to_list() == ["mql"]


def test_references_are_looked_up(canonical):
    rows = canonical.tables["contacts"].rows_by_key("contact_id", named=True, unique=True)
    signals = canonical.tables["signals"].rows_by_key("signal_id", named=True, unique=True)
    deals = canonical.tables["opportunities"].rows_by_key("opportunity_id", named=True, unique=True)

    assert rows["l2"]["account_id"] == "a2"
    assert rows["m1"]["account_id"] == "a1"
    assert signals["i1"]["account_id"] == "a1"
    assert signals["i2"]["account_id"] is None
    assert signals["f1"]["contact_id"] == "l1"
    assert deals["d1"]["product"] == "Relay Core"


def test_a_deal_without_account_is_accepted_with_a_warning(canonical):
    warned = {(w.table, w.field, w.what): w.rows for w in canonical.warnings}

    assert warned["opportunities", "account_id", "missing"] == 1
    assert warned["contacts", "phone", "malformed"] == 1
    assert warned["signals", "account_id", "not_found"] == 1
    assert warned["contacts", "email", "missing"] == 1


def test_provenance_names_tenant_source_and_row(canonical):
    row = canonical.tables["accounts"].row(0, named=True)

    assert (row["tenant_id"], row["source"], row["source_key"]) == (
        "t",
        "sandbox",
        "crm_accounts.csv:a1",
    )
    assert row["synthetic"] is False


def test_without_a_now_it_is_the_day_after_the_last_date(tmp_path):
    made = build_contacts(tmp_path, "id,mail,at\n1,a@b.example,2026-01-05T09:00:00Z\n", now=None)

    assert made.now == datetime(2026, 1, 6, tzinfo=UTC)


TWO_FILES = Mapping.model_validate(
    {
        "mapping": "two",
        "version": 1,
        "source": "crm",
        "files": [
            {
                "path": "people.csv",
                "key": ["id"],
                "nulls": ["", "Select"],
                "routes": [
                    {
                        "table": "contacts",
                        "fields": {
                            "contact_id": "id",
                            "email": "mail",
                            "last_touch_at": "at",
                        },
                        "attributes": {"visits": {"column": "visits", "parse": "int"}},
                    }
                ],
            },
            {
                "path": "more.csv",
                "key": ["id"],
                "optional": True,
                "routes": [
                    {
                        "table": "contacts",
                        "synthetic": {"const": True},
                        "fields": {"contact_id": "id", "email": "mail", "first_name": "name"},
                    }
                ],
            },
        ],
    }
)
ONE_FILE = TWO_FILES.model_copy(
    update={
        "files": (
            TWO_FILES.files[0].model_copy(
                update={
                    "routes": (TWO_FILES.files[0].routes[0].model_copy(update={"attributes": {}}),)
                }
            ),
        )
    }
)


def build_contacts(folder, text, *, now):
    (folder / "people.csv").write_text(text, "utf-8")
    return build(read_export(folder, ONE_FILE), ONE_FILE, tenant_id="t", now=now)


def test_two_files_fill_one_row_and_the_first_outranks(tmp_path):
    (tmp_path / "people.csv").write_text(
        "id,mail,at,visits\n1,Select,,7\n2,own@b.example,,8\n", "utf-8"
    )
    (tmp_path / "more.csv").write_text(
        "id,mail,name\n1,a@b.example,Ann\n2,other@b.example,Bo\n3,c@b.example,Cy\n", "utf-8"
    )
    made = build(read_export(tmp_path, TWO_FILES), TWO_FILES, tenant_id="t", now=NOW)
    rows = made.tables["contacts"].sort("contact_id")

    assert rows.select("contact_id", "email", "first_name", "x_visits", "synthetic").rows() == [
        ("1", "a@b.example", "Ann", 7, True),
        ("2", "own@b.example", "Bo", 8, True),
        ("3", "c@b.example", "Cy", None, True),
    ]
    assert counts_of(made, "contacts") == (5, 3, 2, {})


def test_an_optional_file_that_is_not_there_changes_nothing(tmp_path):
    (tmp_path / "people.csv").write_text("id,mail,at,visits\n1,Select,,7\n", "utf-8")
    raw = {"people.csv": read_file(tmp_path / "people.csv", TWO_FILES.files[0])}

    made = build(raw, TWO_FILES, tenant_id="t", now=NOW)

    assert counts_of(made, "contacts") == (1, 1, 0, {})


cells = st.sampled_from(
    ["", "1", "2", "3", "a@b.example", "a@@b", "2026-01-05T09:00:00Z", "2062-01-01", "soon", "\0"]
)


@given(
    st.lists(
        st.one_of(st.lists(cells, min_size=3, max_size=3), st.lists(cells, min_size=1, max_size=5)),
        max_size=30,
    )
)
def test_no_row_vanishes_and_none_counts_twice(tmp_path_factory, rows):
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([["id", "mail", "at"], *rows])

    made = build_contacts(tmp_path_factory.mktemp("rows"), text.getvalue(), now=NOW)

    [one] = made.counts
    assert one.is_whole
    assert one.read == len(rows)
    assert made.quarantine["contacts"].get_column("reason").null_count() == 0
    assert not made.tables["contacts"].get_column("contact_id").is_duplicated().any()
