"""A batch before an outage of the language model, one in it, one behind it: all are answered."""

import json
from time import sleep

import pytest
from asking_world import LATER, asking

from agent_runtime.asking.model_state import STATE, ModelState
from tests.agent_runtime.models.vllm_stand_in import MODEL, serve

ASKS = "What is the price of Relay, by systems or by seats?"
BATCH = 8
LIMITS = {"hangs": (6.0, 9.0), "slow": (6.0, 9.0)}
"""Until the first word and the last; what fails at once may have long ones."""

REASONS = {
    "hangs": "no_first_token",
    "slow": "too_slow",
    "error_500": "server_error",
    "engine_killed": "server_error",
    "out_of_memory": "out_of_memory",
    "busy_503": "busy",
    "busy_429": "busy",
    "cut_off": "broke_off",
}


@pytest.fixture(scope="module")
def server():
    with serve() as stand_in:
        yield stand_in


def batch(world, first):
    for number in range(first, first + BATCH):
        world.writes(f"{ASKS} We have {number}.", number=number, key=f"k{number}")
    world.work()
    return ModelState(**json.loads(world.store.published(STATE))).said


@pytest.mark.parametrize("behaviour", REASONS)
def test_an_outage_in_mid_campaign_loses_doubles_and_delays_nothing(server, behaviour):
    """R230: the breaker opens, what ships answers in bounded time, and then it is asked again."""
    first_token_s, total_s = LIMITS.get(behaviour, (20.0, 30.0))
    limits = {"first_token_s": first_token_s, "total_s": total_s}
    server.behave()
    with asking(server, buyers=3 * BATCH, opens_after=2, rests_s=0.1, at_once=4, **limits) as world:
        before = batch(world, 1)
        server.behaviour, server.delay_s = behaviour, 0.5 * (behaviour == "slow")
        within = batch(world, 1 + BATCH)
        is_open = world.oracle.state == "open"
        server.behave()
        sleep(0.2)
        behind = batch(world, 1 + 2 * BATCH)
    assert sorted(mail.recipient for mail in world.wire.mails) == sorted(
        buyer.email for buyer in world.buyers
    )
    uses = world.uses()
    assert {use["answered_by"] for use in uses[:BATCH]} == {MODEL}
    reasons = {use["why_not"] for use in uses[BATCH : 2 * BATCH]}
    assert is_open
    # Who gets a free place at the last moment has no time left for a first word.
    late = {"no_first_token"} if behaviour == "slow" else set()
    assert REASONS[behaviour] in reasons <= {REASONS[behaviour], "breaker_open"} | late
    assert f"BREAKER OPEN ({LATER.isoformat()[:16]})" in within
    assert any(f"last error {reason}" in within for reason in {REASONS[behaviour]} | late)
    assert ": answers" in before
    assert ": answers" in behind
    assert MODEL in {use["answered_by"] for use in uses[2 * BATCH :]}
    assert max(use["latency_ms"] for use in uses) < (total_s + world.oracle.patience_s) * 1000


def test_a_question_that_failed_beside_another_is_not_put_again_in_its_turn(server):
    """R230: a batch that waits out one time limit waits it out once, and not once a row."""
    server.behave("hangs")
    with asking(server, buyers=4, first_token_s=0.5, total_s=1.0, opens_after=100) as world:
        for number in range(1, 5):
            world.writes(f"{ASKS} We have {number}.", number=number, key=f"k{number}")
        world.work()
    assert len(server.asked) == 4
    assert {use["why_not"] for use in world.uses()} == {"no_first_token"}
    assert len(world.wire.mails) == 4
