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

_ENGLISH: dict[Split, Sequence[str]] = {
    "tuning": ("en-us", "en-us-nyc", "en-gb-scotland"),
    "held_out": ("en-gb", "en-gb-x-rp", "en-029", "en-gb-x-gbclan", "en-gb-x-gbcwmd"),
}
_TAGS = {
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
    """Who speaks: `engine` is hibari, hibari-gb (British) or an espeak voice with its variant."""

    engine: str
    pitch: float = 1.0
    speed: float = 1.0

    @property
    def is_clear(self) -> bool:
        """Says whether small recognisers follow it well."""
        return self.engine.startswith("hibari")


def voice(rng: np.random.Generator, split: Split, language: str = "en", *, clear: bool = False):
    """Draws a voice; with `clear` it is Hibari, the one that small recognisers follow best."""
    if language == "en" and (clear or rng.random() < 0.5):
        pitch = float(rng.choice(_HIBARI_PITCHES[split]))
        engine = "hibari-gb" if rng.random() < 0.3 else "hibari"
        return Voice(engine, pitch, float(rng.uniform(0.9, 1.15)))
    is_held_out = split == "held_out"
    tag = str(rng.choice(_ENGLISH[split])) if language == "en" else _TAGS[language][is_held_out]
    return Voice(f"{tag}+{rng.choice(_VARIANTS[split])}", 1.0, float(rng.uniform(0.85, 1.15)))


@lru_cache(maxsize=512)
def say(who: Voice, text: str) -> np.ndarray:
    """Returns the sentence at 8 kHz without the silence around it, peak 0.5."""
    samples, rate = _hibari(who, text) if who.is_clear else _espeak(who, text)
    samples = soxr.resample(samples, rate * who.pitch, RATE)
    loud = np.flatnonzero(np.abs(samples) > 0.02 * np.abs(samples).max())
    cut = samples[loud[0] : loud[-1] + 1]
    return cut / np.abs(cut).max() * 0.5


@lru_cache(maxsize=2)
def _hibari_model(*, british: bool):
    from hibari import Hibari
    from hibari.g2p import G2P

    return Hibari(g2p=G2P(british=british))


def _hibari(who: Voice, text: str):
    model = _hibari_model(british=who.engine == "hibari-gb")
    return model(text, speed=who.speed / who.pitch, seed=1), model.sample_rate


def _espeak(who: Voice, text: str):
    command = ["espeak-ng", "-v", who.engine, "-s", str(round(160 * who.speed)), "--stdout"]
    spoken = subprocess.run([*command, text], capture_output=True, check=True).stdout
    samples, rate = soundfile.read(BytesIO(spoken), dtype="float64")
    return samples, rate
