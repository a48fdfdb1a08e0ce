"""The dbt project as a whole: it builds on nothing, finds broken promises, minds no order."""

import random
import shutil
from pathlib import Path

import duckdb
import polars as pl
import pytest
from campaign_world import World
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from world_files import write_people, write_traces

from agent_runtime.contracts import TraceEvent
from agent_runtime.settings import Workspace
from pipelines.manifest import DBT_PROJECT
from pipelines.readouts.publish import metric_daily
from pipelines.warehouse import build_warehouse, check_warehouse

MARTS = (
    "dim_accounts",
    "dim_contacts",
    "dim_persons",
    "dim_playbooks",
    "dim_threads",
    "fct_assignments",
    "fct_automated_tasks",
    "fct_calls",
    "fct_costs",
    "fct_deliveries",
    "fct_eligibility",
    "fct_incidents",
    "fct_lead_stages",
    "fct_meetings",
    "fct_messages",
    "fct_objections",
    "fct_opportunities",
    "fct_opportunity_stages",
    "fct_policy_checks",
    "fct_rep_weeks",
    "fct_reviews",
    "fct_signals",
    "fct_suppressions",
    "fct_surveys",
    "fct_threads",
    "fct_turns",
    "fct_usage_days",
    "metric_by_unit",
)

PROMISED = ("+fct_messages", "+fct_meetings", "+fct_calls", "+fct_costs")
"""What the singular tests read, and all that it is made of."""


def tables_of(workspace: Workspace) -> dict[str, list[tuple[object, ...]]]:
    """Returns all marts, rows sorted by their text."""
    with duckdb.connect(str(workspace.warehouse), read_only=True) as connection:
        return {
            name: sorted(connection.sql(f"select * from {name}").fetchall(), key=repr)
            for name in MARTS
        }


def broken_promises(workspace: Workspace) -> set[str]:
    runs = check_warehouse(workspace, select=["test_type:singular"])
    return {run.name for run in runs if not run.is_passed}


def altered(event: TraceEvent, event_id: str, **payload: object) -> TraceEvent:
    return event.model_copy(update={"event_id": event_id, "payload": {**event.payload, **payload}})


def sent_touch(world: World) -> TraceEvent:
    return next(
        e
        for e in world.events
        if e.kind == "message" and e.payload["touch"] and e.payload["state"] == "SENT"
    )


def test_an_empty_lake_gives_empty_tables(tmp_path: Path):
    """A workspace before its first run has every table, no rows in them, and nothing to publish."""
    workspace = Workspace(tmp_path)
    build_warehouse(workspace, tenant_id="northbeam")
    assert metric_daily(workspace.warehouse).is_empty()
    assert {name: len(rows) for name, rows in tables_of(workspace).items()} == dict.fromkeys(
        MARTS, 0
    )


def test_every_data_test_passes_on_a_sound_campaign(built):
    failed = [run for run in check_warehouse(built) if not run.is_passed]
    assert failed == []


def test_unit_tests_of_the_models_pass(built):
    """R142, R143, R146, R160: engaged, positive intent, one meeting, unknown prices, by example."""
    runs = check_warehouse(built, select=["test_type:unit"], unit_tests=True)
    assert len(runs) >= 6
    assert [run for run in runs if not run.is_passed] == []


@pytest.fixture
def spoilt(world: World, tmp_path: Path):
    """Returns a function that adds events to the small campaign and says what is found broken."""

    def broken_by(*events: TraceEvent) -> set[str]:
        workspace = Workspace(tmp_path)
        write_people(workspace, world)
        write_traces(workspace, world.events)
        write_traces(workspace, events, name="later")
        build_warehouse(workspace, tenant_id="northbeam", select=PROMISED)
        return broken_promises(workspace)

    return broken_by


def test_an_agents_message_to_the_holdout_is_found(world, spoilt):
    """R169: the assigned arm decides, whatever the trace says of it."""
    holdout = next(p for p in world.persons if p.arm == "holdout")
    event = altered(sent_touch(world), "x1", message_id="x1", arm="agent", state="UNKNOWN")
    moved = event.model_copy(update={"person_id": holdout.person_id, "thread_id": "x"})
    assert spoilt(moved) == {"assert_no_agent_contact_of_holdout"}


def test_a_message_after_an_opt_out_is_found(world, spoilt):
    stop = next(
        e for e in world.events if e.kind == "suppression" and e.payload["reason"] == "opt_out"
    )
    touch = altered(sent_touch(world), "x1", message_id="x1", touch=9)
    late = touch.model_copy(
        update={
            "person_id": stop.person_id,
            "thread_id": stop.thread_id,
            "occurred_at": world.events[-1].occurred_at,
        }
    )
    assert spoilt(late) == {"assert_no_contact_after_opt_out"}


def test_a_call_to_the_holdout_and_one_after_an_opt_out_are_found(world, spoilt):
    """R169: a call that nobody took was a touch all the same."""
    holdout = next(p for p in world.persons if p.arm == "holdout")
    stop = next(
        e for e in world.events if e.kind == "suppression" and e.payload["reason"] == "opt_out"
    )
    call = next(e for e in world.events if e.kind == "call" and e.payload.get("outcome"))
    rang = altered(call, "x1", call_id="x1", arm="agent", outcome="no_answer")
    late = altered(call, "x2", call_id="x2", actor="human")
    after = {"person_id": stop.person_id, "occurred_at": world.events[-1].occurred_at}
    assert spoilt(
        rang.model_copy(update={"person_id": holdout.person_id, "thread_id": "x"}),
        late.model_copy(update=after),
    ) == {"assert_no_agent_contact_of_holdout", "assert_no_contact_after_opt_out"}


def test_a_message_of_which_only_a_receipt_or_a_cost_tells_is_found(world, spoilt):
    """What was sent and is not in the trace shows by what it left behind."""
    receipt = next(e for e in world.events if e.kind == "delivery")
    paid = next(e for e in world.events if e.kind == "cost" and e.payload["item"] == "message")
    lost = (altered(receipt, "x1", message_id="gone"), altered(paid, "x2", message_id="gone too"))
    assert spoilt(*lost) == {"assert_no_message_without_trace"}


def test_rows_that_no_trace_could_make_are_found(built, tmp_path):
    """R146, R180: an event in two threads counts twice, a message nobody traced counts at all."""
    workspace = Workspace(tmp_path / "spoilt")
    shutil.copytree(built.root, workspace.root)
    with duckdb.connect(str(workspace.warehouse)) as connection:
        connection.execute(
            "insert into fct_meetings "
            "select * replace ('elsewhere' as thread_id, false as is_standing) "
            "from fct_meetings where is_set limit 1"
        )
        connection.execute(
            "insert into fct_messages select * replace ('nowhere' as message_id, null as touch) "
            "from fct_messages where not is_sent limit 1"
        )
    assert broken_promises(workspace) == {
        "assert_no_meeting_counted_twice",
        "assert_no_message_without_trace",
    }


def test_a_touch_sent_twice_is_found(world, spoilt):
    again = altered(sent_touch(world), "x1", message_id="x1", state="UNKNOWN")
    assert spoilt(again) == {"assert_no_message_sent_twice"}


def test_a_meeting_booked_twice_is_found(world, spoilt):
    """R146, R180: two calendar events of one person at one time are one meeting too many."""
    first = next(
        e
        for e in world.events
        if e.kind == "meeting"
        and not any(
            o.payload.get("event_uid") == e.payload["event_uid"]
            and o.payload["status"] == "cancelled"
            for o in world.events
            if o.kind == "meeting"
        )
    )
    assert spoilt(altered(first, "x1", event_uid="another")) == {"assert_no_meeting_twice"}


@pytest.fixture(scope="module")
def marts(built) -> dict[str, list[tuple[object, ...]]]:
    return tables_of(built)


@settings(max_examples=4, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 2**32), files=st.integers(1, 5), repeats=st.floats(0, 0.5))
def test_order_split_and_repetition_of_files_change_nothing(
    seed, files, repeats, world, marts, tmp_path_factory
):
    """Any order, any split, events exported again: the same tables, row by row."""
    draw = random.Random(seed)
    events = [*world.events, *(e for e in world.events if draw.random() < repeats)]
    draw.shuffle(events)
    workspace = Workspace(tmp_path_factory.mktemp("shuffled"))
    write_people(workspace, world)
    for number in range(files):
        write_traces(workspace, events[number::files], name=f"part-{number}")
    build_warehouse(workspace, tenant_id="northbeam")
    assert tables_of(workspace) == marts


def test_there_is_no_python_in_the_dbt_project():
    """A module there would join the installed package `dbt`."""
    assert list(DBT_PROJECT.rglob("*.py")) == []


def test_an_account_has_the_outcomes_of_all_its_people(world, tmp_path):
    """A unit may be an account: met when one of its people met, with the touches of all."""
    workspace = Workspace(tmp_path)
    write_people(workspace, world)
    write_traces(workspace, world.events)
    path = workspace.lake / "assignments.parquet"
    accounts = pl.DataFrame([(p.person_id, p.account_id) for p in world.persons], orient="row")
    accounts.columns = ["person_id", "unit_id"]
    by_person = pl.read_parquet(path).drop("unit_id").with_columns(arm=pl.lit("agent"))
    by_person.join(accounts, on="person_id").write_parquet(path)
    build_warehouse(workspace, tenant_id="northbeam", select=["+metric_by_unit"])
    with duckdb.connect(str(workspace.warehouse), read_only=True) as connection:
        units = connection.sql("select unit_id, persons, meeting, touches from metric_by_unit").pl()
        met = connection.sql(
            "select distinct account_id from fct_meetings join dim_persons using (person_id)"
        ).pl()
        [(sent,)] = connection.sql(
            "select count(*) from fct_messages where is_sent and is_by_agent"
        ).fetchall()
    assert units["unit_id"].is_unique().all()
    assert units["persons"].sum() == by_person.height
    assert set(units.filter(pl.col("meeting") == 1)["unit_id"]) == set(met["account_id"])
    assert units["touches"].sum() == sent
