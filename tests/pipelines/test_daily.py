"""A day's batch gives what a rebuild of everything gives, whatever changed in the export."""

import json
import shutil
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest
from export_edits import CONTACTS, EDITS, FILES, change
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from agent_runtime.settings import Workspace
from pipelines import canonical_batch, judged
from pipelines.canonical_batch import make_canonical
from pipelines.expectations import validate
from pipelines.identity.acting import decide_pair, open_desk
from pipelines.lake import Lake
from pipelines.landed import land
from pipelines.sources.mapping import load_mapping
from pipelines.suites import SUITES

TENANT = "northbeam"
WHOLE = load_mapping("sandbox")
MAPPING = WHOLE.model_copy(
    update={"files": tuple(f for f in WHOLE.files if f.path in {*FILES, "form_fills.csv"})}
)
"""People and companies, and a file that looks them up; fewer files are read faster."""


def batch(folder, workspace, now, given=True):
    """Lands an export and makes the canonical tables, as the assets do."""
    lake = Lake(workspace)
    land(folder, MAPPING, lake)
    return make_canonical(
        lake,
        MAPPING,
        tenant_id=TENANT,
        given=now if given else None,
        or_else=now,
        ignored=lambda _: (),
    )


def tables(workspace):
    """Everything that a batch leaves in the lake."""
    lake = Lake(workspace)
    found = {f"canonical/{name}": frame for name, frame in lake.canonical().items()}
    found |= {f"quarantine/{name}": frame for name, frame in lake.quarantine().items()}
    for path in (lake.persons, lake.person_events, lake.suppressions):
        found[path.stem] = pl.read_parquet(path)
    return found, json.loads(lake.report.read_text("utf-8"))


def _never(*_, **__):
    raise AssertionError("it was read again")


def forget(workspace):
    """Takes away all that a batch keeps, but the history of identity."""
    shutil.rmtree(workspace.lake / "kept", ignore_errors=True)


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    history=st.lists(st.lists(EDITS, max_size=3), min_size=1, max_size=2), given_now=st.booleans()
)
def test_any_history_of_an_export_gives_the_tables_of_a_rebuild(
    export_writer, now, history, given_now
):
    with TemporaryDirectory() as folder:
        exports, daily = export_writer(Path(folder) / "e"), Workspace(Path(folder) / "daily")
        whole = Workspace(Path(folder) / "whole")
        for day, edits in enumerate([[], *history]):
            for what, *on in edits:
                change(exports, what, *on)
            instant = now + timedelta(days=day)
            for workspace in (daily, whole):
                batch(exports, workspace, instant, given_now)
            forget(whole)
            (mine, report), (all_anew, counts) = tables(daily), tables(whole)
            for name, frame in all_anew.items():
                assert_frame_equal(mine[name], frame)
            assert report == counts


def test_an_export_that_says_the_same_is_not_read_again(small_export, tmp_path, now, monkeypatch):
    workspace = Workspace(tmp_path / "w")
    before = batch(small_export, workspace, now).rows
    shutil.copy(small_export / CONTACTS, small_export / "copy")
    (small_export / "copy").replace(small_export / CONTACTS)

    monkeypatch.setattr("pipelines.landed.read_file", _never)
    monkeypatch.setattr("pipelines.canonical_batch.build", _never)

    assert batch(small_export, workspace, now + timedelta(days=1)).rows == before


@pytest.mark.parametrize("damage", ["code", "table", "stamp"])
def test_other_code_a_lost_table_or_a_broken_stamp_makes_all_anew(
    damage, small_export, tmp_path, now, monkeypatch
):
    workspace = Workspace(tmp_path / "w")
    batch(small_export, workspace, now)
    before = tables(workspace)[0]
    lake = Lake(workspace)
    if damage == "code":
        monkeypatch.setattr("pipelines.canonical_batch.code", lambda: "another")
        monkeypatch.setattr("pipelines.landed.code", lambda: "another")
    elif damage == "table":
        lake.persons.unlink()
        (lake.raw / f"{CONTACTS}.parquet").write_bytes(b"PAR1")
    else:
        for path in (workspace.lake / "kept").glob("*.json"):
            path.write_text("{", "utf-8")

    batch(small_export, workspace, now)

    for name, frame in tables(workspace)[0].items():
        assert_frame_equal(frame, before[name])


def test_cells_under_a_changed_header_are_read_again(small_export, tmp_path, now):
    """The rows say the same as yesterday, but their columns have changed places."""
    workspace = Workspace(tmp_path / "w")
    batch(small_export, workspace, now)
    path = small_export / CONTACTS
    text = path.read_text("utf-8")
    path.write_text(text.replace("first_name,last_name", "last_name,first_name", 1), "utf-8")

    batch(small_export, workspace, now)

    contacts = pl.read_parquet(workspace.canonical / "contacts.parquet")
    names = contacts.filter(contact_id="c01").select("first_name", "last_name")
    assert names.rows() == [("Low", "Ada")]


def test_a_decision_is_followed_though_the_export_says_the_same(
    small_export, tmp_path, now, monkeypatch
):
    """R172: merge and split of a colleague; a batch after which nobody decided reads nothing."""
    workspace = Workspace(tmp_path / "w")
    lake, who = Lake(workspace), {"who": "colleague", "why": "", "now": now}

    def persons():
        batch(small_export, workspace, now)
        return dict(pl.read_parquet(lake.persons).select("contact_id", "person_id").iter_rows())

    before = persons()
    assert before["c01"] != before["c03"]
    decide_pair(open_desk(lake, TENANT), "merge", "c01", "c03", **who)
    merged = persons()
    assert merged["c01"] == merged["c03"]
    decide_pair(open_desk(lake, TENANT), "split", "c01", "c03", **who)
    assert persons() == before

    monkeypatch.setattr("pipelines.canonical_batch.build", _never)
    assert persons() == before


def test_what_the_match_has_merged_itself_is_not_made_again(
    small_export, tmp_path, now, monkeypatch
):
    """R172: the decisions that a batch writes are among those of which its tables are made."""
    path = small_export / CONTACTS
    (row,) = [line for line in path.read_text("utf-8").splitlines() if line.startswith("c05,")]
    again = row.replace("c05,", "c95,").replace("eva.pohl@", "e.pohl@")
    path.write_text(f"{path.read_text('utf-8')}{again}\n", "utf-8")
    workspace = Workspace(tmp_path / "w")
    later = now + timedelta(days=1)

    assert batch(small_export, workspace, now).rows["identity_decisions"] == 1
    monkeypatch.setattr("pipelines.canonical_batch.build", _never)
    assert batch(small_export, workspace, later).rows["identity_decisions"] == 0

    read = pl.read_parquet(Lake(workspace).crm_reads)
    assert read["read_at"].to_list() == [later]


def test_a_decision_during_a_batch_makes_the_next_one_read_again(
    small_export, tmp_path, now, monkeypatch
):
    """R172: whether the batch had read it is not known, so the next one reads it."""
    workspace = Workspace(tmp_path / "w")
    lake, resolve = Lake(workspace), canonical_batch.resolve_batch
    batch(small_export, workspace, now)
    desk = open_desk(lake, TENANT)

    def meanwhile(*given, **more):
        resolved = resolve(*given, **more)
        decide_pair(desk, "merge", "c01", "c03", who="colleague", why="", now=now)
        return resolved

    with monkeypatch.context() as patched:
        patched.setattr(canonical_batch, "resolve_batch", meanwhile)
        change(small_export, "delete", CONTACTS, 5)
        batch(small_export, workspace, now)
    batch(small_export, workspace, now)

    persons = dict(pl.read_parquet(lake.persons).select("contact_id", "person_id").iter_rows())
    assert persons["c01"] == persons["c03"]


def test_an_earlier_instant_takes_nothing_over(small_export, tmp_path, now):
    """What had passed at a later instant may lie ahead of an earlier one."""
    workspace = Workspace(tmp_path / "w")
    batch(small_export, workspace, now)

    early = batch(small_export, workspace, now - timedelta(days=400)).report

    ahead = [
        n for table in early.tables for r, n in table.quarantined.items() if r.endswith("future")
    ]
    assert sum(ahead) > 3


@pytest.fixture
def asked(monkeypatch):
    """Rows of which Great Expectations was asked, by suite."""
    seen = {}
    whole = judged.ask

    def spy(frames, *, now, suites):
        seen.clear()
        seen.update({(s.table, s.name): frames(s).height for s in suites})
        return whole(frames, now=now, suites=suites)

    monkeypatch.setattr(judged, "ask", spy)
    return seen


def test_rows_that_passed_are_not_asked_again_and_the_verdicts_are_those_of_all(
    small_export, tmp_path, now, asked
):
    """A bad row of today is found beside the good ones of yesterday."""
    workspace = Workspace(tmp_path / "w")
    lake = Lake(workspace)
    batch(small_export, workspace, now)
    first = list(judged.judge_tables(lake, now=now))
    assert asked["contacts", "keys"] == asked["contacts", "addresses"] == 16
    assert len(asked) == len(SUITES)
    assert list(judged.judge_tables(lake, now=now)) == first
    assert not asked
    contacts = pl.read_parquet(workspace.canonical / "contacts.parquet")
    worse = contacts.with_columns(
        pl.when(pl.col("contact_id").is_in(["c02", "c03"]))
        .then(pl.lit("c02"))
        .otherwise("contact_id")
        .alias("contact_id"),
        pl.when(pl.col("contact_id") == "c05")
        .then(pl.lit("nobody"))
        .otherwise("email")
        .alias("email"),
    )

    worse.write_parquet(workspace.canonical / "contacts.parquet")
    again = {(s.table, s.name): v for s, v in judged.judge_tables(lake, now=now)}

    assert asked["contacts", "keys"] == 2
    assert asked["contacts", "addresses"] == 1
    assert again["contacts", "keys"].failures == ("contact_id: column values to be unique, 2 rows",)
    assert again["contacts", "addresses"].failures == (
        "email: column values to match regex, 1 rows",
    )
    expected = dict(((s.table, s.name), v) for s, v in validate(lake.canonical(), now=now))
    assert again == expected
    contacts.write_parquet(workspace.canonical / "contacts.parquet")
    assert list(judged.judge_tables(lake, now=now)) == first
    assert asked["contacts", "keys"] == 16
