"""Generated starts of calls with the truth: who answered, what was said, and how it sounds.

The tuning and the held-out starts share no sentence, name, voice or kind of noise. A script is
sentences with the pause after each; `{name}` and the like are filled in, one of `(a/b)` is chosen,
`<beep>` and other tones sound. Sentences of one utterance are parted by `|`, with the pause in
seconds; `*` marks the first words of a person who breaks into a recording.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml

from tests.agent_runtime.speech import sounds
from tests.agent_runtime.speech.sounds import silence
from tests.agent_runtime.speech.telephone_line import a_line, followed, through
from tests.agent_runtime.speech.voices import RATE, Split, say, voice

LETTERS_PER_S = 14.0
"""How fast people talk, for starts that are not made into sound."""


@dataclass(frozen=True, slots=True)
class Said:
    """One utterance or tone, with its seconds in the call."""

    text: str
    start_s: float
    end_s: float
    is_tone: bool = False


@dataclass(frozen=True, slots=True)
class Start:
    """The start of a call."""

    who: str
    language: str
    said: tuple[Said, ...]
    ends_s: float
    audio: bytes = b""
    """16-bit at 8 kHz; empty in text mode."""
    about: str = ""

    @property
    def first_words_end_s(self) -> float:
        """When the first words that belong to who answered are over."""
        words = [one for one in self.said if not one.is_tone]
        marked = [one for one in words if one.text.startswith("*")]
        return (marked or words)[0].end_s if words else 0.0


def a_start(seed: int, split: Split, language: str = "en", *, with_audio: bool = False) -> Start:
    """Draws a start: persons, voicemail, menus, screening and dead lines as `MIX` has it."""
    rng = np.random.default_rng((seed, split == "held_out", 4))
    who = str(rng.choice(list(MIX), p=list(MIX.values())))
    return _made(rng, split, language, who, with_audio=with_audio)


MIX = {"person": 0.4, "voicemail": 0.28, "ivr": 0.2, "screening": 0.06, "unavailable": 0.06}


def _made(rng: np.random.Generator, split: Split, language: str, who: str, *, with_audio: bool):
    authored = _scripts(split)
    script = str(rng.choice(authored[language][who]))
    script = re.sub(r"\(([^)]*)\)", lambda found: str(rng.choice(found[1].split("/"))), script)
    for place, fillings in authored["fill"].items():
        script = script.replace("{" + place + "}", str(rng.choice(fillings)))
    speaker = voice(rng, split, language, clear=rng.random() < 0.6)
    parts: list[np.ndarray] = [silence(0.3)]
    said: list[Said] = []
    at = 0.3
    if rng.random() < 0.35:
        ring = _ring(rng)
        parts += [ring, silence(0.4)]
        said.append(Said("<ring>", 0.3, 2.3, is_tone=True))
        at += len(ring) / RATE + 0.4
    for text, pause in _pieces(script):
        made = _sound(rng, speaker, text, with_audio=with_audio)
        length = len(made) / RATE
        said.append(Said(text, at, at + length, text.startswith("<")))
        parts += [made, silence(pause)]
        at += length + pause
    audio, about = b"", script
    if with_audio:
        clean = np.concatenate([*parts, silence(2.5)]) * rng.uniform(0.5, 1.0)
        line = followed(a_line(rng, split, (14, 35)), speaker)
        audio = through(line, clean, rng, 0.008)
        about = f"{script} {speaker} {line}"
    return Start(who, language, tuple(said), at, audio, about)


def _ring(rng: np.random.Generator) -> np.ndarray:
    hertz, pattern = sounds.RING_BACKS[str(rng.choice(list(sounds.RING_BACKS)))]
    return sounds.cadence(hertz, pattern, level=0.1)


def _pieces(script: str) -> Iterator[tuple[str, float]]:
    parts = [part.strip() for part in script.split("|")]
    for number in range(0, len(parts), 2):
        yield parts[number], float(parts[number + 1]) if number + 1 < len(parts) else 0.0


def _sound(rng: np.random.Generator, speaker, text: str, *, with_audio: bool) -> np.ndarray:
    if text == "<beep>":
        return sounds.a_beep(rng)[0]
    if text == "<sit>":
        return sounds.sit(rng)
    if text == "<busy>":
        return sounds.cadence(*sounds.BUSY[str(rng.choice(list(sounds.BUSY)))])
    if not with_audio:
        return np.zeros(round((0.25 + len(text) / LETTERS_PER_S) * RATE))
    return say(speaker, text.lstrip("*"))


def _scripts(split: Split):
    return yaml.safe_load((Path(__file__).with_name(f"starts_{split}.yaml")).read_text("utf-8"))
