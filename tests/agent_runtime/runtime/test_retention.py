"""Old words go, with a note of when and why; stops, proofs, arms and figures stay."""

import json
import re
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from conversation_world import ANA, LIBRARY, MEANINGS, NOW, OWNER, Wire, assign, mail, task
from hypothesis import given
from hypothesis import strategies as st
from runtime_people import CONSENT
from sqlalchemy import select
from typer.testing import CliRunner

from agent_runtime import pump
from agent_runtime.app import assemble
from agent_runtime.clock import write_now
from agent_runtime.contracts import TraceEvent
from agent_runtime.models.language import ScriptedModel
from agent_runtime.newcomers import Newcomers
from agent_runtime.retention import without_words
from agent_runtime.retention_cli import retention
from agent_runtime.settings import Workspace
from agent_runtime.store import pruning
from agent_runtime.store import tables as t
from agent_runtime.store.engine import open_engine
from agent_runtime.store.erasing import Known, erase
from agent_runtime.store.export import export_traces
from agent_runtime.store.pruning import last_run, prune, prune_daily
from agent_runtime.store.reading import turns_of
from agent_runtime.store.rows import Due
from agent_runtime.store.sql import SqlStore
from agent_runtime.store.sql_rows import load
from agent_runtime.suppression import add
from agent_runtime.tools.memory_calendar import MemoryCalendar
from agent_runtime.tools.slots import OfficeHours

SECRET = "My number is +49 30 901820, and the price of the Zanzibar project?"
STAGING = Path(__file__).parents[3] / "dbt" / "models" / "staging" / "runtime"


def work(store, runtime, now):
    rows, lanes = [], set()

    def take(_connection, _work_id, lane, batch):
        lanes.add(lane)
        rows.extend(Due(kind, row_id) for kind, row_id in batch)

    while pump.release(store.engine, take, now=now):
        while rows:
            runtime.desk.work(rows.pop(0), Wire(), now=now)
        for lane in lanes:
            pump.free(store.engine, lane=lane)


@pytest.fixture
def world(tmp_path):
    """A touch, a question with personal data and its answer; a stop, a listing and a proof."""
    store = SqlStore(open_engine(f"sqlite:///{tmp_path}/runtime.db"), "t")
    runtime = assemble(
        store,
        library=LIBRARY,
        model=ScriptedModel(MEANINGS),
        calendar=MemoryCalendar({"o-1": OfficeHours("Europe/Berlin")}),
        newcomers=Newcomers("t", (OWNER,), None),
    )
    with store.begin() as tx:
        tx.add_contact(ANA)
        tx.add_consents(ANA.person_id, [CONSENT])
        assign(tx, ANA.person_id, "agent")
        tx.add_task(task(1, autonomy="autonomous"))
        tx.set_flag("autonomy:icp_prospecting", "autonomous")
        add(tx, "domain", "rival.example", reason="competitor", source="s", now=NOW)
    work(store, runtime, NOW)
    runtime.inbox.receive(mail(SECRET, key="k1", in_reply_to="<x@y>"), now=NOW)
    work(store, runtime, NOW + timedelta(hours=1))
    with store.begin() as tx:
        tx.suppress(ANA.person_id, reason="opt_out", source="k2", now=NOW)
    yield store, Workspace(tmp_path)
    store.engine.dispose()


def everything(store, workspace):
    """All that lies in the database and the lake, as one text."""
    with store.engine.connect() as connection:
        rows = [
            str(tuple(row))
            for table in t.metadata.sorted_tables
            for row in connection.execute(select(table))
        ]
    files = workspace.traces.glob("day=*/*.parquet")
    return "\n".join([*rows, *(str(pl.read_parquet(f).rows()) for f in files)])


def kept(store):
    with store.begin() as tx:
        return (
            tx.stops(ANA.person_id),
            tx.listings(),
            tx.consents(ANA.person_id),
            tx.assignments(ANA.person_id),
            tx.task("task-1"),
        )


def test_words_go_when_their_time_has_come_and_nothing_else(world):
    """R240: texts, originals and traces are emptied; stops, proofs and arms are as before."""
    store, workspace = world
    export_traces(store.engine, workspace, tenant_id=store.tenant_id)
    before = kept(store)
    assert "Zanzibar" in everything(store, workspace)
    assert "901820" in everything(store, workspace)
    young = NOW + timedelta(days=729)
    assert sum(prune(store, workspace, now=young).values()) == 0
    old = NOW + timedelta(days=732)
    dry = prune(store, workspace, now=old, dry_run=True)
    assert "Zanzibar" in everything(store, workspace)
    assert prune(store, workspace, now=old) == dry
    assert {name for name, count in dry.items() if count} >= {
        "messages",
        "inbound",
        "originals",
        "traces",
        "traces in the lake",
    }
    left = everything(store, workspace)
    for word in ("Zanzibar", "901820", "Alder's"):
        assert word not in left
    assert f"{old:%Y-%m-%d} retention/standard (730 days)" in left
    assert kept(store) == before
    assert sum(prune(store, workspace, now=old).values()) == 0


def test_a_turn_without_words_is_not_offered_for_replay(world):
    """R81: there is nothing left to stand on."""
    store, workspace = world
    assert turns_of(store.engine, "t")
    prune(store, workspace, now=NOW + timedelta(days=800))
    assert turns_of(store.engine, "t") == ()


def test_a_regulated_profile_keeps_words_for_a_shorter_time(world):
    store, workspace = world
    at = NOW + timedelta(days=400)
    assert prune(store, workspace, now=at)["inbound"] == 0
    with store.begin() as tx:
        tx.set_flag("profile:icp_prospecting", "regulated")
    assert prune(store, workspace, now=at)["inbound"] == 1
    assert "retention/regulated (365 days)" in everything(store, workspace)


def fields_that_figures_read():
    """Per staging model, the fields of a payload that the warehouse takes out of it."""
    found = set()
    for path in STAGING.glob("stg_runtime__*.sql"):
        found |= set(re.findall(r"'(\w+)': ?'(?:VARCHAR|BOOLEAN|BIGINT|DOUBLE)", path.read_text()))
    return found - {"text", "subject"}


def figures(value, names):
    if isinstance(value, dict):
        plain = {k: v for k, v in value.items() if k in names and not isinstance(v, dict | list)}
        return plain, [
            figures(value[k], names) for k in sorted(value) if k in ("chosen", "perception")
        ]
    return value


def test_no_figure_changes(world):
    """R240: what the warehouse reads of every trace, the lift with it, is the same after."""
    store, workspace = world
    export_traces(store.engine, workspace, tenant_id=store.tenant_id)
    names = fields_that_figures_read()
    assert {"direction", "arm", "decision", "status", "reason"} <= names

    def read():
        frame = pl.concat(pl.read_parquet(p) for p in workspace.traces.glob("day=*/*.parquet"))
        rows = frame.sort("seq").iter_rows(named=True)
        return [
            (
                {k: v for k, v in row.items() if k != "payload"},
                figures(json.loads(row["payload"]), names),
            )
            for row in rows
        ]

    before = read()
    prune(store, workspace, now=NOW + timedelta(days=800))
    assert read() == before
    assert "Zanzibar" not in everything(store, workspace)


def test_the_worker_prunes_once_a_day_and_a_crash_repeats_it(world):
    store, workspace = world
    at = NOW + timedelta(days=800)
    assert prune_daily(store, workspace, now=at)
    assert not prune_daily(store, workspace, now=at + timedelta(minutes=5))
    assert prune_daily(store, workspace, now=at + timedelta(days=1))
    assert last_run(store)["day"] == (at + timedelta(days=1)).date().isoformat()


def test_the_command_counts_before_it_removes_and_asks(world, monkeypatch):
    monkeypatch.setenv("PARLEY_TENANT_ID", "t")
    store, workspace = world
    write_now(store.engine, NOW + timedelta(days=800))
    run = CliRunner()
    where = ["-w", str(workspace.root)]
    shown = run.invoke(retention, ["show", *where])
    assert "standard   730 days, binds now" in shown.output
    assert "last run: none yet" in shown.output
    counted = json.loads(run.invoke(retention, ["run", "--dry-run", "--json", *where]).output)
    assert counted["dry_run"]
    assert counted["removed"]["inbound"] == 1
    refused = run.invoke(retention, ["run", *where])
    assert "add --yes" in str(refused.exception)
    assert "Zanzibar" in everything(store, workspace)
    done = run.invoke(retention, ["run", "--yes", *where])
    assert re.search(r"removed: +1 inbound", done.output)
    assert "removed: nothing" in run.invoke(retention, ["run", *where]).output


words = st.recursive(
    st.text(min_size=1),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["text", "a"]), inner)
    ),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(["text", "drafts", "reason", "n"]), words))
def test_no_text_survives_under_a_name_of_words(payload):
    bare = without_words("turn", {"outer": [payload]}, note="n")["outer"][0]
    assert set(bare) == set(payload)
    assert not bare.get("text")
    assert not bare.get("reason")


def test_what_a_call_is_summed_up_by_goes_with_its_words():
    """R198: it says what they told; that the call was led, and how it ended, stays."""
    figures = {"event": "ended", "outcome": "completed", "duration_s": 28.9, "turns": 2}
    told = {"summary": "Call: talked. Known of them: person: Maria Lopez; tool: HubSpot."}
    bare = without_words("call", figures | told, note="n")
    assert bare == figures | {"summary": "", "retention": "n"}


def note_call(store, workspace, *, at):
    """A call that was emptied, as an erasure left it before its summary counted as words."""
    said = {"event": "ended", "duration_s": 28.9, "retention": "2026-03-01 erasure"}
    said["summary"] = "Known of them: person: Maria Lopez"
    with store.begin() as tx:
        tx.trace(
            TraceEvent(
                event_id="call-1",
                tenant_id="t",
                kind="call",
                thread_id=f"thread-{ANA.person_id}",
                person_id=ANA.person_id,
                contact_id=None,
                occurred_at=at,
                versions={},
                payload=said,
            )
        )
        tx.write_traces()
    export_traces(store.engine, workspace, tenant_id=store.tenant_id)


def test_what_was_emptied_by_an_older_rule_is_emptied_again_once(world):
    """R198: whoever was erased before a field counted as words; however young it is."""
    store, workspace = world
    note_call(store, workspace, at=NOW)
    assert "Maria Lopez" in everything(store, workspace)
    dry = prune(store, workspace, now=NOW, dry_run=True)
    went = {name: count for name, count in dry.items() if count}
    assert went == {"traces": 1, "traces in the lake": 1}
    assert prune(store, workspace, now=NOW) == dry
    left = everything(store, workspace)
    assert "Maria Lopez" not in left
    assert "2026-03-01 erasure" in left
    assert "Zanzibar" in left, "words that have time left stay"
    files = {p: p.stat().st_mtime_ns for p in workspace.traces.glob("day=*/*.parquet")}
    assert sum(prune(store, workspace, now=NOW).values()) == 0
    assert {p: p.stat().st_mtime_ns for p in files} == files


def test_a_night_without_a_new_rule_reads_nothing_that_was_emptied(world, monkeypatch):
    store, workspace = world
    old = NOW + timedelta(days=800)
    prune(store, workspace, now=old)
    read = []
    monkeypatch.setattr(pruning, "load", lambda *row: read.append(row) or load(*row))
    prune(store, workspace, now=old + timedelta(days=1))
    assert [row for kind, row in read if kind is TraceEvent] == []


def test_an_erasure_empties_again_what_an_older_one_left(world):
    """R198: in the store; a repeat then finds nothing."""
    store, workspace = world
    note_call(store, workspace, at=NOW)
    known = Known((ANA.person_id,))
    erase(store, known, now=NOW)
    with store.begin() as tx:
        assert "Maria Lopez" not in str([tuple(row) for row in tx.rows(t.trace_events).all()])
    assert "traces" not in erase(store, known, now=NOW)
