"""Whoever waits before a chat window comes before the mails of the day."""

from dataclasses import replace
from datetime import timedelta

import pytest
from runtime_people import NOW
from test_stores import INBOUND, TASK

from agent_runtime import pump
from agent_runtime.store.engine import open_engine
from agent_runtime.store.sql import SqlStore


@pytest.fixture
def engine(tmp_path):
    made = open_engine(f"sqlite:///{tmp_path}/runtime.db")
    yield made
    made.dispose()


def fill(engine):
    later = NOW + timedelta(hours=1)
    asked = replace(INBOUND, key="chat", channel="chat", lane=TASK.mailbox, due_at=later)
    says_so = replace(INBOUND, key="mail", lane=TASK.mailbox, text='"channel":"chat"')
    with SqlStore(engine, "t").begin() as tx:
        for number in range(60):
            tx.add_task(replace(TASK, task_id=f"task-{number:02}"))
        tx.add_inbound(says_so)
        tx.add_inbound(asked)
    return later


def test_a_chat_message_is_released_before_earlier_touches(engine):
    later = fill(engine)
    batches = []
    released = pump.release(engine, lambda *batch: batches.append(batch), now=later)
    ((_, _, lane, rows),) = batches
    assert rows[0] == ("inbound", "chat")
    assert len(rows) == released == pump.BATCH
    assert len(set(rows)) == pump.BATCH
    assert pump.release(engine, lambda *batch: batches.append(batch), now=later) == 0
    assert lane == TASK.mailbox


def test_a_batch_in_hand_can_ask_who_waits_live_in_its_lane(engine):
    later = fill(engine)
    assert pump.live(engine, lane=TASK.mailbox, now=NOW) == []
    assert pump.live(engine, lane=TASK.mailbox, now=later) == [("inbound", "chat")]
    assert pump.live(engine, lane="another", now=later) == []
