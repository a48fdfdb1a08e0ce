"""A person on the telephone: speaks as soon as the other side is silent."""

from functools import cache

import numpy as np
from phone_line import FRAME, FRAME_S

RATE = 8000
LOUD = 250
"""Root mean square of 16-bit samples from which a frame is speech."""
TURN_S = 5.0
"""So long is silence before it is taken for their turn: a busy machine pauses between sentences."""
PATIENCE_S = 40.0
"""Nothing was said to them for so long: they say it again."""
PAUSE = 75
"""Frames without sound after which what comes is another sentence."""
LEAVES_S = 90.0


@cache
def _voice():
    from agent_runtime.speech.voices import HibariEngine

    return HibariEngine("us")


@cache
def spoken(text):
    """Returns a sentence as 16-bit samples at 8 kHz, with a little quiet around it."""
    from agent_runtime.speech.sound import resample, trim
    from agent_runtime.speech.tones import PLAIN
    from agent_runtime.speech.voices import HIBARI_RATE

    made = trim(_voice().synthesise(text, PLAIN), HIBARI_RATE, tail_s=0.1)
    made = resample(made, HIBARI_RATE, RATE)
    made = made / max(1e-6, float(np.abs(made).max())) * 0.5
    return (made * 32767).astype(np.int16)


class Person:
    """Says its sentences in turn, keeps all that it hears, and waits to be said goodbye to.

    Args:
        sentences: What it says.
        keys: Keys that it presses as soon as the line stands.
        begins: Whether it says the first sentence without having heard anything.
    """

    def __init__(self, *sentences, keys=(), begins=True):
        self.left, self.keys = list(sentences), list(keys)
        self.heard, self.said = [], []
        self._noise = np.random.default_rng(1)
        self._saying = np.zeros(0, np.int16)
        self._quiet_s = self._waits_s = 0.0
        self._gap = 0
        self._is_spoken_to = begins
        for text in sentences:
            spoken(text)

    @property
    def is_done(self):
        return self._waits_s > LEAVES_S

    @property
    def recording(self):
        """What they heard, as 16-bit samples at 8 kHz."""
        return np.concatenate(self.heard) if self.heard else np.zeros(0, np.int16)

    def next_frame(self, heard, *, is_sound):
        """Takes 20 ms of what they hear, and returns what they say meanwhile.

        What a busy machine sends late leaves gaps in words; of those the recording keeps none.
        """
        self._keep(heard, is_sound=is_sound)
        is_loud = float(np.sqrt(np.mean(heard.astype(np.float64) ** 2))) > LOUD
        self._is_spoken_to |= is_loud
        self._quiet_s = 0.0 if is_loud else self._quiet_s + FRAME_S
        self._waits_s = 0.0 if is_loud or len(self._saying) else self._waits_s + FRAME_S
        if not len(self._saying) and self._is_their_turn():
            self.said.append(self.left.pop(0))
            self._saying, self._is_spoken_to, self._quiet_s = spoken(self.said[-1]), False, 0.0
        elif not len(self._saying) and self.said and self._waits_s > PATIENCE_S and self.left:
            self._saying, self._waits_s = spoken(self.said[-1]), 0.0
        frame, self._saying = self._saying[:FRAME], self._saying[FRAME:]
        room = self._noise.normal(0, 12, FRAME).astype(np.int16)
        return room + np.pad(frame, (0, FRAME - len(frame)))

    def _keep(self, heard, *, is_sound):
        self._gap = 0 if is_sound else self._gap + 1
        if is_sound:
            self.heard.append(heard)
        elif self._gap == PAUSE and self.heard:
            self.heard.extend([np.zeros(FRAME, np.int16)] * PAUSE)

    def _is_their_turn(self):
        is_first = not self.said and self._quiet_s > 0.8
        return bool(self.left) and self._is_spoken_to and (self._quiet_s > TURN_S or is_first)


class CutOff(Person):
    """A person whose line breaks off without a word, within what is said or worked.

    Args:
        within: `ours`: 1.5 s of our first sentences; `theirs`: the middle of their second one;
            `turn`: 2 s after their second sentence.
    """

    breaks = True

    def __init__(self, *sentences, within):
        super().__init__(*sentences)
        self._within, self._loud_s, self._after_s = within, 0.0, 0.0

    def next_frame(self, heard, *, is_sound):
        frame = super().next_frame(heard, is_sound=is_sound)
        self._loud_s += FRAME_S if self._quiet_s == 0 else 0.0
        has_said = len(self.said) == 2 and not len(self._saying)
        self._after_s += FRAME_S if has_said else 0.0
        return frame

    @property
    def is_done(self):
        is_there = {
            "ours": self._loud_s > 1.5,
            "theirs": len(self.said) == 2 and len(self._saying) < len(spoken(self.said[1])) / 2,
            "turn": self._after_s > 2.0,
        }
        return is_there[self._within] or super().is_done
