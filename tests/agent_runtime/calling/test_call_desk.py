"""A touch by voice becomes a call, dialled at most once an attempt, on every store alike."""

from dataclasses import replace
from datetime import timedelta

import pytest
from call_people import NUMBER, OWN, let_call
from conversation_world import ANA, NOW, Wire, task
from dialling_world import World
from postgres import running_postgres
from runtime_people import CONSENT, THREAD

from agent_runtime.arms import publish_controls
from agent_runtime.calling.dialler import CallNews, CallReceipt
from agent_runtime.calling.rows import OWN_LIST, DncList
from agent_runtime.channels.router import Router
from agent_runtime.channels.voice.line import CallLine
from agent_runtime.intake import Arrival
from agent_runtime.store.engine import open_engine
from agent_runtime.store.memory import MemoryStore
from agent_runtime.store.rows import Due
from agent_runtime.store.sql import SqlStore
from agent_runtime.store.tables import metadata


@pytest.fixture(scope="module")
def postgres_url(need_program):
    with running_postgres(need_program("initdb")) as url:
        yield url


everywhere = pytest.mark.parametrize(
    "store",
    ["memory", "sqlite", pytest.param("postgres", marks=pytest.mark.real)],
    indirect=True,
)
"""What counts rows or locks them is asked of Postgres as well."""


@pytest.fixture(params=["sqlite"])
def store(request, tmp_path):
    if request.param == "memory":
        yield MemoryStore("t")
        return
    is_postgres = request.param == "postgres"
    url = request.getfixturevalue("postgres_url") if is_postgres else f"sqlite:///{tmp_path}/t.db"
    engine = open_engine(url)
    yield SqlStore(engine, "t")
    metadata.drop_all(engine)
    engine.dispose()


def traced(store, kind="call"):
    if isinstance(store, MemoryStore):
        return [e.payload for e in store.events if e.kind == kind]
    from agent_runtime.contracts import TraceEvent
    from agent_runtime.store import tables as t
    from agent_runtime.store.sql_rows import load

    with store.begin() as tx:
        events = [load(TraceEvent, row.doc) for row in tx.rows(t.trace_events)]
    return [e.payload for e in events if e.kind == kind]


@everywhere
def test_a_touch_by_voice_is_dialled_with_a_permit_and_its_context(store):
    """R254, R255: the queue starts the call, and whoever leads it knows whom and why."""
    world = World(store, CallReceipt("placed", "CA1"))
    world.work()

    (order,) = world.dialler.orders
    assert (order.number, order.own_number, order.campaign_id) == (NUMBER, OWN.number, "c")
    assert "AI assistant" in order.opener
    assert order.ring_s >= 15
    briefing = order.briefing
    assert (briefing.first_name, briefing.company) == ("Ana", "Alder")
    assert briefing.goal.startswith("A first meeting")
    assert briefing.time_zones == ("Europe/Berlin",)
    assert briefing.consent.source == "form demo@2"
    assert briefing.recording == "everyone"
    assert briefing.history[0] == "0 touches of ours so far"
    assert (world.call().state, world.call().provider_id) == ("DIALLING", "CA1")
    assert world.opener() == "HANDED"


def test_a_call_that_is_taken_and_ends_is_a_touch_with_its_outcome(store):
    world = World(store, CallReceipt("placed", "CA1"))
    world.work()

    assert world.report("answered", answered_by="person")
    assert world.call().state == "ANSWERED"
    (said,) = world.speak()
    assert "Ana" in said
    assert "AI assistant" in said
    assert world.speak() == [], "it is said once"
    assert world.report(
        "ended", outcome="completed", result="meeting_booked", duration_s=94.0, language="en"
    )
    assert not world.report("ended", outcome="dropped"), "a call ends once"
    call = world.call()
    assert (call.state, call.outcome, call.result) == ("ENDED", "completed", "meeting_booked")
    assert (world.opener(), world.touches()) == ("SENT", 1)
    last = traced(store)[-1]
    assert (last["outcome"], last["answered_by"], last["duration_s"]) == (
        "completed",
        "person",
        94.0,
    )
    assert all(NUMBER not in str(event) for event in traced(store)), "a trace holds no number"
    world.later(days=2)
    assert len(world.dialler.orders) == 1, "what was taken is never dialled again"


@everywhere
def test_nobody_answers_so_it_rings_again_after_the_spacing_and_at_last_not_any_more(store):
    """R254: bounded retries with spacing, and the caps of number and hours asked each time."""
    world = World(store, max_attempts=3, hours_between=24)
    world.work()
    assert (world.call().state, world.call().outcome) == ("READY", "no_answer")
    world.later(hours=23)
    assert len(world.dialler.orders) == 1
    world.later(hours=1)
    assert [o.attempt for o in world.dialler.orders] == [1, 2]
    world.later(hours=24)
    assert (world.call().state, world.call().outcome) == ("NO_ANSWER", "no_answer")
    assert (world.opener(), world.touches()) == ("FAILED", 0)
    world.later(days=3)
    assert [o.attempt for o in world.dialler.orders] == [1, 2, 3]


def test_a_busy_line_is_tried_sooner_and_the_cap_of_the_day_holds(store):
    world = World(store, *[CallReceipt("busy")] * 9, max_attempts=9, busy_minutes=30)
    world.work()
    for _ in range(20):
        world.later(minutes=31)
    with store.begin() as tx:
        counts = tx.call_counts(NUMBER, "c", now=world.now, window_days=30)
    assert len(world.dialler.orders) == counts.in_a_day == 2
    assert world.call().why == "call_attempts"


@everywhere
def test_what_was_dialled_when_the_worker_died_is_never_dialled_again(store):
    """At most once: the claim is committed before anything can ring."""

    class Dies:
        def place(self, order, permit):
            raise KeyboardInterrupt

    world = World(store)
    dying = replace(world.runtime.calls, dialler=Dies())
    desk = replace(world.runtime.desk, calls=dying)
    with store.begin() as tx:
        tx.save_task(replace(tx.task("task-1"), due_at=NOW))
    for row in world.due():
        desk.work(row, Wire(), now=NOW)
    (ready,) = world.calls()
    with pytest.raises(KeyboardInterrupt):
        dying.work(ready.call_id, now=NOW)
    assert world.call().state == "DIALLING"

    assert world.runtime.calls.recover(now=NOW) == 1
    assert world.runtime.calls.recover(now=NOW) == 0
    assert (world.call().state, world.call().outcome, world.opener()) == (
        "UNKNOWN",
        "unknown",
        "UNKNOWN",
    )
    world.later(days=3)
    assert world.dialler.orders == []
    assert world.report("answered", answered_by="person"), "news prove what became of it"
    assert world.call().state == "ANSWERED"


@pytest.mark.parametrize(
    ("receipt", "state"),
    [("unknown", "UNKNOWN"), ("no_answer", "READY"), ("rejected", "FAILED"), ("busy", "READY")],
)
def test_a_step_that_runs_again_rings_nobody_again(store, receipt, state):
    world = World(store, CallReceipt(receipt))
    world.work()
    call_id = world.call().call_id
    for _ in range(3):
        world.runtime.desk.work(Due("call", call_id), Wire(), now=NOW)
    assert len(world.dialler.orders) == 1
    assert world.call().state == state


def test_a_call_of_which_nobody_reports_does_not_stay_open(store):
    world = World(store, CallReceipt("placed", "CA1"))
    world.work()
    world.later(minutes=2)
    assert world.call().state == "DIALLING"
    world.later(minutes=3)
    assert (world.call().state, world.call().outcome) == ("UNKNOWN", "unknown")


def test_an_answered_call_whose_end_nobody_reports_is_ended_and_not_called_back(store):
    world = World(store, CallReceipt("answered", "CA1"), calls_back=True)
    world.work()
    assert world.call().state == "ANSWERED"
    world.later(minutes=17)
    assert (world.call().state, world.call().outcome) == ("ENDED", "dropped")
    world.later(days=3)
    assert len(world.dialler.orders) == 1


@pytest.mark.parametrize("calls_back", [True, False])
def test_a_call_that_drops_is_taken_up_again_once_where_that_is_allowed(store, calls_back):
    """R271: the agent can be set to call back."""
    placed = [CallReceipt("placed", f"CA{n}") for n in range(3)]
    world = World(store, *placed, calls_back=calls_back, back_after_minutes=2)
    for _ in range(2):
        world.work()
        if world.report("answered", answered_by="person"):
            world.speak()
        world.report("ended", outcome="dropped", duration_s=20.0)
        world.later(minutes=3)
    assert [o.briefing.is_callback for o in world.dialler.orders] == [False, True][: 1 + calls_back]
    assert (world.call().state, world.touches(), world.opener()) == ("ENDED", 1, "SENT")


def test_the_line_of_a_dialled_call_takes_the_opener_that_was_permitted(store):
    """R258: what was permitted when it was dialled is spoken live once somebody is there."""
    world = World(store, CallReceipt("placed", "CA1"))
    world.work()
    line, call_id = CallLine(NUMBER), world.call().call_id
    world.runtime.outbox.deliver(Router({"voice": line}), call_id, now=NOW)
    assert line.take() == (), "nobody has answered yet"
    world.report("answered", answered_by="person")
    world.runtime.outbox.deliver(Router({"voice": line}), call_id, now=NOW)
    (utterance,) = line.take()
    assert utterance.text_id == call_id
    with store.begin() as tx:
        sentences = tx.message(call_id).sentences
    world.runtime.outbox.said(call_id, sentences, now=NOW)
    assert (world.opener(), world.touches()) == ("SENT", 1)


def test_an_opener_that_nobody_spoke_is_no_touch(store):
    world = World(store, CallReceipt("placed", "CA1"))
    world.work()
    world.report("answered", answered_by="person")
    assert world.opener() == "READY"
    world.report("ended", outcome="dropped", is_abandoned=True)
    assert (world.opener(), world.touches(), world.speak()) == ("CANCELLED", 0, [])


def test_a_call_says_at_its_beginning_that_an_ai_speaks_whatever_an_earlier_one_said(store):
    world = World(store, CallReceipt("placed", "CA1"))
    with store.begin() as tx:
        tx.save_session(replace(THREAD, disclosed_on=("voice",), state="new"))
    world.work()
    assert "AI assistant" in world.dialler.orders[0].opener


def test_a_message_that_was_left_is_the_end_and_a_silent_machine_is_tried_again(store):
    world = World(store, *[CallReceipt("placed", "CA")] * 2, hours_between=24)
    world.work()
    world.report("voicemail")
    assert (world.call().state, world.call().answered_by) == ("READY", "machine")
    world.later(hours=24)
    world.report("voicemail", left_message=True)
    assert (world.call().state, world.opener()) == ("VOICEMAIL", "CANCELLED")
    world.later(days=3)
    assert len(world.dialler.orders) == 2


def test_old_news_of_an_earlier_attempt_change_nothing(store):
    world = World(store, *[CallReceipt("placed", "CA")] * 2, hours_between=24)
    world.work()
    world.report("no_answer")
    world.later(hours=24)
    assert not world.report("answered", attempt=1)
    assert not world.runtime.calls.report(CallNews("nobody", 1, "busy"), now=NOW)
    assert world.call().state == "DIALLING"


def test_what_provably_never_rang_is_tried_again_and_counts_as_no_ring(store):
    world = World(store, CallReceipt("retry", code="not_connected"))
    world.work()
    with store.begin() as tx:
        assert tx.call_counts(NUMBER, "c", now=NOW, window_days=30).in_a_day == 0
    world.later(minutes=31)
    assert [o.attempt for o in world.dialler.orders] == [1, 2]


@everywhere
def test_abandoned_calls_hold_their_campaign(store):
    """The third call of a campaign waits, since of one that was taken one was abandoned."""
    world = World(store, CallReceipt("placed", "CA1"))
    world.work()
    world.report("answered", answered_by="person")
    world.report("ended", outcome="dropped", is_abandoned=True)
    with store.begin() as tx:
        counts = tx.call_counts("+493000000000", "c", now=NOW, window_days=30)
        assert (counts.in_a_day, counts.answered, counts.abandoned) == (0, 1, 1)
        other = tx.call_counts(NUMBER, "another", now=NOW, window_days=30)
        assert (other.in_a_day, other.answered) == (1, 0)
        old = tx.call_counts(NUMBER, "c", now=NOW + timedelta(days=31), window_days=30)
        assert (old.in_a_day, old.in_a_week, old.answered) == (0, 0, 0)


def test_without_consent_for_the_number_nothing_rings_and_the_rule_is_named(store):
    world = World(store, consented=False)
    with store.begin() as tx:
        tx.add_address("voice", NUMBER, ANA.person_id, now=NOW)
    world.work()
    assert (world.calls(), world.dialler.orders) == ((), [])
    (checked,) = traced(store, "policy")
    assert {"consent", "call_consent"} <= set(checked["rules_hit"])


@everywhere
def test_a_stop_cancels_the_call_that_waits(store):
    world = World(store, CallReceipt("no_answer"))
    world.work()
    with store.begin() as tx:
        tx.suppress(ANA.person_id, reason="opt_out", source="mail", now=NOW)
    assert world.call().state == "CANCELLED"
    world.later(days=3)
    assert len(world.dialler.orders) == 1


def test_a_consent_that_is_withdrawn_in_between_stops_the_next_attempt(store):
    world = World(store, CallReceipt("no_answer"), hours_between=24)
    world.work()
    with store.begin() as tx:
        tx.add_consents(ANA.person_id, (CONSENT,))
    world.later(hours=24)
    assert (world.call().state, world.opener()) == ("BLOCKED", "BLOCKED")
    assert len(world.dialler.orders) == 1


def test_a_number_that_comes_onto_a_list_in_between_is_not_rung_again(store):
    world = World(store, CallReceipt("no_answer"), hours_between=24)
    world.work()
    with store.begin() as tx:
        assert tx.add_dnc(OWN_LIST, NUMBER)
        assert not tx.add_dnc(OWN_LIST, NUMBER)
    world.later(hours=24)
    assert (world.call().state, world.call().why) == ("BLOCKED", "do_not_call")


def test_a_number_that_changed_hands_is_not_dialled(store):
    world = World(store, CallReceipt("no_answer"), hours_between=24)
    world.work()
    with store.begin() as tx:
        let_call(tx, "+493055555555", now=NOW + timedelta(hours=1))
    world.later(hours=24)
    assert (world.call().state, len(world.dialler.orders)) == ("BLOCKED", 1)


def test_a_holdout_is_never_called(store):
    world = World(store)
    with store.begin() as tx:
        publish_controls(tx, {"e": ("holdout", "agent")})
    world.work()
    assert (world.calls(), world.dialler.orders) == ((), [])


def test_a_spoken_stop_silences_every_channel_at_once_and_lists_the_number(store):
    """What somebody says on the line holds for mail as well, and for the task that waits."""
    world = World(store, CallReceipt("placed", "CA1"))
    with store.begin() as tx:
        tx.add_task(task(2, due_at=NOW + timedelta(days=1)))
    world.work()
    world.report("answered", answered_by="person")
    for turn, text in enumerate(("who gave you my number", "please stop calling me")):
        with store.begin() as tx:
            assert tx.suppressed(ANA.person_id) == ""
            assert tx.dnc_of(NUMBER) == ()
        arrival = Arrival("voice", f"CA1:{turn}", NUMBER, text)
        world.runtime.intake.take(arrival, now=world.now)
    with store.begin() as tx:
        assert tx.suppressed(ANA.person_id) == "opt_out"
        assert tx.dnc_of(NUMBER) == (OWN_LIST,)
        assert tx.task("task-2").state == "CANCELLED"
    assert [p["channel"] for p in traced(store, "suppression")] == ["*"]


@everywhere
def test_a_list_is_replaced_whole_and_keeps_its_day(store):
    made = DncList("t", "national-us", NOW.date(), NOW, "a.csv", 0)
    with store.begin() as tx:
        assert tx.replace_dnc(made, [NUMBER, "+12125550123"]) == 2
        assert tx.replace_dnc(made, ["+12125550123"]) == 1
        assert (tx.dnc_of(NUMBER), tx.dnc_of("+12125550123")) == ((), ("national-us",))
        assert [(one.name, one.numbers, one.as_of) for one in tx.dnc_lists()] == [
            ("national-us", 1, NOW.date())
        ]
