"""From a tag on a message of a sample to proposed changes: better words, another move, a rule."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from agent_runtime.act import message_id_of
from agent_runtime.band.noting import FAULTS, note_found
from agent_runtime.coaching.changes import Change, keep, library_with
from agent_runtime.coaching.errors import CoachingError
from agent_runtime.coaching.samples import Sample
from agent_runtime.contracts import TraceEvent
from agent_runtime.feedback.file_changes import Row, Tagged, file_changes
from agent_runtime.library.catalog import Library
from agent_runtime.library.content import Content
from agent_runtime.library.page import done
from agent_runtime.library.playbook import Move
from agent_runtime.placeholders import redact
from agent_runtime.store.rows import Message
from agent_runtime.store.sql import SqlTx
from agent_runtime.store.trace_index import events_of_thread

TAGS: dict[str, str] = {
    "accuracy": "Something is wrong or unproven",
    "tone": "It does not sound like us",
    "adherence": "It did the wrong thing next",
    "objection": "It did not meet the objection",
    "policy": "It should never have been said",
}


@dataclass(frozen=True, slots=True)
class Said:
    """A message of the agent with what led to it."""

    message: Message
    turns: tuple[TraceEvent, ...]
    """The turns of its thread up to its own, which is the last."""
    texts: tuple[Content, ...]
    """The approved texts that it used, without greeting and signature."""

    @property
    def heard(self) -> str:
        """What the buyer was taken to mean; empty for a touch and where nobody was sure."""
        seen = (self.turns[-1].payload.get("perception") or {}) if self.turns else {}
        return "" if seen.get("abstain") else str(seen.get("primary") or "")

    @property
    def state(self) -> str:
        """In which state of the playbook it was written."""
        return str(self.turns[-1].payload["state_before"]) if self.turns else ""


def messages_in(tx: SqlTx, sample: Sample) -> tuple[Message, ...]:
    """Returns what the agent said in a thread as it was sampled, the earliest first."""
    ids = [
        event.payload["message_id"]
        for event in events_of_thread(tx.connection, tx.tenant_id, sample.thread_id)
        if event.kind == "message"
        and event.payload.get("actor") == "agent"
        and event.payload.get("state") == "SENT"
        and event.occurred_at.date() <= sample.day
    ]
    found = (tx.message(one) for one in dict.fromkeys(ids))
    return tuple(one for one in found if one is not None and not one.removed)


def said_in(tx: SqlTx, library: Library, sample: Sample, message_id: str) -> Said:
    """Returns a message of a sample with what led to it.

    Raises:
        CoachingError: the sample has no such message.
    """
    message = next((m for m in messages_in(tx, sample) if m.message_id == message_id), None)
    if message is None:
        raise CoachingError(f"message {message_id[:40]!r}: the agent said no such thing here.")
    turns: list[TraceEvent] = []
    for event in events_of_thread(tx.connection, tx.tenant_id, sample.thread_id):
        if event.kind != "turn" or "retention" in event.payload:
            continue
        turns.append(event)
        told = event.payload
        made = message_id_of(sample.thread_id, told["turn_id"], told["chosen"]["action"], "agent")
        if made == message_id:
            break
    frame = library.playbook(message.playbook).frame_on(message.channel)
    texts = (
        library.contents.get((one, message.language)) for one in message.content_ids if one != frame
    )
    return Said(message, tuple(turns), tuple(one for one in texts if one is not None))


def moves_for(library: Library, said: Said) -> tuple[tuple[str, Move], ...]:
    """Returns what else the playbook could do with what was heard, each with a key and once."""
    if not said.heard:
        return ()
    playbook = library.playbook(said.message.playbook)
    state = playbook.states.get(said.state)
    found: dict[str, Move] = {}
    for _, move in library.moves(playbook):
        if state is not None and move.do in state.actions and not move.rules:
            found.setdefault(done(move), move)
    ordered = sorted(found.items(), key=lambda pair: pair[0])
    return tuple(
        (f"{move.do}:{move.reason}:{number}", move) for number, (_, move) in enumerate(ordered)
    )


def suggest(
    tx: SqlTx,
    library: Library,
    folder: Path,
    sample: Sample,
    said: Said,
    *,
    tags: Sequence[str],
    why: str,
    content_id: str = "",
    instead: str = "",
    move: Move | None = None,
    by: str,
    at: datetime,
    now: datetime,
) -> tuple[Change, ...]:
    """Writes down what a tag would change; nothing that is live does.

    A message that says what is wrong or forbidden is noted for the safe band at once. The tag
    itself is traced with the scores of the sample, so that nobody is swayed by it.

    Args:
        tx: In which it is written.
        library: In force.
        folder: Where the company's own libraries lie.
        sample: The thread.
        said: The message.
        tags: Of `TAGS`.
        why: In words.
        content_id: The text that `instead` is for.
        instead: Better words.
        move: What it should have done.
        by: Who tags it.
        at: Real time.
        now: The time of the campaigns.

    Raises:
        CoachingError: nothing is tagged, no reason is given, or a changed file could not be loaded.
    """
    known = tuple(tag for tag in TAGS if tag in tags)
    if not known:
        raise CoachingError(f"tags: none is given; choose at least one of {', '.join(TAGS)}.")
    if not why.strip():
        raise CoachingError("why: is empty; say what is wrong, for whoever decides on the change.")
    message = said.message
    contact = tx.contact_of(message.person_id)
    if contact is None:
        raise CoachingError(f"message {message.message_id}: its reader is not in the store.")
    tagged = Tagged(
        message,
        known,
        redact(why, contact).text,
        by,
        redact(instead, contact).text,
        content_id,
        _row(said, move),
    )
    files = file_changes(tagged, said.turns, contact, library, folder)
    for one in files:
        if one.kind in ("content", "playbook"):
            library_with(folder, one)
    if faults := FAULTS & set(known):
        how = f"tagged {', '.join(sorted(faults))}"
        note_found(tx, message.message_id, how=how, now=now)
    return keep(
        tx,
        files,
        playbook=message.playbook,
        thread_id=sample.thread_id,
        message_id=message.message_id,
        sample_id=sample.sample_id,
        tags=known,
        why=tagged.note,
        by=by,
        at=at,
    )


def _row(said: Said, move: Move | None) -> Row | None:
    if move is None or not said.heard:
        return None
    return Row(
        intents=(said.heard,),
        signals=(),
        states=(said.state,) if said.state else (),
        do=move.do,
        say=move.say,
        next=move.next,
        reason=move.reason,
        route_to=move.route_to,
    )
