"""Tiny models, and one real server for all that is asked of it."""

import os
import subprocess
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from tests.nemo.server import QUIET, Server, running

HERE = Path(__file__).parent

os.environ.setdefault("LOGURU_LEVEL", "ERROR")


@pytest.fixture(scope="session")
def environment() -> Path:
    return Path(os.environ.get("PARLEY_SPEECH_ENV", "out/speech-env")).absolute()


@pytest.fixture(scope="session")
def models(environment: Path) -> Path:
    """Builds models from configurations and saves them as `.nemo` files, once."""
    script, folder = HERE / "tiny_models.py", environment / "tiny-models"
    stamp, made_of = folder / "made_of", sha256(script.read_bytes()).hexdigest()
    if not stamp.exists() or stamp.read_text("utf-8") != made_of:
        began = time.monotonic()
        command = [str(environment / "bin" / "python"), str(script), str(folder)]
        subprocess.run(command, check=True, capture_output=True, env=os.environ | QUIET)
        stamp.write_text(made_of, "utf-8")
        print(f"\nmodels built and saved in {time.monotonic() - began:.1f} s")
    return folder


@pytest.fixture(scope="session")
def speaking(models: Path) -> dict[str, Path]:
    return {"tts": models / "fastpitch.nemo", "vocoder": models / "hifigan.nemo"}


@pytest.fixture(scope="session")
def server(
    environment: Path,
    models: Path,
    speaking: dict[str, Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("nemo")
    began = time.monotonic()
    limits = {"asr_streams": 24, "tts_streams": 4, "window_s": 2, "batch": 16}
    asr = models / "streaming_ctc.nemo"
    with running(environment, folder, asr=asr, **speaking, **limits) as started:
        print(f"ready after {time.monotonic() - began:.1f} s")
        yield started
