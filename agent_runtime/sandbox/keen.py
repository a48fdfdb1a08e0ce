"""Buyers who want a meeting: they ask, choose a time, and insist when they are not understood."""

from dataclasses import replace

from agent_runtime.sandbox.draw import chance, pick, weighted
from agent_runtime.sandbox.encounter import BuyerMemory, Encounter
from agent_runtime.sandbox.planned import PlannedMail
from agent_runtime.sandbox.reading import Option
from agent_runtime.sandbox.voices import wording

QUESTIONS = {"asks_pricing": 40, "asks_product": 20, "asks_security": 20, "asks_integration": 20}
"""What people ask about, and how often."""

_MAX_REPEATS = 3
_MAX_PICKS = 6
_OTHER_DAY_RATE = 0.12
_THANKS_RATE = 0.35
_WAYS_TO_PICK = {"accepts_number": 60, "accepts_ordinal": 15, "accepts_time": 25}

Reaction = tuple[BuyerMemory, list[PlannedMail]]


def keen(meets: Encounter) -> Reaction:
    """Returns what a buyer who wants a meeting makes of the mail before them."""
    memory, reading = meets.memory, meets.reading
    if memory.phase == "booked":
        return memory, []
    if reading.invites:
        return _booked(meets)
    if reading.options:
        return _choose(meets, reading.options)
    return _open(meets) if memory.phase == "quiet" else _press_on(meets)


def _open(meets: Encounter) -> Reaction:
    seed, buyer = meets.params.seed, meets.person.buyer_id
    asked = replace(meets.memory, phase="asked")
    match meets.truth.opening:
        case "question":
            return meets.answer(weighted(seed, QUESTIONS, "question", buyer), asked, haste="days")
        case "bot_question":
            return meets.answer("bot_question", asked, haste="days")
        case _:
            wants = replace(meets.memory, phase="wants")
            return meets.answer("asks_meeting", wants, haste="days")


def _choose(meets: Encounter, options: tuple[Option, ...]) -> Reaction:
    seed, buyer, memory = meets.params.seed, meets.person.buyer_id, meets.memory
    if not memory.asked_other_day and chance(seed, _OTHER_DAY_RATE, "other day", buyer):
        after = replace(memory, phase="wants", asked_other_day=True)
        return meets.answer("other_day", after, haste="hours")
    if memory.picks == _MAX_PICKS:
        return memory, []
    position = pick(seed, range(len(options)), "option", buyer, memory.picks)
    number = str(options[position].number)
    after = replace(memory, phase="picked", picked=number, picks=memory.picks + 1)
    way = weighted(seed, _WAYS_TO_PICK, "way to pick", buyer, memory.picks)
    ordinals = wording(meets.person.language)["ordinals"]
    if way == "accepts_time":
        choice = options[position].words
    elif way == "accepts_ordinal" and position < len(ordinals):
        choice = ordinals[position]
    else:
        way, choice = "accepts_number", number
    return meets.answer(way, after, haste="hours", choice=choice)


def _press_on(meets: Encounter) -> Reaction:
    """Answers a mail that offers no time, towards the meeting."""
    memory = meets.memory
    if memory.phase == "asked":
        return meets.answer("asks_after_answer", replace(memory, phase="wants"), haste="hours")
    if memory.repeats == _MAX_REPEATS:
        return memory, []
    # A mail that asks nothing may announce another: the reminder is dropped when one comes.
    haste = "hours" if meets.reading.asks else "reminder"
    after = replace(memory, repeats=memory.repeats + 1)
    if memory.phase == "picked":
        return meets.answer("restates_choice", after, haste=haste, choice=memory.picked)
    kind = "answers_question" if meets.reading.asks else "repeats_wish"
    return meets.answer(kind, after, haste=haste)


def _booked(meets: Encounter) -> Reaction:
    after = replace(meets.memory, phase="booked")
    if not chance(meets.params.seed, _THANKS_RATE, "thanks", meets.person.buyer_id):
        return after, []
    return meets.answer("thanks_invite", after, haste="hours")
