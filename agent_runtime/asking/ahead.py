"""Puts the questions of a batch before it is worked, and keeps each answer before its turn.

Nothing here waits inside a transaction, and no wait is longer than the time limit of a call.
"""

import json
from collections.abc import Mapping
from concurrent.futures import Future, wait
from dataclasses import asdict, dataclass
from datetime import datetime
from threading import Lock
from time import monotonic

from agent_runtime.asking.answers import KeptAnswer
from agent_runtime.asking.model_state import STATE, ModelState
from agent_runtime.models.oracle import Oracle
from agent_runtime.models.reply import Reply
from agent_runtime.ports import Store, Tx
from agent_runtime.prompting.prompt import Prompt


@dataclass(frozen=True, slots=True)
class _UnderWay:
    key: str
    thread_id: str
    prompt: Prompt
    reply: "Future[Reply]"
    begun: float
    """By the clock of the process."""


class AskAhead:
    """One for all lanes of a process.

    Args:
        store: Where answers are kept.
        oracle: Who is asked.
    """

    def __init__(self, store: Store, oracle: Oracle) -> None:
        self._store, self.oracle = store, oracle
        self._under_way: dict[str, _UnderWay] = {}
        self._failed_beside: set[str] = set()
        self._lock, self._counting = Lock(), Lock()
        self._answered = self._failed = 0

    def begin(self, tx: Tx, prompts: Mapping[str, tuple[str, Prompt]]) -> None:
        """Puts questions, all at once; one that was answered before is not put again.

        Args:
            tx: Reads what has been answered.
            prompts: Thread and question by the key of the message.
        """
        for key, (thread_id, prompt) in prompts.items():
            kept = tx.answer_to(prompt.key(self.oracle.name), message_key=key)
            with self._lock:
                if key in self._under_way or (kept is not None and kept.state == "ANSWERED"):
                    continue
                self._failed_beside.discard(key)
                reply = self._put(prompt)
                self._under_way[key] = _UnderWay(key, thread_id, prompt, reply, monotonic())
            reply.add_done_callback(self._count)

    def _put(self, prompt: Prompt) -> "Future[Reply]":
        """A client that cannot be opened, by a wrong address, is a server that is not there."""
        try:
            return self.oracle.ask(prompt)
        except Exception as error:
            failed: Future[Reply] = Future()
            failed.set_result(Reply(failure="unreachable", detail=repr(error)[:200]))
            return failed

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
        return bool(wait([own.reply], timeout=within_s).done)

    def settle(self, key: str, *, now: datetime) -> None:
        """Waits for the answer to a message's question, if one is under way, and keeps it.

        Others that have come meanwhile are kept as well, so that a crash loses none.
        """
        with self._lock:
            own = self._under_way.get(key)
            self._failed_beside.discard(key)
        if own is not None:
            _wait(own.reply, self.oracle.patience_s)
        with self._lock:
            ended = [one for one in self._under_way.values() if one is own or one.reply.done()]
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
            state="FAILED" if reply.failure else "ANSWERED",
        )

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
        )


def _wait(reply: "Future[Reply]", patience_s: float) -> Reply:
    """A call ends by itself within its limit; one that does not is given up all the same."""
    try:
        return reply.result(timeout=patience_s)
    except TimeoutError:
        reply.cancel()
        return Reply(failure="too_slow", detail="its loop does not answer")
    except Exception as error:
        return Reply(failure="server_error", detail=repr(error)[:200])
