"""Real calls over SIP and RTP on loopback: a baresip on the other side."""

import asyncio
import re
from difflib import SequenceMatcher

import numpy as np
import pytest
from sip_phone import RATE, Telephone
from sip_world import OURS, free_port, sip_world, until

from agent_runtime.channels.voice.sip import handover
from agent_runtime.settings import Settings
from agent_runtime.speech.services import decoders_for, voice_for
from agent_runtime.speech.sound import resample
from agent_runtime.speech.tones import PLAIN

pytestmark = pytest.mark.real

PATIENT = Settings(speech_hearing_limit_s=30, speech_speaking_limit_s=30)
WE_SAY = "Thursday afternoon works for me."
THEY_SAY = "How much does it cost?"


@pytest.fixture
def phone(need_program, tmp_path):
    need_program("baresip")

    def make(name="phone", **more):
        return Telephone(tmp_path / name, (free_port(), free_port()), **more)

    return make


async def spoken(text):
    voice = voice_for("en", PATIENT)
    await voice.warm()
    sound = np.concatenate([sound async for _, sound in voice.speak(text, PLAIN)])
    return (sound * 32767).astype(np.int16), voice.rate


async def words_in(sound, rate):
    floats = resample(sound.astype(np.float32) / 32768, rate, 16000)
    return await decoders_for("en").run(lambda d: d.decode(np.pad(floats, 3200)), limit_s=30)


def likeness(heard, said):
    """Share of the words that were said and are heard, in order."""
    heard, said = (re.findall(r"\w+", text.lower()) for text in (heard, said))
    same = SequenceMatcher(a=said, b=heard, autojunk=False).get_matching_blocks()
    return sum(block.size for block in same) / len(said)


def test_words_and_keys_go_both_ways_and_they_hang_up(phone):
    """R248 R275."""

    async def go():
        ours, theirs = await spoken(WE_SAY), await spoken(THEY_SAY)
        async with sip_world() as world, phone() as telephone:
            await telephone.dial(OURS, world.address)
            call = await world.call()
            await telephone.until("CALL_ESTABLISHED")
            await asyncio.wait_for(call.joined.wait(), 10)
            await call.say(*ours)
            await telephone.say(*theirs)
            await until(lambda: len(telephone.heard()) > (len(ours[0]) / ours[1] + 1) * RATE)
            await until(lambda: len(call.heard()) > 3 * 16000)
            assert likeness(await words_in(call.heard(), 16000), THEY_SAY) >= 0.6
            assert likeness(await words_in(telephone.heard(), RATE), WE_SAY) >= 0.6
            await telephone.press("15#")
            await call.press("42*")
            await until(lambda: call.middle.keys == "15#" and telephone.keys() == "42*")
            await telephone.hang_up()
            await asyncio.wait_for(call.over.wait(), 10)
            assert call.events == ["joined", "hung_up"]
            assert call.call.direction == "inbound"

    asyncio.run(go())


def test_whoever_is_interrupted_is_silent_and_what_waited_is_not_said_later(phone):
    """R257 R272: of ten seconds of sound they hear what had left when they broke in."""

    async def go():
        async with sip_world() as world, phone() as telephone:
            await telephone.dial(OURS, world.address)
            call = await world.call()
            await asyncio.wait_for(call.joined.wait(), 30)
            await call.say(tone(10), 16000)
            await until(lambda: loud_s(telephone.heard()) > 0.5)
            await call.interrupt()
            before = len(telephone.heard())
            await until(lambda: len(telephone.heard()) > before + 3 * RATE)
            assert loud_s(telephone.heard()[-2 * RATE :]) == 0
            assert loud_s(telephone.heard()) < 8
            await call.say(tone(0.5), 16000)
            await until(lambda: loud_s(telephone.heard()[-2 * RATE :]) > 0.3)
            await call.hang_up()
            await telephone.until("CALL_CLOSED")

    asyncio.run(go())


def test_a_person_of_ours_hears_why_and_takes_the_call_with_a_key(phone):
    """R271: both then talk to each other, and whoever leaves ends it for both."""

    async def go():
        theirs, ours = await spoken(THEY_SAY), await spoken(WE_SAY)
        lena = phone("lena", answers="auto", user="lena")
        transfers = {"owner": f"sip:lena@{lena.address}"}
        async with sip_world(transfers=transfers) as world, phone("ana") as ana, lena:
            await ana.dial(OURS, world.address)
            call = await world.call()
            await asyncio.wait_for(call.joined.wait(), 30)
            await call.put_through("owner", WE_SAY)
            await lena.until("CALL_ESTABLISHED")
            await until(lambda: loud_s(lena.heard()) > 2)
            assert likeness(await words_in(lena.heard()[: 4 * RATE], RATE), WE_SAY) >= 0.6
            await lena.press("1")
            await until(lambda: call.middle.transferred == [True])
            await call.hang_up()
            await asyncio.wait_for(call.over.wait(), 30)
            before = len(ana.heard()), len(lena.heard())
            await ana.say(*theirs)
            await until(lambda: loud_s(lena.heard()[before[1] :]) > 0.4)
            await lena.say(*ours)
            await until(lambda: loud_s(ana.heard()[before[0] :]) > 0.4)
            await ana.hang_up()
            await lena.until("CALL_CLOSED")
            await until(lambda: world.bridge.calls == 0)

    asyncio.run(go())


def test_where_nobody_of_ours_takes_it_the_caller_stays_with_us(phone, monkeypatch):
    """Nobody is set up for it, nobody is at that address, or only a voicemail answers."""
    monkeypatch.setattr(handover, "WITHIN_S", 3.0)

    async def go():
        lena = phone("lena", answers="auto", user="lena")
        transfers = {"owner": f"sip:lena@{lena.address}", "sales": f"sip:max@{lena.address}"}
        async with sip_world(transfers=transfers) as world, phone("ana") as ana, lena:
            await ana.dial(OURS, world.address)
            call = await world.call()
            await asyncio.wait_for(call.joined.wait(), 30)
            for count, route_to in enumerate(("nobody", "sales", "owner"), 1):
                await call.put_through(route_to, WE_SAY)
                await until(lambda n=count: call.middle.transferred == [False] * n)
            await lena.until("CALL_CLOSED")
            assert loud_s(ana.heard()) > 0.5, "they hear that it rings"
            await call.hang_up()
            await ana.until("CALL_CLOSED")

    asyncio.run(go())


def test_who_hangs_up_while_it_rings_rings_nobody_any_more(phone):
    async def go():
        lena = phone("lena", user="lena")
        transfers = {"*": f"sip:lena@{lena.address}"}
        async with sip_world(transfers=transfers) as world, phone("ana") as ana, lena:
            await ana.dial(OURS, world.address)
            call = await world.call()
            await asyncio.wait_for(call.joined.wait(), 30)
            await call.put_through("owner", WE_SAY)
            await lena.until("CALL_INCOMING")
            await ana.hang_up()
            await lena.until("CALL_CLOSED")
            await asyncio.wait_for(call.over.wait(), 30)

    asyncio.run(go())


def tone(length_s):
    times = np.arange(int(length_s * 16000)) / 16000
    return (8000 * np.sin(2 * np.pi * 440 * times)).astype(np.int16)


def loud_s(sound):
    """Seconds of sound, of 20 ms each."""
    frames = sound[: len(sound) // 160 * 160].reshape(-1, 160).astype(np.float64)
    return 0.02 * int((np.sqrt((frames**2).mean(axis=1)) > 500).sum())
