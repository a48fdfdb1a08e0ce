"""Replayed turns as a table: what an estimator of another policy's worth needs of them."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from agent_runtime.log import decided
from agent_runtime.replaying.comparison import Compared
from agent_runtime.replaying.decision import Decided

if TYPE_CHECKING:
    import polars as pl

_Name = tuple[str, str, str]
"""Action, reason and hash of the words of a candidate: what tells it from the others."""

_STRINGS = (
    "thread_id",
    "person_id",
    "turn_id",
    "playbook",
    "campaign_id",
    "arm",
    "kind",
    "channel",
    "state",
    "language",
    "intent",
    "action_then",
    "reason_then",
    "words_then",
    "decision_then",
    "action_now",
    "reason_now",
    "words_now",
    "decision_now",
)


def replayed_table(turns: Iterable[Compared]) -> "pl.DataFrame":
    """Returns one row per replayed turn, in the order given.

    Columns:
        thread_id, person_id, turn_id: Strings; `person_id` is the unit that outcomes belong to.
        at: Instant of the turn, UTC; a touch that was put off is a turn again, of the same id.
        playbook, campaign_id, arm: Strings; the campaign is empty where none touched the thread.
        kind: `due` for a touch, `mail` for an answer.
        channel, state, language, intent: What the turn stood on; empty where it is not known.
        touch: Number of the touch, or null.
        confidence: Of the reading of then, in [0, 1], or null for a touch.
        buyer_turns, agent_turns: How long the thread was.
        candidates: List of {action, reason, words, then, now}: all that were considered then or are
            now, with the probability that either policy carries it out, as traces have it; zero
            where it was not considered. `words` is a hash of its text, empty where it says nothing.
        action_then, reason_then, words_then, decision_then: What was chosen, and the rules' verdict
            on it.
        propensity_then: Logged probability of that choice, in (0, 1].
        action_now, reason_now, words_now, decision_now: The same by the new versions; null where
            they cannot say it.
        propensity_now_of_then: Probability that the new versions do exactly what was done then, in
            those words and with that verdict; null where they cannot say it. Divided by
            `propensity_then` it is the importance weight of the turn.
        hits_then, hits_now: Lists of rules with something against what was chosen.
        is_changed: Whether the decision is another one, words included.
        needs_model: Whether only a language model could say what the new versions do.
        follows_change: Whether an earlier turn of the thread is decided otherwise, so that its
            history is not the new versions' own.
    """
    import polars as pl

    share = pl.Struct(
        {
            "action": pl.String,
            "reason": pl.String,
            "words": pl.String,
            "then": pl.Float64,
            "now": pl.Float64,
        }
    )
    schema: dict[str, Any] = {
        **dict.fromkeys(_STRINGS, pl.String),
        "at": pl.Datetime("us", "UTC"),
        "touch": pl.Int64,
        "confidence": pl.Float64,
        "buyer_turns": pl.Int64,
        "agent_turns": pl.Int64,
        "candidates": pl.List(share),
        "propensity_then": pl.Float64,
        "propensity_now_of_then": pl.Float64,
        "hits_then": pl.List(pl.String),
        "hits_now": pl.List(pl.String),
        "is_changed": pl.Boolean,
        "needs_model": pl.Boolean,
        "follows_change": pl.Boolean,
    }
    return pl.DataFrame([_row(turn) for turn in turns], schema=schema)


def _row(turn: Compared) -> dict[str, Any]:
    then, now, payload = turn.then, turn.now, turn.turn
    seen, session = payload.get("perception") or {}, payload["basis"]["session"]
    was = _propensities(payload["candidates"])
    action = turn.outcome.action
    considered = decided(action)["candidates"] if action else []
    becomes = _propensities(considered)
    return {
        "thread_id": turn.thread_id,
        "person_id": turn.person_id,
        "turn_id": turn.turn_id,
        "at": turn.at,
        "playbook": turn.playbook,
        "campaign_id": turn.campaign_id,
        "arm": payload["arm"],
        "kind": turn.observed["kind"],
        "channel": turn.observed["channel"],
        "touch": turn.observed["touch"],
        "state": payload["state_before"],
        "language": seen.get("language") or session.get("language", ""),
        "intent": then.heard,
        "confidence": seen.get("confidence"),
        "buyer_turns": session.get("buyer_turns", 0),
        "agent_turns": session.get("agent_turns", 0),
        "candidates": [
            {
                "action": name[0],
                "reason": name[1],
                "words": name[2],
                "then": was.get(name, 0.0),
                "now": becomes.get(name, 0.0),
            }
            for name in dict.fromkeys((*was, *becomes))
        ],
        "action_then": then.action,
        "reason_then": then.reason,
        "words_then": _hash(then.said),
        "decision_then": then.decision,
        "propensity_then": _chosen(was, then),
        "action_now": now.action if now else None,
        "reason_now": now.reason if now else None,
        "words_now": _hash(now.said) if now else None,
        "decision_now": now.decision if now else None,
        "propensity_now_of_then": _same(then, now, becomes),
        "hits_then": list(then.hits),
        "hits_now": list(now.hits) if now else None,
        "is_changed": turn.is_changed,
        "needs_model": turn.outcome.needs is not None,
        "follows_change": turn.follows_change,
    }


def _propensities(candidates: Iterable[Mapping[str, Any]]) -> dict[_Name, float]:
    found: dict[_Name, float] = {}
    for one in candidates:
        name = (one["action"], one["reason"], _hash(one["draft"]))
        found[name] = found.get(name, 0.0) + one["propensity"]
    return found


def _name(decided: Decided) -> _Name:
    return decided.action, decided.reason, _hash(decided.said)


def _chosen(of: Mapping[_Name, float], decided: Decided) -> float:
    """What the rules put in the place of every candidate, such as a hand-off, is certain."""
    return of.get(_name(decided)) or 1.0


def _same(then: Decided, now: Decided | None, becomes: Mapping[_Name, float]) -> float | None:
    if now is None:
        return None
    if _name(now) == _name(then):
        return _chosen(becomes, now) if now.decision == then.decision else 0.0
    return becomes.get(_name(then), 0.0) if then.decision == "allow" else 0.0


def _hash(words: str | None) -> str:
    return hashlib.sha256(words.encode()).hexdigest()[:16] if words else ""
