"""Samples: from and to 16-bit PCM, other rates, and the silence around speech."""

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]
"""Mono, from -1 to 1."""

_FRAME_S = 0.01
_SILENT = 0.01
"""Forty decibels below the loudest sample a voice's own silence ends."""
_MARGIN_S = 0.02


def from_pcm(pcm: bytes | bytearray) -> Samples:
    """Returns 16-bit little-endian mono PCM as samples."""
    return np.frombuffer(pcm, "<i2").astype(np.float32) / 32768.0


def to_pcm(samples: Samples) -> bytes:
    """Returns samples as 16-bit little-endian mono PCM; what is too loud is clipped."""
    return (np.clip(samples, -1.0, 1.0) * 32767.0).astype("<i2").tobytes()


def resample(samples: Samples, rate: int, to_rate: int) -> Samples:
    """Returns a whole sound at another rate, in Hz."""
    if rate == to_rate or not len(samples):
        return samples
    import soxr

    return soxr.resample(samples, rate, to_rate).astype(np.float32)


def trim(samples: Samples, rate: int, *, tail_s: float) -> Samples:
    """Returns speech without the silence before it, and with at most `tail_s` of that behind."""
    if not len(samples):
        return samples
    loud = np.flatnonzero(np.abs(samples) > _SILENT * float(np.abs(samples).max() or 1.0))
    if not len(loud):
        return samples[:0]
    start = max(0, int(loud[0]) - int(_MARGIN_S * rate))
    return samples[start : int(loud[-1]) + 1 + int(tail_s * rate)]


def levels(samples: Samples, rate: int) -> npt.NDArray[np.float32]:
    """Returns the root mean square of each whole stretch of 10 ms."""
    size = int(rate * _FRAME_S)
    whole = samples[: len(samples) // size * size].reshape(-1, size)
    return np.sqrt(np.mean(np.square(whole), axis=1), dtype=np.float32)
