"""What a telephone line does to sound: noise, codecs, lost packets. All at 8 kHz, -1 to 1."""

from dataclasses import dataclass, replace
from io import BytesIO
from typing import Literal

import numpy as np
import soundfile

from tests.agent_runtime.speech.voices import RATE, Split, Voice, say, voice

Codec = Literal["ULAW", "ALAW", "GSM610"]
_NOISES: dict[Split, tuple[str, ...]] = {
    "tuning": ("white", "pink", "hum", "babble"),
    "held_out": ("brown", "street", "fan", "cafe"),
}
_CHATTER: dict[Split, tuple[str, ...]] = {
    "tuning": (
        "We walked along the river until the rain began.",
        "Can you pass me the blue folder?",
    ),
    "held_out": (
        "The train to the coast leaves from platform nine.",
        "I think the soup needs salt.",
    ),
}


@dataclass(frozen=True, slots=True)
class Line:
    """A telephone line's faults."""

    codec: Codec
    noise: str
    snr_db: float
    loss: float
    """Share of packets of 20 ms that do not arrive."""
    repeats: bool
    """A lost packet is filled with the one before it, not with silence."""
    split: Split


def a_line(rng: np.random.Generator, split: Split, snr_db: tuple[float, float] = (5, 30)) -> Line:
    """Draws a line."""
    return Line(
        codec=("ULAW", "ALAW", "GSM610")[rng.choice(3, p=(0.5, 0.25, 0.25))],
        noise=str(rng.choice(_NOISES[split])),
        snr_db=float(rng.uniform(*snr_db)),
        loss=float(rng.choice((0, 0, 0.01, 0.03, 0.05))),
        repeats=bool(rng.random() < 0.5),
        split=split,
    )


def followed(line: Line, speaker: Voice) -> Line:
    """Returns the line, made better for voices that Moonshine tiny does not follow on a bad one."""
    if speaker.is_clear:
        return line
    codec = "ULAW" if line.codec == "GSM610" else line.codec
    return replace(line, codec=codec, loss=min(line.loss, 0.02), snr_db=max(line.snr_db, 22.0))


def through(line: Line, clean: np.ndarray, rng: np.random.Generator, level: float) -> bytes:
    """Returns 16-bit audio as it arrives; noise is `snr_db` below the power `level`."""
    hiss = noise(line.noise, len(clean), rng, line.split)
    noisy = clean + hiss * np.sqrt(level / 10 ** (line.snr_db / 10))
    noisy = np.clip(noisy, -0.98, 0.98)
    coded = BytesIO()
    soundfile.write(coded, noisy, RATE, subtype=line.codec, format="WAV")
    coded.seek(0)
    heard, _ = soundfile.read(coded, dtype="int16")
    packets = [heard[at : at + 160].copy() for at in range(0, len(heard), 160)]
    for number in np.flatnonzero(rng.random(len(packets)) < line.loss):
        good = packets[number - 1] if line.repeats and number else np.zeros_like(packets[number])
        packets[number] = good[: len(packets[number])]
    return np.concatenate(packets).astype("<i2").tobytes()


def noise(kind: str, length: int, rng: np.random.Generator, split: Split) -> np.ndarray:
    """Returns noise of power 1."""
    if kind in ("babble", "cafe"):
        made = _babble(length, rng, split)
    else:
        made = _coloured(length, rng, {"pink": 1, "brown": 2, "street": 1.5, "fan": 1}.get(kind, 0))
        times = np.arange(length) / RATE
        if kind == "street":
            made *= 1 + 0.7 * np.sin(2 * np.pi * rng.uniform(0.1, 0.4) * times)
        if kind in ("hum", "fan"):
            base = 50 if kind == "hum" else 60
            made = 0.5 * made + sum(np.sin(2 * np.pi * base * k * times) / k for k in (1, 2, 3, 5))
    return made / np.sqrt(np.mean(made**2))


def _coloured(length: int, rng: np.random.Generator, slope: float) -> np.ndarray:
    lines = np.fft.rfft(rng.standard_normal(length))
    hertz = np.maximum(np.fft.rfftfreq(length, 1 / RATE), 60)
    made = np.fft.irfft(lines * hertz ** (-slope / 2), length)
    return made / np.sqrt(np.mean(made**2))


def _babble(length: int, rng: np.random.Generator, split: Split) -> np.ndarray:
    made = 0.05 * _coloured(length, rng, 1)
    for _ in range(5):
        spoken = say(voice(rng, split), str(rng.choice(_CHATTER[split])))
        made += np.roll(np.resize(spoken, length), int(rng.integers(length)))
    return made
