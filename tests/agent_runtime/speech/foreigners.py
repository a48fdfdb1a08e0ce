"""English as people speak it whose language is another, and as it is spoken in other places."""

import re
import subprocess
from collections.abc import Sequence
from functools import cache, lru_cache
from io import BytesIO

import numpy as np
import soundfile
import soxr

from tests.agent_runtime.speech.voices import RATE, Voice, say

REGIONS = (
    "en-us",
    "en-gb",
    "en-gb-scotland",
    "en-gb-x-rp",
    "en-gb-x-gbcwmd",
    "en-029",
    "en-us-nyc",
)
_SOUNDS = {
    "es": {"ɪ": "i", "ᵻ": "i", "ʊ": "u", "z": "s", "v": "b", "θ": "s", "ð": "d", "ʃ": "ʧ",
           "ʤ": "j", "æ": "ɑ", "ʌ": "ɑ", "ə": "ɛ", "ɜ": "ɛ", "ŋ": "n"},
    "de": {"w": "v", "θ": "s", "ð": "z", "ʤ": "ʧ", "æ": "ɛ", "ʌ": "ɑ", "v": "f"},
    "fr": {"h": "", "θ": "s", "ð": "z", "ɪ": "i", "ʧ": "ʃ", "ʤ": "ʒ", "ʊ": "u"},
    "it": {"h": "", "θ": "t", "ð": "d", "ɪ": "i", "ʊ": "u", "ʌ": "ɑ", "æ": "ɛ", "ŋ": "n"},
    "in": {"w": "v", "θ": "t", "ð": "d", "ʒ": "ʤ", "æ": "ɛ"},
}  # fmt: skip
ACCENTS = tuple(_SOUNDS)
_CLUSTER = re.compile(r"(^| )(?=[ˈˌ]?s[tpk])")
_CLOSED = re.compile(r"(?<=[bdfɡklmnpstvzʃʧʤ])(?=[ ,.?!]|$)")


@cache
def _hibari():
    from hibari import Hibari

    return Hibari()


def accented(phonemes: str, accent: str) -> str:
    """Returns English phonemes as whoever has an accent says them."""
    said = "".join(_SOUNDS[accent].get(sound, sound) for sound in phonemes)
    if accent == "es":
        said = _CLUSTER.sub(r"\1ɛ", said)
    return _CLOSED.sub("ə", said) if accent == "it" else said


def with_accent(text: str, accent: str, rng: np.random.Generator) -> np.ndarray:
    """Returns an English sentence in a foreign accent at 8 kHz, peak 0.5."""
    model, pitch = _hibari(), float(rng.uniform(0.82, 1.1))
    speed = float(rng.uniform(0.8, 1.05)) / pitch
    parts = [
        np.asarray(model.from_phonemes(accented(phonemes, accent), speed=speed))
        for phonemes in model.phonemize(text)
    ]
    return _cut(np.concatenate(parts), round(model.sample_rate * pitch))


def of_a_region(text: str, rng: np.random.Generator, variants: Sequence[str]) -> np.ndarray:
    """Returns an English sentence as it is spoken somewhere, at 8 kHz, peak 0.5."""
    if rng.random() < 0.4:
        return say(Voice("hibari", float(rng.uniform(0.82, 1.1)), 1.0), text)
    return speak(f"{rng.choice(REGIONS)}+{rng.choice(variants)}", text, int(rng.uniform(130, 165)))


@lru_cache(maxsize=512)
def speak(voice: str, text: str, speed: int = 150) -> np.ndarray:
    """Returns what espeak-ng says at 8 kHz, peak 0.5."""
    command = ["espeak-ng", "-v", voice, "-s", str(speed), "--stdout", text]
    spoken = subprocess.run(command, capture_output=True, check=True).stdout
    return _cut(*soundfile.read(BytesIO(spoken), dtype="float64"))


def _cut(samples: np.ndarray, rate: int) -> np.ndarray:
    samples = soxr.resample(samples, rate, RATE)
    loud = np.flatnonzero(np.abs(samples) > 0.02 * np.abs(samples).max())
    cut = samples[loud[0] : loud[-1] + 1]
    return cut / np.abs(cut).max() * 0.5
