"""The vendor's human reps: they work the queue within a service level, in six languages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from agent_runtime.domain import Slot
from agent_runtime.sandbox.draw import between, pick
from agent_runtime.sandbox.letters import answer_subject
from agent_runtime.sandbox.reading import new_words
from agent_runtime.sandbox.rhythm import on_grid, working, working_time_later
from agent_runtime.sandbox.voices import LANGUAGES, meaning_of, rep_wording, wording

RepAction = Literal["reply_with_times", "book", "close"]

_FALLBACK_LANGUAGE = "en"
_ANSWER_HOURS = (1.0, 4.0)
_MINUTES: dict[RepAction, tuple[float, float]] = {
    "reply_with_times": (4.0, 9.0),
    "book": (2.0, 4.0),
    "close": (0.5, 1.5),
}
_PICKS = frozenset({"accepts_number", "accepts_ordinal", "accepts_time", "restates_choice"})
_CLOSES = frozenset(
    {
        "polite_no",
        "not_now",
        "opt_out",
        "annoyed_opt_out",
        "complaint",
        "wrong_person",
        "referral",
        "uses_competitor",
        "already_customer",
        "support",
        "off_topic",
        "out_of_office",
        "declines",
        "declines_times",
        "thanks",
        "thanks_invite",
    }
)


@dataclass(frozen=True, slots=True)
class RepTask:
    """One item of the human queue as the rep sees it on the screen."""

    task_id: str
    thread_id: str
    person_id: str
    contact_email: str
    language: str
    kind: Literal["inbound_request", "handoff"]
    text: str
    received_at: datetime
    owner_id: str
    owner_email: str
    subject: str
    rfc_references: tuple[str, ...] = ()
    owner_name: str = ""
    time_zone: str = "UTC"
    """Of the owner's territory."""
    first_name: str = ""
    offered: tuple[Slot, ...] = ()
    """The times last offered in this thread, in the order of their numbers."""


@dataclass(frozen=True, slots=True)
class PlannedRepWork:
    """What a rep is going to do with a task, and what it costs them."""

    due_at: datetime
    kind: RepAction
    slot: Slot | None = None
    """The offered slot that the buyer picked; with `book` only."""
    minutes: float = 0.0


@dataclass(frozen=True, slots=True)
class RepLetter:
    """The words of a rep's answer; `in_reply_to` and threading are the task's."""

    subject: str
    text: str


def work(task: RepTask, *, seed: int, now: datetime, grid_minutes: int = 120) -> PlannedRepWork:
    """Returns what the rep does and when: 1 to 4 working hours after the task came in."""
    kind, slot = _decide(task)
    rhythm = working(task.time_zone)
    hours = between(seed, *_ANSWER_HOURS, "rep answers", task.task_id)
    ready = working_time_later(task.received_at, timedelta(hours=hours), rhythm)
    return PlannedRepWork(
        due_at=on_grid(max(ready, now), rhythm, grid_minutes),
        kind=kind,
        slot=slot,
        minutes=round(between(seed, *_MINUTES[kind], "rep minutes", task.task_id), 1),
    )


def offer_letter(task: RepTask, slots: Sequence[Slot], *, seed: int) -> RepLetter:
    """Returns the answer that offers these times as a numbered list."""
    times = [f"{number}) {_label(slot, task)}" for number, slot in enumerate(slots, start=1)]
    return _letter(task, [_phrase(task, "offers", seed), "\n".join(times)])


def booking_letter(task: RepTask, slot: Slot, *, seed: int) -> RepLetter:
    """Returns the answer that goes with the invite for a booked slot."""
    return _letter(task, [_phrase(task, "booked", seed).format(when=_label(slot, task))])


def _decide(task: RepTask) -> tuple[RepAction, Slot | None]:
    """A rep understands what people say; texts of another kind get an offer to talk."""
    text = new_words(task.text)
    meaning = meaning_of(text, _language(task))
    if meaning is None:
        return "reply_with_times", None
    if meaning.kind in _CLOSES:
        return "close", None
    if meaning.kind in _PICKS and (slot := _picked(task, meaning.choice)):
        return "book", slot
    return "reply_with_times", None


def _picked(task: RepTask, choice: str) -> Slot | None:
    ordinals = wording(_language(task))["ordinals"]
    if choice.isdigit():
        position = int(choice) - 1
    elif choice.lower() in ordinals:
        position = ordinals.index(choice.lower())
    else:
        labels = [_label(slot, task) for slot in task.offered]
        position = next((i for i, label in enumerate(labels) if label.startswith(choice)), -1)
    return task.offered[position] if 0 <= position < len(task.offered) else None


def _letter(task: RepTask, paragraphs: list[str]) -> RepLetter:
    words = rep_wording(_language(task))
    greeting = words["greeting"] if task.first_name else words["greeting_unknown"]
    parts = [
        greeting.format(first_name=task.first_name),
        *paragraphs,
        words["closing"].format(rep=task.owner_name or task.owner_email),
    ]
    return RepLetter(answer_subject(task.subject, _language(task)), "\n\n".join(parts) + "\n")


def _phrase(task: RepTask, kind: str, seed: int) -> str:
    return pick(seed, rep_wording(_language(task))[kind], "rep phrase", kind, task.task_id)


def _label(slot: Slot, task: RepTask) -> str:
    words = rep_wording(_language(task))
    start = slot.start.astimezone(ZoneInfo(task.time_zone))
    day = words["day"].format(
        weekday=words["weekdays"][start.weekday()],
        day=start.day,
        month=words["months"][start.month - 1],
        clock=f"{start:%H:%M}",
    )
    return f"{day} ({start:%Z})"


def _language(task: RepTask) -> str:
    return task.language if task.language in LANGUAGES else _FALLBACK_LANGUAGE
