"""Telephone keys heard in the sound: Goertzel bins on windows of 32 ms, every 10 ms.

Frequencies and twist after ITU-T Q.23 and Q.24. Carriers mostly send keys beside the sound
(RFC 4733); this hears those that come in it.
"""

from dataclasses import dataclass

import numpy as np

from agent_runtime.speech.spectrum import HOP_S, Power

ROWS = (697, 770, 852, 941)
COLUMNS = (1209, 1336, 1477, 1633)
KEYS = ("123A", "456B", "789C", "*0#D")
_RATE = 8000
"""Sound is thinned to this; the highest line of a key lies at 1633 Hz."""
_WINDOW_S = 0.032
_SHARE = 0.7
"""Of the window's energy that both lines of a key hold; speech spreads over more."""
_OVER_OTHERS = 6.0
_TWIST = 6.5
"""How many times the power of the weaker line the stronger one may have (8 dB)."""
_LOUD = 10**-4.5
_WINDOWS_FOR_KEY = 3
_WINDOWS_FOR_END = 2


@dataclass(frozen=True, slots=True)
class Key:
    """A key that was pressed."""

    digit: str
    start_s: float


class DtmfDetector:
    """Tells each key once, when it has been heard for about 50 ms."""

    def __init__(self, sample_rate: int) -> None:
        self._thinned = sample_rate // _RATE
        self._length = round(_RATE * _WINDOW_S)
        self._step = round(_RATE * 0.01)
        times = np.arange(self._length) / _RATE
        taper = np.hanning(self._length)
        lines = np.exp(-2j * np.pi * np.outer(ROWS + COLUMNS, times))
        self._lines = lines * taper / taper.sum() * 2
        self._taper = taper / np.sqrt(np.mean(taper**2))
        self._digit, self._heard, self._missed = "", 0, 0

    def feed(self, at_s: float, samples: Power) -> Key | None:
        """Returns a key that became sure; `samples` end at `at_s` and come every 20 ms."""
        found = None
        samples = samples.reshape(-1, self._thinned).mean(axis=1)
        for back in (self._step, 0):
            end = len(samples) - back
            digit = self._digit_in(samples[end - self._length : end])
            if self._goes_on(digit):
                found = Key(digit, at_s - back / self._step * HOP_S / 2 - 0.05)
        return found

    def _goes_on(self, digit: str) -> bool:
        if digit and digit == self._digit:
            self._heard, self._missed = self._heard + 1, 0
            return self._heard == _WINDOWS_FOR_KEY
        self._missed += 1
        if digit or self._missed > _WINDOWS_FOR_END:
            self._digit, self._heard, self._missed = digit, int(bool(digit)), 0
        return False

    def _digit_in(self, samples: Power) -> str:
        tapered = samples * self._taper
        energy = float(np.mean(tapered * tapered))
        if energy < _LOUD:
            return ""
        power = np.abs(self._lines @ samples) ** 2 / 2
        row, column = int(np.argmax(power[:4])), int(np.argmax(power[4:]))
        low, high = float(power[row]), float(power[4 + column])
        others = np.delete(power, [row, 4 + column])
        is_key = (
            low + high > _SHARE * energy
            and max(low, high) < _TWIST * min(low, high)
            and min(low, high) > _OVER_OTHERS * float(others.max())
        )
        return KEYS[row][column] if is_key else ""
