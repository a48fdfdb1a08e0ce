"""Recordings of greetings with a beep, of speech without one, and of what only sounds like one."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml

from tests.agent_runtime.speech import sounds
from tests.agent_runtime.speech.sounds import silence
from tests.agent_runtime.speech.telephone_line import a_line, through
from tests.agent_runtime.speech.voices import RATE, Split, say, voice

_TEXTS: dict[Split, dict[str, list[str]]] = yaml.safe_load(
    Path(__file__).with_suffix(".yaml").read_text("utf-8")
)
LANGUAGES = ("en", "es", "de", "fr", "it", "pt")


@dataclass(frozen=True, slots=True)
class Recording:
    """16-bit audio at 8 kHz; `beep_s` is where the beep begins and ends, None without one."""

    audio: bytes
    beep_s: tuple[float, float] | None
    about: str


def with_beep(seed: int, split: Split) -> Recording:
    """Returns a greeting, then a beep: after a pause, at once, or into the greeting's tail."""
    rng = np.random.default_rng((seed, split == "held_out", 1))
    language = str(rng.choice(LANGUAGES))
    spoken = say(voice(rng, split, language), str(rng.choice(_TEXTS[split][language])))
    beep, hertz = sounds.a_beep(rng)
    gap_s = float(rng.choice((-0.1, 0.0, rng.uniform(0.05, 1.5))))
    start = len(spoken) + round(gap_s * RATE)
    clean = np.zeros(start + len(beep) + RATE)
    clean[: len(spoken)] += spoken
    clean[start : start + len(beep)] += beep
    line = a_line(rng, split)
    level = float(np.mean(beep**2))
    about = f"{hertz:.0f} Hz {len(beep) / RATE:.2f} s gap {gap_s:.2f} {line}"
    times = start / RATE, (start + len(beep)) / RATE
    return Recording(through(line, clean, rng, level), times, about)


def speech(seed: int, split: Split, seconds: float = 60) -> Recording:
    """Returns speech of several voices in one language, over a line, without a beep."""
    rng = np.random.default_rng((seed, split == "held_out", 2))
    language = LANGUAGES[seed % len(LANGUAGES)]
    parts: list[np.ndarray] = []
    while sum(map(len, parts)) < seconds * RATE:
        who = voice(rng, split, language)
        texts = [str(rng.choice(_TEXTS[split][one])) for one in (language, language)]
        parts += [
            part for text in texts for part in (say(who, text), silence(rng.uniform(0.1, 0.6)))
        ]
    clean = np.concatenate(parts)[: round(seconds * RATE)]
    line = a_line(rng, split)
    return Recording(through(line, clean, rng, 0.01), None, f"{language} {line}")


def false_friends(seed: int, split: Split) -> Iterator[tuple[str, Recording]]:
    """Yields tones that are no beep, each by the kind that it is."""
    rng = np.random.default_rng((seed, split == "held_out", 3))
    made = {"melody": sounds.melody(rng, split), "sit": sounds.sit(rng)}
    digits = rng.choice(list("0123456789*#"), 4)
    made["dtmf"] = np.concatenate([np.r_[sounds.dtmf(d), silence(0.1)] for d in digits])
    for kind, table in (("ring_back", sounds.RING_BACKS), ("busy", sounds.BUSY),
                        ("congestion", sounds.CONGESTION)):  # fmt: skip
        country = str(rng.choice(list(table)))
        hertz, pattern = table[country]
        made[f"{kind}"] = sounds.cadence(hertz, pattern * 2, level=float(rng.uniform(0.08, 0.3)))
    made["fax"] = sounds.cadence([1100], (0.5, 3.0, 0.5, 3.0))
    for kind, clean in made.items():
        line = a_line(rng, split, (12, 30))
        padded = np.concatenate((silence(0.5), clean, silence(1)))
        yield kind, Recording(through(line, padded, rng, float(np.mean(clean**2))), None, f"{line}")
