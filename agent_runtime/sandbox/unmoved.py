"""Buyers who want no meeting: most are silent, some say no, ask, stray or ask to be left alone."""

from dataclasses import replace

from agent_runtime.sandbox.draw import chance, weighted
from agent_runtime.sandbox.encounter import BuyerMemory, Encounter
from agent_runtime.sandbox.keen import QUESTIONS
from agent_runtime.sandbox.planned import PlannedMail

_STOPS = frozenset({"opt_out", "annoyed_opt_out"})
_CURIOUS = frozenset(
    {
        "questioner",
        "send_info",
        "bot_question",
        "data_request",
        "requirements",
        "procurement",
        "objects_price",
        "objects_need",
        "objects_trust",
        "objects_timing",
    }
)
_AFTER_AN_ANSWER = {"": 0.50, "declines": 0.35, "question": 0.15}
_AFTER_A_COURTESY = {"": 0.85, "thanks": 0.15}
_NAMES_SOMEBODY_RATE = 0.4
_FED_UP_RATE = 0.4

Reaction = tuple[BuyerMemory, list[PlannedMail]]


def unmoved(meets: Encounter) -> Reaction:
    """Returns what a buyer who wants no meeting makes of the mail before them."""
    phase = meets.memory.phase
    if phase == "left" or meets.person.opted_out_before:
        return _left_alone(meets)
    if phase == "spoken" and (meets.reading.options or meets.reading.invites):
        return meets.answer("declines_times", replace(meets.memory, phase="done"), haste="hours")
    if meets.is_answer:
        return _answered(meets) if phase == "spoken" else (meets.memory, [])
    if phase == "quiet":
        return _touched(meets)
    return _touched_again(meets)


def _touched(meets: Encounter) -> Reaction:
    temperament = meets.truth.temperament
    if temperament == "silent" or meets.memory.touches < meets.truth.answers_touch:
        return meets.memory, []
    if temperament == "out_of_office":
        return meets.answer(temperament, replace(meets.memory, phase="done"), haste="hours")
    kind = temperament
    if temperament == "questioner":
        kind = weighted(meets.params.seed, QUESTIONS, "question", meets.person.buyer_id)
    phase = "left" if temperament in _STOPS else "spoken"
    return meets.answer(kind, replace(meets.memory, phase=phase), haste="days")


def _answered(meets: Encounter) -> Reaction:
    seed, buyer, temperament = meets.params.seed, meets.person.buyer_id, meets.truth.temperament
    done = replace(meets.memory, phase="done")
    if temperament == "wrong_person" and meets.reading.asks:
        names = chance(seed, _NAMES_SOMEBODY_RATE, "names somebody", buyer)
        return meets.answer("referral", done, haste="hours") if names else (done, [])
    wishes = _AFTER_AN_ANSWER if temperament in _CURIOUS else _AFTER_A_COURTESY
    kind = weighted(seed, wishes, "after an answer", buyer)
    if not kind:
        return done, []
    if kind == "question":
        kind = weighted(seed, QUESTIONS, "second question", buyer)
    return meets.answer(kind, done, haste="hours")


def _touched_again(meets: Encounter) -> Reaction:
    """A touch after they have said no: some have had enough."""
    buyer, is_away = meets.person.buyer_id, meets.truth.temperament == "out_of_office"
    if is_away or not chance(meets.params.seed, _FED_UP_RATE, "fed up", buyer):
        return meets.memory, []
    return meets.answer("opt_out", replace(meets.memory, phase="left"), haste="days")


def _left_alone(meets: Encounter) -> Reaction:
    """Those who asked to be left alone accept one confirmation and complain of anything else."""
    if meets.is_answer or meets.memory.has_complained:
        return meets.memory, []
    after = replace(meets.memory, phase="left", has_complained=True)
    return meets.answer("complaint", after, haste="hours")
