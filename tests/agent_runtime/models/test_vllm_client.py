"""The client of a vLLM server, through HTTP, against a stand-in that behaves as it is told."""

import asyncio
from dataclasses import replace

import pytest
from prompts_asked import prompt

from agent_runtime.models.answer import UnreadableAnswer, read_answer
from agent_runtime.models.breaker import Breaker
from agent_runtime.models.reply import FAILURES, Unanswered
from agent_runtime.models.retry_budget import RetryBudget
from agent_runtime.models.spoken_answer import speaking
from agent_runtime.models.vllm import VllmModel, VllmOptions
from tests.agent_runtime.models.vllm_stand_in import MODEL, serve


def ask(stand_in, *questions, model=None, **options):
    """Asks all questions at once and returns the replies and the model that was asked."""

    async def asked():
        chosen = {"url": stand_in.url, "model": MODEL, "total_s": 30.0, "first_token_s": 20.0}
        used = model or VllmModel(VllmOptions(**chosen | options), budget=RetryBudget(0, 0))
        try:
            return await asyncio.gather(*(used.ask(question) for question in questions)), used
        finally:
            await used.close()

    return asyncio.run(asked())


@pytest.fixture(scope="module")
def server():
    with serve() as stand_in:
        yield stand_in


@pytest.fixture
def stand_in(server):
    return server.behave()


def test_an_answer_names_the_fact_behind_each_sentence(stand_in):
    """R1, R47: intents, actions and drafts with facts come from one call."""
    question = prompt("How is Relay priced, by systems or by seats?")
    (reply,), _ = ask(stand_in, question)
    answer = read_answer(reply.text, question)
    assert answer.intents[0].name == "pricing_question"
    assert answer.actions[0].name == "answer"
    assert {fact for s in answer.drafts[0].sentences for fact in s.facts} == {"answer.pricing@1"}
    assert not answer.dropped
    assert len(stand_in.asked) == 1


def test_the_schema_goes_to_the_server_with_every_length_bounded(stand_in):
    """R47: nothing but the facts and actions of the question can be named."""
    question = prompt()
    ask(stand_in, question)
    (body,) = stand_in.asked
    schema = body["response_format"]["json_schema"]["schema"]
    assert schema["$defs"]["Said"]["properties"]["fact"]["enum"] == ["", *question.facts]
    assert set(schema["$defs"]["Step"]["properties"]["action"]["enum"]) == set(question.actions)
    assert body["max_tokens"]
    assert "guided_json" not in body
    assert list(_unbounded(schema)) == []


def test_the_tokens_of_a_call_are_counted_cached_ones_too(stand_in):
    """R205: tokens and latency are part of what a call came to."""
    (first,), _ = ask(stand_in, prompt("Which systems does it connect?"))
    (second,), _ = ask(stand_in, prompt("And what about security?"))
    assert first.prompt_tokens > 500
    assert first.completion_tokens > 0
    assert second.cached_tokens / second.prompt_tokens > 0.85
    assert 0 < second.first_token_ms <= second.latency_ms


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        ("hangs", "no_first_token"),
        ("error_500", "server_error"),
        ("busy_503", "busy"),
        ("out_of_memory", "out_of_memory"),
        ("error_in_stream", "out_of_memory"),
        ("engine_killed", "server_error"),
        ("busy_429", "busy"),
        ("cut_off", "broke_off"),
        ("cut_short", "too_long"),
        ("never_stops", "too_long"),
    ],
)
def test_a_failure_of_the_server_has_a_name(stand_in, behaviour, reason):
    """R230: whatever the server does, the answer is bounded in time and says why there is none."""
    stand_in.behaviour = behaviour
    limit = 0.3 if behaviour == "hangs" else 20.0
    (reply,), model = ask(stand_in, prompt(), first_token_s=limit)
    assert (reply.failure, reply.text) == (reason, "")
    assert reply.failure in FAILURES
    assert reason in model.last_error


def test_an_answer_that_comes_too_slowly_is_given_up(stand_in):
    stand_in.delay_s = 0.1
    (reply,), _ = ask(stand_in, prompt(), total_s=0.5, first_token_s=0.5)
    assert (reply.failure, reply.text) == ("too_slow", "")


def test_nobody_listens():
    with serve() as gone:
        pass
    (reply,), _ = ask(gone, prompt())
    assert reply.failure == "unreachable"


def test_a_model_that_is_not_served_is_refused_and_does_not_open_the_breaker(stand_in):
    breaker = Breaker(failures=1)
    model = VllmModel(VllmOptions(stand_in.url, "another"), breaker=breaker)
    (reply,), _ = ask(stand_in, prompt(), model=model)
    assert (reply.failure, breaker.state) == ("refused", "closed")


def test_sixteen_are_asked_at_once_and_no_more(stand_in):
    stand_in.delay_s = 0.001
    replies, _ = ask(stand_in, *(prompt(f"Question {n}?") for n in range(24)), total_s=20.0)
    assert [reply.failure for reply in replies] == [""] * 24
    assert 8 <= stand_in.seen["at_once"] <= 16


def test_a_call_is_made_again_once_out_of_a_budget(stand_in):
    """R230: retries are a bounded share of calls."""
    budget = RetryBudget(share=0.0, reserve=1.0)
    model = VllmModel(VllmOptions(stand_in.url, MODEL), budget=budget)
    stand_in.fail_next = 1
    (reply,), _ = ask(stand_in, prompt(), model=model)
    assert (reply.failure, reply.retries) == ("", 1)
    stand_in.fail_next = 1
    model = VllmModel(VllmOptions(stand_in.url, MODEL), budget=budget)
    (reply,), _ = ask(stand_in, prompt(), model=model)
    assert (reply.failure, len(stand_in.asked)) == ("busy", 3)


def test_retries_stay_a_share_of_calls_in_the_long_run():
    budget = RetryBudget(share=0.1, reserve=5.0)
    assert 100 <= sum(budget.take() for _ in range(1000)) <= 106


def test_a_breaker_opens_lets_one_try_and_closes(stand_in):
    """R230: a server that fails is left alone, and asked again by one call at a time."""

    async def story():
        options = VllmOptions(stand_in.url, MODEL, total_s=5.0)
        model = VllmModel(
            options, breaker=Breaker(failures=2, rest_s=0.2), budget=RetryBudget(0, 0)
        )
        stand_in.behaviour = "error_500"
        said = [(await model.ask(prompt())).failure for _ in range(4)]
        asked, state = len(stand_in.asked), model.state
        stand_in.behaviour = "honest"
        await asyncio.sleep(0.25)
        later = await asyncio.gather(*(model.ask(prompt(f"{n}?")) for n in range(5)))
        await model.close()
        return said, asked, state, [reply.failure for reply in later], model.state

    said, asked, state, later, at_last = asyncio.run(story())
    assert said == ["server_error", "server_error", "breaker_open", "breaker_open"]
    assert (asked, state) == (2, "open")
    assert sorted(later) == ["", *["breaker_open"] * 4]
    assert at_last == "closed"


def test_sentences_are_told_as_they_close(stand_in):
    """R47: what is spoken begins before the whole answer is there, sentence by sentence."""
    question = prompt("How is Relay priced, by systems or by seats?")
    stand_in.delay_s = 0.005

    async def spoken():
        model = VllmModel(VllmOptions(stand_in.url, MODEL))
        async with speaking(model, question) as sentences:
            heard = [sentence async for sentence in sentences]
        await model.close()
        return heard

    (reply,), _ = ask(stand_in, question)
    heard = asyncio.run(spoken())
    assert heard == list(read_answer(reply.text, question).drafts[0].sentences)


def test_an_interruption_closes_the_connection_at_once(stand_in):
    """R47: who is interrupted stops the server from writing on."""
    stand_in.behaviour, stand_in.delay_s = "never_stops", 0.001

    async def interrupted():
        model = VllmModel(VllmOptions(stand_in.url, MODEL, max_tokens=10_000_000))
        async with speaking(model, prompt("How is Relay priced?")) as sentences:
            first = await anext(sentences)
        for _ in range(100):
            if stand_in.seen["let_go"]:
                break
            await asyncio.sleep(0.02)
        places = model._places
        await model.close()
        return first, places

    first, places = asyncio.run(interrupted())
    assert first.facts == ("answer.pricing@1",)
    assert stand_in.seen["let_go"] == 1
    assert not places.locked()


def test_a_stream_that_breaks_off_says_so_after_what_was_whole(stand_in):
    stand_in.behaviour = "cut_off"

    async def spoken():
        model = VllmModel(VllmOptions(stand_in.url, MODEL), budget=RetryBudget(0, 0))
        async with speaking(model, prompt("How is Relay priced?")) as sentences:
            return [sentence async for sentence in sentences]

    with pytest.raises(Unanswered) as caught:
        asyncio.run(spoken())
    assert caught.value.reason == "broke_off"


@pytest.mark.parametrize(
    ("behaviour", "reason"), [("broken_json", "broken_json"), ("no_schema", "broken_json")]
)
def test_what_is_no_answer_is_refused_as_a_whole(stand_in, behaviour, reason):
    stand_in.behaviour = behaviour
    question = prompt("How is Relay priced?")
    (reply,), _ = ask(stand_in, question)
    with pytest.raises(UnreadableAnswer, match=reason):
        read_answer(reply.text, question)


@pytest.mark.parametrize(
    ("behaviour", "reasons"),
    [
        ("names_unknown_facts", {"unknown_action", "its_action_is_no_answer"}),
        ("leaks", {"claim_without_fact", "unknown_placeholder"}),
    ],
)
def test_what_may_not_be_said_is_dropped_by_name(stand_in, behaviour, reasons):
    """R205: what was dropped from an answer is told with the reason."""
    stand_in.behaviour = behaviour
    question = prompt("How is Relay priced?")
    (reply,), _ = ask(stand_in, question)
    assert reasons <= set(read_answer(reply.text, question).dropped)


def test_an_unknown_fact_drops_its_draft(stand_in):
    question = replace(prompt("How is Relay priced?"), facts=("answer.other@1",))
    (reply,), _ = ask(stand_in, question)
    answer = read_answer(reply.text, question)
    assert (answer.drafts, answer.dropped) == ((), ("unknown_fact",))


def _unbounded(schema, path=""):
    """Yields where the schema lets a string or list be of any length."""
    if isinstance(schema, dict):
        kind = schema.get("type")
        if kind == "string" and not {"maxLength", "enum", "const"} & schema.keys():
            yield path
        if kind == "array" and "maxItems" not in schema:
            yield path
        for name, part in schema.items():
            yield from _unbounded(part, f"{path}/{name}")
