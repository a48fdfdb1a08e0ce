"""What people decide about an experiment, kept beside the answer that they read (R176)."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Literal, get_args

from pydantic import TypeAdapter

from agent_runtime.errors import ParleyError
from agent_runtime.lone_text import NOBODY
from agent_runtime.placeholders import redact
from agent_runtime.ports import Tx
from agent_runtime.readouts.experiment import Experiment

Choice = Literal["ship", "go_on", "stop"]
"""ship: everybody gets what was tried; go_on: it is watched further; stop: it is given up."""
CHOICES: tuple[Choice, ...] = get_args(Choice)
_LOG = "experiment_decisions:"
_LOCK = "experiment_decisions"
_LONGEST = 2000


class DecisionError(ParleyError):
    """A decision that cannot be taken on what was read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """One decision, and the answer on which it was taken."""

    what: Choice
    why: str
    by: str
    at: datetime
    """By the wall clock, in UTC."""
    version: int
    """Of the experiment."""
    headline: str
    """What the answer said then."""
    data_version: str
    """Of the data from which it was read."""


def decide(
    tx: Tx, answer: Experiment, what: str, *, why: str, by: str, read: str, at: datetime
) -> Decided:
    """Adds a decision to those about an experiment; none is ever changed.

    Args:
        tx: In which it is written.
        answer: What is published now.
        what: One of `CHOICES`.
        why: The reason, in words; personal data in it becomes placeholders.
        by: Who decides.
        read: The version of the data whose answer they have read.
        at: By the wall clock.

    Raises:
        DecisionError: no choice or reason, another answer by now, or nothing to ship by.
    """
    chosen: Choice | None = next((one for one in CHOICES if one == what), None)
    if chosen is None:
        raise DecisionError(f"what = {what[:20]!r}: choose one of {', '.join(CHOICES)}.")
    said = redact(" ".join(why.split())[:_LONGEST], NOBODY).text
    if not said:
        raise DecisionError("why: a decision needs a reason; say what it rests on.")
    if read != answer.data_version:
        raise DecisionError(f"{answer.id}: was read out anew since; read the answer, then decide.")
    if chosen == "ship" and (not answer.is_shown or answer.is_mismatch):
        raise DecisionError(
            f"{answer.id}: its answer may not be used yet ({answer.headline}); go on, or stop it."
        )
    made = Decided(
        what=chosen,
        why=said,
        by=by,
        at=at,
        version=answer.version,
        headline=answer.headline,
        data_version=answer.data_version,
    )
    tx.lock(_LOCK)
    told = [*reversed(decided(tx, answer.id)), made]
    tx.publish(_LOG + answer.id, _adapter().dump_json(told).decode())
    return made


def decided(tx: Tx, experiment_id: str) -> tuple[Decided, ...]:
    """Returns what people decided about an experiment, the latest first."""
    written = tx.published(_LOG + experiment_id)
    return tuple(reversed(_adapter().validate_json(written))) if written else ()


@cache
def _adapter() -> TypeAdapter[list[Decided]]:
    return TypeAdapter(list[Decided])
