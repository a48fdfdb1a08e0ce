"""What a turn decided, short enough to stand beside what it would decide now."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agent_runtime.domain import Action
from agent_runtime.log import decided, refused


@dataclass(frozen=True, slots=True)
class Decided:
    """What was done about an observation, in which words, and which rules had something against."""

    action: str
    reason: str
    decision: str
    """What the rules said of it: allow, defer, escalate, block, revise or end."""
    until: str | None
    records: tuple[tuple[str, str], ...]
    said: str
    """The words, in placeholder text; empty where nothing is said."""
    hits: tuple[str, ...]
    """Rules that did not allow it, in the order in which they were asked."""
    why: tuple[str, ...]
    """What each of these said."""
    dropped: tuple[str, ...] = ()
    """Rules that stopped drafts of a model before it; another candidate took their place."""
    heard: str = ""
    """What the buyer's words were read as; empty for a touch."""

    @property
    def outcome(self) -> str:
        """Action, reason and what the rules made of it, in a few words."""
        done = f"{self.action} ({self.reason})"
        by = f" by {self.hits[0]}" if self.hits else ""
        words = {
            "allow": "",
            "defer": f", deferred{by}",
            "escalate": f", held for a person{by}",
            "block": f", stopped{by}",
            "revise": f", sent back{by}",
            "end": f", ended{by}",
        }
        return done + words[self.decision]

    def is_as(self, other: "Decided") -> bool:
        """Says whether both come to the same for the buyer: what is done, when and in which words.

        Another rule with something against it, or another reading, is no other decision.
        """
        return self._done == other._done

    @property
    def _done(self) -> tuple[Any, ...]:
        return (self.action, self.reason, self.decision, self.until, self.records, self.said)


def decided_then(turn: Mapping[str, Any]) -> Decided:
    """Returns what a turn decided by its trace.

    Args:
        turn: Payload of a `turn` event.
    """
    return _decided(turn, _said(turn))


def decided_now(action: Action) -> Decided:
    """Returns what a replayed turn decides, in the same terms."""
    proposal = action.candidate.proposal
    found = {**decided(action), "refused": refused(action)}
    return _decided(found, proposal.body if proposal else "")


def _decided(turn: Mapping[str, Any], said: str) -> Decided:
    chosen, stopped = turn["chosen"], turn.get("refused") or []
    against = [v for v in turn["verdicts"] if v["decision"] != "allow"]
    return Decided(
        action=chosen["action"],
        reason=chosen["reason"],
        decision=chosen["decision"],
        until=chosen["until"],
        records=tuple(sorted((chosen.get("records") or {}).items())),
        said=said,
        hits=tuple(v["rule"] for v in against),
        why=tuple(v["reason"] for v in against),
        dropped=tuple(dict.fromkeys(rule for row in stopped for rule in row["rules"])),
        heard=(turn.get("perception") or {}).get("primary") or "",
    )


def _said(turn: Mapping[str, Any]) -> str:
    """The draft of the candidate that was chosen; one that the rules handed over has none."""
    chosen = turn["chosen"]
    place = (turn.get("exploration") or {}).get("chosen")
    if place is not None:
        return turn["candidates"][place]["draft"] or ""
    stopped = {row["draft"] for row in turn.get("refused") or ()}
    for candidate in turn["candidates"]:
        is_it = (candidate["action"], candidate["reason"]) == (chosen["action"], chosen["reason"])
        if is_it and (candidate["draft"] is None or candidate["draft"] not in stopped):
            return candidate["draft"] or ""
    return ""
