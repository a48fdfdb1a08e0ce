"""Which question a turn puts to a language model, or why it puts none."""

from dataclasses import dataclass, replace
from typing import Literal

from agent_runtime.domain import Contact, Observation, Perception, Session
from agent_runtime.hearing.safety import listen
from agent_runtime.library.catalog import Library
from agent_runtime.loop import belongs_to_a_person, writes_first
from agent_runtime.models.language import LanguageModel
from agent_runtime.perceive import perceive
from agent_runtime.planning.outline import touch_texts
from agent_runtime.planning.touches import DueTouch, why_no_touch
from agent_runtime.policies.facts import Facts
from agent_runtime.prompting.prompt import Prompt, prompt_of
from agent_runtime.prompting.template import Template
from agent_runtime.prompting.touch_prompt import touch_prompt
from agent_runtime.retrieve import retrieve

Unasked = Literal[
    "rules_come_first", "a_person_answers", "nothing_may_go_out", "no_words", "approved_texts_only"
]
"""rules_come_first: a stop, a bounce, a word of command or the like, which no model decides;
approved_texts_only: a touch that playbook or campaign does not leave to a model."""

_DECIDED = frozenset({"bounce", "auto_reply", "opt_out", "perhaps_opt_out", "asks_help"})


@dataclass(frozen=True, slots=True)
class Question:
    """What a turn asks; without a prompt it asks nothing, and says why."""

    prompt: Prompt | None = None
    unasked: Unasked | Literal[""] = ""
    is_stop: bool = False
    facts: Facts | None = None
    """As it was asked: on what drafts may stand."""


def question_of(
    session: Session,
    observation: Observation,
    contact: Contact,
    facts: Facts,
    *,
    library: Library,
    model: LanguageModel,
    template: Template | None = None,
) -> Question:
    """Returns the question of one message or touch; the same arguments always ask the same.

    Rules, and the model that ships, are asked first: what they hear as a stop is nobody else's to
    read. Free times are no part of it, since looking them up may take long.

    Args:
        session: The thread so far, in the playbook that answers.
        observation: The message, in placeholder text.
        contact: Who wrote.
        facts: As the permit's rules know them.
        library: Playbooks and texts.
        model: The model that ships.
        template: A prompt in the place of the product's for the same purpose.
    """
    is_due = observation.kind == "due"
    if template is not None and (template.id == "touch") != is_due:
        template = None
    asked = (
        _of_touch(session, observation, contact, facts, library, template)
        if is_due
        else _of_message(session, observation, contact, facts, library, model, template)
    )
    return replace(asked, facts=facts)


def _of_message(
    session: Session,
    observation: Observation,
    contact: Contact,
    facts: Facts,
    library: Library,
    model: LanguageModel,
    template: Template | None,
) -> Question:
    rules = listen(observation).rules
    if not _DECIDED.isdisjoint(rules) or observation.cue:
        return Question(unasked="rules_come_first", is_stop="opt_out" in rules)
    if belongs_to_a_person(session, facts):
        return Question(unasked="a_person_answers")
    if facts.suppressed or facts.paused:
        return Question(unasked="nothing_may_go_out")
    if not observation.text.strip():
        return Question(unasked="no_words")
    seen = perceive(observation, session, model, offered=session.offered, contact=contact)
    if seen.opt_out:
        return Question(unasked="rules_come_first", is_stop=True)
    return Question(_prompt(session, observation, contact, facts, seen, library, template))


def _of_touch(
    session: Session,
    observation: Observation,
    contact: Contact,
    facts: Facts,
    library: Library,
    template: Template | None,
) -> Question:
    playbook = library.playbook(session.playbook)
    if not (facts.may_draft and writes_first(playbook, observation)):
        return Question(unasked="approved_texts_only")
    due = DueTouch(session, observation, playbook, library, contact, facts.now)
    if facts.suppressed or facts.paused or belongs_to_a_person(session, facts):
        return Question(unasked="nothing_may_go_out")
    texts = touch_texts(library, playbook, due.touch, contact, now=facts.now)
    if why_no_touch(session, observation, playbook) or not texts:
        return Question(unasked="nothing_may_go_out")
    prompt = touch_prompt(
        session,
        observation,
        texts,
        contact=contact,
        playbook=playbook,
        library=library,
        now=facts.now,
        template=template,
    )
    return Question(prompt)


def _prompt(
    session: Session,
    observation: Observation,
    contact: Contact,
    facts: Facts,
    seen: Perception,
    library: Library,
    template: Template | None,
) -> Prompt:
    playbook = library.playbook(session.playbook)
    evidence = retrieve(
        session,
        observation,
        seen,
        playbook=playbook,
        library=library,
        contact=contact,
        free_slots=(),
        now=facts.now,
    )
    return prompt_of(
        session,
        observation,
        seen,
        evidence,
        contact=contact,
        playbook=playbook,
        library=library,
        now=facts.now,
        template=template,
    )
