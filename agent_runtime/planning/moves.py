"""Which rows of a playbook's table fit what was heard, best first."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from agent_runtime.domain import Contact, Perception, Session
from agent_runtime.library.catalog import Library
from agent_runtime.library.checks import states_of
from agent_runtime.library.playbook import Move, Playbook

SECONDARY = 0.5
"""A further intent counts from this confidence on; the primary one always does."""

_WEIGHT = {"first": 3.0, "handoff": 2.0, "reply": 1.0}


@dataclass(frozen=True, slots=True)
class Option:
    """A row that fits, how sure that is, and its score: precedence first, confidence second."""

    move: Move
    say: tuple[str, ...]
    """Ids of the texts to write: the chosen one first, where the row chooses."""
    group: str
    confidence: float
    score: float


def options(
    library: Library,
    playbook: Playbook,
    session: Session,
    perception: Perception,
    *,
    contact: Contact,
    is_slot_chosen: bool,
    choose: Callable[[Sequence[str]], str],
) -> tuple[Option, ...]:
    """Returns every row that fits, best first; rows of one meaning stand for it only once.

    `choose` returns the one text of several that suits the buyer's words, or nothing.
    """
    state = state_of(playbook, session)
    heard = _heard(perception, is_slot_chosen=is_slot_chosen)
    if learned(playbook, session, perception):
        heard[_LEARNED] = 1.0
    if answered(playbook, session, perception):
        heard[_ANSWERED] = 1.0
    known = known_of(session, perception, contact)
    found: list[Option] = []
    meanings: set[str] = set()
    for row in _rows(library, playbook.id, state):
        meaning = next((name for name in row.triggers if name in heard), "")
        if not meaning or meaning in meanings:
            continue
        if not known.issuperset(row.move.known) or not known.isdisjoint(row.move.unknown):
            continue
        if not heard.keys().isdisjoint(row.move.unless):
            continue
        chosen = choose(row.move.one_of) if row.move.one_of else ""
        if row.move.one_of and not chosen:
            continue
        once = (chosen,) if chosen else row.move.say
        if row.move.once and any(text in session.contents_used for text in once):
            continue
        meanings.add(meaning)
        confidence = heard[meaning]
        say = (chosen, *row.move.say) if chosen else row.move.say
        score = _WEIGHT[row.group] + confidence
        found.append(Option(row.move, say, row.group, confidence, score))
    return tuple(sorted(found, key=lambda option: -option.score))


def state_of(playbook: Playbook, session: Session) -> str:
    """Returns the state of a thread, or the start when it has none in this playbook."""
    return session.state if session.state in playbook.states else playbook.start


def learned(playbook: Playbook, session: Session, perception: Perception) -> frozenset[str]:
    """Returns what the buyer has just told of what the playbook's questions ask for."""
    asked = {question.learns for question in playbook.questions if question.learns}
    before = {name for name, _ in session.facts_known}
    return frozenset(name for name, _ in perception.entities if name in asked - before)


def answered(playbook: Playbook, session: Session, perception: Perception) -> bool:
    """Says whether the buyer gave what the question at the end of our last mail asks for."""
    last = session.contents_used[-1] if session.contents_used else ""
    told = dict(perception.entities)
    return any(question.say == last and question.learns in told for question in playbook.questions)


def known_of(session: Session, perception: Perception | None, contact: Contact) -> frozenset[str]:
    """Returns the names of all that is known: from the buyer's words and from the CRM."""
    told = (*session.facts_known, *(perception.entities if perception else ()))
    crm = [("role", contact.title), ("company", contact.company), ("owner", contact.owner_id)]
    return frozenset(name for name, value in (*told, *contact.facts, *crm) if value)


@dataclass(frozen=True, slots=True)
class _Row:
    move: Move
    group: str
    triggers: tuple[str, ...]


_SLOT_CHOSEN, _UNSURE, _LEARNED, _ANSWERED = "slot chosen", "unsure", "learned", "answered"


@lru_cache(maxsize=1024)
def _rows(library: Library, playbook_id: str, state: str) -> tuple[_Row, ...]:
    """The rows that can fit in a state, in order of precedence."""
    playbook = library.playbook(playbook_id)
    return tuple(
        _Row(move, group, _triggers(move))
        for group, move in library.moves(playbook)
        if state in states_of(playbook, move)
    )


def _triggers(move: Move) -> tuple[str, ...]:
    chosen = (_SLOT_CHOSEN,) if move.slot_chosen else ()
    unsure = (_UNSURE,) if move.unsure else ()
    told = (_ANSWERED,) * move.answered + (_LEARNED,) * move.learned
    return (*chosen, *move.rules, *move.signals, *told, *unsure, *move.intents)


def _heard(seen: Perception, *, is_slot_chosen: bool) -> dict[str, float]:
    """Returns all that was heard with how sure that is; an unsure reading has no intents.

    The primary intent is what to deal with first, so further ones never outrank it.
    """
    heard = dict.fromkeys((*seen.rules, *seen.signals), 1.0)
    if is_slot_chosen:
        heard[_SLOT_CHOSEN] = max(seen.confidence, 0.9)
    if seen.abstain:
        return heard | {_UNSURE: 1.0 - seen.confidence}
    less = 0.99 * seen.confidence
    further = {g.name: min(g.confidence, less) for g in seen.intents if g.confidence >= SECONDARY}
    return heard | further | {seen.primary: seen.confidence}
