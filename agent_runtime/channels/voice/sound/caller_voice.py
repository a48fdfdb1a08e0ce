"""What the caller says, as sound: Hibari for English, espeak-ng for accents and other languages."""

import subprocess
import threading
from functools import cache
from io import BytesIO

import numpy as np

from agent_runtime.channels.voice.sound.sounded import RATE
from agent_runtime.channels.voice.sound.wire_faults import VOICE_LEVEL
from agent_runtime.errors import ParleyError
from agent_runtime.library.call_scenario import Sound
from agent_runtime.speech.sound import Samples, levels, resample, trim
from agent_runtime.speech.tones import PACE, Tone
from agent_runtime.speech.voices import (
    ESPEAK_VOICES,
    HIBARI_RATE,
    Accent,
    HibariEngine,
    find_espeak,
)

_WORDS_A_MINUTE = 155
_ONE_AT_A_TIME = threading.Lock()


def speak(text: str, sound: Sound, *, language: str = "en", voice: str = "") -> Samples:
    """Returns a sentence at 16 kHz without the silence around it.

    Args:
        text: What is said.
        sound: Voice, pitch and speed.
        language: Hibari speaks English only; other languages fall to espeak-ng.
        voice: Another voice than that of the call.

    Raises:
        ParleyError: espeak-ng is missing, or does not know the voice.
    """
    name = voice or sound.voice
    if name in ("us", "gb") and language == "en":
        made = _by_hibari("gb" if name == "gb" else "us", text, sound)
    else:
        known = name not in ("us", "gb") and (language == "en" or name.startswith(language))
        made = _by_espeak(name if known else ESPEAK_VOICES[language], text, sound)
    voiced = levels(made, RATE)
    level = float(np.sqrt(np.mean(np.square(voiced[voiced > voiced.max() / 20]))))
    return (made * np.float32(VOICE_LEVEL / level)).clip(-0.98, 0.98)


def _by_hibari(accent: Accent, text: str, sound: Sound) -> Samples:
    pace = min(max(sound.speed / sound.pitch, PACE[0]), PACE[1])
    with _ONE_AT_A_TIME:
        samples = _hibari(accent).synthesise(text, Tone(pace=pace))
    # Played faster is higher: the sentence was made slower by as much before.
    return trim(resample(samples, round(HIBARI_RATE * sound.pitch), RATE), RATE, tail_s=0.0)


@cache
def _hibari(accent: Accent) -> HibariEngine:
    return HibariEngine(accent)


def _by_espeak(voice: str, text: str, sound: Sound) -> Samples:
    import soundfile

    if not (program := find_espeak()):
        raise ParleyError(f"the voice {voice!r} needs espeak-ng; install package espeak-ng.")
    speed = str(round(_WORDS_A_MINUTE * sound.speed))
    command = [program, "-v", voice, "-s", speed, "--stdout", "--stdin"]
    done = subprocess.run(command, input=text.encode(), capture_output=True, check=False)
    if done.returncode or len(done.stdout) < 100:
        raise ParleyError(f"sound.voice {voice!r} is none that espeak-ng speaks; see its --voices.")
    read, rate = soundfile.read(BytesIO(done.stdout), dtype="float32")
    samples = np.asarray(read, np.float32)
    return trim(resample(samples, rate, RATE), RATE, tail_s=0.0)
