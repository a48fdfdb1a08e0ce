"""Which question a turn puts to a language model, or why it puts none."""

from dataclasses import dataclass
from typing import Literal

from agent_runtime.domain import Contact, Observation, Perception, Session
from agent_runtime.hearing.safety import listen
from agent_runtime.library.catalog import Library
from agent_runtime.loop import belongs_to_a_person
from agent_runtime.models.language import LanguageModel
from agent_runtime.perceive import perceive
from agent_runtime.policies.facts import Facts
from agent_runtime.prompting.prompt import Prompt, prompt_of
from agent_runtime.prompting.template import Template
from agent_runtime.retrieve import retrieve

Unasked = Literal["rules_come_first", "a_person_answers", "nothing_may_go_out", "no_words"]
"""rules_come_first: a stop, a bounce, a word of command or the like, which no model decides."""

_DECIDED = frozenset({"bounce", "auto_reply", "opt_out", "perhaps_opt_out", "asks_help"})


@dataclass(frozen=True, slots=True)
class Question:
    """What a turn asks; without a prompt it asks nothing, and says why."""

    prompt: Prompt | None = None
    unasked: Unasked | Literal[""] = ""
    is_stop: bool = False


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
    """Returns the question of one message; the same arguments always ask the same.

    Rules, and the model that ships, are asked first: what they hear as a stop is nobody else's to
    read. Free times are no part of it, since looking them up may take long.

    Args:
        session: The thread so far, in the playbook that answers.
        observation: The message, in placeholder text.
        contact: Who wrote.
        facts: As the permit's rules know them.
        library: Playbooks and texts.
        model: The model that ships.
        template: The prompt; the product's by default.
    """
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
