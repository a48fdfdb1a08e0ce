"""A server that speaks vLLM's wire format on loopback, and behaves as it is told.

It serves chat completions (whole and streamed, with a JSON schema and usage), models, health and
the metrics of the prefix cache. Its bytes are those of a real server, recorded in
`tests/vllm/recorded`; what it answers it takes from the prompt alone.
"""

import asyncio
import json
import re
import socket
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import contextmanager
from threading import Thread
from time import monotonic, sleep

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, StreamingResponse
from starlette.routing import Route

from tests.agent_runtime.models.adversaries import LIARS
from tests.agent_runtime.models.stand_in_answers import ANSWERS
from tests.vllm.recordings import read

ANSWERS.update(LIARS)

MODEL = "stand-in"
BLOCK = 16
"""Tokens that the prefix cache keeps together; vLLM's own default."""

OUTAGES = (
    "hangs",
    "error_500",
    "busy_503",
    "cut_off",
    "out_of_memory",
    "error_in_stream",
    "engine_killed",
    "never_stops",
)
_ERRORS = {
    "busy_429": (429, "Too many requests"),
    "busy_503": (503, "The server is overloaded"),
    "out_of_memory": (500, "CUDA out of memory. Tried to allocate 2.00 GiB."),
}
"""Not recorded: vLLM refuses nobody, a proxy before it does; and a CPU has no CUDA."""

_STREAM = read("stream")["events"]
_FIRST, _WORD_CHUNK, _LAST, _USAGE = _STREAM[0], _STREAM[1], _STREAM[-3], _STREAM[-2]
_DYING = [event for event in read("engine_killed")["events"] if "error" in event]
_MODEL = read("models")["body"]["data"][0]
_HALFWAY = {
    "error_in_stream": {"error": _DYING[0]["error"] | {"message": "CUDA out of memory."}},
    "engine_killed": _DYING[0],
}
"""What is said in the middle of an answer, before the connection ends in good order."""

_WORD = re.compile(r"\w+|[^\w\s]")


class StandIn:
    """The server's state: how it behaves, what it was asked, and what came of it."""

    def __init__(self, behaviour="honest"):
        self.behaviour = behaviour
        self.asked = []
        """Bodies of all chat requests, in the order in which they came."""
        self.seen = Counter()
        """`at_once`: most requests under way at a time; `let_go`: those that callers closed."""
        self.beginnings = []
        """By which a router may tell prompts that begin alike, of each of these."""
        self.delay_s = 0.0
        self.fail_next = 0
        """So many requests get a 503 before the behaviour counts."""
        self.url = ""
        self.serves = (MODEL,)
        """Names of the model and of adapters."""
        self.max_model_len = _MODEL["max_model_len"]
        self._under_way = 0
        self._cached = set()
        self.hits = self.queries = 0

    def behave(self, behaviour="honest"):
        """Begins anew: with this behaviour, without delays, and with nothing asked."""
        self.behaviour, self.delay_s, self.fail_next = behaviour, 0.0, 0
        self.max_model_len = _MODEL["max_model_len"]
        self.asked.clear()
        self.beginnings.clear()
        self.seen.clear()
        return self

    def app(self):
        return Starlette(
            routes=[
                Route("/v1/chat/completions", self.chat, methods=["POST"]),
                Route("/v1/models", self.models),
                Route("/health", self.health),
                Route("/metrics", self.metrics),
            ]
        )

    async def health(self, _request):
        is_well = self.behaviour not in ("busy_503", "error_500", "engine_killed")
        return PlainTextResponse(
            "", read("health" if is_well else "health_after_engine_killed")["status"]
        )

    async def models(self, _request):
        about = _MODEL | {"max_model_len": self.max_model_len}
        data = [about | {"id": name} for name in self.serves]
        return JSONResponse(read("models")["body"] | {"data": data})

    async def metrics(self, _request):
        counted = {
            "vllm:prefix_cache_queries_total": self.queries,
            "vllm:prefix_cache_hits_total": self.hits,
            "vllm:num_requests_running": self._under_way,
        }
        lines = read("metrics")["body"]
        said = [
            f"{line.rpartition(' ')[0]} {counted.get(line.partition('{')[0], 0)}" for line in lines
        ]
        return PlainTextResponse("\n".join(said) + "\n")

    async def chat(self, request: Request):
        body = json.loads(await request.body())
        self.asked.append(body)
        self.beginnings.append(request.headers.get("x-prompt-prefix", ""))
        if self.fail_next:
            self.fail_next -= 1
            return _error(503, "The server is overloaded")
        if body["model"] not in self.serves:
            return _recorded("unknown_model")
        if self.behaviour == "error_500":
            return _recorded("after_engine_killed")
        if self.behaviour in _ERRORS:
            return _error(*_ERRORS[self.behaviour])
        if not body.get("stream"):
            return await self._whole(body)
        return StreamingResponse(self._stream(body), media_type="text/event-stream")

    async def _whole(self, body):
        text, usage = self._answer(body)
        whole = read("whole")["body"]
        (choice,) = whole["choices"]
        choice["message"]["content"] = text
        used = _used(whole, usage)
        if self.behaviour == "tells_no_details":
            used["prompt_tokens_details"] = None
        return JSONResponse(whole | {"model": body["model"], "usage": used})

    async def _stream(self, body) -> AsyncIterator[str]:
        self._under_way += 1
        self.seen["at_once"] = max(self.seen["at_once"], self._under_way)
        is_whole = False
        try:
            if self.behaviour == "hangs":
                await asyncio.sleep(60)
            text, usage = self._answer(body)
            yield _event(_FIRST)
            async for piece in self._pieces(text):
                yield _chunk(_WORD_CHUNK, delta={"content": piece})
            if self.behaviour in _HALFWAY:
                yield _event(_HALFWAY[self.behaviour])
                yield "data: [DONE]\n\n"
                return
            limit = "length" if self.behaviour == "cut_short" else "stop"
            yield _chunk(_LAST, finish_reason=limit)
            if body.get("stream_options", {}).get("include_usage"):
                yield _event(_USAGE | {"usage": _used(_USAGE, usage)})
            yield "data: [DONE]\n\n"
            is_whole = True
        finally:
            self._under_way -= 1
            if not is_whole and self.behaviour != "cut_off":
                self.seen["let_go"] += 1

    async def _pieces(self, text):
        pieces = re.findall(r"\s*\S+|\s+$", text)
        for place, piece in enumerate(pieces):
            if self.behaviour == "cut_off" and place == len(pieces) // 2:
                raise ConnectionAbortedError("the stand-in closes the connection")
            if self.behaviour in _HALFWAY and place == len(pieces) // 2:
                return
            if self.behaviour == "slow" or self.delay_s:
                await asyncio.sleep(self.delay_s or 0.2)
            yield piece
        while self.behaviour == "never_stops":
            await asyncio.sleep(0)
            yield " and so on" * 50

    def _answer(self, body):
        schema = body["response_format"]["json_schema"]
        if schema["name"] != "answer":
            said = {name: one["enum"][0] for name, one in schema["schema"]["properties"].items()}
            text = "It is Friday." if self.behaviour == "no_schema" else json.dumps(said)
            return text, (12, 0, 6)
        prefix, turn = (message["content"] for message in body["messages"])
        honest_for_outages = "honest" if self.behaviour not in ANSWERS else self.behaviour
        text = ANSWERS[honest_for_outages](prefix, turn)
        if self.behaviour == "cut_short":
            text = text[: len(text) // 2]
        prompt = _WORD.findall(prefix + turn)
        cached = self._read_before(prompt)
        return text, (len(prompt), cached, len(_WORD.findall(text)))

    def _read_before(self, tokens):
        """Counts tokens by whole blocks from the beginning, as vLLM's prefix cache does."""
        known, chain = 0, 0
        for start in range(0, len(tokens) - BLOCK, BLOCK):
            chain = hash((chain, *tokens[start : start + BLOCK]))
            if chain in self._cached and known == start:
                known = start + BLOCK
            self._cached.add(chain)
        self.queries += len(tokens)
        self.hits += known
        return known


@contextmanager
def serve(behaviour="honest"):
    """Serves a stand-in on a free port; its `url` is where a client asks."""
    stand_in = StandIn(behaviour)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = uvicorn.Config(
        stand_in.app(), port=port, log_level="critical", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    thread = Thread(target=server.run, daemon=True)
    thread.start()
    until = monotonic() + 10
    while not server.started and monotonic() < until:
        sleep(0.01)
    stand_in.url = f"http://127.0.0.1:{port}/v1"
    stand_in.stop = lambda: _stop(server, thread)
    try:
        yield stand_in
    finally:
        _stop(server, thread)


def _stop(server, thread):
    server.should_exit = server.force_exit = True
    thread.join(timeout=5)


def _error(status, said):
    body = {"error": {"message": said, "type": "InternalServerError", "code": status}}
    return JSONResponse(body, status)


def _recorded(name):
    found = read(name)
    return JSONResponse(found["body"], found["status"])


def _used(recorded, counted):
    """Returns the recorded usage with the tokens that were read, read before, and written."""
    read_, cached, written = counted
    details = {"cached_tokens": cached, "created_cache_tokens": (read_ - cached) // BLOCK * BLOCK}
    return recorded["usage"] | {
        "prompt_tokens": read_,
        "completion_tokens": written,
        "total_tokens": read_ + written,
        "prompt_tokens_details": recorded["usage"]["prompt_tokens_details"] | details,
    }


def _chunk(recorded, **changed):
    (choice,) = recorded["choices"]
    return _event(recorded | {"choices": [choice | changed]})


def _event(fields):
    return f"data: {json.dumps(fields, ensure_ascii=False)}\n\n"
