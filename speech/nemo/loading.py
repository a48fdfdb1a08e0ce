"""From a setting to an engine: the file, its kind, and the class that serves it."""

# NeMo and torch are in the server's environment only.
# pyright: reportMissingImports=false

import logging
import os
from collections.abc import Callable
from pathlib import Path

from speech.engines import Recogniser, Synthesiser
from speech.nemo.kinds import HEARS, Found, NotAModel, look_at
from speech.settings import Settings


def recogniser(settings: Settings) -> Callable[[], Recogniser] | None:
    """Returns what loads the model that hears; None where the settings name none."""
    if not settings.asr:
        return None

    def load() -> Recogniser:
        found = find("PARLEY_NEMO_ASR", settings.asr)
        if found.kind not in HEARS:
            raise NotAModel(f"PARLEY_NEMO_ASR = {settings.asr}: {found.kind} hears nothing.")
        device = _prepare(settings)
        from speech.nemo.recognisers import StreamingRecogniser, WholeRecogniser

        served = WholeRecogniser if found.kind == "whole_utterance" else StreamingRecogniser
        return served(found, settings, device=device)

    return load


def synthesiser(settings: Settings) -> Callable[[], Synthesiser] | None:
    """Returns what loads the model that speaks; None where the settings name none."""
    if not settings.tts:
        return None

    def load() -> Synthesiser:
        found = find("PARLEY_NEMO_TTS", settings.tts)
        if found.kind == "magpie":
            from speech.nemo.synthesisers import Magpie

            return Magpie(found, settings, device=_prepare(settings))
        if found.kind != "fastpitch":
            raise NotAModel(f"PARLEY_NEMO_TTS = {settings.tts}: {found.kind} speaks no text.")
        if not settings.vocoder:
            raise NotAModel("PARLEY_NEMO_VOCODER is empty: FastPitch needs a HiFi-GAN.")
        vocoder = find("PARLEY_NEMO_VOCODER", settings.vocoder)
        if vocoder.kind != "vocoder":
            raise NotAModel(f"PARLEY_NEMO_VOCODER = {settings.vocoder}: it is {vocoder.kind}.")
        from speech.nemo.synthesisers import FastPitch

        return FastPitch(found, vocoder, settings, device=_prepare(settings))

    return load


def find(setting: str, named: str) -> Found:
    """Returns the model of a setting: a path, or a name that NeMo has in its cache.

    Raises:
        NotAModel: there is none.
    """
    path = Path(named)
    if path.exists():
        return look_at(path)
    if named.endswith(".nemo"):
        raise NotAModel(f"{setting} = {named}: there is no such file.")
    from nemo.core import ModelPT

    try:
        cached = ModelPT.from_pretrained(named, return_model_file=True)
    except Exception as error:
        says = " ".join(str(error).split())[:160]
        raise NotAModel(
            f"{setting} = {named}: it is no file, and NeMo has no model of this name here ({says});"
            " fetch it ahead, or give the path of a .nemo file."
        ) from None
    return look_at(Path(str(cached)))


def _prepare(settings: Settings) -> str:
    """Sets torch up and quietens NeMo; returns the device."""
    import torch
    from nemo.utils import logging as nemo_logging

    nemo_logging.setLevel(logging.ERROR)
    if settings.threads:
        torch.set_num_threads(settings.threads)
    if settings.device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    return settings.device


def offline() -> None:
    """Keeps the hub's client from the network, unless the environment says otherwise."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("ONE_LOGGER_JOB_CATEGORY", "test")
