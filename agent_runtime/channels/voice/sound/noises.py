"""Sounds that are no words: noise of a room, coughs, tones of the network. From -1 to 1, 16 kHz."""

from collections.abc import Sequence

import numpy as np

from agent_runtime.channels.voice.sound.sounded import RATE
from agent_runtime.speech.sound import Samples

_SLOPES = {"white": 0.0, "pink": 1.0, "brown": 2.0, "street": 1.5, "hum": 1.0}
"""Power falls with the frequency to this power."""
_TONES: dict[str, tuple[tuple[float, ...], tuple[float, ...]]] = {
    "ring_back": ((440, 480), (2.0, 4.0)),
    "busy": ((480, 620), (0.5, 0.5)),
    "congestion": ((480, 620), (0.25, 0.25)),
    "fax": ((1100,), (0.5, 3.0)),
}
"""Lines in Hz and seconds on and off, as in North America (ITU-T E.180); fax after ITU-T T.30."""
_SIT = ((985.2, 0.276), (1428.5, 0.276), (1776.7, 0.38))
_NOSE = ((250.0, 1.0), (1000.0, 0.5), (2200.0, 0.25))
"""Formants of a closed mouth, in Hz, with their levels."""
_SCALE_HZ = (523.25, 587.33, 659.26, 698.46, 783.99, 880.0)


def noise(kind: str, seconds: float, rng: np.random.Generator) -> Samples:
    """Returns noise of power 1; `babble` is several voices that nobody understands."""
    length = round(seconds * RATE)
    if kind == "babble":
        return _unit(_murmur(length, rng))
    made = _coloured(length, _SLOPES[kind], rng)
    times = np.arange(length) / RATE
    if kind == "street":
        made = made * (1 + 0.7 * np.sin(2 * np.pi * 0.2 * times))
    if kind == "hum":
        made = 0.5 * made + sum(np.sin(2 * np.pi * 60 * k * times) / k for k in (1, 2, 3, 5))
    return _unit(made)


def cough(rng: np.random.Generator) -> Samples:
    """Returns one cough of 0.4 s: two bursts, the first one hard."""
    times = np.arange(round(0.4 * RATE)) / RATE
    shape = np.exp(-18 * times) + 0.5 * np.exp(-25 * np.abs(times - 0.22)) * (times > 0.2)
    rasp = 1 + 0.6 * np.sign(np.sin(2 * np.pi * 95 * times))
    made = _coloured(len(times), 0.8, rng) * shape * rasp
    return (0.6 * made / np.abs(made).max()).astype(np.float32)


def mumble(seconds: float, rng: np.random.Generator) -> Samples:
    """Returns a voice with its mouth closed: a melody in syllables, and no word in it."""
    times = np.arange(round(seconds * RATE)) / RATE
    pitch = 150 * (1 + 0.2 * np.sin(2 * np.pi * 1.3 * times + rng.uniform(0, 6)))
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    made = np.zeros(len(times))
    for k in range(1, 20):
        hertz = k * pitch
        nose = sum(g / (1 + ((hertz - f) / 90) ** 2) for f, g in _NOSE)
        made += nose * np.sin(k * phase) / k
    syllables = np.clip(np.sin(2 * np.pi * 2.2 * times), 0, 1) ** 0.5 + 0.05
    made *= syllables
    return (0.4 * made / np.abs(made).max()).astype(np.float32)


def beep(hertz: float = 1000.0, seconds: float = 0.5) -> Samples:
    """Returns the tone after which a voicemail records."""
    return _lines((hertz,), seconds, level=0.3)


def network_tone(kind: str, seconds: float, rng: np.random.Generator) -> Samples:
    """Returns a tone of the network with its cadence, or music, for so long."""
    if kind == "sit":
        made = np.concatenate([_lines((hertz,), length) for hertz, length in _SIT])
    elif kind == "hold_music":
        notes = rng.choice(_SCALE_HZ, round(seconds / 0.3) + 1)
        made = np.concatenate([_lines((n, 1.5 * n), 0.3, level=0.15) for n in notes])
    else:
        hertz, (on, off) = _TONES[kind]
        once = np.concatenate([_lines(hertz, on), np.zeros(round(off * RATE))])
        made = np.resize(once, round(seconds * RATE))
    rest = round(seconds * RATE) - len(made)
    return np.concatenate([made, np.zeros(max(rest, 0))])[: round(seconds * RATE)].astype("f4")


def _lines(hertz: Sequence[float], seconds: float, *, level: float = 0.2) -> Samples:
    times = np.arange(round(seconds * RATE)) / RATE
    made = sum((np.sin(2 * np.pi * f * times) for f in hertz), np.zeros(len(times)))
    edge = np.minimum(1, np.minimum(times, times[::-1]) / 0.005)
    return (level / len(hertz) * made * edge).astype(np.float32)


def _murmur(length: int, rng: np.random.Generator) -> Samples:
    parts = [np.roll(mumble(length / RATE, rng), int(rng.integers(length))) for _ in range(5)]
    return np.sum(parts, axis=0) + 0.2 * _coloured(length, 1.0, rng)


def _coloured(length: int, slope: float, rng: np.random.Generator) -> Samples:
    lines = np.fft.rfft(rng.standard_normal(length))
    hertz = np.maximum(np.fft.rfftfreq(length, 1 / RATE), 60)
    return _unit(np.fft.irfft(lines * hertz ** (-slope / 2), length))


def _unit(made: np.ndarray) -> Samples:
    return (made / np.sqrt(np.mean(made**2))).astype(np.float32)
