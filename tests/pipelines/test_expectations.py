"""The suites at the boundary fail when a canonical table breaks what it keeps."""

import polars as pl
import pytest

from pipelines.expectations import validate
from pipelines.schemas import TABLES
from pipelines.suites import SUITES


@pytest.fixture
def tables(now):
    empty = {name: pl.DataFrame(schema=table.schema) for name, table in TABLES.items()}
    contacts = pl.DataFrame(
        {"contact_id": ["c1", "c2"], "person_id": ["p1", "p2"], "email": ["a@b.example", None]},
    )
    consents = pl.DataFrame(
        {"consent_id": ["s1"], "contact_id": ["c1"], "status": ["granted"], "recorded_at": [now]}
    )
    return empty | {
        "contacts": pl.concat([empty["contacts"], contacts], how="diagonal_relaxed"),
        "consents": pl.concat([empty["consents"], consents], how="diagonal_relaxed"),
    }


def failures(tables, now):
    return {
        (suite.table, suite.name): verdict.failures
        for suite, verdict in validate(tables, now=now)
        if not verdict.passed
    }


def test_suites_pass_on_tables_as_they_should_be_and_warn_of_what_is_missing(tables, now):
    assert failures(tables, now) == {
        ("contacts", "readiness"): (
            "email: column values to not be null, 1 rows",
            "country: column values to not be null, 2 rows",
        )
    }
    assert not next(s for s in SUITES if (s.table, s.name) == ("contacts", "readiness")).blocks


def test_broken_keys_shapes_and_dates_are_found(tables, now):
    later = pl.col("recorded_at").dt.offset_by("1d")
    broken = tables | {
        "contacts": tables["contacts"].with_columns(
            pl.lit("c1").alias("contact_id"), pl.lit("nobody").alias("email")
        ),
        "consents": tables["consents"].with_columns(later, pl.lit("perhaps").alias("status")),
    }

    found = failures(broken, now)

    assert found["contacts", "keys"] == ("contact_id: column values to be unique, 2 rows",)
    assert found["contacts", "addresses"] == ("email: column values to match regex, 2 rows",)
    assert len(found["consents", "statuses"]) == 2
