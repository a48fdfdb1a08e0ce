"""Models that hear, as the server wants them."""

# NeMo and torch are in the server's environment only.
# pyright: reportMissingImports=false

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from speech.engines import Chunk, Samples
from speech.nemo.kinds import Found
from speech.nemo.pipelines import pipeline_config
from speech.settings import Settings, tags


class StreamingRecogniser:
    """A pipeline of `nemo.collections.asr.inference`, which hears utterances as they are said."""

    def __init__(self, found: Found, settings: Settings, *, device: str) -> None:
        config = pipeline_config(found, settings, device=device)
        from nemo.collections.asr.inference.factory.pipeline_builder import PipelineBuilder
        from omegaconf import OmegaConf

        self._pipeline: Any = PipelineBuilder.build_pipeline(OmegaConf.create(config))
        self._pipeline.open_session()
        self.model, self.kind, self.rate = found.path.stem, found.kind, found.rate
        self.batch = settings.batch
        seconds = getattr(self._pipeline, "chunk_size_in_secs", settings.chunk_s)
        self.chunk = int(seconds * self.rate)
        self._tags: dict[str, str] = _prompts(self._pipeline)
        self.languages = tuple(self._tags) or tags(settings.asr_languages)
        self._finals: dict[int, str] = {}
        self._warm()

    def step(self, chunks: Sequence[Chunk]) -> list[str]:
        """Returns for each chunk all that its utterance says so far."""
        try:
            with torch.inference_mode():
                outputs = self._pipeline.transcribe_step([self._frame(chunk) for chunk in chunks])
        except Exception:
            self._release([chunk.utterance for chunk in chunks])
            raise
        texts = {out.stream_id: self._text(out) for out in outputs}
        for chunk in chunks:
            if chunk.is_last:
                self._finals.pop(chunk.utterance, None)
        return [texts[chunk.utterance] for chunk in chunks]

    def forget(self, utterances: Sequence[int]) -> None:
        """Frees the slots of utterances whose end never comes."""
        self._release(utterances)

    def _text(self, out: Any) -> str:
        finals = self._finals.get(out.stream_id, "") + out.final_transcript
        self._finals[out.stream_id] = finals
        return " ".join(f"{finals} {out.partial_transcript}".split())

    def _frame(self, chunk: Chunk) -> Any:
        from nemo.collections.asr.inference.streaming.framing.request import Frame
        from nemo.collections.asr.inference.streaming.framing.request_options import (
            ASRRequestOptions,
        )

        padded = np.zeros(self.chunk, np.float32)
        padded[: len(chunk.samples)] = chunk.samples
        options = ASRRequestOptions(language_code=self._code(chunk.language))
        return Frame(
            samples=torch.from_numpy(padded),
            stream_id=chunk.utterance,
            is_first=chunk.is_first,
            is_last=chunk.is_last,
            # The end may come when all sound has been heard: then it is silence that is heard.
            length=len(chunk.samples) or self.chunk,
            options=options if chunk.is_first else None,
        )

    def _code(self, language: str) -> str | None:
        """Returns the name that a multilingual model has for a language."""
        wanted = language.lower()
        for tag, code in self._tags.items():
            if wanted in (tag.lower(), tag.lower().partition("-")[0]):
                return code
        base = wanted.partition("-")[0]
        return next((code for tag, code in self._tags.items() if tag.lower() == base), None)

    def _release(self, utterances: Sequence[int]) -> None:
        """Frees what the pipeline holds of utterances, wherever they were when they ended."""
        pipeline = self._pipeline
        pipeline.delete_states(utterances)
        slots = getattr(pipeline.bufferer, "streamidx2slotidx", None)
        for utterance in utterances:
            self._finals.pop(utterance, None)
            if slots is None:
                pipeline.bufferer.rm_bufferer(utterance)
            elif utterance in slots:
                pipeline.bufferer.free_slots([slots[utterance]])
            caches = getattr(pipeline, "context_manager", None)
            if caches is not None and utterance in caches.streamidx2slotidx:
                caches.reset_slots([utterance], [True])

    def _warm(self) -> None:
        """Hears silence: what a model sets up when it is first used is set up now."""
        quiet = np.zeros(self.chunk, np.float32)
        language = self.languages[0] if self.languages else "en"
        self.step([Chunk(0, quiet, is_first=True, is_last=False, language=language)])
        self.step([Chunk(0, quiet[:0], is_first=False, is_last=True, language=language)])


class WholeRecogniser:
    """Any other model of NeMo that hears: it reads an utterance as a whole when it is over."""

    def __init__(self, found: Found, settings: Settings, *, device: str) -> None:
        from nemo.collections.asr.models import ASRModel

        self._model: Any = ASRModel.restore_from(str(found.path), map_location=device)
        self._model.eval()
        self.model, self.kind, self.rate = found.path.stem, found.kind, found.rate
        self.batch = settings.batch
        self.chunk = int(settings.chunk_s * self.rate)
        self.languages = tags(settings.asr_languages)
        self._sound: dict[int, list[Samples]] = {}

    def step(self, chunks: Sequence[Chunk]) -> list[str]:
        """Returns the words of what is over, and nothing of the rest."""
        for chunk in chunks:
            self._sound.setdefault(chunk.utterance, []).append(chunk.samples)
        over = [chunk.utterance for chunk in chunks if chunk.is_last]
        said = self._read([np.concatenate(self._sound.pop(one)) for one in over])
        texts = dict(zip(over, said, strict=True))
        return [texts.get(chunk.utterance, "") for chunk in chunks]

    def forget(self, utterances: Sequence[int]) -> None:
        """Drops the sound of utterances whose end never comes."""
        for utterance in utterances:
            self._sound.pop(utterance, None)

    def _read(self, sounds: list[Samples]) -> list[str]:
        if not sounds:
            return []
        with torch.inference_mode():
            found = self._model.transcribe(sounds, batch_size=len(sounds), verbose=False)
        return [getattr(one, "text", one) for one in found]


def _prompts(pipeline: Any) -> dict[str, str]:
    """Returns the languages between which a multilingual model is switched, by their tag."""
    if not getattr(pipeline, "prompt_enabled", False):
        return {}
    return {str(code): str(code) for code in pipeline._prompt_config["prompt_dict"]}
