import json
import re
from collections import Counter
from math import sqrt

import polars as pl
import pytest

from agent_runtime.sandbox.dirt import LATE_RATES, NULL_SPELLINGS, REPEAT_RATES, RULES, soil
from agent_runtime.sandbox.people import load_people

VALID = re.compile(r"^[a-z0-9.-]+@[a-z0-9.-]+\.example$")


@pytest.fixture(scope="module")
def dirt(box) -> dict[tuple[str, str, str | None], dict]:
    document = json.loads((box.sandbox / "dirt.json").read_text())
    return {(d["kind"], d["file"], d["column"]): d for d in document["dirt"]}


def distinct(box, name: str) -> list[dict[str, str]]:
    """The rows of a file without exact repeats."""
    return [dict(row) for row in dict.fromkeys(tuple(row.items()) for row in box.rows(name))]


def test_each_kind_of_dirt_comes_at_its_declared_rate(dirt):
    for (kind, file, column), count in dirt.items():
        expected = count["rate"] * count["of"]
        spread = 5 * sqrt(expected) + 1
        assert abs(count["rows"] - expected) <= spread, (kind, file, column, count)


def test_every_declared_rule_found_rows_and_common_ones_struck(dirt):
    declared = {(rule.kind, rule.file, rule.column) for rule in RULES}
    declared |= {("late_row", file, None) for file in LATE_RATES}
    declared |= {("repeated_row", file, None) for file in REPEAT_RATES}
    assert declared <= set(dirt)
    kinds = Counter()
    for (kind, _, _), count in dirt.items():
        kinds[kind] += count["rows"]
    assert all(rows > 0 for rows in kinds.values()), kinds
    assert set(kinds) >= {
        "also_lead",
        "also_listed",
        "bad_phone",
        "bouncing_email",
        "do_not_contact",
        "duplicate_account",
        "duplicate_contact",
        "former_owner",
        "future_date",
        "late_row",
        "list_opt_out",
        "malformed_email",
        "missing_owner",
        "missing_value",
        "odd_null",
        "repeated_row",
        "stale_row",
        "untidy_email",
        "untidy_phone",
        "withdrawn_consent",
        "wrong_type",
    }


@pytest.mark.parametrize("file", sorted(set(REPEAT_RATES) - {"usage_daily.parquet"}))
def test_repeated_rows_are_as_many_as_counted(box, dirt, file):
    rows = box.rows(file)
    assert len(rows) - len(distinct(box, file)) == dirt["repeated_row", file, None]["rows"]


@pytest.mark.parametrize("file", ["crm_contacts.csv", "crm_leads.csv", "marketing_list.csv"])
def test_malformed_addresses_are_as_many_as_counted(box, dirt, file):
    emails = [row["email"] for row in distinct(box, file)]
    written = [email for email in emails if email not in {"", *NULL_SPELLINGS}]
    malformed = [email for email in written if not VALID.match(email.strip().lower())]
    assert len(malformed) == dirt["malformed_email", file, "email"]["rows"]


def test_wrong_types_are_as_many_as_counted(box, dirt):
    nulls = {"", *NULL_SPELLINGS}
    employees = [row["employees"] for row in distinct(box, "crm_accounts.csv")]
    wrong = [text for text in employees if text not in nulls and not text.isdecimal()]
    assert len(wrong) == dirt["wrong_type", "crm_accounts.csv", "employees"]["rows"]


def test_nulls_in_words_are_as_many_as_counted(box, dirt):
    rows = distinct(box, "crm_contacts.csv")
    odd = sum(text in NULL_SPELLINGS for row in rows for text in row.values())
    assert odd == dirt["odd_null", "crm_contacts.csv", None]["rows"]


def test_late_rows_stand_behind_later_ones(box, dirt):
    repeats = dirt["repeated_row", "intent_signals.csv", None]["rows"]
    rows = box.rows("intent_signals.csv")
    moments = [row["observed_at"] for row in rows[: len(rows) - repeats]]
    late = dirt["late_row", "intent_signals.csv", None]["rows"]
    assert late > 0
    on_time = moments[: len(moments) - late]
    assert on_time == sorted(on_time)
    assert moments != sorted(moments)


def test_duplicates_across_sources_are_as_many_as_counted(box, dirt):
    people = {person.email for person in load_people(box.sandbox / "people.parquet")}
    by_email = Counter()
    ids = {row["contact_id"]: row["email"] for row in box.rows("crm_contacts.csv")}
    for email in ids.values():
        by_email[email.strip().lower()] += email.strip().lower() in people
    twice = sum(rows == 2 for rows in by_email.values())
    expected = dirt["duplicate_contact", "crm_contacts.csv", None]["rows"]
    assert expected * 0.9 <= twice <= expected


def test_usage_has_repeats_gaps_and_late_rows(box, dirt):
    usage = pl.read_parquet(box.exports / "usage_daily.parquet")
    repeats = usage.height - usage.unique().height
    assert repeats == dirt["repeated_row", "usage_daily.parquet", None]["rows"] > 0
    gaps = usage.unique()["value"].null_count()
    assert gaps == dirt["missing_value", "usage_daily.parquet", "value"]["rows"] > 0


def test_a_cell_is_struck_once_and_clean_files_stay_clean():
    rows = [{"email": f"a{n}@b.example", "phone": "+493023125123"} for n in range(4000)]
    soiled = soil(1, "crm_leads.csv", ({**row, "owner_id": "o", "language": "de"} for row in rows))
    struck = {count.kind: count for count in soiled.dirt if count.column == "email"}
    assert struck["untidy_email"].of == 4000 - struck["malformed_email"].rows
    clean = soil(1, "crm_products.csv", rows)
    assert clean.rows == rows
    assert clean.dirt == []
