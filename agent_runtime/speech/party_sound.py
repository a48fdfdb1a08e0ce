"""What one party has said, kept to be read once more as a whole by another ear.

A recogniser that reads a menu or a greeting as one piece understands much that it does not in
utterances of two seconds.
"""

from dataclasses import dataclass

import numpy as np

from agent_runtime.speech.sound import Samples, resample
from agent_runtime.speech.utterance import Room, Utterance

READ_AT = 16_000
"""Samples a second of what is read."""
_KEPT_S = 0.55
"""Sound before the VAD has noticed speech that belongs to it."""
_BETWEEN_S = 0.2
_MOST_S = 27.0
"""Whisper reads no more than thirty seconds at once, some of them silence behind the last word."""
_OVER_S = 2.0
"""What is said after such a pause is said anew: a menu begins again."""


@dataclass(frozen=True, slots=True)
class Unread:
    """Sound that may be read once more."""

    sound: Samples
    """Mono, `READ_AT` samples a second."""
    part: int
    """Of what the party has said: longer ones of the same part take its place."""


class PartySound:
    """Takes in 16-bit mono sound with its voice activity.

    Args:
        rate: Samples a second.
    """

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self.part = 0
        self._room = Room(rate, kept_s=_KEPT_S)
        self._now: Utterance | None = None
        self._said: list[Samples] = []
        self._is_asked = True

    def add(self, pcm: bytes) -> None:
        """Takes in the next sound."""
        if self._now is None:
            self._room.add(pcm)
        else:
            self._now.add(pcm)

    def begin(self, *, after_s: float) -> None:
        """A voice has begun after so much silence."""
        if after_s >= _OVER_S:
            self.forget()
        if self._now is None:
            self._now = self._room.begin()

    def end(self) -> None:
        """The voice has ended."""
        if self._now is not None:
            said, self._now = self._now, None
            self._said.append(said.samples(said.voiced_s or None))
            self._is_asked = False

    def forget(self, *, but_last: bool = False) -> None:
        """What is said from now on, or was said last, is said by another, or anew."""
        self._said = self._said[-1:] if but_last else []
        self.part += 1
        self._is_asked = not self._said

    def unread(self, *, least_s: float) -> Unread | None:
        """Returns what was said since the last time, with all before it, if it is so long."""
        if self._is_asked or self._now is not None:
            return None
        between = np.zeros(round(_BETWEEN_S * self._rate), np.float32)
        whole = np.concatenate([part for said in self._said for part in (said, between)])
        whole = whole[-round(_MOST_S * self._rate) :]
        if len(whole) < (least_s + _BETWEEN_S) * self._rate:
            return None
        self._is_asked = True
        return Unread(resample(whole, self._rate, READ_AT), self.part)
