"""Short-time spectra of telephone audio, one for each 20 ms, at 8 or 16 kHz."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

HOP_S = 0.02
WINDOW_S = 0.064
BIN_HZ = 7.8125
"""Width of a bin at either rate: the windows are padded with as many zeros."""
LOWEST_HZ, HIGHEST_HZ = 250.0, 3500.0
QUIET_DB = -55.0
"""Below this level (dB of full scale) a window holds no tone."""

Power = np.ndarray[Any, np.dtype[np.float64]]


def bin_of(hertz: float) -> int:
    """Returns the index of the bin that holds a frequency."""
    return round(hertz / BIN_HZ)


def in_band(power: Power) -> float:
    """Returns the energy above the hum of mains and motors, which lies below `LOWEST_HZ`."""
    return float(power[bin_of(LOWEST_HZ) :].sum())


@dataclass(frozen=True, slots=True)
class Window:
    """One window of sound."""

    at_s: float
    """The end of the window, in seconds since the first sample."""
    samples: Power
    """The window's samples between -1 and 1, not yet tapered."""
    power: Power | None
    """Power by bin up to `HIGHEST_HZ`; None where the sound is quiet."""


class Spectra:
    """Cuts a stream into windows; it remembers one window, however long the stream is.

    Args:
        sample_rate: 8000 or 16000 Hz.

    Raises:
        ValueError: another sample rate.
    """

    def __init__(self, sample_rate: int) -> None:
        if sample_rate not in (8000, 16000):
            raise ValueError(f"sample_rate is {sample_rate}; tones are heard at 8000 or 16000 Hz")
        self._hop = round(sample_rate * HOP_S)
        self._length = round(sample_rate * WINDOW_S)
        self._taper = np.hanning(self._length)
        self._scale = 1 / self._taper.sum()
        self._held = np.zeros(self._length)
        self._waiting = np.zeros(0)
        self._hops = 0
        self._bins = bin_of(HIGHEST_HZ) + 1

    def feed(self, audio: bytes) -> Iterator[Window]:
        """Yields a window for each 20 ms of 16-bit mono audio that has come in."""
        fresh = np.frombuffer(audio, "<i2").astype(np.float64) / 32768
        self._waiting = np.concatenate((self._waiting, fresh))
        while len(self._waiting) >= self._hop:
            hop, self._waiting = self._waiting[: self._hop], self._waiting[self._hop :]
            self._held = np.concatenate((self._held[self._hop :], hop))
            self._hops += 1
            yield Window(self._hops * HOP_S, self._held, self._power())

    def _power(self) -> Power | None:
        level = np.mean(self._held * self._held)
        if level < 10 ** (QUIET_DB / 10):
            return None
        lines = np.fft.rfft(self._held * self._taper, 2 * self._length)[: self._bins] * self._scale
        return lines.real**2 + lines.imag**2
