"""Tones as telephones make them, and music that only sounds like one. All at 8 kHz."""

from collections.abc import Sequence

import numpy as np

from tests.agent_runtime.speech.voices import RATE, Split

_DTMF = {
    digit: (row_hz, column_hz)
    for row_hz, row in zip((697, 770, 852, 941), ("123A", "456B", "789C", "*0#D"), strict=True)
    for column_hz, digit in zip((1209, 1336, 1477, 1633), row, strict=True)
}
SCALE_HZ = [261.63 * 2 ** (n / 12) for n in (0, 2, 4, 5, 7, 9, 11, 12, 14, 16, 17, 19)]


def silence(seconds: float) -> np.ndarray:
    return np.zeros(max(0, round(seconds * RATE)))


def tone(hertz: Sequence[float], seconds: float, *, level: float = 0.2, fade_s: float = 0.005):
    """Returns lines of the same level, together peaking at `level`."""
    times = np.arange(round(seconds * RATE)) / RATE
    made = sum((np.sin(2 * np.pi * f * times) for f in hertz), np.zeros(len(times)))
    ramp = np.minimum(1, np.minimum(times, times[::-1]) / fade_s) if fade_s else 1
    return level / len(hertz) * made * ramp


def cadence(hertz: Sequence[float], pattern: Sequence[float], *, level: float = 0.15):
    """Returns a tone that goes on and off for these seconds, beginning with on."""
    parts = [
        silence(seconds) if number % 2 else tone(hertz, seconds, level=level)
        for number, seconds in enumerate(pattern)
    ]
    return np.concatenate(parts)


def a_beep(rng: np.random.Generator) -> tuple[np.ndarray, float]:
    """Draws a voicemail's beep, a few of them clipped by a cheap machine. Returns it and its Hz."""
    hertz = float(rng.uniform(400, 2000))
    seconds = float(rng.uniform(0.2, 1.5))
    made = tone(
        [hertz], seconds, level=float(rng.uniform(0.08, 0.5)), fade_s=rng.uniform(0.001, 0.02)
    )
    if rng.random() < 0.15:
        made = np.clip(made * 1.5, -np.abs(made).max(), np.abs(made).max())
    return made, hertz


def dtmf(digit: str, seconds: float = 0.1, *, level: float = 0.3) -> np.ndarray:
    return tone(_DTMF[digit], seconds, level=level)


RING_BACKS = {
    "US": ((440, 480), (2.0, 4.0)),
    "UK": ((400, 450), (0.4, 0.2, 0.4, 2.0)),
    "DE": ((425,), (1.0, 4.0)),
    "ES": ((425,), (1.5, 3.0)),
    "FR": ((440,), (1.5, 3.5)),
}
BUSY = {
    "US": ((480, 620), (0.5, 0.5) * 4),
    "EU": ((425,), (0.5, 0.5) * 4),
    "FR": ((440,), (0.5, 0.5) * 4),
    "UK": ((400,), (0.375, 0.375) * 4),
}
CONGESTION = {"US": ((480, 620), (0.25, 0.25) * 6), "ES": ((425,), (0.2, 0.2) * 6)}


def sit(rng: np.random.Generator) -> np.ndarray:
    """Returns the three tones before "the number you have dialled ..."; each of two lengths."""
    lengths = rng.choice((0.276, 0.38), 2)
    first, second = rng.choice((913.8, 985.2)), rng.choice((1370.6, 1428.5))
    parts = zip((first, second, 1776.7), (*lengths, 0.38), strict=True)
    return np.concatenate([tone([f], s, level=0.25) for f, s in parts])


def melody(rng: np.random.Generator, split: Split, seconds: float = 8) -> np.ndarray:
    """Returns notes: plucked with overtones, organ chords, or (held out) bells and a flute."""
    kind = rng.choice(("plucked", "chords") if split == "tuning" else ("bells", "flute"))
    parts = []
    while sum(map(len, parts)) < seconds * RATE:
        hertz, length = float(rng.choice(SCALE_HZ)) * 2, float(rng.choice((0.2, 0.3, 0.45)))
        times = np.arange(round(length * RATE)) / RATE
        ramp = np.minimum(1, times / 0.01)
        if kind == "chords":
            note = tone([hertz, hertz * 1.25, hertz * 1.5], length, level=0.3)
        elif kind == "plucked":
            note = sum(np.sin(2 * np.pi * hertz * k * times) / k**1.2 for k in (1, 2, 3)) * 0.15
            note = note * np.exp(-4 * times) * ramp
        elif kind == "bells":
            note = sum(np.sin(2 * np.pi * hertz * k * times) / k for k in (1, 2.76, 5.4)) * 0.15
            note = note * np.exp(-5 * times) * ramp
        else:
            vibrato = hertz * times + 0.6 * np.sin(2 * np.pi * 5.5 * times)
            note = 0.25 * np.sin(2 * np.pi * vibrato) * ramp * np.minimum(1, times[::-1] / 0.02)
        parts.append(note)
    return np.concatenate(parts)
