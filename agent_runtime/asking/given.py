"""What a turn is given to read and draft with, and what its trace says of that."""

from dataclasses import dataclass, replace

from agent_runtime.asking.answers import AnswerRows, KeptAnswer
from agent_runtime.asking.pooled import KeptDrafts, PooledReading
from agent_runtime.asking.question import Question
from agent_runtime.domain import ModelUse
from agent_runtime.grounding.opinions import NO_OPINIONS, Opinions
from agent_runtime.models.answer import UnreadableAnswer, read_answer
from agent_runtime.models.language import Drafter, LanguageModel
from agent_runtime.prompting.prompt import Prompt


@dataclass(frozen=True, slots=True)
class Given:
    """Who reads a message and who drafts, for one turn."""

    model: LanguageModel
    drafter: Drafter | None = None
    entities: tuple[tuple[str, str], ...] = ()
    """What a language model heard the buyer name, beside what the rules hear."""
    use: ModelUse | None = None
    opinions: Opinions = NO_OPINIONS
    """What a model of entailment said of the drafts, for the permit."""


def given(
    rows: AnswerRows, key: str, question: Question, *, name: str, shipped: LanguageModel
) -> Given:
    """Returns what stands in the store for a turn's question; it asks nobody.

    Args:
        rows: The turn's transaction.
        key: Of the message.
        question: What the turn asks, by the facts as they are now.
        name: Of the language model.
        shipped: The model that ships, which answers where the other did not.
    """
    if question.prompt is None:
        return Given(shipped, use=ModelUse(shipped.version, why_not=question.unasked))
    kept = rows.answer_to(question.prompt.key(name), message_key=key)
    if kept is None:
        earlier = rows.answer_for(key)
        if earlier is None:
            return Given(shipped, use=ModelUse(shipped.version, why_not="not_asked"))
        return Given(shipped, use=_use(earlier, key, shipped.version, why_not="facts_changed"))
    if kept.state == "FAILED":
        return Given(shipped, use=_use(kept, key, shipped.version, why_not=kept.reply.failure))
    return _read(kept, key, question.prompt, shipped)


def given_again(said: str, prompt: Prompt | None, shipped: LanguageModel) -> Given:
    """Returns what an old turn was given, from the answer in its trace; nobody is asked again."""
    if prompt is None:
        return Given(shipped)
    return _answered(said, prompt, shipped, ModelUse(shipped.version))


def _read(kept: KeptAnswer, key: str, prompt: Prompt, shipped: LanguageModel) -> Given:
    said = kept.opinions
    use = replace(
        _use(kept, key, shipped.version, why_not=""),
        answered_by=kept.model,
        second=said.version,
        second_why_not=said.why_not,
    )
    return replace(_answered(kept.reply.text, prompt, shipped, use), opinions=said)


def _answered(text: str, prompt: Prompt, shipped: LanguageModel, use: ModelUse) -> Given:
    try:
        answer = read_answer(text, prompt)
    except UnreadableAnswer as error:
        failed = replace(use, answered_by=shipped.version, why_not=str(error), text=text)
        return Given(shipped, use=failed)
    use = replace(use, text=text, dropped=answer.dropped, actions=answer.actions)
    drafts = KeptDrafts(answer)
    return Given(PooledReading(shipped, answer), drafts, answer.entities, use)


def _use(kept: KeptAnswer, key: str, answered_by: str, *, why_not: str) -> ModelUse:
    """The tokens of an answer count once, in the turn that it was asked for."""
    reply, is_own = kept.reply, kept.asked_for == key
    return ModelUse(
        answered_by,
        why_not=why_not,
        question=kept.question,
        prompt=kept.prompt,
        asked=kept.model,
        prompt_tokens=reply.prompt_tokens * is_own,
        cached_tokens=reply.cached_tokens * is_own,
        completion_tokens=reply.completion_tokens * is_own,
        first_token_ms=reply.first_token_ms,
        latency_ms=reply.latency_ms,
        retries=reply.retries,
    )
