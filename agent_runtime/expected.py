"""What a scenario expects of a turn, held against what was decided."""

from dataclasses import dataclass
from typing import Any

from agent_runtime.dialogue import Played
from agent_runtime.domain import SPEAKS


@dataclass(frozen=True, slots=True)
class Departure:
    """One thing that is otherwise than its author expects."""

    what: str
    wanted: Any
    found: Any


def departures(played: Played) -> tuple[Departure, ...]:
    """Returns where a turn departs from its scenario; what the scenario does not say may be.

    Words of a language model are not held to the approved wording, nor to the name of the row
    that it speaks for: they must do the same thing, leave the thread in the same state and stand
    on one of the texts that are expected, where any is.
    """
    expected, best, seen = played.turn.expect, played.best, played.action.perception
    said = best.proposal.content_ids if best.proposal else best.contents
    pairs: dict[str, tuple[Any, Any]] = {
        "heard": (played.turn.heard if seen else None, seen.primary if seen else None),
        "action": (expected.action, best.action),
        "reason": (expected.reason, best.reason),
        "state": (expected.state, best.next_state),
        "route_to": (expected.route_to, best.route_to),
        "inform": (expected.inform, best.inform),
        "priority": (expected.priority, best.priority),
        "says": (expected.says, said),
        "is_silent": (expected.is_silent, best.proposal is None),
        "books": (_slot(played), best.book),
        "decision": (expected.decision, played.action.decision),
        "stopped_by": (expected.stopped_by, _stopped_by(played)),
        "until": (expected.until, played.action.until),
    }
    if best.is_drafted:
        speaks = expected.action in SPEAKS
        pairs["action"] = (expected.action, expected.action if speaks else best.action)
        pairs["reason"] = (None, best.reason)
        wanted = expected.says or ()
        pairs["says"] = (wanted or None, wanted if set(wanted) & set(said) else said)
    found = [
        Departure(what, wanted, found)
        for what, (wanted, found) in pairs.items()
        if wanted is not None and wanted != found
    ]
    missing = [w for w in expected.contains if w not in played.draft and not best.is_drafted]
    return (*found, *(Departure("contains", words, played.draft) for words in missing))


def _stopped_by(played: Played) -> str:
    """The first rule that did not allow what was chosen."""
    hits = (v.rule for v in played.action.verdicts if v.decision != "allow")
    return next(hits, "nothing")


def _slot(played: Played) -> Any:
    """The offered time that must be booked, by the number that the buyer counts by."""
    number = played.turn.expect.books
    offered = played.session.offered
    if number is None:
        return None
    return offered[number - 1] if number <= len(offered) else f"offer {number}"
