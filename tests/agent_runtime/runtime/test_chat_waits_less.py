"""Who waits before a chat window: a shorter limit, one draft, before the mails of the day."""

from concurrent.futures import Future
from time import monotonic, sleep

import pytest
from asking_world import LATER, asking
from conversation_world import ANA, NOW

from agent_runtime.batch import work_batch
from agent_runtime.intake import Arrival
from agent_runtime.models.reply import Reply
from agent_runtime.store.rows import Due
from tests.agent_runtime.models.stand_in_answers import honest
from tests.agent_runtime.models.vllm_stand_in import serve

ASKS = "What is the price of Relay, by systems or by seats?"
WINDOW = "window-1"


@pytest.fixture(scope="module")
def server():
    with serve() as stand_in:
        yield stand_in


def says(world, text=ASKS, *, number=1, channel="chat"):
    world.store.add_address(channel, WINDOW, ANA.person_id, now=NOW)
    arrival = Arrival(channel, f"{WINDOW}-{number}", WINDOW, text)
    return world.runtime.intake.take(arrival, now=NOW).key


def asked_drafts(server):
    schema = server.asked[-1]["response_format"]["json_schema"]["schema"]
    return schema["properties"]["drafts"]["maxItems"]


def test_a_chat_is_answered_in_the_words_of_the_model(server):
    """R47, R230: one draft is asked for, since nobody chooses, and fewer words come sooner."""
    with asking(server.behave()) as world:
        says(world)
        world.work()
    (answer,) = world.wire.mails
    assert answer.channel == "chat"
    assert world.turns()[0]["chosen"]["reason"] == "drafted_by_model"
    assert asked_drafts(server) == 1
    with asking(server.behave()) as world:
        world.writes(ASKS)
        world.work()
    assert asked_drafts(server) == 3


def test_a_slow_model_keeps_a_chat_waiting_for_its_own_limit_only(server):
    """R230: then the approved text is said, the trace says why, and the server is let go."""
    server.behave().delay_s = 0.1
    with asking(server, chat_s=1.0) as world:
        says(world)
        world.work()
        assert world.oracle.state == "closed"
    (answer,) = world.wire.mails
    assert "priced by the number of systems" in answer.body
    (use,) = world.uses()
    assert use["why_not"] == "too_slow_for_chat"
    assert use["latency_ms"] >= 1000
    until = monotonic() + 5
    while not server.seen["let_go"] and monotonic() < until:
        sleep(0.01)
    assert server.seen["let_go"] == 1


def test_a_server_that_stalls_keeps_a_caller_waiting_no_longer_than_a_chat(server):
    """R249: a call gives a turn up after 8 s, and has said by then what is approved."""
    with asking(server.behave("hangs"), chat_s=0.4) as world:
        says(world, channel="voice")
        world.work()
    (use,) = world.uses()
    assert use["why_not"] == "no_first_token"
    assert use["latency_ms"] < 5000
    (prompt,) = server.asked
    assert (
        prompt["response_format"]["json_schema"]["schema"]["properties"]["drafts"]["maxItems"] == 1
    )


@pytest.mark.parametrize(
    ("behaviour", "limit_s", "reason"),
    [
        ("hangs", 0.4, "no_first_token"),
        ("cut_off", 10.0, "broke_off"),
        ("error_500", 10.0, "server_error"),
        ("never_stops", 1.0, "too_slow_for_chat"),
    ],
)
def test_an_outage_in_a_chat_ends_in_one_approved_text(server, behaviour, limit_s, reason):
    """R230: whatever breaks off, and however late: one answer, once, with the reason."""
    with asking(server.behave(behaviour), chat_s=limit_s, max_tokens=8192) as world:
        says(world)
        world.work()
        world.work()
    assert len(world.wire.mails) == 1
    assert world.uses()[0]["why_not"] in (reason, "too_long")
    assert world.unapproved() == []


@pytest.mark.parametrize("behaviour", ["invents_prices", "leaks", "loud"])
def test_a_sentence_that_is_stopped_never_appears(server, behaviour):
    """R57: the whole answer is judged before any of it is shown."""
    with asking(server.behave(behaviour)) as world:
        says(world)
        world.work()
    assert len(world.wire.mails) == 1
    assert world.unapproved() == []
    turn = world.turns()[0]
    assert turn["refused"] or turn["model"]["dropped"]


def test_a_mail_has_the_long_limit_while_a_chat_has_the_short_one(server):
    """R230: the same server is too slow for one and in time for the other."""
    server.behave().delay_s = 0.02
    with asking(server, chat_s=0.05) as world:
        says(world)
        world.writes(ASKS, key="m1")
        world.work()
    reasons = {turn["observation"]["channel"]: turn["model"]["why_not"] for turn in world.turns()}
    assert reasons["chat"] in ("too_slow_for_chat", "no_first_token")
    assert reasons["email"] == ""


def test_who_waits_before_a_window_comes_before_mails_and_after_stops(server):
    """R22, R57: in the order of a batch."""
    with asking(server.behave(), buyers=3) as world:
        world.writes(ASKS, number=2, key="mail")
        chat = says(world)
        world.writes("Please unsubscribe me.", number=3, key="stop")
        rows = world.runtime.desk.ask_ahead(world.due(), now=LATER)
    assert [row.row_id for row in rows] == ["stop", chat, "mail"]


class Thinking:
    """An oracle that answers chats at once, and mails when it is told to."""

    name, state, last_error, patience_s = "thinking", "closed", "", 60.0

    def __init__(self):
        self.mails = []

    def ask(self, prompt):
        reply = Future()
        if prompt.is_live:
            reply.set_result(Reply(text=honest(prompt.prefix, prompt.turn)))
        else:
            self.mails.append(reply)
        return reply

    def close(self):
        pass


def test_a_chat_is_answered_while_a_mail_of_its_lane_waits_for_the_model(server):
    """R22, R230: nobody waits before a window for somebody else's mail."""
    oracle, looks = Thinking(), []
    with asking(server.behave(), buyers=2) as world:
        world.with_new_life(oracle)
        world.writes(ASKS, number=2, key="mail")
        rows = world.due()

        def waits_live():
            looks.append(len(world.wire.mails))
            if len(looks) == 2:
                return [Due("inbound", says(world))]
            if len(looks) > 2 and not oracle.mails[0].done():
                oracle.mails[0].set_result(Reply(failure="too_slow"))
            return []

        work_batch(world.runtime.desk, rows, world.wire, waits_live=waits_live, clock=lambda: LATER)
        world.work()
    assert [mail.channel for mail in world.wire.mails] == ["chat", "email"]
    assert looks[:3] == [0, 0, 1]
