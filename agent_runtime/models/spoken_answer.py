"""An answer as it is written: each sentence with its fact, as soon as it is whole."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

from agent_runtime.domain import SPEAKS, Sentence
from agent_runtime.models.answer import sentence_of, why_not_said
from agent_runtime.models.answer_schema import Said
from agent_runtime.models.vllm import VllmModel
from agent_runtime.prompting.prompt import Prompt


@asynccontextmanager
async def speaking(model: VllmModel, prompt: Prompt) -> AsyncIterator[AsyncIterator[Sentence]]:
    """Opens the first draft of an answer, sentence by sentence, while the model still writes.

    Nothing here is permitted yet: whoever speaks asks for leave sentence by sentence. It ends at
    a sentence that cannot be said, and before the first where the model would rather not answer.
    Leaving the block, by an interruption as well, closes the connection at once.

    Raises:
        Unanswered: it did not begin, or did not come to its end; sentences may have come before.
    """
    async with model.streaming(prompt) as deltas:
        yield _sentences(deltas, prompt)


async def _sentences(deltas: AsyncIterator[str], prompt: Prompt) -> AsyncIterator[Sentence]:
    from jiter import from_json

    text, told = "", 0
    async for delta in deltas:
        text += delta
        if "}" not in delta:
            continue
        # Partial mode leaves out a string that is not whole, so nothing half-said is spoken.
        answer = _parsed(text, from_json)
        if _rather_not(answer):
            return
        for said in list(_whole(answer))[told:]:
            if why_not_said(said, prompt):
                return
            told += 1
            yield sentence_of(said)


def _parsed(text: str, from_json: Any) -> dict[str, Any]:
    try:
        answer = from_json(text.encode(), partial_mode=True)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _rather_not(answer: dict[str, Any]) -> bool:
    steps = answer.get("actions")
    first = steps[0] if isinstance(steps, list) and steps else {}
    action = first.get("action") if isinstance(first, dict) else None
    return action is not None and action not in SPEAKS


def _whole(answer: dict[str, Any]) -> Iterator[Said]:
    """Yields the sentences of the first draft that have both their parts."""
    drafts = answer.get("drafts")
    first = drafts[0] if isinstance(drafts, list) and drafts else {}
    for said in first.get("sentences", ()) if isinstance(first, dict) else ():
        if not isinstance(said, dict) or not {"text", "fact"} <= said.keys():
            return
        yield Said.model_construct(text=str(said["text"]), fact=str(said["fact"]))
