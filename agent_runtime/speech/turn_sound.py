"""What somebody has said without a longer pause, though the VAD cut it into utterances."""

import time
from dataclasses import dataclass, field

import numpy as np

from agent_runtime.speech.decoders import RATE
from agent_runtime.speech.hearing import Hearing
from agent_runtime.speech.listening import LONGEST_S
from agent_runtime.speech.sound import Samples, resample

_PAUSE_S = 0.8
"""From the end of one utterance, as the VAD tells it, to the beginning of the next."""
_BETWEEN_S = 0.2
"""Silence between two parts that are heard as one."""


@dataclass(frozen=True, slots=True)
class Said:
    """Sound at 16 kHz, and how much of it is voice."""

    sound: Samples = field(default_factory=lambda: np.zeros(0, np.float32))
    voiced_s: float = 0.0

    def with_more(self, sound: Samples, voiced_s: float) -> "Said":
        """Returns it with what was said after a pause, the last seconds of both."""
        if not len(self.sound):
            return Said(sound, voiced_s)
        pause = np.zeros(int(_BETWEEN_S * RATE), np.float32)
        whole = np.concatenate([self.sound, pause, sound])[-int(LONGEST_S * RATE) :]
        return Said(whole, self.voiced_s + voiced_s)


class TurnSound:
    """Joins utterances that follow each other closely: to who speaks the pause was none."""

    def __init__(self) -> None:
        self._so_far, self._ended_at = Said(), 0.0
        self._before: dict[int, Said] = {}

    def begin(self, hearing: Hearing) -> None:
        """Takes note of an utterance, once; one after a longer pause begins anew."""
        if id(hearing) not in self._before:
            is_new = time.monotonic() - self._ended_at > _PAUSE_S
            self._before[id(hearing)] = Said() if is_new else self._so_far

    def end(self, hearing: Hearing) -> None:
        """Takes note that an utterance is over."""
        self.begin(hearing)
        self._so_far, self._ended_at = self.whole(hearing), time.monotonic()

    def forget(self, hearing: Hearing) -> None:
        """Lets go of an utterance whose words are there."""
        self._before.pop(id(hearing), None)

    def before(self, hearing: Hearing) -> Said:
        """Returns what was said before an utterance."""
        return self._before[id(hearing)]

    def whole(self, hearing: Hearing) -> Said:
        """Returns that and the utterance so far."""
        said = hearing.utterance
        sound = resample(said.samples(said.voiced_s), said.rate, RATE)
        return self.before(hearing).with_more(sound, said.voiced_s)

    def telling(self, hearing: Hearing, *, most_s: float) -> Samples:
        """Returns the first seconds of an utterance, and what fits in of the last ones before."""
        before, whole = self.before(hearing).sound, self.whole(hearing).sound
        most = int(most_s * RATE)
        first = max(0, len(before) - max(0, most - (len(whole) - len(before))))
        return whole[first:][:most]
