"""A campaign whose real vLLM is killed while buyers' questions are under way."""

import json
import sys
import time
from pathlib import Path

from agent_runtime.asking.model_state import STATE, ModelState
from agent_runtime.models.in_background import VllmInBackground
from agent_runtime.models.vllm import VllmOptions
from tests.vllm.server import NAME, running

sys.path.append(str(Path(__file__).parents[1] / "agent_runtime" / "runtime"))

from asking_world import LATER, AskingWorld

PATIENT_S = 400.0
BEFORE, WITHIN, BEHIND = 2, 6, 6
"""Buyers who write before, while and after the server dies."""
DEATHS = {"broke_off", "unreachable", "server_error", "breaker_open"}


def test_a_real_server_that_is_killed_in_mid_campaign(environment, tmp_path_factory):
    """R230: every buyer is answered once, within the limit, and status and traces say why."""
    folder = tmp_path_factory.mktemp("campaign")
    with running(environment, folder) as server:
        limits = {"total_s": PATIENT_S, "first_token_s": PATIENT_S, "max_tokens": 1600}
        oracle = VllmInBackground(VllmOptions(f"{server.url}/v1", NAME, opens_after=2, **limits))
        world = AskingWorld(oracle, buyers=BEFORE + WITHIN + BEHIND)
        try:
            _write(world, 1, BEFORE)
            world.work()
            _write(world, 1 + BEFORE, WITHIN)
            rows = world.runtime.desk.ask_ahead(world.due(), now=LATER)
            while server.metric("vllm:num_requests_running") < WITHIN:
                time.sleep(0.1)
            server.kill()
            killed_at = time.monotonic()
            for row in rows:
                world.runtime.desk.work(row, world.wire, now=LATER)
            _write(world, 1 + BEFORE + WITHIN, BEHIND)
            world.work()
            took_s = time.monotonic() - killed_at
            said = ModelState(**json.loads(world.store.published(STATE))).said
        finally:
            oracle.close()
    reasons = [use["why_not"] for use in world.uses()]
    print(f"\n{reasons}\n{said}\n{WITHIN + BEHIND} turns within {took_s:.1f} s of the kill")
    assert sorted(mail.recipient for mail in world.wire.mails) == sorted(
        buyer.email for buyer in world.buyers
    )
    assert len(world.turns()) == len(world.buyers)
    assert set(reasons[:BEFORE]) <= {"", "too_long", "outside_the_schema"}
    assert set(reasons[BEFORE:]) <= DEATHS
    assert "breaker_open" in reasons
    assert "BREAKER OPEN" in said
    assert took_s < 60


def _write(world, first, count):
    for number in range(first, first + count):
        text = f"What is the price of Relay, by systems or by seats? We have {number}."
        world.writes(text, number=number, key=f"k{number}")
