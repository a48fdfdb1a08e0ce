"""The client against a real vLLM on the CPU, with a model of 135 million weights.

The model is far too small to answer anybody, so nothing is asked of what it says: what is shown is
that schema, streaming, limits, cancelling and the prefix cache are as the stand-in has them.
Started by `make test-vllm`, which makes the server's environment first.
"""

import asyncio
import json
import time

from agent_runtime.models.answer import read_answer
from agent_runtime.models.retry_budget import RetryBudget
from agent_runtime.models.vllm import VllmModel, VllmOptions
from tests.agent_runtime.models.prompts_asked import prompt
from tests.vllm.server import NAME, Server, running

PATIENT_S = 400.0
"""Two cores write some ten tokens a second."""


def options(server: Server, **changed) -> VllmOptions:
    given = {"total_s": PATIENT_S, "first_token_s": PATIENT_S, "max_tokens": 160} | changed
    return VllmOptions(f"{server.url}/v1", NAME, **given)


def ask(server: Server, *questions, **changed):
    """Asks all questions at once and returns the replies."""

    async def asked():
        model = VllmModel(options(server, **changed), budget=RetryBudget(0, 0))
        try:
            return await asyncio.gather(*(model.ask(question) for question in questions))
        finally:
            await model.close()

    return asyncio.run(asked())


def test_what_the_model_writes_is_held_to_the_schema(server):
    """R47: also by a model that understands nothing; what is cut is a failure, never half read."""
    questions = [prompt(text) for text in ("What does it cost?", "Who uses it?", "Is it safe?")]
    replies = ask(server, *questions, max_tokens=1600)
    assert {reply.failure for reply in replies} <= {"", "too_long"}
    whole = [(q, r) for q, r in zip(questions, replies, strict=True) if not r.failure]
    assert whole
    for question, reply in whole:
        print(f"\n{reply.completion_tokens} tokens in {reply.latency_ms / 1000:.1f} s")
        answer = read_answer(reply.text, question)
        assert {one.name for one in answer.actions} <= set(question.actions)
        named = {fact for d in answer.drafts for s in d.sentences for fact in s.facts}
        assert named <= set(question.facts)


def test_an_answer_that_reaches_its_limit_is_a_failure(server):
    (reply,) = ask(server, prompt(), max_tokens=8)
    assert (reply.failure, reply.text) == ("too_long", "")
    assert reply.completion_tokens == 8


def test_turns_of_a_playbook_share_their_prefix_in_the_cache(server):
    """R205: counted by the server itself, in its answers and in its metrics."""
    ask(server, prompt("Hello?"), max_tokens=4)
    names = ("vllm:prefix_cache_hits_total", "vllm:prefix_cache_queries_total")
    before = [server.metric(name) for name in names]
    questions = ["What does it cost?", "Is our data safe with you?", "Who else uses it?"]
    replies = [ask(server, prompt(text), max_tokens=4)[0] for text in questions]
    hits, queries = (server.metric(n) - b for n, b in zip(names, before, strict=True))
    told = sum(r.cached_tokens for r in replies) / sum(r.prompt_tokens for r in replies)
    print(f"\ncached: {told:.1%} by the answers, {hits / queries:.1%} by the metrics")
    assert told >= 0.85
    assert hits / queries >= 0.85


def test_words_stream_as_they_are_written(server):
    async def first_and_last():
        model = VllmModel(options(server))
        began, times = time.monotonic(), []
        try:
            async with model.streaming(prompt()) as deltas:
                async for _ in deltas:
                    times.append(time.monotonic() - began)
                    if len(times) == 40:
                        break
        finally:
            await model.close()
        return times

    times = asyncio.run(first_and_last())
    assert len(times) == 40
    assert times[0] < times[-1] / 2


def test_leaving_an_answer_stops_the_server(server):
    """R62: what nobody listens to any more costs nothing."""

    async def left():
        model = VllmModel(options(server, max_tokens=1600))
        try:
            async with model.streaming(prompt()) as deltas:
                await anext(deltas)
        finally:
            await model.close()

    asyncio.run(left())
    until = time.monotonic() + 30
    while server.metric("vllm:num_requests_running") and time.monotonic() < until:
        time.sleep(0.2)
    assert server.metric("vllm:num_requests_running") == 0


def test_a_time_limit_holds(server):
    """Where the machine is so slow that nothing has come by then, it says that."""
    (reply,) = ask(server, prompt(), max_tokens=1600, total_s=3.0)
    assert reply.failure in ("too_slow", "no_first_token")
    assert reply.text == ""
    assert reply.latency_ms < 10_000


def test_sixteen_at_once_are_all_answered(server):
    questions = [prompt(f"Question number {n}: what does it cost?") for n in range(16)]
    began = time.monotonic()
    replies = ask(server, *questions, max_tokens=24)
    took = time.monotonic() - began
    written = sum(reply.completion_tokens for reply in replies)
    print(f"\n16 at once: {written} tokens in {took:.1f} s")
    assert {reply.failure for reply in replies} <= {"", "too_long"}
    assert all(reply.completion_tokens for reply in replies)


def test_a_server_that_is_killed_in_mid_stream_is_a_named_failure(environment, tmp_path_factory):
    """R230: and the next call is refused at once, without waiting for its limit."""
    with running(environment, tmp_path_factory.mktemp("killed")) as doomed:

        async def cut():
            model = VllmModel(options(doomed, max_tokens=1600), budget=RetryBudget(0, 0))
            try:
                asked = asyncio.create_task(model.ask(prompt()))
                while not doomed.metric("vllm:num_requests_running"):
                    await asyncio.sleep(0.2)
                doomed.kill()
                return await asked, await model.ask(prompt())
            finally:
                await model.close()

        first, then = asyncio.run(cut())
    print(json.dumps([first.failure, then.failure]))
    assert first.failure in ("broke_off", "unreachable", "server_error", "out_of_memory")
    assert then.failure in ("unreachable", "breaker_open")
    assert then.latency_ms < 5_000
