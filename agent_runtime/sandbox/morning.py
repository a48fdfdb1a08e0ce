"""The morning after the last day: a few who had kept silent ask something after all."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from agent_runtime.sandbox.draw import draw
from agent_runtime.sandbox.encounter import BuyerMemory, Encounter
from agent_runtime.sandbox.mail_view import MailView
from agent_runtime.sandbox.people import Person
from agent_runtime.sandbox.planned import PlannedMail
from agent_runtime.sandbox.reading import read
from agent_runtime.sandbox.rhythm import on_grid, waking, working
from agent_runtime.sandbox.truth import BuyerTruth, Params
from agent_runtime.sandbox.voices import LANGUAGES

LETTERS = 12
EVERY = timedelta(minutes=9)
LASTS = timedelta(hours=2)
"""From its first letter on; by then all of them are read."""
KINDS = (
    "asks_pricing",
    "asks_security",
    "objects_price",
    "asks_integration",
    "send_info",
    "asks_product",
    "objects_trust",
    "requirements",
)
_ZONE = "Europe/Berlin"
_FIRST = "en"
"""Most of those who read what was drafted read this."""


def morning_of(ends_at: datetime) -> datetime:
    """Returns when people are at their desks again after the last day."""
    return on_grid(ends_at, working(_ZONE), 60)


def letters(
    people: Iterable[Person],
    truths: Mapping[str, BuyerTruth],
    memories: Mapping[str, BuyerMemory],
    last_read: Mapping[str, MailView],
    *,
    at: datetime,
    params: Params,
) -> list[tuple[Person, BuyerMemory, PlannedMail]]:
    """Returns who writes from an instant on, what they remember afterwards, and their mails.

    They want no meeting, so what is planted stays true; and they answer a mail that they got, so
    nobody of the holdout is among them.

    Args:
        people: Everybody.
        truths: Of each address.
        memories: Of each address that has read anything.
        last_read: The mail that each address read last.
        at: When the first of them writes.
        params: What is planted.
    """
    quiet = [
        one
        for one in people
        if one.email in last_read
        and memories[one.email].phase == "quiet"
        and truths[one.email].temperament == "silent"
        and not truths[one.email].meets_if_contacted
        and not one.opted_out_before
        and waking(one.time_zone).allows(at)
    ]
    written: list[tuple[Person, BuyerMemory, PlannedMail]] = []
    for number, person in enumerate(_mixed(quiet, params.seed)[:LETTERS]):
        mail = last_read[person.email]
        meets = Encounter(
            person=person,
            truth=truths[person.email],
            memory=memories[person.email],
            mail=mail,
            reading=read(mail),
            is_answer=False,
            now=at,
            params=params,
        )
        spoken = replace(meets.memory, phase="spoken")
        memory, (letter,) = meets.answer(KINDS[number % len(KINDS)], spoken, haste="hours")
        written.append((person, memory, replace(letter, due_at=at + number * EVERY)))
    return written


def _mixed(people: Iterable[Person], seed: int) -> list[Person]:
    """Returns them in turns by language, in an order that hangs on the seed alone."""
    of_language: dict[str, list[Person]] = defaultdict(list)
    for person in sorted(people, key=lambda one: draw(seed, "writes late", one.buyer_id)):
        of_language[person.language].append(person)
    places = [
        (place, language != _FIRST, language, person)
        for language in LANGUAGES
        for place, person in enumerate(of_language[language])
    ]
    return [person for *_, person in sorted(places, key=lambda one: one[:3])]
