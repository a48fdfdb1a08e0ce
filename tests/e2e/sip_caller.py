"""Somebody at a real telephone who listens, waits for their turn, and answers."""

import asyncio

import numpy as np
import soxr

from agent_runtime.speech.decoders import Moonshine
from agent_runtime.speech.tones import PLAIN
from agent_runtime.speech.voices import HibariEngine

QUIET_S = 1.0
"""So long does the agent not speak before it is our turn."""
_LOUD = 300
_RATE = 8000


class Caller:
    """Listens to what a telephone writes down, and speaks into it.

    Args:
        phone: The telephone.
        says: All that will be said: a machine that is busy makes no voice at once.
    """

    def __init__(self, phone, *says):
        self.phone = phone
        self._turns = []
        voice = HibariEngine("gb")
        self._says = {text: voice.synthesise(text, PLAIN) * 32767 for text in says}
        self._from = 0
        self._ears = Moonshine()

    async def react(self, answers, last):
        """Waits for our turn and answers what was heard last; says it again where none fits.

        Args:
            answers: Word of theirs to sentence of ours, in the order in which they are looked for.
            last: What we have said before.
        """
        await self.listen()
        end = soxr.resample(self._turns[-1].astype(np.float32) / 32768, _RATE, 16000)[-16000 * 7 :]
        words = (await asyncio.to_thread(self._ears.decode, end)).lower()
        said = next((ours for theirs, ours in answers.items() if theirs in words), last)
        await self.say(said)
        return said

    async def listen(self, within_s=90.0):
        """Waits until the agent has spoken and is quiet."""
        async with asyncio.timeout(within_s):
            while True:
                await asyncio.sleep(0.1)
                sound = self.phone.heard()[self._from :]
                ends = _last_loud(sound)
                if ends is not None and len(sound) - ends > QUIET_S * _RATE:
                    break
        self._from += len(sound)
        self._turns.append(sound)

    async def say(self, text):
        await self.phone.say(self._says[text], 24_000)

    def words(self):
        """What the agent said in each of its turns, as ears apart understand it."""
        return [_words(self._ears, sound) for sound in self._turns]


def _words(ears, sound):
    """Ears made for sentences are given one after the other: cut where it is quiet."""
    wide = soxr.resample(sound.astype(np.float32) / 32768, _RATE, 16000)
    parts, size = [], 16000 * 10
    while len(wide):
        parts.append(ears.decode(wide[:size]))
        wide = wide[size:]
    return " ".join(parts)


def _last_loud(sound):
    size = _RATE // 50
    frames = sound[: len(sound) // size * size].reshape(-1, size).astype(np.float64)
    loud = np.flatnonzero(np.sqrt((frames**2).mean(axis=1)) > _LOUD)
    return int(loud[-1] + 1) * size if len(loud) else None
