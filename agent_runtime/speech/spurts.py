"""Where somebody speaks in a whole recording: Silero, without a pipeline."""

import sys
from dataclasses import dataclass

import numpy as np

from agent_runtime.speech.decoders import RATE
from agent_runtime.speech.sound import Samples, to_pcm

_WINDOW = 512
"""Samples that Silero judges at a time, at 16 kHz."""
_BEGINS, _ENDS = 0.6, 0.35
"""Confidence above which a window is voice, and below which it no longer is."""
_SHORTEST_S = 0.2
_MARGIN_S = 0.15


@dataclass(frozen=True, slots=True)
class Spurt:
    """A stretch of speech, in seconds."""

    start_s: float
    end_s: float


def spurts_in(samples: Samples, *, pause_s: float = 0.7, longest_s: float = 18.0) -> list[Spurt]:
    """Returns the stretches of speech in 16 kHz samples, in order.

    Args:
        samples: One speaker, or one line.
        pause_s: Quiet that parts two of them.
        longest_s: A longer one is cut where it is, so that it can be decoded.
    """
    voiced = _voiced(samples)
    step_s = _WINDOW / RATE
    found: list[list[float]] = []
    for number in np.flatnonzero(voiced):
        at = float(number) * step_s
        is_same = found and at - found[-1][1] <= pause_s and at - found[-1][0] <= longest_s
        if is_same:
            found[-1][1] = at + step_s
        else:
            found.append([at, at + step_s])
    length_s = len(samples) / RATE
    return [
        Spurt(round(max(start - _MARGIN_S, 0.0), 3), round(min(end + _MARGIN_S, length_s), 3))
        for start, end in found
        if end - start >= _SHORTEST_S
    ]


def _voiced(samples: Samples) -> np.ndarray:
    """Whether each whole window is voice."""
    from loguru import logger

    # Pipecat greets whoever imports it, on stderr.
    logger.remove()
    logger.add(sys.stderr, level="ERROR")
    from pipecat.audio.vad.silero import SileroVADAnalyzer

    silero = SileroVADAnalyzer(sample_rate=RATE)
    silero.set_sample_rate(RATE)
    windows = len(samples) // _WINDOW
    found = np.zeros(windows, bool)
    is_voice = False
    for number in range(windows):
        window = samples[number * _WINDOW : (number + 1) * _WINDOW]
        # Digital silence is no voice, and costs nothing.
        sure = np.max(silero.voice_confidence(to_pcm(window))) if window.any() else 0.0
        is_voice = sure >= (_ENDS if is_voice else _BEGINS)
        found[number] = is_voice
    return found
