"""A call over a carrier whose socket closes without a word, in real sound; what is left of it."""

import asyncio
import threading
import time
from datetime import timedelta

from carrier_calls import SHORT, account_for, serving
from carrier_whole_call import BOOKS, PATIENT, PATIENT_SPEECH, _load, _told_at_the_end, transcript
from conversation_world import NOW
from dialling_world import World
from fastapi import FastAPI
from phone_apart import network_apart
from phone_vendors import SIMS

from agent_runtime.channels.voice.carrier.dialler import CarrierDialler
from agent_runtime.channels.voice.carrier.hooks import CarrierHooks, carrier_voice_router
from agent_runtime.channels.voice.carrier.leading import Leading
from agent_runtime.channels.voice.pipeline import CallService, speech_for
from agent_runtime.store.memory import MemoryStore
from agent_runtime.warm_up import warm_up

_THINKS_S = 6.0
_ENDS_S = 30.0
_OF_A_CALL = ("call-", "beside-")


class Slow:
    """A model that thinks long about anything but a greeting."""

    def __init__(self, model):
        self._model = model
        self.version, self.abstain_below = model.version, model.abstain_below

    def understand(self, text, language):
        time.sleep(_THINKS_S if len(text.split()) > 2 else 0.0)
        return self._model.understand(text, language)


def broken_call(vendor, within, model, *, calls_back):
    """Leads one call until its socket is gone; returns row, trace, and what still runs.

    Args:
        vendor: Name of the carrier.
        within: `ours`, `theirs` or `turn`; while a turn is worked the model is slow.
        model: Reads what is said.
        calls_back: Whether the playbook takes up calls that broke.
    """
    began, sim, app = time.monotonic(), SIMS[vendor](), FastAPI()
    reads = Slow(model) if within == "turn" else model

    def clock():
        return NOW + timedelta(seconds=time.monotonic() - began)

    with (
        serving(app) as url,
        network_apart(vendor, BOOKS, now=NOW, began=began, breaks=within) as phones,
    ):
        account = account_for(sim, phones.urls, url)
        dialler = CarrierDialler(account, clock=clock, patience=SHORT)
        world = World(MemoryStore("t"), dialler=dialler, model=reads, calls_back=calls_back)
        warm_up(world.runtime.outbox.library, model, now=clock())
        service = CallService(
            world.runtime, PATIENT_SPEECH, clock, limits=lambda _: PATIENT, speech=speech_for
        )
        asyncio.run(_load(service))
        lead = Leading(account, service, clock)
        hooks = CarrierHooks(account, world.runtime.calls, clock, lead)
        app.include_router(carrier_voice_router(hooks))
        world.work(clock())
        phones.settle(240)
        told, call, threads = _told_at_the_end(phones), _at_rest(world), _threads_left()
        dialler.close()
        events = [e.payload for e in world.store.events if e.kind == "call"]
        turns = [e.payload for e in world.store.events if e.kind == "turn"]
        return {
            "heard": " ".join(transcript(told["recording"])),
            "said": told["said"],
            "rings": told["rings"],
            "state": call.state,
            "is_callback": call.is_callback,
            "back_after_s": (call.due_at - clock()).total_seconds() if call.is_callback else None,
            "outcome": call.outcome,
            "result": call.result,
            "ended": [e for e in events if e.get("event") == "ended"],
            "broke": [e for e in events if e.get("event") == "call_back"],
            "turns": len(turns),
            "hung_up": [path for method, path in told["requests"] if method != "GET"],
            "threads": threads,
            "seconds": round(time.monotonic() - began, 1),
        }


def _at_rest(world):
    """Returns the row once nobody is on the line any more, or as it stands after a while."""
    until = time.monotonic() + _ENDS_S
    while world.call().state in ("DIALLING", "RINGING", "ANSWERED") and time.monotonic() < until:
        time.sleep(0.1)
    return world.call()


def _threads_left():
    until, left = time.monotonic() + _ENDS_S, [""]
    while left and time.monotonic() < until:
        left = [t.name for t in threading.enumerate() if t.name.startswith(_OF_A_CALL)]
        time.sleep(0.1)
    return left
