"""The stand-in says what the recorded vLLM says, in the same names and kinds."""

import json

import httpx
import pytest

from tests.agent_runtime.models.prompts_asked import prompt
from tests.agent_runtime.models.vllm_stand_in import MODEL, serve
from tests.vllm.recordings import read, shape


@pytest.fixture(scope="module")
def server():
    with serve() as stand_in:
        yield stand_in


def asked(stand_in, *, stream=False, model=MODEL):
    question = prompt("How is Relay priced?")
    body = {
        "model": model,
        "messages": [
            {"role": "system", "content": question.prefix},
            {"role": "user", "content": question.turn},
        ],
        "response_format": {"type": "json_schema", "json_schema": {"name": "answer"}},
        "stream": stream,
    }
    if stream:
        body["stream_options"] = {"include_usage": True}
    return httpx.post(f"{stand_in.url}/chat/completions", json=body, timeout=30)


def events(answer):
    """Returns the distinct shapes of a stream's events, in the order in which they first came."""
    told = [line.removeprefix("data: ") for line in answer.text.splitlines() if line]
    read_ = [json.loads(one) if one.startswith("{") else one for one in told]
    return shapes(read_)


def shapes(said):
    return list(dict.fromkeys(json.dumps(shape(one)) for one in said))


@pytest.mark.parametrize(("behaviour", "name"), [("honest", "stream"), ("engine_killed",) * 2])
def test_a_stream_is_that_of_the_real_server(server, behaviour, name):
    """Chunk by chunk, the counts of tokens and an engine's death in mid-answer included."""
    answer = asked(server.behave(behaviour), stream=True)
    recorded = read(name)
    assert (answer.status_code, answer.headers["content-type"]) == (
        recorded["status"],
        recorded["content_type"],
    )
    assert events(answer) == shapes(recorded["events"])


@pytest.mark.parametrize(
    ("behaviour", "model", "name"),
    [
        ("honest", MODEL, "whole"),
        ("honest", "another", "unknown_model"),
        ("error_500", MODEL, "after_engine_killed"),
    ],
)
def test_an_answer_is_that_of_the_real_server(server, behaviour, model, name):
    answer = asked(server.behave(behaviour), model=model)
    recorded = read(name)
    assert (answer.status_code, shape(answer.json())) == (
        recorded["status"],
        shape(recorded["body"]),
    )


def test_models_health_and_metrics_are_those_of_the_real_server(server):
    server.behave()
    root = server.url.removesuffix("/v1")
    models = httpx.get(f"{server.url}/models").json()
    assert shape(models) == shape(read("models")["body"])
    assert httpx.get(f"{root}/health").status_code == read("health")["status"]
    names = [line.rpartition(" ")[0] for line in read("metrics")["body"]]
    said = httpx.get(f"{root}/metrics").text.splitlines()
    assert [line.rpartition(" ")[0] for line in said] == names
    server.behave("error_500")
    dead = read("health_after_engine_killed")["status"]
    assert httpx.get(f"{root}/health").status_code == dead == 503
