"""R28 R248 R250: what Hibari says is what Moonshine hears, through both services of Pipecat."""

import asyncio
import re

import numpy as np
import pytest
from pipecat.frames.frames import (
    InterimTranscriptionFrame,
    InterruptionFrame,
    TranscriptionFrame,
    VADUserStoppedSpeakingFrame,
)

from agent_runtime.settings import Settings
from agent_runtime.speech.decoders import RATE
from agent_runtime.speech.services import decoders_for, stt_for, voice_for
from agent_runtime.speech.sound import resample
from agent_runtime.speech.tones import PLAIN
from tests.agent_runtime.speech.line import line_with
from tests.agent_runtime.speech.said import SAID

MOST_ERRORS = 0.05
"""Share of the words: three of the sixty."""

PATIENT = Settings(speech_hearing_limit_s=30, speech_speaking_limit_s=30)


def _words(text: str) -> list[str]:
    return re.findall(r"[\w']+", text.lower())


def _errors(said: list[str], heard: list[str]) -> int:
    row = list(range(len(heard) + 1))
    for i, word in enumerate(said, 1):
        above, row[0] = row[:], i
        for j, other in enumerate(heard, 1):
            row[j] = min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (word != other))
    return row[-1]


async def _sound(text: str, rate: int):
    voice = voice_for("en", PATIENT)
    await voice.warm()
    found = [sound async for _, sound in voice.speak(text, PLAIN)]
    return resample(np.concatenate(found), voice.rate, rate)


@pytest.mark.parametrize("rate", [16_000, 8_000], ids=["browser", "telephone"])
def test_twelve_sentences_are_heard_as_they_were_said(rate):
    said = SAID if rate == RATE else SAID[:4]

    async def hear():
        async with line_with(stt_for("en-US", PATIENT), rate=rate) as line:
            for count, text in enumerate(said, 1):
                await line.say(await _sound(text, rate))
                await line.wait_for(TranscriptionFrame, count=count)
            return [frame.text for frame in line.of(TranscriptionFrame)]

    heard = asyncio.run(hear())
    errors = sum(_errors(_words(a), _words(b)) for a, b in zip(said, heard, strict=True))
    assert errors <= MOST_ERRORS * sum(len(_words(text)) for text in said), heard


def test_words_come_while_the_person_still_speaks_and_the_last_ones_are_those_of_the_whole():
    """R250: the final transcript equals a decode of the whole utterance."""
    text = (
        "We have a lot of calls every day, and nobody in the team has the time to listen to them."
    )

    async def hear():
        sound = await _sound(text, RATE)
        async with line_with(stt_for("en", PATIENT)) as line:
            await line.say(sound, ends=False)
            early = await line.wait_for(InterimTranscriptionFrame)
            await line.say(np.zeros(RATE // 5, np.float32), ends=False)
            await line.send(VADUserStoppedSpeakingFrame(stop_secs=0.2))
            final = await line.wait_for(TranscriptionFrame)
            padded = np.pad(sound, RATE // 5)
            whole = await decoders_for("en").run(lambda d: d.decode(padded), limit_s=30)
            return early.text, final, whole

    early, final, whole = asyncio.run(hear())
    assert early
    assert final.finalized
    assert _words(final.text) == _words(whole)


def test_an_interruption_drops_nothing_of_what_the_person_says():
    """R272: the words that interrupt are those that must be heard."""

    async def hear():
        async with line_with(stt_for("en", PATIENT)) as line:
            await line.say(await _sound("Please do not call me again.", RATE), ends=False)
            await line.send(InterruptionFrame())
            await line.send(VADUserStoppedSpeakingFrame(stop_secs=0.2))
            return (await line.wait_for(TranscriptionFrame)).text

    assert "call me again" in asyncio.run(hear())
