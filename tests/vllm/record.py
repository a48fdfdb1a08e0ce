"""Responses of a real vLLM as the stand-in plays them back, and how to record them again.

`PARLEY_VLLM_ENV=… python -m tests.vllm.record` starts a server and writes `recorded/`; at last it
kills the engine beneath the server, since what is said then is recorded too.
"""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import psutil

from tests.vllm.recordings import FOLDER
from tests.vllm.server import NAME, Server, running

CHAT = "/v1/chat/completions"
METRICS = (
    "vllm:prefix_cache_queries_total",
    "vllm:prefix_cache_hits_total",
    "vllm:num_requests_running",
    "vllm:num_requests_waiting",
    "vllm:kv_cache_usage_perc",
    "vllm:prompt_tokens_total",
    "vllm:generation_tokens_total",
    "vllm:num_preemptions_total",
    "vllm:request_success_total",
    "vllm:time_to_first_token_seconds_count",
    "vllm:time_to_first_token_seconds_sum",
    "vllm:e2e_request_latency_seconds_count",
    "vllm:e2e_request_latency_seconds_sum",
)
"""What Parley's pages tell people to watch; the other 50 KB say nothing to it."""

_SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["intent", "sure"],
    "properties": {
        "intent": {"enum": ["pricing_question", "unclear"]},
        "sure": {"enum": [0, 1]},
    },
}


def responses(server: Server) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yields each response that a healthy server gives, by its name."""
    with httpx.Client(base_url=server.url, timeout=400) as client:
        yield "whole", _said(client.post(CHAT, json=_question()))
        yield "stream", _said(client.post(CHAT, json=_question(stream=True)))
        yield "stream_cut", _said(client.post(CHAT, json=_question(stream=True, max_tokens=3)))
        yield "unknown_model", _said(client.post(CHAT, json=_question(model="another")))
        yield "bad_schema", _said(client.post(CHAT, json=_question(schema={"type": "nonsense"})))
        yield "too_long", _said(client.post(CHAT, json=_question(words="word " * 9_000)))
        yield "models", _said(client.get("/v1/models"))
        yield "health", _said(client.get("/health"))
        yield "metrics", _said(client.get("/metrics"))


def dying(server: Server) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yields what a server says whose engine is killed beneath it in mid-answer, and afterwards."""
    with httpx.Client(base_url=server.url, timeout=60) as client:
        asked = _question(stream=True, words="Tell a long story.", max_tokens=400, free=True)
        with client.stream("POST", CHAT, json=asked) as answer:
            lines = answer.iter_lines()
            said = [line for _, line in zip(range(8), lines, strict=False)]
            kill_engine(server)
            try:
                said += list(lines)
            except httpx.TransportError as error:
                said.append(f"broken: {type(error).__name__}")
            yield "engine_killed", _streamed(answer, said)
        for name, url in (("after_engine_killed", CHAT), ("health_after_engine_killed", "/health")):
            try:
                is_chat = url == CHAT
                later = client.post(url, json=_question()) if is_chat else client.get(url)
                yield name, _said(later)
            except httpx.TransportError as error:
                yield name, {"broken": type(error).__name__}


def kill_engine(server: Server) -> None:
    """Ends the process beneath the server that computes, as the system does out of memory."""
    children = psutil.Process(server.process.pid).children(recursive=True)
    engine = next(one for one in children if "EngineCore" in " ".join([one.name(), *one.cmdline()]))
    engine.kill()


def _question(
    *,
    words: str = "What does it cost?",
    schema: dict[str, Any] | None = None,
    free: bool = False,
    **more: object,
) -> dict[str, Any]:
    prefix = "You answer buyers with approved facts only. " * 30
    asked: dict[str, Any] = {
        "model": NAME,
        "messages": [
            {"role": "system", "content": prefix},
            {"role": "user", "content": words},
        ],
        "max_tokens": 60,
        "temperature": 0.0,
        "seed": 0,
    }
    if not free:
        held_to = {"name": "answer", "schema": schema or _SCHEMA, "strict": True}
        asked["response_format"] = {"type": "json_schema", "json_schema": held_to}
    if more.get("stream"):
        asked["stream_options"] = {"include_usage": True}
    return asked | more


def _said(answer: httpx.Response) -> dict[str, Any]:
    head = {"status": answer.status_code, "content_type": answer.headers.get("content-type", "")}
    if "event-stream" in head["content_type"]:
        return _streamed(answer, answer.text.splitlines())
    if "json" in head["content_type"]:
        return head | {"body": _without_paths(answer.json())}
    lines = answer.text.splitlines()
    return head | {"body": [line for line in lines if line.startswith(METRICS)]}


def _streamed(answer: httpx.Response, lines: list[str]) -> dict[str, Any]:
    told = [line.removeprefix("data: ") for line in lines if line]
    events = [json.loads(one) if one.startswith("{") else one for one in told]
    head = {"status": answer.status_code, "content_type": answer.headers["content-type"]}
    return head | {"events": events}


def _without_paths(body: dict[str, Any]) -> dict[str, Any]:
    """Where the weights lie on the machine that recorded is nobody's business."""
    for model in body.get("data", ()):
        model["root"] = Path(model["root"]).name
    return body


def main(environment: Path) -> None:
    """Records everything anew."""
    with TemporaryDirectory() as folder, running(environment, Path(folder)) as server:
        for found in (responses(server), dying(server)):
            for name, said in found:
                print(name, json.dumps(said)[:200], flush=True)
                text = json.dumps(said, indent=1) + "\n"
                (FOLDER / f"{name}.json").write_text(text, "utf-8")


if __name__ == "__main__":
    main(Path(os.environ.get("PARLEY_VLLM_ENV", "out/vllm-env")))
    sys.exit()
