"""Puts the questions of a batch before it is worked, and keeps each answer before its turn.

Nothing here waits inside a transaction, and no wait is longer than the time limit of a call.
"""

import json
from collections.abc import Mapping
from concurrent.futures import Future, wait
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from threading import Lock
from time import monotonic
from typing import Any, TypeVar

from agent_runtime.asking.answers import KeptAnswer
from agent_runtime.asking.model_state import STATE, ModelState
from agent_runtime.asking.second_opinion import SecondOpinion
from agent_runtime.grounding.opinions import NO_OPINIONS, Opinions
from agent_runtime.models.oracle import Oracle
from agent_runtime.models.reply import Reply
from agent_runtime.policies.facts import Facts
from agent_runtime.ports import Store, Tx
from agent_runtime.prompting.prompt import Prompt

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class _UnderWay:
    key: str
    thread_id: str
    prompt: Prompt
    reply: "Future[Reply]"
    opinions: "Future[Opinions]"
    """Of a model of entailment on what the reply drafts."""
    begun: float
    """By the clock of the process."""

    @property
    def is_done(self) -> bool:
        """Whether nobody need be waited for."""
        return self.reply.done() and self.opinions.done()


class AskAhead:
    """One for all lanes of a process.

    Args:
        store: Where answers are kept.
        oracle: Who is asked.
        second: Asks a model of entailment about the drafts; without one nobody is asked.
    """

    def __init__(
        self, store: Store, oracle: Oracle, *, second: SecondOpinion | None = None
    ) -> None:
        self._store, self.oracle, self._second = store, oracle, second
        self._under_way: dict[str, _UnderWay] = {}
        self._failed_beside: set[str] = set()
        self._lock, self._counting = Lock(), Lock()
        self._answered = self._failed = 0

    def begin(
        self,
        tx: Tx,
        prompts: Mapping[str, tuple[str, Prompt]],
        facts: Mapping[str, Facts] | None = None,
    ) -> None:
        """Puts questions, all at once; one that was answered before is not put again.

        Args:
            tx: Reads what has been answered.
            prompts: Thread and question by the key of the message.
            facts: On which drafts may stand, by the same key; without them no second opinion is
                asked.
        """
        for key, (thread_id, prompt) in prompts.items():
            kept = tx.answer_to(prompt.key(self.oracle.name), message_key=key)
            if kept is not None and kept.state != "ANSWERED":
                kept = None
            with self._lock:
                if key in self._under_way or (kept is not None and not self._is_open(kept, key)):
                    continue
                self._failed_beside.discard(key)
                begun = monotonic()
                reply = self._put(prompt) if kept is None else _given(_reply_in(kept, key))
                told = _given(NO_OPINIONS if kept is None else kept.opinions)
                if self._second is not None and facts and key in facts:
                    known = told.result()
                    told = self._second.after(reply, prompt, facts[key], known, begun)
                self._under_way[key] = _UnderWay(key, thread_id, prompt, reply, told, begun)
            if kept is None:
                reply.add_done_callback(self._count)

    def _is_open(self, kept: KeptAnswer, key: str) -> bool:
        """Whether opinions on a kept answer are to be asked for once more.

        They are if another model gave them, or if none came for the message that asked first. Of a
        server that nobody has asked in this life the model is looked up.
        """
        if self._second is None:
            return False
        if kept.opinions.why_not and kept.asked_for != key:
            return True
        return bool(kept.opinions.pairs) and kept.opinions.version != self._second.version

    def _put(self, prompt: Prompt) -> "Future[Reply]":
        """A client that cannot be opened, by a wrong address, is a server that is not there."""
        try:
            return self.oracle.ask(prompt)
        except Exception as error:
            return _given(Reply(failure="unreachable", detail=repr(error)[:200]))

    def is_asked(self, key: str) -> bool:
        """Says whether a message's question is under way, or failed while another was waited for.

        Such a failure is the answer of its turn: a batch waits out a time limit but once.
        """
        with self._lock:
            return key in self._under_way or key in self._failed_beside

    def is_answered(self, key: str, *, within_s: float) -> bool:
        """Waits a moment, and says whether `settle` would wait for a message's answer no longer."""
        with self._lock:
            own = self._under_way.get(key)
        if own is None or monotonic() - own.begun > self.oracle.patience_s:
            return True
        both: list[Future[Any]] = [own.reply, own.opinions]
        return not wait(both, timeout=within_s).not_done

    def settle(self, key: str, *, now: datetime) -> None:
        """Waits for the answer to a message's question, if one is under way, and keeps it.

        Others that have come meanwhile are kept as well, so that a crash loses none.
        """
        with self._lock:
            own = self._under_way.get(key)
            self._failed_beside.discard(key)
        if own is not None:
            _wait(own.reply, self.oracle.patience_s)
            if self._second is not None and own.reply.done():
                wait([own.opinions], timeout=self._second.left_s(own.prompt, own.begun))
        with self._lock:
            ended = [one for one in self._under_way.values() if one is own or one.is_done]
        if not ended:
            return
        with self._store.begin() as tx:
            for one in ended:
                tx.save_answer(self._kept(one, now))
            tx.publish(STATE, json.dumps(asdict(self._state(now))))
        # Only now: another lane that found its answer gone from here would not find it kept yet.
        with self._lock:
            for one in ended:
                self._under_way.pop(one.key, None)
            beside = (one for one in ended if one is not own)
            self._failed_beside |= {one.key for one in beside if _wait(one.reply, 0.0).failure}

    def _kept(self, one: _UnderWay, now: datetime) -> KeptAnswer:
        reply = _wait(one.reply, 0.0)
        return KeptAnswer(
            tenant_id=self._store.tenant_id,
            question=one.prompt.key(self.oracle.name),
            asked_for=one.key,
            thread_id=one.thread_id,
            model=self.oracle.name,
            prompt=one.prompt.version,
            asked_at=now,
            reply=reply,
            opinions=self._told(one),
            state="FAILED" if reply.failure else "ANSWERED",
        )

    def _told(self, one: _UnderWay) -> Opinions:
        """What was said in time; what came too late, or never, is believed of no draft."""
        version = self._second.version if self._second else ""
        try:
            return one.opinions.result(timeout=0.0)
        except TimeoutError:
            return Opinions(version, why_not="too_slow")
        except Exception:
            return Opinions(version, why_not="server_error")

    def _count(self, reply: "Future[Reply]") -> None:
        has_failed = bool(_wait(reply, 0.0).failure)
        with self._counting:
            self._answered += not has_failed
            self._failed += has_failed

    def _state(self, now: datetime) -> ModelState:
        return ModelState(
            name=self.oracle.name,
            breaker=self.oracle.state,
            at=now.isoformat(),
            last_error=self.oracle.last_error,
            answered=self._answered,
            failed=self._failed,
            entailment=self._second.version if self._second else "",
            entailment_breaker=self._second.state if self._second else "",
            entailment_error=self._second.last_error if self._second else "",
        )


def _given(value: _T) -> "Future[_T]":
    future: Future[_T] = Future()
    future.set_result(value)
    return future


def _reply_in(kept: KeptAnswer, key: str) -> Reply:
    """The tokens of an answer count once, for the message that it was asked for."""
    if kept.asked_for == key:
        return kept.reply
    return replace(kept.reply, prompt_tokens=0, cached_tokens=0, completion_tokens=0)


def _wait(reply: "Future[Reply]", patience_s: float) -> Reply:
    """A call ends by itself within its limit; one that does not is given up all the same."""
    try:
        return reply.result(timeout=patience_s)
    except TimeoutError:
        reply.cancel()
        return Reply(failure="too_slow", detail="its loop does not answer")
    except Exception as error:
        return Reply(failure="server_error", detail=repr(error)[:200])
