"""What the queue has dialled is led by a real pipeline, and its row learns how it went."""

import asyncio
from datetime import timedelta
from time import monotonic

import pytest
from call_people import NUMBER
from call_wire import led_call
from conversation_world import ANA, MEANINGS, NOW
from dialling_world import World

from agent_runtime.calling.dialler import CallReceipt
from agent_runtime.channels.voice import events as on
from agent_runtime.channels.voice.call_start import CallStart
from agent_runtime.channels.voice.conversation import Conversation
from agent_runtime.channels.voice.dialled import NotDialled
from agent_runtime.models.language import ScriptedModel
from agent_runtime.store.memory import MemoryStore


def dialled(**policy):
    world = World(
        MemoryStore("t"),
        CallReceipt("placed", "CA1"),
        CallReceipt("placed", "CA2"),
        model=ScriptedModel(MEANINGS),
        **policy,
    )
    world.work()
    return world


def line(world, **meta):
    """The line, as a carrier opens it: it knows an id and little else."""
    call_id = world.call().call_id
    known = {"message_id": call_id, "attempt": str(world.call().attempt)}
    return CallStart(call_id, "outbound", NUMBER, meta={**known, **meta})


def led(world, call=None, **more):
    began, since = monotonic(), world.now

    def clock():
        world.now = since + timedelta(seconds=monotonic() - began)
        return world.now

    return led_call(of=(world.runtime, call or line(world)), clock=clock, **more)


def test_the_opener_that_was_permitted_is_said_and_the_row_learns_of_the_meeting():
    """R254 R255 R256 R264."""
    world = dialled()

    async def go():
        async with led(world) as call:
            await call.until(lambda: call.talk.phase == "greeting")
            assert (world.call().state, world.opener()) == ("DIALLING", "HANDED")
            await call.ear.says("Hello?")
            await call.listening(1)
            assert "AI assistant" in call.heard[0].text
            assert (world.call().state, world.opener()) == ("ANSWERED", "SENT")
            await call.ear.says("Happy to talk.")
            await call.listening(2)
            await call.ear.says("2 please")
            await call.listening(4)
            await call.ear.says("No, that's all, thank you.")
            await call.until(lambda: call.processor.outcome is not None)

    asyncio.run(go())
    row = world.call()
    assert (row.state, row.outcome, row.result) == ("ENDED", "completed", "meeting_booked")
    assert row.answered_by == "person"
    assert row.duration_s > 0
    assert world.touches() == 1


def test_a_machine_is_no_answer_and_the_opener_is_kept_for_the_next_attempt():
    world = dialled()

    async def go():
        async with led(world) as call:
            await call.until(lambda: call.talk.phase == "greeting")
            await call.processor.feed(on.WhoAnswered(world.now, "voicemail"))
            await call.until(lambda: call.processor.outcome is not None)

    asyncio.run(go())
    assert (world.call().state, world.opener()) == ("READY", "HANDED")
    world.later(hours=21)
    assert world.call().attempt == 2


def test_who_is_cut_off_is_called_back_with_other_words_on_a_line_of_its_own():
    """R262: what was said on the first line is not taken for what is said on the second."""
    world = dialled(calls_back=True, max_attempts=3)

    async def talk(words):
        async with led(world) as call:
            await call.ear.says("Hello?")
            await call.listening(1)
            await call.ear.says(words)
            await call.listening(2)
            await call.processor.dropped()
            await call.until(lambda: call.processor.outcome is not None)
            return call.heard[0].text

    assert "cut off" not in asyncio.run(talk("Happy to talk."))
    assert (world.call().state, world.call().is_callback) == ("READY", True)
    world.later(minutes=3)
    assert world.call().attempt == 2
    assert "cut off" in asyncio.run(talk("Happy to talk."))
    assert (world.call().state, world.call().outcome) == ("ENDED", "dropped")


def test_leave_to_record_is_asked_after_the_opener_and_the_question_comes_back():
    """R258."""
    world = dialled()

    async def go():
        async with led(world, voice_records=True) as call:
            await call.ear.says("Hello?")
            await call.listening(2)
            assert call.heard[1].text.startswith("May I record")
            await call.ear.says("Yes.")
            await call.listening(4)
            assert call.talk.has_leave_to_record
            assert "why I am calling" in call.heard[3].text
            await call.ear.says("Please stop calling me.")
            await call.until(lambda: call.processor.outcome is not None)

    asyncio.run(go())
    assert (world.call().state, world.call().result) == ("ENDED", "stopped")
    assert world.store.suppressed(ANA.person_id) == "opt_out"


@pytest.mark.parametrize("wrong", [{"attempt": "2"}, {"message_id": "no-such-call"}])
def test_a_line_that_nobody_dialled_is_not_led(wrong):
    world = dialled()

    async def go():
        with pytest.raises(NotDialled):
            async with led(world, line(world, **wrong)):
                pass

    asyncio.run(go())
    assert world.call().state == "DIALLING"


@pytest.mark.parametrize(("first_sound_s", "is_abandoned"), [(1.5, False), (2.5, True)])
def test_who_hears_nothing_of_us_in_time_was_abandoned(first_sound_s, is_abandoned):
    """47 CFR 64.1200(a)(7)."""
    talk = Conversation(CallStart("call-1", "outbound", NUMBER))
    talk.on(on.Connected(NOW))
    talk.on(on.UserStarted(NOW))
    talk.on(on.UserStopped(NOW, "Hello?", 0.5))
    at = NOW + timedelta(seconds=first_sound_s)
    assert not talk.is_abandoned(NOW)
    talk.on(on.BotStarted(at))
    assert talk.is_abandoned(at + timedelta(minutes=1)) is is_abandoned
