"""A real pipeline of Pipecat leads a call: frames in order, barge-in, what was heard, the end."""

import asyncio
import threading
import time
from dataclasses import replace

from call_wire import PATIENCE_S, PATIENT, Wire, led_call
from conversation_world import ANA
from pipecat.audio.dtmf.types import KeypadEntry
from pipecat.frames.frames import InputDTMFFrame

from agent_runtime.channels.voice.hands import CallHands
from agent_runtime.channels.voice.processor.their_turn import WORDLESS_S
from agent_runtime.speech.frames import HeardNothingFrame


def test_a_call_is_led_from_hello_to_a_booking():
    """R248 R256 R257 R264: opener after their hello, times, a meeting, and an end by us."""

    async def go():
        async with led_call() as call:
            await call.until(lambda: call.talk.phase == "greeting")
            await call.ear.says("Hello?")
            await call.listening(1)
            assert "AI assistant" in call.heard[0].text
            await call.ear.says("Happy to talk.")
            await call.listening(2)
            await call.ear.says("2 please")
            await call.listening(4)
            assert call.heard[2].text.startswith("The meeting with Lena Vogt is booked")
            await call.ear.says("No, that's all, thank you.")
            await call.until(lambda: call.processor.outcome is not None)
        assert call.processor.outcome.disposition == "meeting_booked"
        (meeting,) = call.store.meetings.values()
        assert meeting.state == "CONFIRMED"
        (ended,) = call.traced("ended")
        assert ended["outcome"] == "completed"
        assert {"vad", "stt", "turn", "loop", "first_sound"} <= set(
            call.traced("latency")[0]["latency_ms"]
        )

    asyncio.run(go())


def test_voice_on_their_side_cuts_ours_and_only_what_was_heard_is_kept():
    """R257 R272."""

    async def go():
        async with led_call() as call:
            await call.ear.says("Hello?")
            await call.speaking(6)
            await call.ear.voice()
            await call.until(lambda: call.talk.mouth.cut is not None)
            cut = call.talk.mouth.cut[1]
            assert not call.talk.mouth.is_speaking
            assert 6 <= len(cut.split()) < 40
            await call.ear.quiet()
            await call.ear.words("What is the price?")
            await call.listening(2)
            assert call.heard[0].is_cut
            assert call.heard[0].text == cut
            assert "not by seats" in call.heard[1].text
            assert call.talk.interruptions == 1
            await call.processor.dropped(by_them=True)
        opener = min(call.store.messages.values(), key=lambda m: m.sent_at)
        assert opener.body.split()[0] == "Hello"
        assert "useful" not in opener.body
        assert call.processor.outcome.reason == "hung_up"

    asyncio.run(go())


def test_a_cough_cuts_our_voice_and_it_goes_on():
    """R259."""

    async def go():
        async with led_call() as call:
            await call.ear.says("Hello?")
            await call.speaking(8)
            await call.ear.voice()
            await call.until(lambda: call.talk.mouth.cut is not None)
            await call.ear.quiet()
            await call.listening(1)
            assert call.heard[0].text.endswith("be useful to you?")
            assert not call.heard[0].is_cut
            assert call.talk.turns == 0
            await call.processor.dropped(by_them=True)

    asyncio.run(go())


def test_what_words_were_guessed_of_is_no_cough_though_they_come_late():
    """A short "please" behind a comma: on a busy machine we went on before its words came."""

    async def go():
        async with led_call() as call:
            await call.ear.says("Hello?")
            await call.speaking(8)
            await call.ear.voice()
            await call.until(lambda: call.talk.mouth.cut is not None)
            await call.ear.guesses("Please")
            await call.ear.quiet()
            await asyncio.sleep(WORDLESS_S + 0.3)
            assert call.talk.mouth.cut is not None
            await call.ear.words("Please stop.")
            await call.until(lambda: call.processor.outcome is not None)
        assert call.processor.outcome.disposition == "stopped"

    asyncio.run(go())


def test_a_turn_of_which_words_are_still_to_come_is_not_over():
    """The half of a stop that was heard already means nothing; it was answered by itself."""

    async def go():
        async with led_call() as call:
            await call.ear.says("Hello?")
            await call.listening(1)
            await call.ear.voice()
            await call.until(lambda: call.talk.user_since is not None)
            await call.ear.guesses("Nor me")
            await call.ear.quiet()
            await call.ear.voice()
            await call.ear.words("Please do not")
            await call.ear.guesses("call")
            await call.ear.quiet()
            await asyncio.sleep(WORDLESS_S + 0.3)
            assert call.talk.turns == 0
            await call.ear.words("call me any more.")
            await call.until(lambda: call.processor.outcome is not None)
        assert call.processor.outcome.disposition == "stopped"
        said = [line.text for line in call.processor.hands.lines if line.who == "person"]
        assert said == ["Hello?", "Please do not call me any more."]

    asyncio.run(go())


def test_of_a_sound_that_had_no_words_after_all_nothing_is_awaited():
    async def go():
        async with led_call() as call:
            await call.ear.says("Hello?")
            await call.speaking(8)
            await call.ear.voice()
            await call.until(lambda: call.talk.mouth.cut is not None)
            await call.ear.guesses("Oh")
            await call.ear.quiet()
            await call.ear.push_frame(HeardNothingFrame())
            await call.listening(1)
            assert not call.heard[0].is_cut
            await call.processor.dropped(by_them=True)

    asyncio.run(go())


def test_a_stop_is_obeyed_while_the_line_is_open():
    async def go():
        async with led_call() as call:
            await call.ear.says("Hello?")
            await call.listening(1)
            await call.ear.says("Please stop calling me.")
            await call.until(lambda: call.processor.outcome is not None)
        assert call.processor.outcome.disposition == "stopped"
        assert call.store.suppressed(ANA.person_id) == "opt_out"
        assert call.voices[0].said[-1] == "Goodbye."

    asyncio.run(go())


def test_a_voice_that_dies_in_mid_sentence_is_followed_by_the_other():
    async def go():
        async with led_call(spare=True) as call:
            call.voices[0].dies_at = "keeps CRM"
            await call.ear.says("Hello?")
            await call.listening(1)
            assert call.heard[0].text.endswith("be useful to you?")
            assert "keeps CRM" in call.voices[1].said[0], (
                "what was whole is heard and not said again"
            )
            await call.processor.dropped(by_them=True)
        assert call.traced("sparevoice")

    asyncio.run(go())


def test_where_both_voices_die_the_last_words_were_made_before():
    async def go():
        async with led_call(spare=True) as call:
            call.voices[0].dies_at = call.voices[1].dies_at = "Hello Ana"
            await call.ear.says("Hello?")
            await call.until(lambda: call.processor.outcome is not None)
        assert "AI assistant" in call.heard[-1].text
        assert "gone wrong on our side" in call.heard[-1].text
        assert call.processor.outcome.reason == "tts_failed"
        assert call.processor.hands.handed_on == ["voice_failed"]

    asyncio.run(go())


def test_a_voice_that_never_begins_ends_the_call_and_a_person_is_told():
    async def go():
        async with led_call(limits=replace(PATIENT, voice_s=0.5)) as call:
            call.voices[0].hangs_at = "Hello Ana"
            await call.ear.says("Hello?")
            await call.until(lambda: call.processor.outcome is not None)
        assert call.processor.outcome.reason == "tts_failed"
        assert call.processor.hands.handed_on == ["voice_failed"]

    asyncio.run(go())


def test_a_voice_that_is_late_is_stopped_before_the_other_speaks():
    async def go():
        async with led_call(spare=True, limits=replace(PATIENT, voice_s=0.5)) as call:
            call.voices[0].hangs_at = "Hello Ana"
            await call.ear.says("Hello?")
            await call.until(lambda: call.voices[1].said)
            assert [text[:9] for text in call.voices[0].let_go] == ["Hello Ana"]
            await call.processor.dropped(by_them=True)

    asyncio.run(go())


def test_an_answer_that_took_long_is_no_voice_that_is_late():
    """R249: a voice is waited for from the moment on in which it has words to say."""

    class Slow(CallHands):
        def ask(self, wanted, *, now, is_withdrawn=lambda: False):
            time.sleep(5)
            return super().ask(wanted, now=now, is_withdrawn=is_withdrawn)

    async def go():
        async with led_call(spare=True, limits=replace(PATIENT, voice_s=4)) as call:
            call.processor.hands = Slow(call.processor.hands.turns)
            await call.ear.says("Hello?")
            await call.listening(1)
            call.voices[0].begins_after_s = 0.3
            await call.ear.says("What is the price?")
            await call.listening(2)
            await call.processor.dropped(by_them=True)
        assert not call.voices[1].said
        assert not call.traced("sparevoice")

    asyncio.run(go())


def test_a_recogniser_that_dies_is_said_and_traced():
    async def go():
        from agent_runtime.speech.frames import SpeechFailedFrame

        async with led_call() as call:
            await call.ear.says("Hello?")
            await call.listening(1)
            for count in (2, 3):
                await call.ear.push_frame(SpeechFailedFrame("hearing", "timed_out", "it hangs"))
                await call.until(lambda n=count: len(call.heard) >= n)
            await call.until(lambda: call.processor.outcome is not None)
        assert call.processor.outcome.reason == "stt_failed"
        assert "cannot understand you" in call.heard[-1].text

    asyncio.run(go())


def test_a_key_of_theirs_is_traced_and_answered_with_words():
    async def go():
        async with led_call() as call:
            await call.ear.says("Hello?")
            await call.listening(1)
            await call.ear.push_frame(InputDTMFFrame(button=KeypadEntry("9")))
            await call.listening(2)
            await call.processor.dropped(by_them=True)
        assert "cannot read keys" in call.heard[-1].text
        (traced,) = call.traced("takekey")
        assert set(traced) == {"of_call", "event"}

    asyncio.run(go())


def test_silence_and_a_longest_time_end_a_call_with_words():
    async def go(limits, reason, last_words):
        async with led_call(limits=limits) as call:
            await call.until(lambda: call.processor.outcome is not None)
        assert call.processor.outcome.reason == reason
        assert last_words in call.heard[-1].text

    quiet = replace(PATIENT, hello_s=0.1, silence_s=0.3)
    asyncio.run(go(quiet, "silence", "I cannot hear you"))
    short = replace(PATIENT, hello_s=0.1, longest_s=1.5)
    asyncio.run(go(short, "time_limit", "I have to end our call"))


def test_a_socket_that_closes_leaves_no_call_open():
    async def go():
        wire = Wire("on_client_connected", "on_client_disconnected")
        async with led_call(wire=wire, limits=replace(PATIENT, calls_back=True)) as call:
            await asyncio.sleep(0.05)
            assert call.talk.phase == "ringing"
            await wire.tell("on_client_connected")
            await call.until(lambda: call.talk.phase == "greeting")
            await call.ear.says("Hello?")
            await call.speaking(3)
            await wire.tell("on_client_disconnected")
            await call.until(lambda: call.processor.outcome is not None)
        assert call.processor.outcome.reason == "dropped"
        assert call.processor.hands.calls_back
        assert call.processor.outcome.ending == "dropped"

    asyncio.run(go())


def test_a_pipeline_that_is_cancelled_writes_what_came_of_the_call():
    async def go():
        async with led_call() as call:
            await call.ear.says("Hello?")
            await call.listening(1)
            await call.worker.cancel()
        assert call.processor.outcome.reason == "dropped"
        assert len(call.traced("ended")) == 1

    asyncio.run(go())


def test_who_goes_on_speaking_withdraws_the_turn_that_has_not_been_decided():
    """R272: their words of both turns are answered once."""

    async def go():
        async with led_call() as call:
            await call.ear.says("Hello?")
            await call.listening(1)
            desk, entered, may_go = call.processor.hands, asyncio.Event(), asyncio.Event()
            loop, ask = asyncio.get_running_loop(), desk.ask

            def slow(wanted, **more):
                loop.call_soon_threadsafe(entered.set)
                asyncio.run_coroutine_threadsafe(may_go.wait(), loop).result(60)
                return ask(wanted, **more)

            type(desk).ask, before = slow_method(slow), type(desk).ask
            try:
                await call.ear.says("So tell me,")
                await entered.wait()
                await call.ear.voice()
                await call.until(lambda: call.processor._withdrawn)
                may_go.set()
                await call.ear.quiet()
                await call.ear.words("what is the price?")
                await call.listening(2)
            finally:
                type(desk).ask = before
            asked = [line.text for line in desk.lines if line.who == "person"]
            assert asked[-1] == "So tell me, what is the price?"
            assert len(desk.answers) == 1
            await call.processor.dropped(by_them=True)

    asyncio.run(go())


def slow_method(function):
    return lambda self, wanted, **more: function(wanted, **more)


def test_a_turn_that_hangs_is_bridged_given_up_and_written_while_it_still_hangs():
    """R274: the thread that works the turns is held by it, and nothing else waits for that."""
    free = threading.Event()

    class Stuck(CallHands):
        def ask(self, wanted, *, now, is_withdrawn=lambda: False):
            free.wait(PATIENCE_S)
            return super().ask(wanted, now=now, is_withdrawn=is_withdrawn)

    async def go():
        async with led_call(limits=replace(PATIENT, filler_s=0.3, turn_s=2)) as call:
            call.processor.hands = Stuck(call.processor.hands.turns)
            await call.ear.says("Hello?")
            await call.listening(1)
            await call.ear.says("What is the price?")
            await call.until(lambda: call.processor.outcome is not None)
            assert not free.is_set()
            free.set()
        assert call.processor.outcome.reason == "model_stalled"
        said = call.processor.hands.texts_heard
        assert said[-2:] == ("call.one_moment", "call.trouble")

    try:
        asyncio.run(go())
    finally:
        free.set()


def test_whoever_hangs_up_on_purpose_is_not_called_back():
    async def go(event):
        wire = Wire("on_client_disconnected", "on_client_hung_up")
        async with led_call(limits=replace(PATIENT, calls_back=True), wire=wire) as call:
            await call.ear.says("Hello?")
            await call.listening(1)
            await wire.tell(event)
            await call.until(lambda: call.processor.outcome is not None)
        return call.processor.hands.calls_back, call.processor.outcome.reason

    assert asyncio.run(go("on_client_hung_up")) == (False, "hung_up")
    assert asyncio.run(go("on_client_disconnected")) == (True, "dropped")


def test_words_that_come_after_the_end_of_a_turn_are_heard_all_the_same():
    """Sound on a busy machine brought it to light: the second half of a question was lost."""

    async def go():
        async with led_call() as call:
            await call.ear.says("Hello?")
            await call.listening(1)
            await call.ear.says("So I wanted to ask you,")
            await call.until(lambda: call.talk.turns == 1)
            await call.ear.words("what is the price?")
            await call.until(lambda: any("not by seats" in line.text for line in call.heard))
            await call.processor.dropped(by_them=True)

    asyncio.run(go())
