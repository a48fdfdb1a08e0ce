"""The sound of one utterance as it grows, and how much of it is voiced."""

from collections import deque

import numpy as np

from agent_runtime.speech.sound import Samples, from_pcm, levels

FRAME_S = 0.01
_ABOVE_FLOOR = 2.5
_BELOW_PEAK = 0.02
"""Speech is 8 dB above the room and less than 34 dB below its own loudest 10 ms."""
_LEAD_S = 0.15
"""Kept before the first voiced 10 ms, for consonants that are quieter than that."""


class Room:
    """How loud it is while nobody speaks, and the sound just before speech is noticed."""

    def __init__(self, rate: int, *, kept_s: float) -> None:
        self.rate = rate
        self._kept = int(kept_s * rate) * 2
        self._pcm = bytearray()
        self._levels: deque[float] = deque(maxlen=300)

    def add(self, pcm: bytes) -> None:
        """Takes in 16-bit PCM."""
        self._pcm += pcm
        del self._pcm[: -self._kept]
        self._levels.extend(float(level) for level in levels(from_pcm(pcm), self.rate))

    @property
    def floor(self) -> float:
        """Level of the room: a fifth of the last three seconds is quieter."""
        return float(np.percentile(self._levels, 20)) if self._levels else 0.0

    def begin(self) -> "Utterance":
        """Returns an utterance that begins with the sound just heard; the room forgets it."""
        utterance = Utterance(self.rate, floor=self.floor)
        utterance.add(bytes(self._pcm))
        self._pcm.clear()
        return utterance


class Utterance:
    """What one person says between two silences: 16-bit mono PCM and its levels."""

    def __init__(self, rate: int, *, floor: float = 0.0) -> None:
        self.rate = rate
        self._floor = floor
        self._pcm = bytearray()
        self._levels: list[float] = []
        self._frame = int(rate * FRAME_S)

    def add(self, pcm: bytes) -> None:
        """Takes in 16-bit PCM."""
        self._pcm += pcm
        begun = len(self._levels) * self._frame * 2
        fresh = from_pcm(self._pcm[begun : len(self._pcm) // 2 * 2])
        self._levels.extend(float(level) for level in levels(fresh, self.rate))

    @property
    def length_s(self) -> float:
        """How long it is so far."""
        return len(self._pcm) / 2 / self.rate

    @property
    def pcm(self) -> bytes:
        """All of it, as 16-bit PCM."""
        return bytes(self._pcm[: len(self._pcm) // 2 * 2])

    @property
    def voiced_s(self) -> float:
        """Where its last voiced 10 ms end; 0 while nothing is."""
        threshold = self._threshold()
        for index in range(len(self._levels) - 1, -1, -1):
            if self._levels[index] >= threshold:
                return (index + 1) * FRAME_S
        return 0.0

    def samples(self, until_s: float | None = None) -> Samples:
        """Returns the sound up to a time, without the silence that it begins with."""
        threshold = self._threshold()
        first = next((i for i, level in enumerate(self._levels) if level >= threshold), 0)
        start = max(0.0, first * FRAME_S - _LEAD_S)
        end = self.length_s if until_s is None else until_s
        pcm = self._pcm[int(start * self.rate) * 2 : int(end * self.rate) * 2]
        return from_pcm(pcm)

    def cut(self, *, within_s: float) -> "Utterance":
        """Cuts it at the quietest 50 ms of its last seconds and returns what lies behind."""
        recent = self._levels[-int(within_s / FRAME_S) :]
        quiet = np.convolve(recent, np.ones(5), "valid")
        at = len(self._levels) - len(recent) + int(quiet.argmin()) + 2
        behind = Utterance(self.rate, floor=self._floor)
        behind.add(bytes(self._pcm[at * self._frame * 2 :]))
        del self._pcm[at * self._frame * 2 :], self._levels[at:]
        return behind

    def _threshold(self) -> float:
        peak = max(self._levels, default=0.0)
        return max(self._floor * _ABOVE_FLOOR, peak * _BELOW_PEAK, 1e-4)
