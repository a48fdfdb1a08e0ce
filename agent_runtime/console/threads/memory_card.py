"""What is remembered of the person of a thread, as its page shows it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from agent_runtime.console.threads.view import ON_A_PAGE, Stretch
from agent_runtime.library.catalog import Library
from agent_runtime.remembering.memory import Remembered, memory_of
from agent_runtime.store.thread_rows import ThreadRecord
from agent_runtime.threads.showing import Showing
from agent_runtime.threads.telling import CHANNELS

_NAMES_SOMEBODY = frozenset({"person"})
"""Things whose value is somebody's name, also where no search for names would find it."""


@dataclass(frozen=True, slots=True)
class Place:
    """A message of the time line."""

    channel: str
    way: str
    at: datetime
    address: str


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that is remembered."""

    label: str
    value: str
    learnt: Place | None
    """None where the traces are gone that would say."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question that is not asked again."""

    text: str
    asked: Place
    answered: Place | None


@dataclass(frozen=True, slots=True)
class MemoryCard:
    """The card."""

    rows: tuple[Row, ...]
    asked: tuple[Question, ...]


def memory_card(
    record: ThreadRecord, showing: Showing, library: Library, stretch: Stretch
) -> MemoryCard:
    """Returns what a thread remembers in the words that its reader may read.

    Args:
        record: The thread.
        showing: How it reads for whoever looks at it.
        library: Knows which texts are questions.
        stretch: Which page of the time line is shown beside the card.
    """
    memory, place = memory_of(record, library), _places(stretch)
    rows = (
        Row(
            thing.label,
            _value(thing, showing),
            (o := thing.origin) and place(o.event_id, o.channel, o.at),
        )
        for thing in memory.things
    )
    asked = (
        Question(
            showing.text(one.text),
            place(one.event_id, one.channel, one.at),
            (a := one.answer) and place(a.event_id, a.channel, a.at),
        )
        for one in memory.asked
    )
    return MemoryCard(tuple(rows), tuple(asked))


def _value(thing: Remembered, showing: Showing) -> str:
    if showing.is_redacted and thing.name in _NAMES_SOMEBODY:
        return f"[[{thing.name.upper()}]]"
    return showing.text(thing.value)


def _places(stretch: Stretch) -> Callable[[str, str, datetime], Place]:
    """Returns what finds a message on the pages of the time line."""
    last = stretch.total - 1
    pages = {
        entry.entry_id: stretch.pages - (last - number) // ON_A_PAGE
        for number, entry in enumerate(stretch.line.entries)
    }

    def place(event_id: str, channel: str, at: datetime) -> Place:
        page = pages.get(event_id, stretch.page)
        there = "" if page == stretch.page else f"?page={page}"
        return Place(channel, CHANNELS.get(channel, channel), at, f"{there}#e-{event_id}")

    return place
