"""One real server for all that is asked of it, with an adapter for each of two tenants."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.vllm.environment import adapters
from tests.vllm.server import Server, running


@pytest.fixture(scope="session")
def environment() -> Path:
    return Path(os.environ.get("PARLEY_VLLM_ENV", "out/vllm-env"))


@pytest.fixture(scope="session")
def server(environment: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    made = adapters(environment)
    named = [f"{name}={folder}" for name, folder in made.items()]
    flags = ("--enable-lora", "--max-loras=2", "--max-lora-rank=8", "--lora-modules", *named)
    with running(environment, tmp_path_factory.mktemp("vllm"), flags) as started:
        yield started
