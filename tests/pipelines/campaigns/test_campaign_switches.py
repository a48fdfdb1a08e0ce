"""A pause is a flag of the runtime store: obeyed at the next permit, and after every restart."""

from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest

from agent_runtime.app import assemble
from agent_runtime.contracts import TraceEvent
from agent_runtime.library.catalog import load_library
from agent_runtime.newcomers import read_newcomers
from agent_runtime.ports import Receipt
from agent_runtime.store.engine import open_engine
from agent_runtime.store.importing import load
from agent_runtime.store.rows import Due
from agent_runtime.store.sql import SqlStore
from agent_runtime.tools.memory_calendar import MemoryCalendar
from agent_runtime.tools.office_hours import office_hours
from pipelines.campaigns.budgets import BY_BUDGET, hold_to_budget, spent
from pipelines.campaigns.control import pause, resume
from pipelines.campaigns.group import group_of
from pipelines.campaigns.running import RefusedRunError, carry_out
from pipelines.campaigns.runtime import open_runtime
from pipelines.resources import BatchResource, WorkspaceResource
from pipelines.stopping import decisions

NOW = datetime(2026, 1, 12, tzinfo=UTC)
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


class Wire:
    """A channel that counts what it is given."""

    def __init__(self):
        self.mails = []

    def send(self, mail, permit, *, permitted_words):
        self.mails.append(mail)
        return Receipt("sent", code="250")


class Model:
    version = "none"


def work(paths, task, wire):
    """What a worker does with a touch that is due, in a process of its own: a store anew."""
    engine = open_engine(f"sqlite:///{paths.store}")
    store = SqlStore(engine, "northbeam")
    with store.begin() as tx:
        newcomers = read_newcomers(tx, "northbeam")
    calendar = MemoryCalendar(office_hours(newcomers.owners))
    runtime = assemble(
        store, library=load_library(), model=Model(), calendar=calendar, newcomers=newcomers
    )
    runtime.desk.work(Due("task", task.task_id), wire, now=task.not_before)
    engine.dispose()


def resources(paths):
    workspace = WorkspaceResource(root=str(paths.root), tenant_id="northbeam", now=NOW.isoformat())
    return {"workspace": workspace, "batch": BatchResource()}


@pytest.fixture
def queued(paths, write_campaign, day_of, approved):
    """The first touches of the campaign, in the runtime store."""
    write_campaign()
    approved()
    done = carry_out(day_of(), code_version="test")
    load(paths, "northbeam", NOW)
    return [task for task in done.new if task.touch == 1]


def test_a_pause_from_dagster_is_obeyed_at_the_next_permit_and_survives_restarts(
    paths, page, queued
):
    """R209: the run of Dagster is only the messenger; the flag binds whoever asks."""
    jobs, wire = {job.name: job for job in group_of(page()).jobs}, Wire()
    stop, go_on = jobs["pause_prospecting"], jobs["resume_prospecting"]
    config = QUIET | {
        "ops": {"raise_pause_prospecting": {"config": {"why": "a complaint", "by": "Ada Roe"}}}
    }

    assert stop.execute_in_process(resources=resources(paths), run_config=config).success
    work(paths, queued[0], wire)
    assert wire.mails == []
    assert stop.execute_in_process(resources=resources(paths), run_config=QUIET).success
    with open_runtime(paths, "northbeam") as runtime:
        assert runtime.why_paused("prospecting") == "a complaint", "the first reason stands"

    assert go_on.execute_in_process(resources=resources(paths), run_config=QUIET).success
    work(paths, queued[1], wire)
    assert len(wire.mails) == 1
    told = [(d["decision"], d["by"], d["why"]) for d in decisions(paths)]
    assert told[0] == ("pause", "Ada Roe", "a complaint")
    assert [decision for decision, _, _ in told] == ["pause", "resume"]


def test_a_paused_campaign_queues_nobody(paths, write_campaign, day_of, approved):
    write_campaign()
    approved()
    pause(paths, "northbeam", "prospecting", why="a list was wrong", by="Ada Roe", now=NOW)

    with pytest.raises(RefusedRunError, match="is paused: a list was wrong"):
        carry_out(day_of(), code_version="test")

    assert resume(paths, "northbeam", "prospecting", why="", by="Ada Roe", now=NOW)
    assert carry_out(day_of(), code_version="test").new


def tick(page, paths, instant):
    schedule = next(s for s in group_of(page).schedules if s.name == "prospecting_daily")
    with dg.build_schedule_context(
        resources=resources(paths), scheduled_execution_time=instant
    ) as context:
        return schedule(context)


def test_a_tick_of_the_schedule_runs_the_local_day_or_says_why_not(
    paths, write_campaign, page, approved
):
    write_campaign(time_zone="America/New_York", schedule={"at": "22:30"})
    at = datetime(2026, 1, 13, 3, 30, tzinfo=UTC)
    assert "nobody has approved it" in tick(page(), paths, at).skip_message
    approved()
    pause(paths, "northbeam", "prospecting", why="a complaint", by="Ada", now=NOW)
    assert tick(page(), paths, at).skip_message == ("campaign prospecting is paused: a complaint")
    resume(paths, "northbeam", "prospecting", why="", by="Ada", now=NOW)

    request = tick(page(), paths, at)

    assert (request.partition_key, request.run_key) == ("2026-01-12", "2026-01-12")


def event(number, kind, at, payload, thread="thread-1"):
    return TraceEvent(
        event_id=f"e{number}",
        tenant_id="northbeam",
        kind=kind,
        thread_id=thread,
        person_id="p1",
        contact_id=None,
        occurred_at=at,
        versions={},
        payload=payload,
    )


def left(number, at, campaign="prospecting", **more):
    payload = {"campaign_id": campaign, "direction": "out", "actor": "agent", "state": "SENT"}
    return event(number, "message", at, payload | {"message_id": f"m{number}"} | more)


def trace(paths, *events):
    with open_runtime(paths, "northbeam", is_made=True) as runtime, runtime.store.begin() as tx:
        tx.trace(*events)


def held(paths, page, now):
    with open_runtime(paths, "northbeam") as runtime:
        hold_to_budget(paths, runtime, page.campaign, now=now)
        return runtime.why_paused("prospecting")


def test_a_spent_budget_pauses_by_itself_tells_people_and_ends_with_its_day(
    paths, write_campaign, page, queued
):
    """R209: with the reason and a notice; a person's own pause is left alone."""
    write_campaign(budget={"messages_a_day": 2})
    morning = datetime(2026, 1, 12, 9, tzinfo=UTC)
    trace(paths, left(1, morning), left(2, morning, "another"), left(3, morning, actor="human"))
    assert held(paths, page(), morning) == ""
    trace(paths, left(4, morning + timedelta(minutes=1), state="UNKNOWN"))

    why = held(paths, page(), morning + timedelta(minutes=2))

    assert why == "budget: messages_a_day: 2 of 2 spent in 2026-01-12"
    with open_runtime(paths, "northbeam") as runtime, runtime.store.begin() as tx:
        notices = [t for t in tx.open_human_tasks() if t.kind == "notice"]
    assert notices
    stops = {n.text for n in notices if n.reason == "campaign prospecting stopped"}
    assert stops == {why}
    wire = Wire()
    work(paths, queued[0], wire)
    assert wire.mails == []
    assert held(paths, page(), datetime(2026, 1, 12, 22, 59, tzinfo=UTC)).startswith(BY_BUDGET)
    # In Berlin the next day has begun.
    assert held(paths, page(), datetime(2026, 1, 12, 23, 0, tzinfo=UTC)) == ""
    pause(paths, "northbeam", "prospecting", why="mine", by="Ada", now=NOW)
    assert held(paths, page(), datetime(2026, 1, 13, 9, tzinfo=UTC)) == "mine"


def test_half_most_and_all_of_a_budget_are_told_once_each(paths, write_campaign, page, queued):
    """R209: at 50%, 80% and 100%, and anew on the next day."""
    write_campaign(budget={"messages_a_day": 10})
    morning = datetime(2026, 1, 12, 9, tzinfo=UTC)

    def headlines():
        with open_runtime(paths, "northbeam") as runtime, runtime.store.begin() as tx:
            mine = [t for t in tx.open_human_tasks() if t.kind == "notice"]
        first = min((t.assignee for t in mine), default="")
        return sorted(t.reason for t in mine if t.assignee == first)

    at = {"50%": 5, "80%": 8}
    for number in range(1, 11):
        trace(paths, left(number, morning))
        held(paths, page(), morning)
        held(paths, page(), morning + timedelta(minutes=number))
        told = [n for n in headlines() if "has used up" in n]
        assert len(told) == sum(number >= least for least in at.values())
    used = [f"campaign prospecting has used up {share} of messages_a_day" for share in at]
    assert headlines() == [*used, "campaign prospecting stopped"]
    tomorrow = morning + timedelta(days=1)
    trace(paths, *(left(20 + n, tomorrow) for n in range(9)))
    held(paths, page(), tomorrow)
    assert headlines().count(used[1]) == 2


def test_euros_and_reviewer_minutes_are_those_of_the_campaigns_threads(
    paths, write_campaign, page, queued
):
    """R209: minutes of people and the ledger's items by pricing.yaml, per day and month."""
    write_campaign(budget={"reviewer_minutes_a_month": 10, "usd_per_euro": 1.25})
    work(paths, queued[0], Wire())
    thread = f"thread-{queued[0].person_id}"
    used = {"unit": "minute", "item": "human_minute", "quantity": 6}
    day1, day2 = (datetime(2026, 1, day, 9, tzinfo=UTC) for day in (12, 20))
    trace(
        paths,
        event(1, "cost", day1, used, thread),
        event(2, "cost", day2, used, thread),
        event(3, "cost", day2, used, "thread-of-another"),
    )

    with open_runtime(paths, "northbeam") as runtime:
        lines = {one.field: one for one in spent(runtime, page().campaign, now=day2)}

    assert lines["reviewer_minutes_a_day"].spent == 6
    assert lines["reviewer_minutes_a_month"].spent == 12
    assert lines["reviewer_minutes_a_month"].is_over
    assert lines["euros_a_day"].spent == pytest.approx(6 * 0.75 / 1.25)
    assert lines["messages_a_month"].spent == 1


def test_a_cost_without_a_price_is_never_taken_for_nothing(paths, write_campaign, page, queued):
    write_campaign(budget={"euros_a_day": 5})
    work(paths, queued[0], Wire())
    token = {"item": "model_token", "unit": "input_token", "quantity": 5}
    thread = f"thread-{queued[0].person_id}"
    trace(paths, event(1, "cost", NOW + timedelta(hours=1), token, thread))

    assert "parley costs llm sets one" in held(paths, page(), NOW + timedelta(hours=2))
