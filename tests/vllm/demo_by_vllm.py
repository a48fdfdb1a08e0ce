"""The questions of the demo's conversations before a real vLLM: how much comes from its cache.

The first `QUESTIONS` are asked, in the order and the batches of the demo; `PARLEY_VLLM_QUESTIONS`
asks for more, 432 for all. One token is written of each answer, since only reading is measured.
"""

import asyncio
import os

import pytest

from agent_runtime.models.retry_budget import RetryBudget
from agent_runtime.models.vllm import VllmModel, VllmOptions
from tests.demo_questions import HonestOracle, play_demo
from tests.vllm.server import NAME

QUESTIONS = int(os.environ.get("PARLEY_VLLM_QUESTIONS", "120"))
PATIENT_S = 600.0
BOUND = 0.85


@pytest.fixture(scope="module")
def oracle(tmp_path_factory):
    honest = HonestOracle()
    play_demo(tmp_path_factory.mktemp("demo"), honest, size=3_000)
    return honest


def test_prompts_of_the_demo_come_from_the_prefix_cache(server, oracle):
    """R205: at least 85%, by the server's answers and by its metrics, cold caches included."""
    names = ("vllm:prefix_cache_hits_total", "vllm:prefix_cache_queries_total")
    before = [server.metric(name) for name in names]
    replies = asyncio.run(_asked(server, oracle.asked[:QUESTIONS]))
    hits, queries = (server.metric(n) - b for n, b in zip(names, before, strict=True))
    read = sum(reply.prompt_tokens for reply in replies)
    told = sum(reply.cached_tokens for reply in replies) / read
    print(
        f"\n{len(replies)} questions, {read:,} tokens: {told:.1%} cached by the answers, ", end=""
    )
    print(f"{hits / queries:.1%} by the metrics")
    assert len(replies) == min(QUESTIONS, len(oracle.asked))
    assert told >= BOUND
    assert hits / queries >= BOUND


async def _asked(server, prompts):
    options = VllmOptions(
        f"{server.url}/v1", NAME, total_s=PATIENT_S, first_token_s=PATIENT_S, max_tokens=1
    )
    model = VllmModel(options, budget=RetryBudget(0, 0))
    replies = []
    try:
        for at in range(0, len(prompts), 4):
            replies += await asyncio.gather(*(model.ask(p) for p in prompts[at : at + 4]))
    finally:
        await model.close()
    assert {reply.failure for reply in replies} == {"too_long"}
    return replies
