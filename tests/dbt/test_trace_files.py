"""Trace files late, again, split, out of order or broken: the tables of one build of them all."""

import json
import random
import shutil
from pathlib import Path

import duckdb
import polars as pl
import pytest
from campaign_world import World
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from world_files import TRACE_SCHEMA, write_people, write_traces

from agent_runtime.settings import Workspace
from pipelines.errors import PipelineError
from pipelines.loads import forget_load, keep_load, plan_load
from pipelines.warehouse import run_load

PATH = ("+fct_messages", "stg_runtime__unusable_events")
TABLES = (
    "stg_runtime__trace_events",
    "stg_runtime__unusable_events",
    "stg_runtime__messages",
    "stg_runtime__deliveries",
    "stg_runtime__suppressions",
    "int_messages_settled",
    "fct_messages",
)
OWN = {"load", "message_key"}
"""Columns that say in which run a row came."""

BAD = {
    "no event id": {"event_id": None},
    "no tenant": {"tenant_id": ""},
    "no time": {"occurred_at": None},
    "of a later version": {"schema_version": 2},
    "of an unknown kind": {"kind": "telepathy"},
}
"""Rows of which no figure may be made, as changes to a sound one."""

NO_MESSAGE = ("", "nonsense", '{"message_id": "cut', "[1]", '"text"', "{}", '{"message_id": null}')
"""Payloads that name no message."""


def add(workspace: Workspace) -> int:
    """Brings the message path up to date as `build_warehouse` does; returns the load's number."""
    load = plan_load(workspace, {})
    run_load(workspace, load, {}, select=PATH)
    keep_load(workspace, load, {})
    return load.number


def tables_of(workspace: Workspace) -> dict[str, list[tuple[object, ...]]]:
    with duckdb.connect(str(workspace.warehouse), read_only=True) as connection:
        found = {}
        for name in TABLES:
            relation = connection.table(name)
            columns = [c for c in relation.columns if c not in OWN]
            found[name] = sorted(relation.select(*columns).fetchall(), key=repr)
        return found


def write_bad_rows(workspace: Workspace, world: World, name: str) -> None:
    """Writes one row of every bad kind, and messages whose payload names none."""
    event = next(e for e in world.events if e.kind == "message")
    row = event.model_dump() | {"versions": "{}", "payload": json.dumps(event.payload)}
    rows = [row | {"event_id": f"bad {bad}", **change} for bad, change in BAD.items()]
    rows += [row | {"event_id": f"x{i}", "payload": p} for i, p in enumerate(NO_MESSAGE)]
    folder = workspace.traces / "day=2026-01-12"
    folder.mkdir(parents=True, exist_ok=True)
    pl.DataFrame(rows, schema=TRACE_SCHEMA).write_parquet(folder / f"{name}.parquet")


def write_assigned(workspace: Workspace, whole: pl.DataFrame, share: float) -> None:
    whole.head(round(share * whole.height)).write_parquet(workspace.lake / "assignments.parquet")


@pytest.fixture(scope="module")
def at_once(world: World, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """All events in one file a day, bad rows beside them, built at once."""
    workspace = Workspace(tmp_path_factory.mktemp("at_once"))
    write_people(workspace, world)
    write_traces(workspace, world.events)
    write_bad_rows(workspace, world, "bad")
    assert add(workspace) == 0
    return workspace


@pytest.fixture
def later(at_once: Workspace, tmp_path: Path) -> Workspace:
    """A copy of that workspace, to be changed; files keep their times."""
    root = tmp_path / "later"
    shutil.copytree(at_once.root, root)
    workspace = Workspace(root)
    keep_load(workspace, plan_load(workspace, {}, full=True), {})
    return workspace


@pytest.fixture(scope="module")
def expected(at_once: Workspace) -> dict[str, list[tuple[object, ...]]]:
    return tables_of(at_once)


@settings(max_examples=2, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.integers(0, 2**32),
    loads=st.integers(2, 3),
    files=st.integers(1, 3),
    repeats=st.floats(0, 0.4),
    assigned=st.floats(0, 1),
)
def test_events_in_any_order_split_over_files_and_repeated_give_the_same_tables(
    seed, loads, files, repeats, assigned, world, expected, tmp_path_factory
):
    """Each load adds what came: events of any day, some again, some bad, arms and stops late."""
    draw = random.Random(seed)
    workspace = Workspace(tmp_path_factory.mktemp("added"))
    write_people(workspace, world)
    whole = pl.read_parquet(workspace.lake / "assignments.parquet")
    events = [*world.events, *(e for e in world.events if draw.random() < repeats)]
    draw.shuffle(events)
    bad_in = draw.randrange(loads)
    for number in range(loads):
        write_assigned(workspace, whole, 1 if number == loads - 1 else assigned)
        for part in range(files):
            some = events[number * files + part :: loads * files]
            write_traces(workspace, some, name=f"part-{number}-{part}")
        if number == bad_in:
            write_bad_rows(workspace, world, f"bad-{number}")
            empty = pl.DataFrame(schema=TRACE_SCHEMA)
            empty.write_parquet(workspace.traces / "day=2026-01-12" / "empty.parquet")
        assert add(workspace) == number
    assert tables_of(workspace) == expected


def test_bad_rows_change_no_figure_and_none_is_lost(world, expected):
    """What cannot be used stands in a table of its own, with the reason; a bad payload is kept."""
    reasons = [row[2] for row in expected["stg_runtime__unusable_events"]]
    assert sorted(reason.split(":")[0] for reason in reasons) == [
        "event_id", "kind", "occurred_at", "schema_version", "tenant_id",
    ]  # fmt: skip
    assert len(expected["stg_runtime__trace_events"]) == len(world.events) + len(NO_MESSAGE)
    messages = {e.payload["message_id"] for e in world.events if e.kind == "message"}
    assert {row[0] for row in expected["fct_messages"]} == messages


def test_a_column_of_another_type_spoils_its_own_values_only(later, world, expected):
    """A file whose numbers and times are words, some of them nonsense."""
    event = next(e for e in world.events if e.kind == "message")
    row = {name: None for name in TRACE_SCHEMA} | {
        "event_id": "odd", "tenant_id": "northbeam", "kind": "message", "seq": "many",
        "occurred_at": str(event.occurred_at), "schema_version": "1",
        "payload": json.dumps(event.payload | {"message_id": "odd", "touch": "first"}),
    }  # fmt: skip
    rows = [row, row | {"event_id": "untimed", "occurred_at": "yesterday"}]
    text = dict.fromkeys(TRACE_SCHEMA, pl.String)
    pl.DataFrame(rows, schema=text).write_parquet(later.traces / "day=2026-01-12" / "odd.parquet")
    assert add(later) == 1
    found = tables_of(later)
    new = [row for row in found["fct_messages"] if row not in expected["fct_messages"]]
    assert [row[0] for row in new] == ["odd"]
    assert len(found["stg_runtime__unusable_events"]) == len(BAD) + 1


@pytest.mark.parametrize("left", [0, 4, 0.5])
def test_a_file_that_was_cut_off_is_named_and_nothing_is_built(later, left):
    path = next(iter(sorted(later.traces.glob("day=*/*.parquet"))))
    whole = path.read_bytes()
    cut = path.with_name("cut.parquet")
    cut.write_bytes(whole[: int(left * len(whole)) if left == 0.5 else left])
    with pytest.raises(PipelineError, match=r"cut\.parquet: it is not a whole Parquet file"):
        plan_load(later, {})


def rewrite(workspace: Workspace, world: World) -> None:
    """What retention does: the same file, without the words."""
    path = next(iter(sorted(workspace.traces.glob("day=*/export.parquet"))))
    pl.read_parquet(path).with_columns(payload=pl.lit("{}")).write_parquet(path)


def remove(workspace: Workspace, world: World) -> None:
    next(workspace.traces.glob("day=*/export.parquet")).unlink()


def contradict(workspace: Workspace, world: World) -> None:
    """An event comes again and says something else."""
    event = next(e for e in world.events if e.kind == "message")
    other = event.model_copy(update={"payload": event.payload | {"state": "FAILED"}})
    write_traces(workspace, [other], name="again")


def break_off(workspace: Workspace, world: World) -> None:
    """A run of dbt that did not come to its end."""
    forget_load(workspace)


@pytest.mark.parametrize("change", [rewrite, remove, contradict, break_off])
def test_what_cannot_be_added_is_built_anew(later, world, change):
    change(later, world)
    assert plan_load(later, {}).number == 0


def test_a_changed_variable_or_a_request_builds_anew_and_nothing_new_does_not(later):
    assert plan_load(later, {}).number == 1
    assert plan_load(later, {}).new_traces == ()
    assert not plan_load(later, {}).are_assignments_new
    assert plan_load(later, {"holdout_arm": "control"}).number == 0
    assert plan_load(later, {}, full=True).number == 0


def test_an_arm_that_changes_or_goes_changes_the_messages_before(later, world):
    """Assignments are never overwritten; should they be, the messages say so all the same."""
    path = later.lake / "assignments.parquet"
    _, *rest = pl.read_parquet(path).sort("person_id").iter_rows(named=True)
    changed = [{**row, "arm": "holdout"} for row in rest]
    pl.DataFrame(changed).write_parquet(path)
    assert add(later) == 1
    added = tables_of(later)["fct_messages"]
    forget_load(later)
    assert add(later) == 0
    assert tables_of(later)["fct_messages"] == added
