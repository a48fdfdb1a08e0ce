"""A thread replayed from its trace decides what it decided, and says so when it would not."""

import json
from dataclasses import replace

import pytest
from mind_rehearsal import rehearse

from agent_runtime.library.catalog import load_library
from agent_runtime.models.embedded import load_embedded_model
from agent_runtime.models.language import ScriptedModel
from agent_runtime.replay import differences, replay

LIBRARY = load_library()


@pytest.fixture(scope="module")
def model():
    return load_embedded_model()


def turns_of(events):
    """The turns, as a trace file would give them back."""
    return [
        json.loads(event.model_dump_json())["payload"] for event in events if event.kind == "turn"
    ]


@pytest.mark.parametrize("scenario", LIBRARY.scenarios, ids=lambda s: s.id)
def test_a_replayed_thread_decides_the_same(scenario, model, contact):
    """R81, R175: nothing but the trace, today's library and today's model."""
    events = rehearse(scenario, LIBRARY, model, contact)
    turns = turns_of(events)
    assert [e.payload["what"] for e in events if e.kind == "incident"] == []
    assert len(turns) == len(scenario.turns)
    for turn in turns:
        assert differences(turn, replay(turn, LIBRARY, model)) == ()


def test_the_trace_of_a_turn_holds_no_personal_data(model, contact):
    """R61: names, addresses and the company stay in the vault."""
    for scenario in LIBRARY.scenarios[:20]:
        for turn in turns_of(rehearse(scenario, LIBRARY, model, contact)):
            text = json.dumps(turn)
            for private in (contact.first_name, contact.email, contact.company, contact.owner_name):
                assert private not in text


def test_another_model_or_library_shows_what_would_change(contact):
    scenario = next(s for s in LIBRARY.scenarios if s.id == "icp.interested_books")
    likes = ScriptedModel(default="interested")
    turns = turns_of(rehearse(scenario, LIBRARY, likes, contact))
    changed = [
        differences(turn, replay(turn, LIBRARY, ScriptedModel(default="angry"))) for turn in turns
    ]
    assert changed[0] == (), "a touch does not ask the model"
    assert {d.what for d in changed[1]} >= {"perception", "chosen", "candidates"}
    assert {d.then["action"] for d in changed[1] if d.what == "chosen"} == {"propose_times"}

    shorter = {k: c for k, c in LIBRARY.contents.items() if k[0] != "slots.offer"}
    library = replace(LIBRARY, contents=shorter)
    (chosen,) = [
        d for d in differences(turns[1], replay(turns[1], library, likes)) if d.what == "chosen"
    ]
    assert chosen.now["action"] == "hand_off"
