"""Answers in the words of the knowledge base, where a playbook's own text says less."""

from collections.abc import Sequence
from datetime import datetime

from agent_runtime.domain import Evidence
from agent_runtime.library.content import Content
from agent_runtime.library.knowledge import QUOTE, Quote
from agent_runtime.planning.moves import Option, state_of
from agent_runtime.planning.outline import MAX_FACTS, Turn, asked_next, serve

LEAD_IN = "answer.looked_up"
"""Says that what follows is quoted."""


def looks_up(turn: Turn) -> Option | None:
    """Returns the best row where it may be answered from the knowledge base."""
    best = turn.options[0] if turn.options else None
    state = turn.playbook.states[state_of(turn.playbook, turn.session)]
    if best is None or not best.move.look_up or "answer" not in state.actions:
        return None
    return best if turn.playbook.scopes and turn.frame and serve(turn, LEAD_IN) else None


def look_up(turn: Turn, *, now: datetime) -> tuple[Evidence, ...]:
    """Returns the passages that answer the mail and were not quoted in this thread before."""
    option = looks_up(turn)
    if option is None:
        return ()
    found = turn.library.knowledge.look_up(
        turn.observation.text,
        is_question="off_topic" not in option.move.intents,
        contact=turn.contact,
        session=turn.session,
        scopes=turn.playbook.scopes,
        locale=turn.language,
        now=now,
        limit=MAX_FACTS - 2,
        redlines=turn.playbook.redlines,
    )
    fresh = tuple(fact for fact in found if fact.fact_id not in turn.session.contents_used)
    return fresh if quotes_in(fresh) else ()


def quotes_in(evidence: Sequence[Evidence]) -> tuple[Quote, ...]:
    """Returns the passages among the facts of a turn."""
    return tuple(
        Quote(fact.fact_id, fact.version, fact.text)
        for fact in evidence
        if fact.fact_id.startswith(QUOTE)
    )


def quoted(turn: Turn, option: Option, quotes: Sequence[Quote]) -> tuple[Content | Quote, ...]:
    """Returns the texts of a mail that quotes: a lead-in, the passages, the next question."""
    lead_in = serve(turn, LEAD_IN)
    if lead_in is None or not quotes:
        return ()
    question = asked_next(turn, option, ()) if len(quotes) < MAX_FACTS - 2 else None
    return (lead_in, *quotes, *([question] if question else ()))
