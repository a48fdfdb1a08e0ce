"""A language model on a server that speaks the OpenAI API: vLLM, self-hosted.

One call a turn, answered as JSON by a schema. Every call has two time limits, a place among a
bounded number, at most one retry out of a budget, and a breaker before it.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Any, TypeVar

from agent_runtime.models.answer_schema import schema_for
from agent_runtime.models.breaker import Breaker
from agent_runtime.models.oracle import BreakerState
from agent_runtime.models.reply import FailureCode, Reply, Unanswered
from agent_runtime.models.retry_budget import RetryBudget
from agent_runtime.prompting.prompt import Prompt

if TYPE_CHECKING:  # The package takes most of a second to load, and only who asks needs it.
    from openai import AsyncOpenAI, AsyncStream
    from openai.types.chat import ChatCompletionChunk

CHARACTERS_A_TOKEN = 16
"""Nothing writes more a token; a server that does would never stop."""

PREFIX_HEADER = "X-Prompt-Prefix"
"""By which a router can give prompts that begin alike to the server that has read that beginning.
"""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class VllmOptions:
    """How a server is asked.

    Attributes:
        url: Base address of its API, with `/v1` at the end.
        model: Name under which it serves the model, or a LoRA adapter of a tenant.
        key: Its API key; servers without one take any.
        total_s: Until when an answer must be whole, from the moment of asking.
        first_token_s: Until when its first words must come, once it has been sent.
        max_tokens: Tokens of an answer; reaching them is a failure, since the JSON is cut.
        chat_s: Until when an answer must be whole for which somebody waits before a chat window.
        at_once: Calls under way at the same time; more wait, within their limit.
        opens_after: Outages in a row after which nobody is asked for a while.
        rests_s: How long that is; then one call tries.
    """

    url: str
    model: str
    key: str = "none"
    total_s: float = 20.0
    first_token_s: float = 8.0
    max_tokens: int = 1024
    at_once: int = 16
    opens_after: int = 5
    rests_s: float = 15.0
    chat_s: float = 4.0

    def whole_within_s(self, prompt: Prompt) -> float:
        """Returns how long the answer to a question may take."""
        return min(self.chat_s, self.total_s) if prompt.is_live else self.total_s


class VllmModel:
    """Asks one server; belongs to one event loop.

    Args:
        options: Where and how.
        breaker: Shared by all calls.
        budget: Of retries.
    """

    def __init__(
        self,
        options: VllmOptions,
        *,
        breaker: Breaker | None = None,
        budget: RetryBudget | None = None,
    ) -> None:
        self.options = options
        self.last_error = ""
        self._breaker = breaker or Breaker(failures=options.opens_after, rest_s=options.rests_s)
        self._budget = budget or RetryBudget()
        self._places = asyncio.Semaphore(options.at_once)
        self._client = _client_of(options)

    @property
    def state(self) -> BreakerState:
        """Whether calls go through."""
        return self._breaker.state

    async def ask(self, prompt: Prompt) -> Reply:
        """Returns the whole answer, or why there is none; raises nothing but a cancellation."""
        call = _Call(perf_counter())
        words: list[str] = []
        try:
            async with self.streaming(prompt, call) as deltas:
                async for delta in deltas:
                    words.append(delta)
        except Unanswered as error:
            if error.reason != "breaker_open":
                self.last_error = str(error)
            return call.reply(failure=error.reason, detail=str(error))
        return call.reply(text="".join(words))

    @asynccontextmanager
    async def streaming(
        self, prompt: Prompt, call: "_Call | None" = None
    ) -> AsyncIterator[AsyncIterator[str]]:
        """Opens an answer as its words come; leaving the block closes the connection at once.

        Raises:
            Unanswered: it did not begin, or did not come to its end.
        """
        async with aclosing(self._words(prompt, call or _Call(perf_counter()))) as deltas:
            yield deltas

    async def close(self) -> None:
        """Closes all connections."""
        await self._client.close()

    async def _words(self, prompt: Prompt, call: "_Call") -> AsyncGenerator[str, None]:
        until = asyncio.get_running_loop().time() + self.options.whole_within_s(prompt)
        await _by(until, self._places.acquire(), "too_slow", "no place became free")
        try:
            with self._breaker.guarding(), _named():
                async with aclosing(self._received(prompt, call, until)) as received:
                    async for delta in received:
                        yield delta
        finally:
            self._places.release()

    async def _received(
        self, prompt: Prompt, call: "_Call", until: float
    ) -> AsyncGenerator[str, None]:
        options = self.options
        first_by = min(until, asyncio.get_running_loop().time() + options.first_token_s)
        within_s = options.whole_within_s(prompt)
        late = f"no first word within {min(options.first_token_s, within_s):g} s"
        slow: FailureCode = "too_slow_for_chat" if prompt.is_live else "too_slow"
        stream = await _by(first_by, self._opened(prompt, call), "no_first_token", late)
        length, finish = 0, ""
        async with stream:
            while True:
                limit, why = (until, slow) if length else (first_by, "no_first_token")
                said = f"not whole within {within_s:g} s" if length else late
                chunk = await _by(limit, anext(stream, None), why, said)
                if chunk is None:
                    break
                call.count(chunk)
                for choice in chunk.choices:
                    finish = choice.finish_reason or finish
                    if choice.delta.content:
                        call.heard()
                        length += len(choice.delta.content)
                        yield choice.delta.content
                if length > options.max_tokens * CHARACTERS_A_TOKEN:
                    raise Unanswered("too_long", "it would not stop")
        _check(finish)

    async def _opened(self, prompt: Prompt, call: "_Call") -> "AsyncStream[ChatCompletionChunk]":
        may_retry = self._budget.take()
        create = self._client.with_options(max_retries=int(may_retry)).chat.completions
        answer = await create.with_raw_response.create(
            model=self.options.model,
            messages=[
                {"role": "system", "content": prompt.prefix},
                {"role": "user", "content": prompt.turn},
            ],
            response_format=_format(prompt),
            max_tokens=self.options.max_tokens,
            temperature=0.0,
            seed=0,
            stream=True,
            stream_options={"include_usage": True},
            extra_headers={PREFIX_HEADER: f"{self.options.model}-{prompt.beginning}"},
        )
        call.retries = answer.retries_taken
        if may_retry and not answer.retries_taken:
            self._budget.give_back()
        return answer.parse()


def _client_of(options: VllmOptions) -> "AsyncOpenAI":
    """Loads the package as well, so that no call's time goes by on that."""
    from openai import AsyncOpenAI

    return AsyncOpenAI(
        base_url=options.url,
        api_key=options.key or "none",
        timeout=options.total_s,
        organization="",
        project="",
    )


class _Call:
    """What one call has taken so far."""

    def __init__(self, began: float) -> None:
        self.retries = 0
        self._began = began
        self._first_ms = 0.0
        self._tokens = (0, 0, 0)

    def heard(self) -> None:
        """Notes when the first words came."""
        self._first_ms = self._first_ms or self._since()

    def count(self, chunk: "ChatCompletionChunk") -> None:
        """Takes the tokens that the server counts, of which the last chunk tells."""
        usage = chunk.usage
        if usage is not None:
            details = usage.prompt_tokens_details
            cached = details.cached_tokens if details else 0
            self._tokens = (usage.prompt_tokens, cached or 0, usage.completion_tokens)

    def reply(
        self, *, text: str = "", failure: FailureCode | None = None, detail: str = ""
    ) -> Reply:
        """Returns what it came to."""
        prompt, cached, completion = self._tokens
        return Reply(
            text=text,
            failure=failure or "",
            detail=detail,
            prompt_tokens=prompt,
            cached_tokens=cached,
            completion_tokens=completion,
            first_token_ms=self._first_ms,
            latency_ms=self._since(),
            retries=self.retries,
        )

    def _since(self) -> float:
        return round((perf_counter() - self._began) * 1000, 1)


async def _by(until: float, step: Awaitable[_T], reason: FailureCode, detail: str) -> _T:
    """Returns what a step comes to, unless the loop's clock passes `until` before."""
    try:
        async with asyncio.timeout_at(until):
            return await step
    except TimeoutError:
        raise Unanswered(reason, detail) from None


def _check(finish: str) -> None:
    if not finish:
        raise Unanswered("broke_off", "the answer ended without a reason to")
    if finish == "length":
        raise Unanswered("too_long", "the answer reached its token limit")
    if finish != "stop":
        raise Unanswered("aborted", f"finish_reason {finish}")


def _format(prompt: Prompt) -> Any:
    schema = schema_for(prompt.facts, prompt.actions, most_drafts=prompt.most_drafts)
    return {
        "type": "json_schema",
        "json_schema": {"name": "answer", "schema": schema, "strict": True},
    }


@contextmanager
def _named() -> Iterator[None]:
    """Gives every failure of server and connection its reason code."""
    import openai

    try:
        yield
    except openai.APIStatusError as error:
        raise Unanswered(_of_status(error.status_code, str(error)), _short(error)) from error
    except openai.APITimeoutError as error:
        raise Unanswered("too_slow", _short(error)) from error
    except openai.APIConnectionError as error:
        cause = error.__cause__ or error
        is_begun = "Protocol" in type(cause).__name__ or "Read" in type(cause).__name__
        raise Unanswered("broke_off" if is_begun else "unreachable", _short(cause)) from error
    except (openai.OpenAIError, ValueError) as error:
        raise Unanswered(_of_status(500, str(error)), _short(error)) from error


def _of_status(status: int, said: str) -> FailureCode:
    if status >= 500 and "out of memory" in said.lower():
        return "out_of_memory"
    if status in (408, 409, 429, 503):
        return "busy"
    return "server_error" if status >= 500 else "refused"


def _short(error: BaseException) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
