"""Draws the threads of a day that people read: the same for whoever draws it again."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from math import ceil

from experiments.assignment import bucket, permuted_blocks


@dataclass(frozen=True, slots=True)
class Candidate:
    """A thread in which the agent wrote on a day.

    Attributes:
        thread_id: Which.
        playbook: Of the agent's last message of that day.
        language: Of that message.
        is_answered: Whether the buyer had written by the end of that day.
    """

    thread_id: str
    playbook: str
    language: str
    is_answered: bool


@dataclass(frozen=True, slots=True)
class Drawn:
    """A thread that people read.

    Attributes:
        candidate: The thread.
        weight: How many threads of its stratum it stands for, itself among them.
        is_for_all: Whether all reviewers read it, to be calibrated on it.
    """

    candidate: Candidate
    weight: float
    is_for_all: bool = False


def draw(
    candidates: Iterable[Candidate],
    *,
    day: date,
    seed: int,
    per_playbook: int,
    read_before: Collection[str] = (),
) -> tuple[Drawn, ...]:
    """Returns so many threads of each playbook, in the order in which they are read.

    Half of them, where there are so many, are threads that the buyer has answered; within answered
    and silent ones the languages keep their shares. All follows from the seed, the day and the
    threads, never from the order in which they come. One thread of the day is for all reviewers.

    Args:
        candidates: The threads of the day.
        day: The day, UTC.
        seed: Another seed draws another sample.
        per_playbook: How many of each playbook at most.
        read_before: Threads of earlier samples: drawn again only where others are too few.
    """
    known = sorted(candidates, key=lambda one: one.thread_id)
    drawn: list[Drawn] = []
    for playbook in sorted({one.playbook for one in known}):
        salt = f"{seed}/{day.isoformat()}/{playbook}"
        mine = [one for one in known if one.playbook == playbook]
        groups = {
            is_answered: [one for one in mine if one.is_answered is is_answered]
            for is_answered in (True, False)
        }
        for is_answered, count in _shares(groups, per_playbook).items():
            group = groups[is_answered]
            chosen = _some(group, count, f"{salt}/{is_answered}", read_before)
            drawn += [Drawn(one, len(group) / len(chosen)) for one in chosen]
    return _in_order(drawn, f"{seed}/{day.isoformat()}")


def _shares(groups: dict[bool, list[Candidate]], count: int) -> dict[bool, int]:
    """Half each; what one has too little of the other gives."""
    answered = min(len(groups[True]), max(ceil(count / 2), count - len(groups[False])))
    return {True: answered, False: min(len(groups[False]), count - answered)}


def _some(
    group: Sequence[Candidate], count: int, salt: str, read_before: Collection[str]
) -> list[Candidate]:
    fresh = [one for one in group if one.thread_id not in read_before]
    again = [one for one in group if one.thread_id in read_before]
    chosen = _systematic(fresh, min(count, len(fresh)), salt)
    return chosen + _systematic(again, count - len(chosen), f"{salt}/again")


def _systematic(group: list[Candidate], count: int, salt: str) -> list[Candidate]:
    if len(group) <= count or not count:
        return group[:count]
    units = {one.thread_id: one.language for one in group}
    shares = {"read": count / len(group), "left": 1 - count / len(group)}
    chosen = permuted_blocks(units, shares, int(bucket(salt, "seed") * 2**53))
    return [one for one in group if chosen[one.thread_id] == "read"]


def _in_order(drawn: list[Drawn], salt: str) -> tuple[Drawn, ...]:
    def place(one: Drawn) -> float:
        return bucket(f"{salt}/order", one.candidate.thread_id)

    line = sorted(drawn, key=place)
    if not line:
        return ()
    # A thread that was answered gives reviewers more to differ on.
    first = min(line, key=lambda one: (not one.candidate.is_answered, place(one)))
    return tuple(replace(one, is_for_all=one is first) for one in line)
