"""Models that speak, as the server wants them."""

# NeMo and torch are in the server's environment only.
# pyright: reportMissingImports=false

from collections.abc import Iterator
from typing import Any

import torch

from speech.engines import Manner, Samples
from speech.nemo.kinds import Found, NotAModel
from speech.settings import Settings, tags

CHUNK_S = 0.4
"""Sound that the vocoder makes at once: the first is heard early, and a cancel is obeyed soon."""
OVERLAP = 32
"""Frames of a spectrum on either side that are seen with a part, and whose sound is dropped."""


class FastPitch:
    """FastPitch makes a spectrum of a piece, and a vocoder makes sound of it, part by part.

    Pace is a parameter of the model. Warmth moves, and emphasis widens, the melody that it
    predicts, as far as its file says what one hertz is to it.
    """

    def __init__(self, found: Found, vocoder: Found, settings: Settings, *, device: str) -> None:
        from nemo.collections.tts.models.base import SpectrogramGenerator, Vocoder

        hop, theirs = _hop(found), _hop(vocoder)
        if (hop, found.rate) != (theirs, vocoder.rate):
            raise NotAModel(
                f"{found.path} makes {hop} samples a frame at {found.rate} Hz and {vocoder.path}"
                f" takes {theirs} at {vocoder.rate}: use the vocoder that was trained with it."
            )
        self._model: Any = SpectrogramGenerator.restore_from(str(found.path), map_location=device)
        self._vocoder: Any = Vocoder.restore_from(str(vocoder.path), map_location=device)
        self._model.eval()
        self._vocoder.eval()
        self.model, self.kind, self.rate = found.path.stem, found.kind, found.rate
        self.languages = tags(settings.tts_languages)
        self._mean, self._deviation = (
            float(found.config.get(name) or 0) for name in ("pitch_mean", "pitch_std")
        )
        self.tones: tuple[str, ...] = (
            ("pace", "warmth", "emphasis") if self._deviation else ("pace",)
        )
        self._hop = hop
        self._frames = max(1, int(CHUNK_S * self.rate / hop))
        for _ in self.synthesise("hello", Manner("en")):
            pass  # What is set up with the first use is set up now.

    def synthesise(self, text: str, manner: Manner) -> Iterator[Samples]:
        """Yields the sound of a piece in parts."""
        tokens = self._model.parse(text)
        if not tokens.numel():
            return
        with torch.inference_mode():
            spectrum = self._spectrum(tokens, manner)
        total = spectrum.shape[2]
        for start in range(0, total, self._frames):
            yield self._sound(spectrum, start, min(start + self._frames, total))

    def _spectrum(self, tokens: torch.Tensor, manner: Manner) -> torch.Tensor:
        given: dict[str, Any] = {"text": tokens, "pace": manner.pace, "speaker": None}
        speakers = int(self._model.cfg.get("n_speakers") or 1)
        if speakers > 1:
            number = int(manner.voice) if manner.voice.isdecimal() else 0
            given["speaker"] = torch.tensor([min(number, speakers - 1)], device=tokens.device)
        unmoved = torch.zeros(tokens.shape, device=tokens.device)
        spectrum, *_, melody, _ = self._model.fastpitch.infer(**given, pitch=unmoved)
        if not self._deviation or (manner.warmth == 0 and manner.emphasis == 0):
            return spectrum
        moved, *_ = self._model.fastpitch.infer(**given, pitch=self._bend(melody, manner))
        return moved

    def _bend(self, melody: torch.Tensor, manner: Manner) -> torch.Tensor:
        """Returns what is added to the melody: a semitone at most, and half its range."""
        lower = self._mean * (2 ** (-manner.warmth / 12) - 1) / self._deviation
        return lower + 0.5 * manner.emphasis * (melody - melody.mean())

    def _sound(self, spectrum: torch.Tensor, start: int, end: int) -> Samples:
        before = min(OVERLAP, start)
        with torch.inference_mode():
            seen = spectrum[:, :, start - before : end + OVERLAP]
            sound = self._vocoder.convert_spectrogram_to_audio(spec=seen)[0]
        first = before * self._hop
        return sound[first : first + (end - start) * self._hop].float().cpu().numpy()


class Magpie:
    """Magpie makes sound of a piece by itself, in several languages and with several voices."""

    tones: tuple[str, ...] = ()

    def __init__(self, found: Found, settings: Settings, *, device: str) -> None:
        from nemo.collections.tts.models import MagpieTTSModel
        from omegaconf import OmegaConf

        config = None
        if settings.codec:
            config = OmegaConf.create(found.config | {"codecmodel_path": settings.codec})
        self._model: Any = MagpieTTSModel.restore_from(
            str(found.path), map_location=device, override_config_path=config
        )
        self._model.eval()
        if not self._model.has_baked_context_embedding:
            raise NotAModel(f"{found.path} has no voice of its own; use one with baked speakers.")
        self.model, self.kind = found.path.stem, found.kind
        self.rate = int(self._model.output_sample_rate)
        self.languages = tags(settings.tts_languages)

    def synthesise(self, text: str, manner: Manner) -> Iterator[Samples]:
        """Yields the sound of a piece as a whole."""
        speaker = int(manner.voice) if manner.voice.isdecimal() else 0
        with torch.inference_mode():
            sound, length = self._model.do_tts(
                text,
                language=manner.language.lower().partition("-")[0],
                speaker_index=min(speaker, self._model.num_baked_speakers - 1),
            )
        yield sound[0, : int(length[0])].float().cpu().numpy()


def _hop(found: Found) -> int:
    preprocessor = found.config["preprocessor"]
    return int(preprocessor.get("n_window_stride") or preprocessor["window_stride"] * found.rate)
