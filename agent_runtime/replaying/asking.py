"""Asks a language model what nothing stored answers, and keeps what it says for the next replay."""

from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from datetime import datetime

from agent_runtime.asking.answers import KeptAnswer
from agent_runtime.models.oracle import Oracle
from agent_runtime.models.reply import Reply
from agent_runtime.ports import Store
from agent_runtime.prompting.prompt import Prompt
from agent_runtime.replaying.comparison import Compared
from agent_runtime.replaying.versions import KeptWords

AT_ONCE = 64
"""Questions handed to the client together; it puts as many at once as its settings say."""


def kept_words(store: Store) -> KeptWords:
    """Returns what stands in a store, where answers of turns and of replays are kept alike."""

    def find(question: str, message_key: str) -> str | None:
        with store.begin() as tx:
            kept = tx.answer_to(question, message_key=message_key)
        is_there = kept is not None and kept.state == "ANSWERED" and not kept.removed
        return kept.reply.text if kept is not None and is_there else None

    return find


def ask_for(
    turns: Iterable[Compared],
    oracle: Oracle,
    store: Store,
    *,
    now: datetime,
    progress: Callable[[], None] = lambda: None,
) -> Counter[str]:
    """Puts the questions of turns that need the model, and keeps every answer in the store.

    They are kept as answers to live messages are, so that retention and erasure reach them. A
    message that has been worked is not worked again: nothing is sent.

    Args:
        turns: Those of a comparison that need the model.
        oracle: Who is asked.
        store: Where answers are kept.
        now: When.
        progress: Told of every answer.

    Returns:
        How many were answered, and how many failed by reason.
    """
    counted: Counter[str] = Counter()
    asked = [(turn, turn.outcome.needs) for turn in turns]
    waiting = [(turn, prompt) for turn, prompt in asked if prompt is not None]
    for start in range(0, len(waiting), AT_ONCE):
        batch = [(*one, _put(oracle, one[1])) for one in waiting[start : start + AT_ONCE]]
        for turn, prompt, future in batch:
            # Those before it in the line may each take their whole limit.
            reply = _wait(future, oracle.patience_s * (1 + len(batch)))
            counted[reply.failure or "answered"] += 1
            if not reply.failure:
                with store.begin() as tx:
                    tx.save_answer(_kept(turn, prompt, reply, oracle.name, store.tenant_id, now))
            progress()
    return counted


def _put(oracle: Oracle, prompt: Prompt) -> "Future[Reply]":
    """A client that cannot be opened, by a wrong address, is a server that is not there."""
    try:
        return oracle.ask(prompt)
    except Exception as error:
        failed: Future[Reply] = Future()
        failed.set_result(Reply(failure="unreachable", detail=repr(error)[:200]))
        return failed


def _wait(future: "Future[Reply]", patience_s: float) -> Reply:
    try:
        return future.result(timeout=patience_s)
    except TimeoutError:
        future.cancel()
        return Reply(failure="too_slow")


def _kept(
    turn: Compared, prompt: Prompt, reply: Reply, model: str, tenant_id: str, now: datetime
) -> KeptAnswer:
    return KeptAnswer(
        tenant_id=tenant_id,
        question=prompt.key(model),
        asked_for=turn.observed["id"],
        thread_id=turn.thread_id,
        model=model,
        prompt=prompt.version,
        asked_at=now,
        reply=reply,
        state="ANSWERED",
    )
