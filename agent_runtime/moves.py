"""Which rows of a playbook's table fit what was heard, best first."""

from dataclasses import dataclass
from functools import lru_cache

from agent_runtime.domain import Guess, Perception, Session
from agent_runtime.library import Library
from agent_runtime.playbook import Move, Playbook

SECONDARY = 0.5
"""A further intent counts from this confidence on; the primary one always does."""

_WEIGHT = {"first": 3.0, "handoff": 2.0, "reply": 1.0}


@dataclass(frozen=True, slots=True)
class Option:
    """A row that fits, how sure that is, and its score: precedence first, confidence second."""

    move: Move
    group: str
    confidence: float
    score: float


def options(
    library: Library,
    playbook: Playbook,
    session: Session,
    perception: Perception,
    *,
    is_slot_chosen: bool,
) -> tuple[Option, ...]:
    """Returns every row that fits, best first; rows of one meaning stand for it only once."""
    state = state_of(playbook, session)
    found: list[Option] = []
    meanings: set[str] = set()
    for group, move in _rows(library, playbook.id):
        if move.do not in playbook.states[state].actions:
            continue
        if move.states and state not in move.states:
            continue
        if move.once and any(text in session.contents_used for text in move.say):
            continue
        meaning, confidence = _heard(move, perception, is_slot_chosen=is_slot_chosen)
        if meaning and meaning not in meanings:
            meanings.add(meaning)
            found.append(Option(move, group, confidence, _WEIGHT[group] + confidence))
    return tuple(sorted(found, key=lambda option: -option.score))


def state_of(playbook: Playbook, session: Session) -> str:
    """Returns the state of a thread, or the start when it has none in this playbook."""
    return session.state if session.state in playbook.states else playbook.start


@lru_cache(maxsize=256)
def _rows(library: Library, playbook_id: str) -> tuple[tuple[str, Move], ...]:
    return library.moves(library.playbook(playbook_id))


def _heard(move: Move, seen: Perception, *, is_slot_chosen: bool) -> tuple[str, float]:
    """Returns what made the row fit, and how sure it is; an empty meaning fits nothing."""
    if move.slot_chosen and is_slot_chosen:
        return "slot_chosen", max(seen.confidence, 0.9)
    for name in (*move.rules, *move.signals):
        if name in seen.rules or name in seen.signals:
            return name, 1.0
    if seen.abstain:
        return ("unsure", 1.0 - seen.confidence) if move.unsure else ("", 0.0)
    heard = [Guess(seen.primary, 1.0), *seen.intents]
    for guess in heard:
        if guess.name in move.intents and guess.confidence >= SECONDARY:
            sure = seen.confidence if guess.name == seen.primary else guess.confidence
            return guess.name, sure
    return "", 0.0
