"""One buyer with a telephone, a runtime on a store in memory, and a call to or from them."""

import time
from datetime import timedelta

from conversation_world import ANA, NOW, new_world

from agent_runtime.channels.voice.call_start import CallStart
from agent_runtime.channels.voice.turns import CallTurns
from agent_runtime.domain import Consent

NUMBER = "+4930901820"
OUT = CallStart("call-1", "outbound", NUMBER, meta={"playbook": "icp_prospecting"})
IN = CallStart("call-2", "inbound", NUMBER)
MAY_CALL = Consent("voice", "prospecting", "consent", "form", NOW, state="confirmed")


def working_hours():
    """A clock that runs from ten on a Tuesday: people may be rung whenever tests run."""
    began = time.monotonic()
    return lambda: NOW + timedelta(seconds=time.monotonic() - began)


def call_world(call=OUT, *, consents=(MAY_CALL,), **more):
    store, runtime = new_world()
    store.add_address("voice", NUMBER, ANA.person_id, now=NOW)
    store.add_consents(ANA.person_id, consents)
    turns = CallTurns(runtime, call, **more)
    turns.people.join(now=NOW)
    return store, turns


def opener(turns, *, now=NOW):
    return turns.words.first_words(("call.opener",), cause="opener", frame="frame.voice", now=now)


def say(turns, number, text, *, heard=True, now=NOW):
    """One turn of theirs, and our answer heard to its end."""
    at = now + timedelta(seconds=10 * number)
    answer = turns.answer(number, text, now=at)
    for utterance in answer.says if heard else ():
        turns.heard.keep(utterance, utterance.text, now=at)
    return answer
