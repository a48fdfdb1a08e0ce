"""What reviewers choose of the options that they are shown, against how those were ranked (R71)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from agent_runtime.contracts import TraceEvent
from agent_runtime.drafting.merits import WEIGHTS


@dataclass(frozen=True, slots=True)
class Choices:
    """What reviews of several options came to.

    Attributes:
        shown: Reviews in which there was a choice.
        rejected: Of these, those in which nothing was chosen.
        by_option: How often each option was chosen, by its number from 1.
        edited: How often what was chosen went out in other words.
        advantage: By part of the score, the points of what was chosen less the mean of the drafts
            that were not, averaged over reviews that chose one draft of a model among several.
        compared: How many reviews that average is over.
    """

    shown: int
    rejected: int
    by_option: dict[int, int]
    edited: int
    advantage: dict[str, float]
    compared: int


def choices(reviews: Iterable[TraceEvent]) -> Choices:
    """Returns what reviewers chose; reviews of one option alone say nothing of ranking."""
    found = [event.payload for event in reviews if len(event.payload.get("options") or ()) > 1]
    chosen = [payload for payload in found if payload["option"]]
    by_option: dict[int, int] = {}
    for payload in chosen:
        by_option[payload["option"]] = by_option.get(payload["option"], 0) + 1
    compared = [gaps for payload in chosen if (gaps := _gaps(payload))]
    return Choices(
        shown=len(found),
        rejected=len(found) - len(chosen),
        by_option=dict(sorted(by_option.items())),
        edited=sum(bool(payload["is_edited"]) for payload in chosen),
        advantage={
            name: round(fmean(gaps[name] for gaps in compared), 4) for name in WEIGHTS if compared
        },
        compared=len(compared),
    )


def _gaps(payload: Mapping[str, Any]) -> dict[str, float]:
    """The chosen draft's points less the mean of the others'; empty where there is but one."""
    options = payload["options"]
    own = options[payload["option"] - 1]["merits"]
    others = [one["merits"] for one in options if one["merits"] and one["merits"] is not own]
    if not own or not others:
        return {}
    return {name: own[name] - fmean(other[name] for other in others) for name in WEIGHTS}
