"""One whole call over a carrier: real ears, real voice, the model that ships, a CalDAV server."""

import asyncio
import re
import time
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urljoin

import httpx
import numpy as np
from call_people import NUMBER, OWN
from carrier_calls import SHORT, account_for, serving
from conversation_world import NOW
from dialling_world import World
from fastapi import FastAPI
from icalendar import Calendar
from phone_apart import network_apart
from phone_vendors import SIMS

from agent_runtime.channels.voice.carrier.dialler import CarrierDialler
from agent_runtime.channels.voice.carrier.hooks import CarrierHooks, carrier_voice_router
from agent_runtime.channels.voice.carrier.leading import Leading
from agent_runtime.channels.voice.limits import CallLimits
from agent_runtime.channels.voice.pipeline import CallService, speech_for
from agent_runtime.sandbox.calendar_server import USERNAME, serve_calendar
from agent_runtime.settings import Settings
from agent_runtime.store.memory import MemoryStore
from agent_runtime.tools.caldav_calendar import CalDavCalendar
from agent_runtime.tools.slots import OfficeHours
from agent_runtime.warm_up import warm_up

OWNER = "o-1"
BOOKS = (
    "Hello?",
    "Yes, I would like to book a demo.",
    "The second one works for me.",
    "No, that's all. Thank you, bye.",
)
CALLS = (
    "Hi, I would like to book a demo.",
    "The second one works for me.",
    "No, that's all. Thank you, bye.",
)


PATIENT = CallLimits(
    turn_s=90, filler_s=90, voice_s=60, words_s=30, silence_s=90, hello_s=60, transfer_s=90
)
"""For a machine that is busy: nothing happens because it took long."""
PATIENT_SPEECH = Settings(speech_hearing_limit_s=30, speech_speaking_limit_s=30)


def whole_call(vendor, direction, model):
    """Leads one call in real time; returns what a test then finds everywhere."""
    began, sim = time.monotonic(), SIMS[vendor]()
    sentences = BOOKS if direction == "outbound" else CALLS
    hours = {OWNER: OfficeHours("Europe/Berlin")}

    def clock():
        return NOW + timedelta(seconds=time.monotonic() - began)

    app = FastAPI()
    with (
        TemporaryDirectory() as folder,
        serve_calendar(Path(folder), hours) as server,
        serving(app) as url,
        network_apart(vendor, sentences, now=NOW, began=began) as phones,
    ):
        account = account_for(sim, phones.urls, url)
        dialler = CarrierDialler(account, clock=clock, patience=SHORT)
        calendar = CalDavCalendar(server.url, hours=hours, clock=clock)
        world = World(MemoryStore("t"), dialler=dialler, model=model, calendar=calendar)
        warm_up(world.runtime.outbox.library, model, now=clock())
        service = CallService(
            world.runtime, PATIENT_SPEECH, clock, limits=lambda _: PATIENT, speech=speech_for
        )
        asyncio.run(_load(service))
        lead = Leading(account, service, clock)
        hooks = CarrierHooks(account, world.runtime.calls, clock, lead)
        app.include_router(carrier_voice_router(hooks))
        if direction == "outbound":
            world.work(clock())
            phones.settle(240)
        else:
            phones.call_us(f"{url}/carrier/voice/{vendor}/inbound", NUMBER, OWN.number)
        told = _told_at_the_end(phones)
        (call,) = world.calls() or (None,)
        dialler.close()
        events = [e.payload for e in world.store.events if e.kind == "call"]
        return {
            "heard": transcript(told["recording"]),
            "said": told["said"],
            "state": call.state if call else "",
            "outcome": call.outcome if call else "",
            "result": call.result if call else "",
            "rings": told["rings"],
            "events": [{k: v for k, v in e.items() if k != "of_call"} for e in events],
            "understood": [one.text for one in world.store._inbound.values()],
            "ended": [e for e in events if e.get("event") == "ended"],
            "hung_up": [path for method, path in told["requests"] if _is_end(method, path)],
            "hooks": told["hooks"],
            "meetings": meetings_in(f"{server.url}/{OWNER}/"),
            "seconds": round(time.monotonic() - began, 1),
        }


async def _load(service):
    """Ears and voice are loaded before anybody is on the line."""
    speech = service.speech("en", service.settings)
    for one in (*speech.ears.values(), *speech.voices.values()):
        engines = getattr(one, "_engines", None) or getattr(one, "_decoders", None)
        if engines is not None:
            await engines.warm()


def meetings_in(calendar_url):
    """Reads a calendar from its server: who is invited when."""
    listing = httpx.request("PROPFIND", calendar_url, headers={"Depth": "1"}, auth=(USERNAME, ""))
    listing.raise_for_status()
    found = []
    for path in re.findall(r"<href>([^<]+\.ics)</href>", listing.text):
        text = httpx.get(urljoin(calendar_url, path), auth=(USERNAME, "")).text
        for event in Calendar.from_ical(text).walk("VEVENT"):
            who = event.get("attendee") or []
            who = who if isinstance(who, list) else [who]
            if str(event.get("status")) == "CONFIRMED":
                found.append((event["dtstart"].dt.isoformat(), sorted(map(str, who))))
    return found


def transcript(sound):
    """What somebody who listened to the line has heard, by Moonshine, a pause at a time."""
    from agent_runtime.speech.decoders import RATE, Moonshine
    from agent_runtime.speech.sound import resample

    ears, words = Moonshine(), []
    samples = sound.astype(np.float32) / 32768
    loud = np.abs(samples[: len(samples) // 160 * 160].reshape(-1, 160)).max(axis=1) > 0.02
    start = None
    for at in range(len(loud) + 1):
        is_voice = at < len(loud) and bool(loud[at : at + 25].any())
        if is_voice and start is None:
            start = at
        elif not is_voice and start is not None:
            piece = samples[max(0, start * 160 - 800) : at * 160 + 800]
            words.append(ears.decode(resample(piece, 8000, RATE)))
            start = None
    return words


def _told_at_the_end(phones):
    """What the network tells, once we have hung up by its API or had the time to."""
    for _ in range(50):
        told = phones.report()
        if any(_is_end(*request) for request in told["requests"]):
            break
        time.sleep(0.2)
    return told


def _is_end(method, path):
    is_post = method == "POST" and ("/actions/hangup" in path or "/Calls/" in path)
    return is_post or method == "DELETE"
