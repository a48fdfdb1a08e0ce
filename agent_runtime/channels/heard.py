"""What was heard of a spoken message, and what the thread must not believe to have said."""

import re
from collections.abc import Sequence
from dataclasses import replace

from agent_runtime.domain import Sentence, Session, Slot
from agent_runtime.planning.speech_acts import CALENDAR_FACT
from agent_runtime.store.rows import Message
from agent_runtime.times.times_aloud import ALOUD_PATTERN

_FIGURE = re.compile(r"\d+")
_TIME = re.compile(ALOUD_PATTERN)
_BEYOND = 1
"""Words behind the last figure that may belong to it, as AM and PM."""


def heard_of(message: Message, heard: Sequence[Sentence]) -> Message:
    """Returns a message that holds only what was heard of it.

    Args:
        message: As it was to be spoken.
        heard: Its sentences as far as they were heard, in order, the last perhaps cut.
    """
    if tuple(heard) == message.sentences:
        return message
    before = message.sentences[len(heard) - 1] if heard else None
    facts = {fact.split("@")[0] for sentence in heard for fact in sentence.facts}
    whole = {fact for one in heard if one in message.sentences for fact in one.facts}
    if before is not None and _has_told_figures(before.text, heard[-1].text):
        whole |= set(before.facts)
    return replace(
        message,
        sentences=tuple(heard),
        content_ids=tuple(text for text in message.content_ids if text in facts),
        slots=message.slots if _names_all(whole, message) else _slots_heard(message, heard, before),
    )


def unlearn(session: Session, message: Message, heard: Message) -> Session:
    """Returns a thread that does not take for said what was not heard.

    Texts that nobody heard may be said again, and times that nobody heard are on offer no more.
    """
    lost = set(message.content_ids) - set(heard.content_ids)
    is_on_offer = message.slots and session.offered == message.slots
    return replace(
        session,
        contents_used=tuple(text for text in session.contents_used if text not in lost),
        offered=heard.slots if is_on_offer else session.offered,
    )


def _has_told_figures(whole: str, heard: str) -> bool:
    """Whoever breaks into the question behind the times has heard the times."""
    rest = _FIGURE.split(heard)[-1].split()
    return len(rest) > _BEYOND and _FIGURE.findall(heard) == _FIGURE.findall(whole)


def _names_all(facts: set[str], message: Message) -> bool:
    """Times are said in one breath: whoever heard their sentence to its end has heard them all."""
    return not message.slots or CALENDAR_FACT in facts


def _slots_heard(
    message: Message, heard: Sequence[Sentence], before: Sentence | None
) -> tuple[Slot, ...]:
    """Returns the times that were told to their end before somebody spoke into the others."""
    if before is None:
        return ()
    told, whole = (_TIME.findall(text) for text in (heard[-1].text, before.text))
    if len(whole) != len(message.slots):
        return ()
    return tuple(
        s for s, one, all_of in zip(message.slots, told, whole, strict=False) if one == all_of
    )
