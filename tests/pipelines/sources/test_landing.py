"""Landing tables: merged by key, whole or not at all, and never wider than what was agreed."""

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.errors import PipelineError
from pipelines.sources.landing import (
    accept,
    land,
    landed_path,
    open_drifts,
    read_landed,
)
from pipelines.sources.quiet import load_dlt

NOW = datetime(2026, 1, 12, 9, tzinfo=UTC)
LATER = NOW + timedelta(days=1)


def people(rows, **hints):
    """A CRM with one table, read by the instant of the last change."""
    dlt = load_dlt()

    def contacts():
        yield rows

    said = {
        "incremental": dlt.sources.incremental("changed", initial_value=-1),
        "primary_key": "id",
        "write_disposition": "merge",
        "columns": {"deleted": {"hard_delete": True, "data_type": "bool"}},
    }
    return dlt.resource(contacts, name="contacts", **(said | hints))


def row(number, changed=0, **more):
    return {"id": str(number), "changed": changed, "name": f"Person {number}", **more}


def values(folder, *columns):
    return read_landed(folder, "crm", "contacts").select(columns).rows()


def test_a_repeated_pull_changes_nothing(tmp_path):
    first = land(people([row(n) for n in range(30)]), tmp_path, "crm", now=NOW)
    path = landed_path(tmp_path, "crm", "contacts")
    before = path.read_bytes(), path.stat().st_ino
    again = land(people([row(n) for n in range(30)]), tmp_path, "crm", now=LATER)
    assert (first.tables[0].new, first.tables[0].cursor) == (30, "changed 0")
    assert (again.tables[0].new, again.tables[0].changed, again.tables[0].gone) == (0, 0, 0)
    assert (path.read_bytes(), path.stat().st_ino) == before


def test_a_pull_takes_what_has_changed_since_the_last_one(tmp_path):
    land(people([row(1), row(2), row(3)]), tmp_path, "crm", now=NOW)
    changes = [row(2, 5, name="Other"), row(3, 5, deleted=True), row(4, 6), row(1, -5, name="Old")]
    landed = land(people(changes), tmp_path, "crm", now=LATER).tables[0]
    assert (landed.new, landed.changed, landed.gone, landed.rows) == (1, 1, 1, 3)
    assert values(tmp_path, "id", "name") == [("1", "Person 1"), ("2", "Other"), ("4", "Person 4")]
    whole = pl.read_parquet(landed.path).filter(pl.col("_gone_at").is_not_null())
    assert whole.select("id", "_gone_at").rows() == [("3", LATER)]


def test_a_row_that_comes_back_is_there_again(tmp_path):
    land(people([row(1)]), tmp_path, "crm", now=NOW)
    land(people([row(1, 1, deleted=True)]), tmp_path, "crm", now=NOW)
    assert values(tmp_path, "id") == []
    land(people([row(1, 2)]), tmp_path, "crm", now=LATER)
    assert values(tmp_path, "id") == [("1",)]


def test_a_full_pull_marks_what_is_not_there_any_more(tmp_path):
    land(people([row(n) for n in range(5)]), tmp_path, "crm", now=NOW)
    landed = land(people([row(n) for n in range(4)]), tmp_path, "crm", now=LATER, is_full=True)
    assert (landed.tables[0].gone, landed.tables[0].rows) == (1, 4)


def test_a_full_pull_that_loses_most_rows_waits_for_a_person(tmp_path):
    land(people([row(n) for n in range(40)]), tmp_path, "crm", now=NOW)
    landed = land(people([row(1)]), tmp_path, "crm", now=LATER, is_full=True)
    assert (landed.tables[0].gone, landed.tables[0].rows) == (0, 40)
    assert "39 of 40 rows were not in a full pull" in str(landed.drift[0])
    assert landed.drift[0].blocks
    accept(tmp_path, "crm", "contacts", "_rows")
    again = land(people([row(1)]), tmp_path, "crm", now=LATER)
    assert (again.tables[0].rows, again.drift) == (1, ())


def test_a_new_column_is_reported_and_left_out_until_it_is_accepted(tmp_path):
    land(people([row(1), row(2)]), tmp_path, "crm", now=NOW)
    landed = land(people([row(1, 1, tier="gold")]), tmp_path, "crm", now=NOW)
    (drift,) = landed.drift
    assert (drift.name, drift.kind, drift.became) == ("crm.contacts.tier", "new_column", "text")
    assert not drift.blocks
    assert "tier" not in pl.read_parquet(landed.tables[0].path).columns
    accept(tmp_path, "crm", "contacts", "tier")
    landed = land(people([row(1, tier="gold"), row(2, tier="tin")]), tmp_path, "crm", now=LATER)
    assert landed.drift == ()
    assert values(tmp_path, "id", "tier") == [("1", "gold"), ("2", "tin")]


def test_a_value_of_another_type_is_reported_and_never_replaces_a_good_one(tmp_path):
    land(people([row(1, seats=5), row(2, seats=7)]), tmp_path, "crm", now=NOW)
    changes = [row(1, 1, seats="lots"), row(2, 1, seats="8"), row(3, 1, seats="few")]
    landed = land(people(changes), tmp_path, "crm", now=LATER)
    (drift,) = landed.drift
    assert (drift.kind, drift.was, drift.became, drift.rows) == (
        "changed_type",
        "bigint",
        "text",
        3,
    )
    assert drift.blocks
    assert values(tmp_path, "id", "seats") == [("1", 5), ("2", 8), ("3", None)]
    accept(tmp_path, "crm", "contacts", "seats")
    land(people([*changes]), tmp_path, "crm", now=LATER)
    assert values(tmp_path, "id", "seats") == [("1", "lots"), ("2", "8"), ("3", "few")]


def test_a_column_that_vanishes_is_reported_and_keeps_its_values(tmp_path):
    """A flag that says no must not be lost because an export forgot it."""
    land(people([row(1, no_mail=True), row(2, no_mail=None)]), tmp_path, "crm", now=NOW)
    landed = land(people([row(1, 1, name="New")]), tmp_path, "crm", now=LATER)
    assert [(d.column, d.kind) for d in landed.drift] == [("no_mail", "vanished_column")]
    assert values(tmp_path, "id", "name", "no_mail") == [
        ("1", "New", True),
        ("2", "Person 2", None),
    ]
    accept(tmp_path, "crm", "contacts", "no_mail")
    landed = land(people([row(1), row(2)]), tmp_path, "crm", now=LATER)
    assert landed.drift == ()
    assert "no_mail" not in read_landed(tmp_path, "crm", "contacts").columns


def test_a_drift_stays_open_until_a_full_pull_no_longer_shows_it(tmp_path):
    land(people([row(1, seats=5)]), tmp_path, "crm", now=NOW)
    land(people([row(1, 1, seats="lots")]), tmp_path, "crm", now=NOW)
    assert land(people([row(1, 2, seats=6)]), tmp_path, "crm", now=LATER).drift
    assert land(people([row(1, 2, seats=6)]), tmp_path, "crm", now=LATER, is_full=True).drift == ()


def test_rows_that_leave_empty_columns_out_are_no_drift_while_they_are_few(tmp_path):
    land(people([row(1, seats=5)]), tmp_path, "crm", now=NOW, sparse=["contacts"])
    some = people([row(n, 1) for n in range(99)])
    assert land(some, tmp_path, "crm", now=NOW, sparse=["contacts"]).drift == ()
    many = people([row(n, 2) for n in range(100)])
    assert land(many, tmp_path, "crm", now=NOW, sparse=["contacts"]).drift[0].column == "seats"


def test_types_of_a_first_pull_settle_to_one_that_holds_them_all(tmp_path):
    rows = [row(1, a=1, b=1, c=None), row(2, a=2.5, b="x", c=None), row(3, a=3, b={"y": 1}, c=None)]
    land(people(rows), tmp_path, "crm", now=NOW)
    assert values(tmp_path, "a", "b", "c") == [
        (1.0, "1", None),
        (2.5, "x", None),
        (3.0, '{"y":1}', None),
    ]
    landed = land(people([row(1, 1, a=1, b="1", c=9)]), tmp_path, "crm", now=NOW)
    assert landed.drift == ()
    assert values(tmp_path, "c")[0] == (9,)


def test_arrow_tables_land_like_rows(tmp_path):
    def table(**columns):
        return people([pa.table({"id": ["1", "2"], "changed": [1, 1], **columns})], columns={})

    land(table(seats=[1, 2], name=["A", "B"]), tmp_path, "crm", now=NOW)
    landed = land(
        table(seats=["5", "n/a"], tier=["x", None]), tmp_path, "crm", now=NOW, is_full=True
    )
    assert [(d.column, d.kind) for d in landed.drift] == [
        ("name", "vanished_column"),
        ("seats", "changed_type"),
        ("tier", "new_column"),
    ]
    assert values(tmp_path, "id", "seats", "name") == [("1", 5, "A"), ("2", 2, "B")]


def test_a_row_without_a_key_is_refused_and_counted(tmp_path):
    landed = land(people([row(1), {**row(2), "id": None}]), tmp_path, "crm", now=NOW).tables[0]
    assert (landed.rows, landed.refused) == (1, 1)


def test_a_table_without_a_key_is_refused_in_a_sentence(tmp_path):
    with pytest.raises(PipelineError, match=r"crm\.contacts: it has no primary key"):
        land(people([row(1)], primary_key=None), tmp_path, "crm", now=NOW)


def test_a_source_that_breaks_off_leaves_everything_as_it_was(tmp_path):
    land(people([row(1)]), tmp_path, "crm", now=NOW)

    def broken():
        yield [row(1, 5, name="Half"), row(2, 6)]
        raise ConnectionError("the line\nwent dead")

    source = load_dlt().resource(broken, name="contacts", primary_key="id")
    with pytest.raises(PipelineError, match=r"^crm: the line went dead\.$"):
        land(source, tmp_path, "crm", now=LATER)
    assert values(tmp_path, "id", "name") == [("1", "Person 1")]
    landed = land(people([row(1, 5, name="Whole"), row(2, 6)]), tmp_path, "crm", now=LATER)
    assert (landed.tables[0].new, landed.tables[0].changed) == (1, 1)


KILLED = """
import sys, time
from datetime import datetime, UTC
from pathlib import Path
from pipelines.sources.landing import land
from pipelines.sources.quiet import load_dlt
dlt = load_dlt()

def contacts(cursor=dlt.sources.incremental("changed", initial_value=-1)):
    yield [{"id": "1", "changed": 9, "name": "Half"}]
    print("half", flush=True)
    time.sleep(60)

land(dlt.resource(contacts, primary_key="id"), Path(sys.argv[1]), "crm", now=datetime.now(UTC))
"""


@pytest.mark.real
def test_a_killed_pull_leaves_nothing_behind(tmp_path):
    land(people([row(1)]), tmp_path, "crm", now=NOW)
    child = subprocess.Popen(
        [sys.executable, "-c", KILLED, tmp_path], stdout=subprocess.PIPE, env=dict(os.environ)
    )
    assert child.stdout
    assert child.stdout.readline() == b"half\n"
    with pytest.raises(PipelineError, match="another pull of this source is running"):
        land(people([row(1)]), tmp_path, "crm", now=LATER)
    child.send_signal(signal.SIGKILL)
    child.communicate()
    landed = land(people([row(1), row(2, 1)]), tmp_path, "crm", now=LATER).tables[0]
    assert (landed.new, landed.changed) == (1, 0)
    assert not (tmp_path / "crm" / "_pull").exists()


def test_a_pull_that_was_killed_while_it_was_put_in_place_is_finished(tmp_path):
    land(people([row(1)]), tmp_path / "a", "crm", now=NOW)
    land(people([row(1), row(2, 5)]), tmp_path / "b", "crm", now=NOW)
    ready = tmp_path / "a" / "crm" / "_ready"
    ready.mkdir()
    (tmp_path / "b" / "crm" / "contacts.parquet").rename(ready / "contacts.parquet")
    (tmp_path / "b" / "crm" / "_state").rename(ready / "_state")
    landed = land(people([row(3, 6)]), tmp_path / "a", "crm", now=LATER).tables[0]
    assert (landed.new, landed.rows, landed.cursor) == (1, 3, "changed 6")


def test_nothing_is_written_outside_the_workspace(tmp_path, monkeypatch):
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    land(people([row(1)]), tmp_path / "landing", "crm", now=NOW)
    assert list(home.iterdir()) == []
    assert {p.name for p in (tmp_path / "landing" / "crm").iterdir()} == {
        ".lock",
        "_state",
        "contacts.parquet",
    }
    assert load_dlt().current.run_context().runtime_config.dlthub_telemetry is False


EDITS = st.lists(
    st.tuples(st.integers(0, 6), st.sampled_from(["put", "delete"]), st.integers(0, 3)),
    min_size=1,
    max_size=12,
)


@settings(max_examples=5)
@given(EDITS, st.sets(st.integers(0, 11)))
def test_any_history_of_edits_ends_in_what_the_source_holds(tmp_path_factory, edits, pulls):
    """However edits and pulls interleave, what has landed is what is there."""
    folder: Path = tmp_path_factory.mktemp("landing")
    held: dict[int, dict] = {}
    for number, (who, what, value) in enumerate(edits):
        held[who] = row(who, number, value=value, deleted=what == "delete")
        if number in pulls:
            land(people(list(held.values())), folder, "crm", now=NOW)
    land(people(list(held.values())), folder, "crm", now=NOW)
    alive = sorted((r["id"], r["value"]) for r in held.values() if not r["deleted"])
    if landed_path(folder, "crm", "contacts").is_file():
        assert values(folder, "id", "value") == alive
        assert open_drifts(folder, "crm") == ()
    else:
        assert alive == []
