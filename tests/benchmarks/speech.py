"""Latencies of hearing and speaking, in real time through the services, on a line of 16 kHz.

`final_ms` runs from the VAD's decision that speech is over to the final transcript, `heard_ms` from
the last voiced sample; `first_audio_ms` runs from a sentence to its first sound. Sentences are said
by Hibari and heard by Moonshine.
"""

import asyncio
import time

import numpy as np
from pipecat.frames.frames import (
    TranscriptionFrame,
    TTSAudioRawFrame,
    TTSSpeakFrame,
    TTSStoppedFrame,
)

from agent_runtime.settings import Settings
from agent_runtime.speech.services import stt_for, tts_for
from agent_runtime.speech.sound import from_pcm
from tests.agent_runtime.speech.line import FRAME_S, VAD_S, line_with
from tests.agent_runtime.speech.said import SAID

RATE = 16_000
_PATIENT = Settings(speech_hearing_limit_s=30, speech_speaking_limit_s=30)


def measure():
    began, cpu = time.monotonic(), time.process_time()
    sounds, first_s = asyncio.run(_speak())
    final_s, right = asyncio.run(_hear(sounds))
    said_s = sum(len(sound) for sound in sounds) / RATE
    return {
        "sentences": len(SAID),
        "heard_exactly": right,
        **_quantiles("final_ms", final_s),
        **_quantiles("heard_ms", [s + VAD_S for s in final_s]),
        **_quantiles("first_audio_ms", first_s),
        "cpu_s_per_s_of_speech": round((time.process_time() - cpu) / said_s, 3),
        "took_s": round(time.monotonic() - began, 1),
    }


async def _speak():
    sounds, first_s = [], []
    async with line_with(tts_for("en", _PATIENT), rate=RATE) as line:
        await line.send(TTSSpeakFrame("Hello."))
        await line.wait_for(TTSStoppedFrame)
        for count, text in enumerate(SAID, 2):
            before = len(line.of(TTSAudioRawFrame))
            began = time.monotonic()
            await line.send(TTSSpeakFrame(text))
            await line.wait_for(TTSAudioRawFrame, count=before + 1)
            first_s.append(time.monotonic() - began)
            await line.wait_for(TTSStoppedFrame, count=count)
            frames = line.of(TTSAudioRawFrame)[before:]
            sounds.append(from_pcm(b"".join(frame.audio for frame in frames)))
    return sounds, first_s


async def _hear(sounds):
    final_s, right = [], 0
    async with line_with(stt_for("en", _PATIENT), rate=RATE) as line:
        await line.say(sounds[0])
        await line.wait_for(TranscriptionFrame)
        for count, (text, sound) in enumerate(zip(SAID, sounds, strict=True), 2):
            voiced = np.flatnonzero(np.abs(sound) > 0.01)
            await line.say(sound[: voiced[-1] + 1], pace=FRAME_S)
            ended = time.monotonic()
            frame = await line.wait_for(TranscriptionFrame, count=count)
            final_s.append(time.monotonic() - ended)
            right += frame.text.lower().strip(".?") == text.lower().strip(".?")
    return final_s, right


def _quantiles(name, seconds):
    values = np.asarray(seconds) * 1000
    return {
        f"{name}_p50": round(float(np.percentile(values, 50))),
        f"{name}_p95": round(float(np.percentile(values, 95))),
    }
