"""What is remembered of a person: each thing with the channel and the turn that it was learnt in.

What the thread remembers is the thread's to say. The traces only tell since when and from where,
so whatever was forgotten there is not shown here.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple

from agent_runtime.domain import Session
from agent_runtime.library.catalog import Library
from agent_runtime.library.content import SLOT, SLOT_VALUES
from agent_runtime.store.thread_rows import ThreadRecord, Traced
from agent_runtime.threads.telling import words_of

Kind = Literal["told", "prefers", "objected"]
"""told: they gave it, or a turn noted it on the deal; prefers: how they like it; objected: a theme
that they raised."""

_LABELS = {
    "tool": "Tool in use",
    "timeline": "Date",
    "person": "Person named",
    "requested_time": "Time asked for",
    "time": "Time that suits",
}


@dataclass(frozen=True, slots=True)
class Origin:
    """The message of theirs from which something was learnt."""

    event_id: str
    """Of the message; where only the turn was traced, of the turn."""
    at: datetime
    channel: str
    said: str
    """In placeholder text."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """One thing that the thread remembers."""

    kind: Kind
    name: str
    value: str
    """In placeholder text."""
    origin: Origin | None
    """None where the traces do not say, since they are older than what is kept."""

    @property
    def label(self) -> str:
        """What it is, in words."""
        return _LABELS.get(self.name) or words_of(self.name).capitalize()


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that was put to them and is not put again."""

    content_id: str
    text: str
    """In placeholder text."""
    at: datetime
    channel: str
    event_id: str
    """Of the message that asked."""
    answer: Origin | None = None
    """What they wrote or said next; None where nothing came."""


@dataclass(frozen=True, slots=True)
class Memory:
    """All that is remembered of a person, the earliest first."""

    things: tuple[Remembered, ...] = ()
    asked: tuple[Asked, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing is."""
        return not (self.things or self.asked)


def memory_of(record: ThreadRecord, library: Library) -> Memory:
    """Returns what a thread remembers; of whom was erased nothing is remembered.

    Args:
        record: The thread with its turns and messages.
        library: Knows which texts are questions.
    """
    if record.contact is None:
        return Memory()
    learnt = _learnt(record.events)
    things = [Remembered(*one, learnt.get(one)) for one in _known(record.session)]
    things.sort(key=lambda one: one.origin.at.timestamp() if one.origin else 0.0)
    return Memory(tuple(things), tuple(_asked(record, library)))


class _Thing(NamedTuple):
    kind: Kind
    name: str
    value: str


def _known(session: Session) -> Iterator[_Thing]:
    yield from (_Thing("told", name, value) for name, value in session.facts_known)
    yield from (_Thing("prefers", name, value) for name, value in session.preferences)
    yield from (_Thing("objected", "objection", theme) for theme in session.objections)


def _learnt(events: Sequence[Traced]) -> dict[_Thing, Origin]:
    """Returns since when each thing has been as it is; one that changed begins anew."""
    found: dict[_Thing, Origin] = {}
    latest: dict[tuple[Kind, str], str] = {}
    came = {e.payload["message_id"]: e for e in events if _is_theirs(e)}
    for event in events:
        if event.kind != "turn" or not event.payload.get("perception"):
            continue
        seen = event.payload["observation"]
        message = came.get(event.payload["turn_id"], event)
        origin = Origin(message.event_id, message.at, seen["channel"], seen["text"])
        for thing in _told_in(event.payload):
            has_changed = latest.get((thing.kind, thing.name)) not in (None, thing.value)
            if thing not in found or (has_changed and thing.kind != "objected"):
                found[thing] = origin
            latest[thing.kind, thing.name] = thing.value
    return found


def _told_in(turn: dict[str, Any]) -> Iterator[_Thing]:
    """What one turn taught, by the rules of `act.remember`: of one name the first counts."""
    read = turn["perception"]
    entities = [(name, span) for name, span in read["entities"]]
    told = dict(reversed(entities)) | (turn["chosen"].get("records") or {})
    yield from (_Thing("told", name, value) for name, value in told.items())
    if read["primary"] != "out_of_office":
        yield _Thing("prefers", "language", read["language"])
        if "call_request" in read["signals"]:
            yield _Thing("prefers", "channel", "voice")
        if wished := next((span for name, span in entities if name == "requested_time"), ""):
            yield _Thing("prefers", "time", wished)
    yield from (_Thing("objected", "objection", theme) for theme in read["objections"])


def _asked(record: ThreadRecord, library: Library) -> Iterator[Asked]:
    """Questions that have left and that the thread knows of, each once."""
    messages = [event for event in record.events if event.kind == "message"]
    shown: set[str] = set()
    for event in messages:
        said = event.payload
        for content_id in said.get("content_ids") or ():
            if content_id in shown or content_id not in record.session.contents_used:
                continue
            text = library.contents.get((content_id, said.get("language") or "en"))
            if text is not None and text.kind == "question":
                shown.add(content_id)
                words = SLOT.sub(lambda slot: SLOT_VALUES.get(slot[1], slot[0]), text.body)
                answer = _next_of_theirs(messages, event)
                where = (event.at, said["channel"], event.event_id)
                yield Asked(content_id, words, *where, answer)


def _next_of_theirs(messages: Sequence[Traced], question: Traced) -> Origin | None:
    found = next((m for m in messages if _is_theirs(m) and m.at > question.at), None)
    said = found.payload if found else {}
    return Origin(found.event_id, found.at, said["channel"], said["text"]) if found else None


def _is_theirs(event: Traced) -> bool:
    return event.kind == "message" and event.payload["direction"] == "in"
