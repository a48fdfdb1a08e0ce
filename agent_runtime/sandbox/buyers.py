"""Buyers: pure functions from what they remember and what they read to what they will write."""

from dataclasses import replace
from datetime import datetime

from agent_runtime.sandbox.draw import chance, pick
from agent_runtime.sandbox.encounter import BuyerMemory, Encounter, message_id
from agent_runtime.sandbox.keen import keen
from agent_runtime.sandbox.letters import letter
from agent_runtime.sandbox.mail_view import MailView
from agent_runtime.sandbox.people import Person
from agent_runtime.sandbox.planned import PlannedMail
from agent_runtime.sandbox.reading import read
from agent_runtime.sandbox.rhythm import on_grid, waking
from agent_runtime.sandbox.truth import BuyerTruth, Params
from agent_runtime.sandbox.unmoved import unmoved
from agent_runtime.sandbox.voices import LANGUAGES, say, wording

__all__ = ["BuyerMemory", "PlannedMail", "react", "unprompted"]

_FRESH = "fresh"


def unprompted(
    person: Person, truth: BuyerTruth, params: Params, day0: datetime, inbound_address: str
) -> list[PlannedMail]:
    """Returns the mail by which a buyer asks for a meeting of their own accord, if they do."""
    if not truth.asks_unprompted:
        return []
    seed, language = params.seed, person.language
    slots = {"first_name": person.first_name, "company": person.company}
    kind = "fresh_question" if truth.opening == "question" else "fresh_request"
    words = say(seed, language, kind, person.buyer_id, **slots)
    subject = pick(seed, wording(language)["subjects"], "subject", person.buyer_id)
    return [
        PlannedMail(
            due_at=on_grid(day0 + truth.asks_at, waking(person.time_zone), params.grid_minutes),
            to=inbound_address,
            in_reply_to="",
            references=(),
            subject=subject.format(**slots),
            text=letter(person, words, seed=seed, nth=0),
            auto_submitted=False,
            kind=kind,
            message_id=message_id(person, seed, _FRESH),
        )
    ]


def react(
    person: Person,
    truth: BuyerTruth,
    memory: BuyerMemory,
    mail: MailView,
    now: datetime,
    params: Params,
) -> tuple[BuyerMemory, list[PlannedMail]]:
    """Returns the buyer's memory after reading a mail, and what they will write, if anything.

    Whoever is not convinced never accepts a meeting, whatever is said to them; whoever is
    accepts one of the times that they are offered. So the planted truth is exact.
    """
    if person.language not in LANGUAGES:
        return memory, []
    answers_fresh = truth.asks_unprompted and mail.in_reply_to == message_id(
        person, params.seed, _FRESH
    )
    is_answer = answers_fresh or mail.in_reply_to in memory.unanswered
    if is_answer:
        rest = tuple(own for own in memory.unanswered if own != mail.in_reply_to)
        memory = replace(memory, unanswered=rest)
    else:
        memory = replace(memory, touches=memory.touches + 1)
        memory = replace(memory, is_won=memory.is_won or _is_won(person, memory, mail, params))
    if memory.is_won and not truth.meets_if_contacted:
        truth = replace(truth, convinced_by_touch=1)
    if answers_fresh and memory.phase == "quiet":
        memory = replace(memory, phase="asked" if truth.opening == "question" else "wants")
    if _stays_silent(person, truth, memory):
        return memory, []
    meets = Encounter(
        person=person,
        truth=truth,
        memory=memory,
        mail=mail,
        reading=read(mail),
        is_answer=is_answer,
        now=now,
        params=params,
    )
    return keen(meets) if truth.meets_if_contacted else unmoved(meets)


def _is_won(person: Person, memory: BuyerMemory, mail: MailView, params: Params) -> bool:
    is_plain = memory.touches == 1 and person.company not in mail.subject
    may_be = is_plain and not person.opted_out_before and memory.phase == "quiet"
    return may_be and chance(params.seed, params.plain_effect, "won by words", person.buyer_id)


def _stays_silent(person: Person, truth: BuyerTruth, memory: BuyerMemory) -> bool:
    if memory.phase != "quiet":
        return False
    if truth.asks_unprompted:
        return True
    if truth.convinced_by_touch:
        return memory.touches < truth.convinced_by_touch
    return truth.temperament == "silent" and not person.opted_out_before
