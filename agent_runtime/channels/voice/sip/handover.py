"""Puts a caller through to a person of ours, who hears first who it is and why.

Both talk through us. Whoever is called takes the call with a key, so that no voicemail takes it.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from agent_runtime.channels.voice.ring_back import PAUSES_S, ring_tone
from agent_runtime.channels.voice.sip import wire
from agent_runtime.channels.voice.sip.line import SipLine
from agent_runtime.settings import Settings
from agent_runtime.speech.languages import NoAssets
from agent_runtime.speech.services import voice_for
from agent_runtime.speech.sound import resample, to_pcm
from agent_runtime.speech.tones import PLAIN

Speak = Callable[[str], AsyncIterator[bytes]]
"""Makes sound of a text, as it goes over the wire."""

WITHIN_S = 35.0
"""From the first ring to the key; less than a call waits for its transfer (`transfer_s`)."""
TAKES = "1"
_ASKS = f"Press {TAKES} to take the call."
_TIMES, _AGAIN_S = 2, 2.0


@dataclass(frozen=True, slots=True)
class Handover:
    """How one caller is put through.

    Args:
        line: The caller's.
        dial: Calls an address and returns its line.
        speak: The voice that tells why.
    """

    line: SipLine
    dial: Callable[[str], SipLine]
    speak: Speak

    async def to(self, uri: str, summary: str) -> bool:
        """Calls somebody of ours and joins both lines; False where nobody takes the call.

        Args:
            uri: Where they are reached.
            summary: What they hear first.
        """
        other = self.dial(uri)
        ringing = asyncio.create_task(self._ring_back())
        try:
            async with asyncio.timeout(WITHIN_S):
                return await self._is_taken(other, summary) and self.line.join(other)
        except TimeoutError:
            return False
        finally:
            ringing.cancel()
            if not other.is_joined:
                other.do("end")

    async def _is_taken(self, other: SipLine, summary: str) -> bool:
        while (note := await other.notes.get())["on"] != "answered":
            if note["on"] == "ended":
                return False
        telling = asyncio.create_task(self._tell(other, f"{summary} {_ASKS}"))
        try:
            while (note := await other.notes.get())["on"] != "ended":
                if note["on"] == "key" and note["key"] == TAKES:
                    return True
            return False
        finally:
            telling.cancel()
            other.do("clear")

    async def _tell(self, other: SipLine, text: str) -> None:
        for _ in range(_TIMES):
            async for pcm in self.speak(text):
                await other.say(pcm)
            await asyncio.sleep(_AGAIN_S)

    async def _ring_back(self) -> None:
        """The caller hears that it rings until somebody is there."""
        tone = ring_tone(wire.SAMPLE_RATE)
        try:
            while True:
                for start in range(0, len(tone), wire.TICK_BYTES):
                    await self.line.say(tone[start : start + wire.TICK_BYTES])
                await asyncio.sleep(PAUSES_S)
        finally:
            self.line.do("clear")


def english_voice(settings: Settings) -> Speak:
    """Returns the voice in which people of ours are told of a caller; silent where none is."""
    voice = voice_for("en", settings)

    async def speak(text: str) -> AsyncIterator[bytes]:
        if isinstance(voice, NoAssets):
            return
        async for _, sound in voice.speak(text, PLAIN):
            pcm = to_pcm(resample(sound, voice.rate, wire.SAMPLE_RATE))
            for start in range(0, len(pcm), wire.TICK_BYTES):
                yield pcm[start : start + wire.TICK_BYTES]

    return speak
