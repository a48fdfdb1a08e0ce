"""Turns that a language model answered, replayed: with its stored words where they apply."""

from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest
from asking_world import LATER, asking
from conversation_world import LIBRARY

from agent_runtime.models.in_background import VllmInBackground
from agent_runtime.models.vllm import VllmOptions
from agent_runtime.prompting.template import FOLDER, read_template
from agent_runtime.replaying.asking import ask_for, kept_words
from agent_runtime.replaying.comparison import compare
from agent_runtime.replaying.policy import policy_of
from agent_runtime.replaying.versions import Versions
from tests.agent_runtime.models.vllm_stand_in import MODEL, serve

ASKS = "What is the price of Relay, by systems or by seats?"
STOPS = "Please take me off your list."


@pytest.fixture(scope="module")
def answered():
    """A server, a world in which it answered one of two mails, and the events of both turns."""
    with serve() as stand_in:
        stand_in.behave()
        with asking(stand_in, buyers=2) as world:
            world.writes(ASKS)
            world.writes(STOPS, number=2, key="k2")
            world.work()
            yield stand_in, world


@pytest.fixture
def turns(answered):
    found = [event for event in answered[1].store.events if event.kind == "turn"]
    assert [event.payload["chosen"]["action"] for event in found] == ["confirm_stop", "answer"]
    return found


@pytest.fixture
def installed(answered):
    store, desk = answered[1].store, answered[1].runtime.desk
    return Versions(LIBRARY, desk.model, kept=kept_words(store))


@pytest.fixture
def other_prompt(tmp_path, request):
    """A prompt of each test's own, so that none finds what another has asked."""
    path = tmp_path / "answer.md"
    text = (FOLDER / "answer.md").read_text(encoding="utf-8")
    path.write_text(f"{text.replace('version: 1', 'version: 2', 1)}\n{request.node.name}", "utf-8")
    return read_template(path)


def test_a_new_rule_is_tried_on_the_words_that_the_model_said(turns, installed):
    """R81: rules change no question, so the answer in the trace still is the model's."""
    strict = replace(installed, policy=policy_of(["confidence.min_confidence=0.9999"]))
    stop, answer = compare(turns, strict)
    assert (answer.answered, answer.gained) == ("as_recorded", ("confidence",))
    assert (answer.then.reason, answer.now.action) == ("drafted_by_model", "hand_off")
    assert not stop.differs


def test_nothing_changed_is_nothing_otherwise(turns, installed):
    """R81."""
    found = list(compare(turns, installed))
    assert [turn.differs for turn in found] == [False, False]
    assert [turn.answered for turn in found] == ["", "as_recorded"]


def test_words_that_answered_another_question_are_said_to_have(turns, installed):
    """R175: a changed playbook would have asked otherwise; what the model said is still known."""
    changed = {
        name: one.model_copy(update={"goal": f"{one.goal} Soon."})
        for name, one in LIBRARY.playbooks.items()
    }
    proposed = replace(installed, library=replace(LIBRARY, playbooks=changed), installed=LIBRARY)
    _, answer = compare(turns, proposed)
    assert answer.answered == "as_recorded_to_another_question"
    assert not answer.is_changed


def test_a_new_prompt_needs_the_model_and_asks_nobody_by_itself(
    answered, turns, installed, other_prompt
):
    """R81: nothing stored answers the new question, and the turn says so."""
    asked = len(answered[0].asked)
    stop, answer = compare(turns, replace(installed, template=other_prompt))
    assert (answer.now, answer.outcome.needs_of) == (None, MODEL)
    assert answer.outcome.needs.version.startswith("answer@2-")
    assert not stop.differs, "a stop is never put to a model"
    assert len(answered[0].asked) == asked


def test_another_model_needs_to_be_asked_as_well(turns, installed):
    _, answer = compare(turns, replace(installed, oracle="another-model"))
    assert (answer.now, answer.outcome.needs_of) == (None, "another-model")


def test_what_is_asked_once_is_kept_for_the_next_replay(answered, turns, installed, other_prompt):
    """R81: with leave the model is asked; its answer stands in the store under its question."""
    stand_in, world = answered
    tried = replace(installed, template=other_prompt)
    options = VllmOptions(stand_in.url, MODEL, total_s=30.0, first_token_s=20.0)
    mails = len(world.wire.mails)
    with closing(VllmInBackground(options)) as oracle:
        counts = ask_for(compare(turns, tried), oracle, world.store, now=LATER + timedelta(days=1))
    assert counts == {"answered": 1}
    asked = len(stand_in.asked)
    _, answer = compare(turns, tried)
    assert (answer.answered, answer.is_changed) == ("as_kept", False)
    assert len(stand_in.asked) == asked
    assert len(world.wire.mails) == mails


def test_a_server_that_is_not_there_leaves_the_turn_open(turns, installed, answered):
    _, world = answered
    tried = replace(installed, oracle="nobody")
    options = VllmOptions("http://127.0.0.1:9", "nobody", total_s=2.0, first_token_s=1.0)
    with closing(VllmInBackground(options)) as oracle:
        counts = ask_for(compare(turns, tried), oracle, world.store, now=LATER)
    assert counts["answered"] == 0
    assert counts.total() == 1
    assert [turn.now for turn in compare(turns, tried)][1] is None
