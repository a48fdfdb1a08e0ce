"""Scores, tags, surveys, rollbacks and time studies, each traced once."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from agent_runtime import log
from agent_runtime.band.noting import FAULTS, RIGHT_FROM, note_found, note_scored
from agent_runtime.contracts import TraceEvent
from agent_runtime.domain import Session
from agent_runtime.errors import ParleyError
from agent_runtime.field_undo import FieldChangeError, undo
from agent_runtime.ports import Tx
from agent_runtime.store.rows import Message

Objection = Literal["handled", "missed", "none"]


class FeedbackError(ParleyError):
    """Feedback on something that is not there, or a value out of its range."""


@dataclass(frozen=True, slots=True)
class Score:
    """A rubric of one message; each from 1 (wrong) to 5 (as it should be), or not judged."""

    accuracy: int | None = None
    """Whether it matched approved facts (R153)."""
    tone: int | None = None
    """Whether it sounded like the style guide (R155)."""
    adherence: int | None = None
    """Whether it did what the playbook wants."""
    objection: Objection = "none"

    def __post_init__(self) -> None:
        """Refuses a value off the scale."""
        for name in ("accuracy", "tone", "adherence"):
            value = getattr(self, name)
            if value is not None and not 1 <= value <= 5:
                raise FeedbackError(f"field {name}, the value {value}: scores go from 1 to 5.")


def score(
    tx: Tx,
    message: Message,
    given: Score,
    *,
    by: str,
    note: str,
    versions: log.Versions,
    now: datetime,
    sample_id: str = "",
) -> None:
    """Traces the scores of a message; the same reviewer scores it once at one instant.

    Args:
        tx: In which it is written.
        message: The message; of a thread that was sampled, its last one.
        given: The scores.
        by: Whose.
        note: In words.
        versions: What runs.
        now: When.
        sample_id: The sample, where the whole thread was scored. Which of its messages was wrong
            is not said then, and so the safe band learns nothing.
    """
    payload = {
        "what": "score",
        "message_id": message.message_id,
        "accuracy": given.accuracy,
        "tone": given.tone,
        "adherence": given.adherence,
        "objection": given.objection,
    } | ({"sample_id": sample_id} if sample_id else {})
    _write(tx, message, "review", ("score", by), payload | _by(by, note), versions, now)
    if given.accuracy is not None and not sample_id:
        is_wrong, how = given.accuracy < RIGHT_FROM, f"accuracy {given.accuracy} of 5"
        note_scored(tx, message.message_id, is_wrong=is_wrong, how=how, now=now)


def tag(
    tx: Tx,
    message: Message,
    tags: tuple[str, ...],
    *,
    by: str,
    note: str,
    versions: log.Versions,
    now: datetime,
) -> None:
    """Traces what a reviewer found wrong with a message (R75)."""
    payload = {"what": "tag", "message_id": message.message_id, "tags": list(tags)}
    _write(tx, message, "review", ("tag", by, *tags), payload | _by(by, note), versions, now)
    if faults := FAULTS & set(tags):
        how = f"tagged {', '.join(sorted(faults))}"
        note_found(tx, message.message_id, how=how, now=now)


def survey(
    tx: Tx,
    session: Session,
    *,
    rating: int,
    comment: str,
    versions: log.Versions,
    now: datetime,
) -> None:
    """Traces what a buyer thought of a conversation, 1 to 5; a thumb is 1 or 5 (R156)."""
    if not 1 <= rating <= 5:
        raise FeedbackError(f"field rating, the value {rating}: ratings go from 1 to 5.")
    payload = {"what": "survey", "rating": rating, "comment": comment, "channel": session.channel}
    journal = log.Journal(tx, session, now=now, versions=versions)
    journal.write("survey", session.thread_id, payload=payload)


def roll_back(
    tx: Tx,
    message: Message,
    *,
    by: str,
    why: str,
    versions: log.Versions,
    now: datetime,
) -> list[str]:
    """Takes back what can be: a message that has not left, fields that its turn wrote (R159).

    Returns:
        What was taken back, in words; a message that has left stays, and the event says so.
    """
    done = []
    if message.state == "READY":
        tx.settle(message.message_id, "CANCELLED")
        done.append("the message was stopped before it left")
    for change in tx.changes():
        if change.thread_id == message.thread_id and change.by == "agent" and not change.undoes:
            try:
                undo(tx, change, by=by, now=now, versions=versions)
            except FieldChangeError:
                continue
            done.append(f"{change.object} field {change.field} is {change.before!r} again")
    payload = {
        "what": "rollback",
        "message_id": message.message_id,
        "state": message.state,
        "taken_back": done,
    }
    _write(tx, message, "review", ("rollback", by), payload | _by(by, why), versions, now)
    note_found(tx, message.message_id, how="taken back", now=now)
    return done


def time_study(
    tx: Tx,
    tenant_id: str,
    *,
    task: str,
    by_hand: float,
    with_agent: float,
    by: str,
    versions: log.Versions,
    now: datetime,
) -> None:
    """Traces how many minutes a piece of work takes by hand and with the agent (R165)."""
    for name, value in (("minutes by hand", by_hand), ("minutes with the agent", with_agent)):
        if value < 0:
            raise FeedbackError(f"field {name}, the value {value:g}: minutes are not negative.")
    payload = {
        "what": "time_study",
        "task": task,
        "minutes_by_hand": by_hand,
        "minutes_with_agent": with_agent,
    }
    tx.trace(
        TraceEvent(
            event_id=log.event_id(now, "review", tenant_id, "time_study", task, by),
            tenant_id=tenant_id,
            kind="review",
            thread_id=None,
            person_id=None,
            contact_id=None,
            occurred_at=now,
            versions=versions,
            payload=payload | _by(by, ""),
        )
    )


def _write(
    tx: Tx,
    message: Message,
    kind: Literal["review"],
    key: tuple[str, ...],
    payload: dict[str, Any],
    versions: log.Versions,
    now: datetime,
) -> None:
    session = tx.session_of(message.person_id)
    if session is None:
        raise FeedbackError(f"message {message.message_id}: its thread is not in the store.")
    about = {
        "playbook": message.playbook,
        "actor": message.actor,
        "content_ids": list(message.content_ids),
        "language": message.language,
    }
    journal = log.Journal(tx, session, now=now, versions=versions)
    journal.write(kind, message.message_id, *key, payload=payload | about)


def _by(by: str, note: str) -> dict[str, str]:
    return {"by": by, "note": note}
