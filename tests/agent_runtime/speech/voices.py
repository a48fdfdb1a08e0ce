"""Spoken sentences at 8 kHz: Hibari (English) and espeak-ng, with voices apart for the held-out."""

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from typing import Literal

import numpy as np
import soundfile
import soxr

RATE = 8000
Split = Literal["tuning", "held_out"]

_TAGS = {
    "en": ("en-us", "en-gb"),
    "es": ("es", "es-419"),
    "de": ("de", "de"),
    "fr": ("fr-fr", "fr-be"),
    "it": ("it", "it"),
    "pt": ("pt-br", "pt"),
}
_VARIANTS: dict[Split, Sequence[str]] = {
    "tuning": ("m1", "m3", "f2", "f4", "Alex", "linda", "Gene"),
    "held_out": ("m2", "m7", "f3", "f5", "Andy", "steph", "edward", "Annie"),
}
_HIBARI_PITCHES: dict[Split, Sequence[float]] = {
    "tuning": (1.0, 0.86, 1.12),
    "held_out": (0.95, 0.81, 1.06),
}


@dataclass(frozen=True, slots=True)
class Voice:
    """Who speaks: `engine` is hibari or an espeak voice with its variant."""

    engine: str
    pitch: float = 1.0
    speed: float = 1.0


def voice(rng: np.random.Generator, split: Split, language: str = "en", *, clear: bool = False):
    """Draws a voice; with `clear` it is Hibari, the one that small recognisers follow best."""
    if language == "en" and (clear or rng.random() < 0.5):
        pitch = float(rng.choice(_HIBARI_PITCHES[split]))
        return Voice("hibari", pitch, float(rng.uniform(0.9, 1.15)))
    tag = _TAGS[language][split == "held_out"]
    return Voice(f"{tag}+{rng.choice(_VARIANTS[split])}", 1.0, float(rng.uniform(0.85, 1.15)))


@lru_cache(maxsize=512)
def say(who: Voice, text: str) -> np.ndarray:
    """Returns the sentence at 8 kHz without the silence around it, peak 0.5."""
    samples, rate = _hibari(who, text) if who.engine == "hibari" else _espeak(who, text)
    samples = soxr.resample(samples, rate * who.pitch, RATE)
    loud = np.flatnonzero(np.abs(samples) > 0.02 * np.abs(samples).max())
    cut = samples[loud[0] : loud[-1] + 1]
    return cut / np.abs(cut).max() * 0.5


@lru_cache(maxsize=1)
def _hibari_model():
    from hibari import Hibari

    return Hibari()


def _hibari(who: Voice, text: str):
    model = _hibari_model()
    return model(text, speed=who.speed / who.pitch, seed=1), model.sample_rate


def _espeak(who: Voice, text: str):
    command = ["espeak-ng", "-v", who.engine, "-s", str(round(160 * who.speed)), "--stdout"]
    spoken = subprocess.run([*command, text], capture_output=True, check=True).stdout
    samples, rate = soundfile.read(BytesIO(spoken), dtype="float64")
    return samples, rate
