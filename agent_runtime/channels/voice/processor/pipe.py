"""What the pipeline of a call is told: words and their tone, keys, voices, ears, transfers."""

from collections.abc import Mapping

from pipecat.audio.dtmf.types import KeypadEntry
from pipecat.frames.frames import (
    ManuallySwitchServiceFrame,
    OutputDTMFUrgentFrame,
    TTSSpeakFrame,
    TTSUpdateSettingsFrame,
)
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor

from agent_runtime.channels.voice.commands import Say
from agent_runtime.channels.voice.languages import CallLanguageFrame
from agent_runtime.channels.voice.playout import Playout
from agent_runtime.speech.speaking import SpeakingSettings
from agent_runtime.speech.tones import Tone


class CallPipe:
    """Sends frames of a call from its processor.

    Args:
        sender: The processor.
        playout: What is being said, counted by the taps.
        voices: What speaks, by language, and `spare` for when one fails; the first one begins.
        ears: What hears, by language.
    """

    def __init__(
        self,
        sender: FrameProcessor,
        playout: Playout,
        *,
        voices: Mapping[str, FrameProcessor],
        ears: Mapping[str, FrameProcessor],
    ) -> None:
        self._sender, self._playout = sender, playout
        self._voices, self._ears = voices, ears
        self._tone: Tone | None = None

    async def say(self, command: Say) -> None:
        """Gives sentences to the voice, each in its tone."""
        await self._sender.push_frame(self._playout.begin(command.pieces))
        for piece in command.pieces:
            await self._sound(command.utterance.tone_of(piece))
            await self._sender.push_frame(TTSSpeakFrame(piece, append_to_context=False))

    async def press(self, keys: str) -> None:
        """Presses keys, for a menu."""
        for key in keys:
            await self._sender.push_frame(OutputDTMFUrgentFrame(button=KeypadEntry(key)))

    async def spare_voice(self, language: str) -> None:
        """Goes on with the other voice."""
        self._tone = None
        if self._playout.pieces:
            # A voice that is only late would speak into the words of the other.
            self._playout.pieces = []
            await self._sender.broadcast_interruption()
        await self._switch(self._voices, "spare", FrameDirection.DOWNSTREAM)
        await self._sender.push_frame(CallLanguageFrame(language=language))

    async def speak(self, language: str) -> None:
        """Goes on in another language."""
        await self._switch(self._voices, language, FrameDirection.DOWNSTREAM)
        await self._switch(self._ears, language, FrameDirection.UPSTREAM)
        await self._sender.broadcast_frame(CallLanguageFrame, language=language)

    async def _switch(
        self, services: Mapping[str, FrameProcessor], name: str, direction: FrameDirection
    ) -> None:
        """Without a service of that name the one that works goes on."""
        if len(services) > 1 and name in services:
            frame = ManuallySwitchServiceFrame(service=services[name])
            await self._sender.push_frame(frame, direction)

    async def _sound(self, tone: Tone) -> None:
        """Has what follows said in a tone, where the voice has more than one."""
        if tone != self._tone:
            self._tone = tone
            settings = SpeakingSettings(tone=tone)
            await self._sender.push_frame(TTSUpdateSettingsFrame(delta=settings))
