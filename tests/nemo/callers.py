"""Callers of the real server: frames of real sound in real time or faster, and what came back."""

import asyncio
import time
from dataclasses import dataclass, field

import numpy as np
from websockets.asyncio.client import connect

from agent_runtime.settings import Settings
from agent_runtime.speech.services import offline_voice_for
from agent_runtime.speech.sound import resample, to_pcm
from agent_runtime.speech.tones import PLAIN
from speech.wire import messages as wire
from speech.wire.flow import Window
from speech.wire.sound import pack, unpack

RATE = 16_000
FRAME_S = 0.02


@dataclass
class Heard:
    """What one caller heard back."""

    text: str = ""
    audio_s: float = 0.0
    interims: list[str] = field(default_factory=list)
    final_s: float = 0.0
    """From the end of the utterance to its words."""


def spoken(text: str) -> np.ndarray:
    """Returns a sentence said by the voice that ships, at 16 kHz."""

    async def say() -> np.ndarray:
        voice = offline_voice_for("en", Settings(speech_speaking_limit_s=30))
        sounds = [sound async for _, sound in voice.speak(text, PLAIN)]
        return resample(np.concatenate(sounds), voice.rate, RATE)

    return asyncio.run(say())


async def says(url: str, sound: np.ndarray, *, pace: float = 1.0, stream: int = 1) -> Heard:
    """Sends a sound in frames of 20 ms, within the window, and returns what was understood.

    Args:
        url: Of the server.
        sound: At 16 kHz.
        pace: Times as fast as it was said.
        stream: Its number.
    """
    heard, size, window = Heard(), int(FRAME_S * RATE), Window(0)
    async with connect(f"{url.replace('http', 'ws')}{wire.PATH}") as socket:
        await socket.send(wire.Hello(versions=(wire.VERSION,)).as_text())
        await socket.send(wire.AsrOpen(stream=stream, language="en").as_text())
        reading = asyncio.create_task(_read(socket, heard, window))
        began = time.monotonic()
        for number, start in enumerate(range(0, len(sound), size)):
            await asyncio.sleep(max(0.0, began + number * FRAME_S / pace - time.monotonic()))
            pcm = to_pcm(sound[start : start + size])
            while pcm:
                allowed = await window.take_up_to(len(pcm))
                await socket.send(pack(stream, pcm[:allowed]))
                pcm = pcm[allowed:]
        ended = time.monotonic()
        await socket.send(wire.AsrEnd(stream=stream, utterance=1).as_text())
        await reading
        heard.final_s = time.monotonic() - ended
    return heard


async def _read(socket, heard: Heard, window: Window) -> None:
    while True:
        match wire.from_server(await socket.recv()):
            case wire.AsrOpened(window=allowed) | wire.Credit(bytes=allowed):
                window.add(allowed)
            case wire.AsrInterim(text=text):
                heard.interims.append(text)
            case wire.AsrFinal(text=text, audio_s=audio_s):
                heard.text, heard.audio_s = text, audio_s
                return
            case wire.Error() as error:
                raise AssertionError(error)


async def listens(
    url: str, pieces: tuple[str, ...], *, window: int = wire.LARGEST_WINDOW, **manner: object
) -> tuple[np.ndarray, list[int], float]:
    """Returns sound, marks, and seconds until the first sound of a text."""
    asked = wire.TtsSpeak(stream=1, pieces=pieces, language="en", window=window, **manner)
    pcm, marks, first_s = bytearray(), [], 0.0
    async with connect(f"{url.replace('http', 'ws')}{wire.PATH}") as socket:
        await socket.send(wire.Hello(versions=(wire.VERSION,)).as_text())
        began = time.monotonic()
        await socket.send(asked.as_text())
        while True:
            frame = await socket.recv()
            if isinstance(frame, bytes):
                first_s = first_s or time.monotonic() - began
                pcm += unpack(frame)[1]
                continue
            match wire.from_server(frame):
                case wire.TtsMark(piece=piece):
                    marks.append(piece)
                case wire.TtsDone():
                    return np.frombuffer(pcm, "<i2") / 32767, marks, first_s
                case wire.Error() as error:
                    raise AssertionError(error)
