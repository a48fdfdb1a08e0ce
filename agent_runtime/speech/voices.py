"""What speaks: Hibari for English, espeak-ng for the rest."""

import asyncio
import shutil
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING, Literal, Protocol

from agent_runtime.speech.engines import Engines
from agent_runtime.speech.failures import Died, TimedOut
from agent_runtime.speech.pieces import cut
from agent_runtime.speech.sound import Samples, from_pcm, trim
from agent_runtime.speech.tones import PLAIN, Tone

if TYPE_CHECKING:
    import numpy as np

Accent = Literal["us", "gb"]


class Voice(Protocol):
    """Speaks text as sound; closing the generator stops it."""

    name: str
    rate: int
    """Samples a second."""

    async def warm(self) -> None:
        """Loads what it needs, so that the first sentence does not wait."""
        ...

    def speak(self, text: str, tone: Tone) -> AsyncGenerator[tuple[str, Samples], None]:
        """Yields sound as soon as it is there, each with the text that is whole with it.

        Raises:
            SpeechFailure: it took too long, or broke.
        """
        ...


HIBARI_RATE = 24_000
_PAUSE_S = 0.18
_BREATH_S = 0.06
"""What is left of the silence behind a sentence, and behind a clause."""


class HibariEngine:
    """The model of `hibari-tts` 0.2.1, whose weights lie in the package, with a tone.

    Pace is a parameter of the model. Warmth moves, and emphasis widens, the melody that the model
    predicts before sound is made of it, so that the timbre stays.
    """

    def __init__(self, accent: Accent) -> None:
        from hibari import Hibari
        from hibari.g2p import G2P

        self._hibari = Hibari(g2p=G2P(british=True)) if accent == "gb" else Hibari()
        # What it loads only when it is first used is loaded now.
        self.synthesise("Hello.", PLAIN)

    def synthesise(self, text: str, tone: Tone) -> Samples:
        """Returns a text as samples at 24 kHz; the same text sounds the same each time."""
        import numpy as np
        from hibari import dsp

        noise = np.random.default_rng(0)
        sounds = []
        for phonemes in self._hibari.phonemize(text):
            ids = np.asarray([self._hibari.ids(phonemes)], np.int64)
            speed = np.asarray([tone.pace], np.float32)
            found = self._hibari.sess.run(None, {"ids": ids, "speed": speed})
            lh, th, ln, lr, phi, melody = (np.asarray(part)[0] for part in found)
            sounds.append(dsp.synth(lh, th, ln, lr, phi, _bend(melody, tone), noise))
        return np.concatenate(sounds) if sounds else np.zeros(0, np.float32)


_VOICED_HZ = 40.0
"""Below this Hibari's fundamental frequency means that a frame is unvoiced."""


def _bend(melody: "np.ndarray", tone: Tone) -> "np.ndarray":
    voiced = melody > _VOICED_HZ
    if tone == Tone(pace=tone.pace) or not voiced.any():
        return melody
    mean = melody[voiced].mean()
    bent = melody.copy()
    bent[voiced] = tone.pitch * (mean + tone.pitch_range * (melody[voiced] - mean))
    return bent.clip(min=_VOICED_HZ * 1.2) * voiced + melody * ~voiced


class HibariVoice:
    """Speaks English sentence by sentence; the silence that Hibari begins with is cut off."""

    name = "hibari"
    rate = HIBARI_RATE

    def __init__(self, engines: Engines[HibariEngine], *, limit_s: float) -> None:
        self._engines = engines
        self._limit_s = limit_s

    async def warm(self) -> None:
        """Loads the model where no call has done so."""
        await self._engines.warm()

    async def speak(self, text: str, tone: Tone) -> AsyncGenerator[tuple[str, Samples], None]:
        """Yields each sentence, and the first clause of a long first one."""
        for piece in cut(text):
            sound = await self._engines.run(
                lambda engine, said=piece: engine.synthesise(said, tone), limit_s=self._limit_s
            )
            tail_s = _PAUSE_S if piece[-1] in ".!?…" else _BREATH_S
            yield piece, trim(sound, HIBARI_RATE, tail_s=tail_s)


ESPEAK_VOICES = {
    **{"de": "de+f2", "en": "en-us+f2", "es": "es-419+f2", "fr": "fr-fr+f2"},
    **{"it": "it+f2", "pt": "pt-br+f2"},
}
"""Voice of espeak-ng by language; of those tried, f2 is what a recogniser understands best."""
_WORDS_A_MINUTE = 150
_PITCH = 50
"""Espeak's scale of pitch goes from 0 to 99; one semitone is about 4 steps around the middle."""
_STEPS_A_SEMITONE = 4
_RANGE = 50
_WAV_HEADER = 44
_CHUNK = 4410
ESPEAK_RATE = 22_050


def find_espeak() -> str:
    """Returns the path of espeak-ng; empty where it is not installed."""
    return shutil.which("espeak-ng") or ""


class EspeakVoice:
    """Speaks other languages through Debian's espeak-ng, one process a text.

    Pace and warmth become its speed and pitch; it has no option for emphasis, which is left out.
    """

    name = "espeak-ng"
    rate = ESPEAK_RATE

    def __init__(self, language: str, *, program: str, limit_s: float) -> None:
        self._voice = ESPEAK_VOICES[language]
        self._program = program
        self._limit_s = limit_s

    async def warm(self) -> None:
        """Does nothing: the program loads with each sentence."""

    async def speak(self, text: str, tone: Tone) -> AsyncGenerator[tuple[str, Samples], None]:
        """Yields each sentence in parts; the process is killed when the generator is closed."""
        for piece in cut(text):
            async with aclosing(self._sound(piece, tone)) as sound:
                async for samples in sound:
                    yield "", samples
            yield piece, from_pcm(b"")

    async def _sound(self, text: str, tone: Tone) -> AsyncGenerator[Samples, None]:
        pitch = round(_PITCH - _STEPS_A_SEMITONE * tone.warmth)
        speed = round(_WORDS_A_MINUTE * tone.pace)
        options = ("-v", self._voice, "-s", str(speed), "-p", str(pitch), "-b", "1")
        process = await asyncio.create_subprocess_exec(
            *(self._program, *options, "--stdout", "--stdin"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        assert process.stdin
        assert process.stdout
        try:
            process.stdin.write(text.encode())
            process.stdin.close()
            is_first = True
            await self._read(process.stdout, _WAV_HEADER)
            while pcm := await self._read(process.stdout, _CHUNK):
                samples = from_pcm(pcm[: len(pcm) // 2 * 2])
                if is_first:
                    samples = trim(samples, ESPEAK_RATE, tail_s=1.0)
                    is_first = not len(samples)
                yield samples
            code = await process.wait()
            if code or is_first:
                raise Died(f"espeak-ng ended with {code} in the middle of {text!r}")
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()

    async def _read(self, stream: asyncio.StreamReader, size: int) -> bytes:
        try:
            async with asyncio.timeout(self._limit_s):
                return await stream.readexactly(size)
        except asyncio.IncompleteReadError as ended:
            return ended.partial
        except TimeoutError:
            raise TimedOut(f"espeak-ng: no sound within {self._limit_s:g} s") from None
