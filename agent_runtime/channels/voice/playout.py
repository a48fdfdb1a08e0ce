"""How much of what we say has been heard: counted before and after the transport plays it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from pipecat.frames.frames import (
    ControlFrame,
    Frame,
    TTSAudioRawFrame,
    TTSStartedFrame,
    TTSStoppedFrame,
)
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor

_WORD_S = 0.33
"""A spoken word, for a sentence whose sound is not whole yet."""


@dataclass(slots=True)
class _Piece:
    text: str
    made_s: float = 0.0
    played_s: float = 0.0
    is_made: bool = False
    is_played: bool = False

    @property
    def heard(self) -> str:
        """Its words that were played, whole ones only."""
        words = self.text.split()
        if self.is_played or not words:
            return self.text if self.is_played else ""
        length_s = self.made_s if self.is_made else max(self.made_s, len(words) * _WORD_S)
        share = self.played_s / length_s if length_s else 0.0
        return " ".join(words[: int(len(words) * min(share, 1.0))])


@dataclass
class UtteranceFrame(ControlFrame):
    """Goes before the sentences of an utterance, so that nothing of an earlier one counts."""

    number: int = 0


@dataclass(slots=True)
class Playout:
    """The sentences of one utterance on their way through voice and transport."""

    pieces: list[_Piece] = field(default_factory=list)
    contexts: dict[str, _Piece] = field(default_factory=dict)
    has_begun: bool = False
    number: int = 0
    is_at_voice: bool = False
    """Whether the voice has come to this utterance."""
    last_whole: _Piece | None = None
    """The last sentence whose sound is whole, where the voice failed behind it."""

    def begin(self, texts: tuple[str, ...]) -> UtteranceFrame:
        """Starts an utterance, with the frame that goes before it; earlier ones are forgotten."""
        self.pieces = [_Piece(text) for text in texts]
        self.contexts, self.has_begun, self.is_at_voice = {}, False, False
        self.last_whole = None
        self.number += 1
        return UtteranceFrame(number=self.number)

    @property
    def heard(self) -> str:
        """The words that were heard so far."""
        return " ".join(filter(None, (piece.heard for piece in self.pieces)))

    @property
    def is_over(self) -> bool:
        """Whether every sentence has been played to its end."""
        return bool(self.pieces) and all(piece.is_played for piece in self.pieces)

    def ends_before(self, text: str) -> bool:
        """Notes that the voice failed in a sentence; False where none before it is being heard."""
        words = text.split()
        pieces = self.pieces
        at = next((n for n, p in enumerate(pieces) if p.text.split() == words), 0)
        if at == 0 or pieces[at - 1].is_played:
            return False
        self.last_whole = pieces[at - 1]
        return True

    def started(self, context_id: str | None) -> None:
        """Notes that the voice has taken the next sentence."""
        waiting = len(self.contexts)
        if (
            self.is_at_voice
            and context_id
            and context_id not in self.contexts
            and waiting < len(self.pieces)
        ):
            self.contexts[context_id] = self.pieces[waiting]

    def of(self, context_id: str | None) -> _Piece | None:
        """Returns the sentence of a context of this utterance."""
        return self.contexts.get(context_id or "")


class MadeTap(FrameProcessor):
    """Between voice and transport: how much sound was made of each sentence."""

    def __init__(self, playout: Playout) -> None:
        super().__init__(name="made", enable_direct_mode=True)
        self._playout = playout

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Counts and passes on."""
        await super().process_frame(frame, direction)
        if isinstance(frame, UtteranceFrame):
            self._playout.is_at_voice = frame.number == self._playout.number
            return
        if isinstance(frame, TTSStartedFrame):
            self._playout.started(frame.context_id)
        elif isinstance(frame, TTSAudioRawFrame):
            if piece := self._playout.of(frame.context_id):
                piece.made_s += _seconds(frame)
        elif isinstance(frame, TTSStoppedFrame) and (piece := self._playout.of(frame.context_id)):
            piece.is_made = True
        await self.push_frame(frame, direction)


class HeardTap(FrameProcessor):
    """Behind the transport: what it has played, at the time at which it is heard.

    Args:
        playout: What is being said.
        tell: Told of the first sound, of the end of an utterance, and of where its voice failed.
    """

    def __init__(self, playout: Playout, tell: Callable[[str], Awaitable[None]]) -> None:
        super().__init__(name="heard", enable_direct_mode=True)
        self._playout = playout
        self._tell = tell

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Counts and passes on."""
        await super().process_frame(frame, direction)
        if isinstance(frame, TTSAudioRawFrame):
            await self._played(frame)
        elif isinstance(frame, TTSStoppedFrame) and (piece := self._playout.of(frame.context_id)):
            piece.is_played = True
            if piece is self._playout.last_whole:
                await self._tell("failed")
            elif self._playout.is_over:
                await self._tell("ended")
        await self.push_frame(frame, direction)

    async def _played(self, frame: TTSAudioRawFrame) -> None:
        piece = self._playout.of(frame.context_id) or self._first_unplayed()
        if piece is None:
            return
        piece.played_s += _seconds(frame)
        if not self._playout.has_begun:
            self._playout.has_begun = True
            await self._tell("begun")

    def _first_unplayed(self) -> _Piece | None:
        """The transport cuts sound into chunks of its own, which do not say whose they are."""
        pieces = self._playout.pieces if self._playout.contexts else []
        return next((piece for piece in pieces if not piece.is_played), None)


def _seconds(frame: TTSAudioRawFrame) -> float:
    return len(frame.audio) / (2 * frame.num_channels * frame.sample_rate)
