"""A model's answer, read and vetted: what fails as a whole, and what is dropped from it and why."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import ValidationError

from agent_runtime.domain import Drafted, Guess, Sentence
from agent_runtime.models.answer_schema import Draft, Said, Written
from agent_runtime.placeholders import TOKEN
from agent_runtime.prompting.prompt import Prompt


class UnreadableAnswer(Exception):
    """What a model wrote is no answer; the argument is the reason code."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is left of a model's answer.

    Attributes:
        intents: What the message means, the first thing first; not calibrated.
        entities: Name and verbatim span.
        actions: What to do next, best first.
        drafts: Ways to answer, best first; every sentence names facts that were offered.
        confidence: Of the answer as a whole.
        dropped: Reason codes of what is not in it, each once.
    """

    intents: tuple[Guess, ...]
    entities: tuple[tuple[str, str], ...]
    actions: tuple[Guess, ...]
    drafts: tuple[Drafted, ...]
    confidence: float
    dropped: tuple[str, ...] = ()


def read_answer(text: str, prompt: Prompt) -> Answer:
    """Returns what may be used of an answer; what is left out is named.

    Args:
        text: As the model wrote it.
        prompt: What it was asked, which says what it may name.

    Raises:
        UnreadableAnswer: it is no JSON of the schema, so that nothing of it can be used.
    """
    try:
        written = Written.model_validate_json(text)
    except ValidationError as error:
        kinds = {problem["type"] for problem in error.errors(include_url=False)}
        broken = "broken_json" if "json_invalid" in kinds else "outside_the_schema"
        raise UnreadableAnswer(broken) from None
    dropped: dict[str, None] = {}
    actions = tuple(
        Guess(step.action, step.confidence)
        for step in written.actions
        if step.action in prompt.actions or dropped.setdefault("unknown_action")
    )
    entities = tuple(
        (one.name, one.span)
        for one in written.entities
        if one.span in prompt.message or dropped.setdefault("entity_not_in_the_message")
    )
    drafts = tuple(_vetted(written, prompt, actions, dropped))
    return Answer(
        intents=_each_once(Guess(one.name, one.confidence) for one in written.intents),
        entities=entities,
        actions=actions,
        drafts=drafts,
        confidence=written.confidence,
        dropped=tuple(dropped),
    )


def _vetted(
    written: Written, prompt: Prompt, actions: tuple[Guess, ...], dropped: dict[str, None]
) -> Iterator[Drafted]:
    """Drops every draft where the model itself would rather do something else than speak."""
    if written.drafts and (not actions or actions[0].name not in prompt.speaks):
        dropped.setdefault("its_action_is_no_answer")
        return
    for draft in written.drafts:
        if reason := _why_not(draft, prompt):
            dropped.setdefault(reason)
            continue
        sentences = tuple(sentence_of(said) for said in draft.sentences)
        yield Drafted(sentences, min(draft.confidence, written.confidence))


def sentence_of(said: Said) -> Sentence:
    """Returns a sentence with the fact that it claims to stand on, if it names one."""
    return Sentence(said.text.strip(), (said.fact,) if said.fact else ())


def why_not_said(said: Said, prompt: Prompt) -> str:
    """Returns the reason code for which a sentence cannot be said, or nothing."""
    if said.fact and said.fact not in prompt.facts:
        return "unknown_fact"
    tokens = TOKEN.findall(said.text)
    if not prompt.placeholders.issuperset(tokens):
        return "unknown_placeholder"
    if not prompt.bears_out(said.fact, tokens):
        return "activity_without_evidence"
    if not said.text.strip() or _CONTROL.search(said.text):
        return "unprintable_text"
    return "claim_without_fact" if _claims(said) else ""


def _why_not(draft: Draft, prompt: Prompt) -> str:
    """Says why a draft is dropped; a sentence of it is never left out, which may turn its sense."""
    reasons = (why_not_said(said, prompt) for said in draft.sentences)
    return next(filter(None, reasons), "")


_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")
_FIGURE = re.compile(r"[\d%$€£]")


def _claims(said: Said) -> bool:
    """A sentence without a fact may ask or be polite; one with a figure in it claims something."""
    return not said.fact and bool(_FIGURE.search(TOKEN.sub("", said.text)))


def _each_once(guesses: Iterator[Guess]) -> tuple[Guess, ...]:
    found: dict[str, Guess] = {}
    for guess in guesses:
        found.setdefault(guess.name, guess)
    return tuple(found.values())
