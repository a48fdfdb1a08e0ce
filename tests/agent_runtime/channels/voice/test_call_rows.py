"""Rows of a call are worked by its own process, and by the worker only once that has died."""

from dataclasses import replace
from datetime import timedelta

import pytest
from runtime_people import NOW
from test_stores import INBOUND

from agent_runtime import pump
from agent_runtime.store.engine import open_engine
from agent_runtime.store.sql import SqlStore


@pytest.fixture
def engine(tmp_path):
    made = open_engine(f"sqlite:///{tmp_path}/runtime.db")
    yield made
    made.dispose()


def test_a_finished_turn_of_a_call_is_left_to_its_call(engine):
    """R257: no worker answers in the place of the process that holds the line."""
    with SqlStore(engine, "t").begin() as tx:
        tx.add_inbound(replace(INBOUND, key="turn", channel="voice", lane="l", due_at=NOW))
        tx.add_inbound(replace(INBOUND, key="mail", text='"channel":"voice"', lane="l", due_at=NOW))
    batches = []
    pump.release(engine, lambda *batch: batches.append(batch), now=NOW + timedelta(seconds=30))
    assert [rows for *_, rows in batches] == [[("inbound", "mail")]]


def test_what_a_call_left_undone_when_it_died_is_worked(engine):
    with SqlStore(engine, "t").begin() as tx:
        tx.add_inbound(replace(INBOUND, key="turn", channel="voice", lane="l", due_at=NOW))
    batches = []
    later = NOW + pump.CALL_GRACE
    pump.release(engine, lambda *batch: batches.append(batch), now=later)
    assert [rows for *_, rows in batches] == [[("inbound", "turn")]]


def test_an_interrupted_turn_leaves_nothing_in_a_database(engine):
    """R272: the decision is rolled back whole, and its message is dealt with all the same."""
    from conversation_world import ANA, LIBRARY, MEANINGS, OWNER

    from agent_runtime.app import assemble
    from agent_runtime.arms import publish_controls
    from agent_runtime.channels.voice.call_start import CallStart
    from agent_runtime.channels.voice.turns import CallTurns
    from agent_runtime.models.language import ScriptedModel
    from agent_runtime.newcomers import Newcomers
    from agent_runtime.tools.memory_calendar import MemoryCalendar
    from agent_runtime.tools.slots import OfficeHours

    store = SqlStore(engine, "t")
    with store.begin() as tx:
        publish_controls(tx, {"e": ("holdout",)})
        tx.add_contact(ANA)
        tx.add_address("voice", "+4930901820", ANA.person_id, now=NOW)
    runtime = assemble(
        store,
        library=LIBRARY,
        model=ScriptedModel(MEANINGS),
        calendar=MemoryCalendar({"o-1": OfficeHours("Europe/Berlin")}),
        newcomers=Newcomers("t", (OWNER,), None),
    )
    turns = CallTurns(runtime, CallStart("call-9", "inbound", "+4930901820"))
    turns.people.join(now=NOW)
    before = turns.people.session()
    answer = turns.answer(1, "Happy to talk.", now=NOW, is_withdrawn=lambda: True)
    assert answer.is_withdrawn
    assert turns.people.session() == before
    with store.begin() as tx:
        assert not tx.has_unread(before.thread_id)
