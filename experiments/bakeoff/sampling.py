"""Draws the threads of a day that people read: the same for whoever asks, and without names."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date

from experiments.assignment import bucket, permuted_blocks
from experiments.bakeoff.config import BakeOff
from experiments.bakeoff.threads import Thread, Turn
from experiments.errors import BakeOffError


@dataclass(frozen=True, slots=True)
class Drawn:
    """A thread as a reviewer sees it, under a code that tells nothing.

    Attributes:
        code: What stands on the sheet.
        thread_id: Which thread it is; in the key only.
        unit_id: Whose it is; in the key only.
        candidate: Who held it; in the key only.
        turns: Its turns up to the end of the day, blinded.
    """

    code: str
    thread_id: str
    unit_id: str
    candidate: str
    turns: tuple[Turn, ...]


def draw_threads(
    plan: BakeOff,
    threads: Mapping[str, list[Thread]],
    day: date,
    *,
    read_before: Collection[str] = (),
    blind: Callable[[str, str], str],
) -> tuple[Drawn, ...]:
    """Returns so many threads of each candidate as the plan reads a day, mixed.

    A thread may be drawn on a day on which its candidate wrote. It is drawn within strata
    (whether the buyer has answered, and the language), each thread with the same chance, by the
    plan's seed and the day alone. Threads that an earlier day has drawn are drawn again, with what
    came since, only where there are too few others; where there are too few at all, all are taken.

    Args:
        plan: The plan.
        threads: Those of each candidate.
        day: The day (UTC); later turns are not shown.
        read_before: Threads that earlier days have drawn.
        blind: Hides who wrote; takes the contact's id and a text.

    Raises:
        BakeOffError: Nobody wrote that day.
    """
    seed = f"{plan.seed}/{day.isoformat()}"
    drawn: list[tuple[str, Thread]] = []
    for candidate in plan.names:
        todays = [thread for thread in threads[candidate] if _wrote(thread, day)]
        fresh = [thread for thread in todays if thread.thread_id not in read_before]
        again = [thread for thread in todays if thread.thread_id in read_before]
        count = plan.review.threads_per_day
        chosen = _some(fresh, day, count, seed)
        chosen += _some(again, day, count - len(chosen), f"{seed}/again")
        drawn += [(candidate, thread) for thread in chosen]
    if not drawn:
        raise BakeOffError(
            f"no candidate wrote on {day.isoformat()}{_days_told(threads)}; name another --day"
        )
    drawn.sort(key=lambda pair: bucket(f"{seed}/order", pair[1].thread_id))
    return tuple(
        Drawn(
            code=f"{day:%y%m%d}-{number:02d}",
            thread_id=thread.thread_id,
            unit_id=thread.unit_id,
            candidate=candidate,
            turns=tuple(
                turn.model_copy(
                    update={
                        "text": blind(thread.unit_id, turn.text),
                        "subject": blind(thread.unit_id, turn.subject),
                    }
                )
                for turn in thread.until(day)
            ),
        )
        for number, (candidate, thread) in enumerate(drawn, start=1)
    )


def days_of(threads: Mapping[str, list[Thread]]) -> list[date]:
    """Returns the days (UTC) on which any candidate wrote, in order."""
    return sorted(
        {
            turn.at.date()
            for mine in threads.values()
            for thread in mine
            for turn in thread.turns
            if turn.by == "agent"
        }
    )


def _some(threads: list[Thread], day: date, count: int, seed: str) -> list[Thread]:
    if len(threads) <= count or not count:
        return threads[:count]
    strata = {thread.thread_id: _stratum(thread, day) for thread in threads}
    shares = {"read": count / len(threads), "left": 1 - count / len(threads)}
    whole_seed = int(bucket(seed, "day") * 2**53)
    chosen = permuted_blocks(strata, shares, whole_seed)
    return [thread for thread in threads if chosen[thread.thread_id] == "read"]


def _stratum(thread: Thread, day: date) -> str:
    answered = any(turn.by == "buyer" for turn in thread.until(day))
    return f"{'answered' if answered else 'silent'}/{thread.language}"


def _wrote(thread: Thread, day: date) -> bool:
    return any(turn.by == "agent" and turn.at.date() == day for turn in thread.turns)


def _days_told(threads: Mapping[str, list[Thread]]) -> str:
    days = days_of(threads)
    return f"; they wrote from {days[0]} to {days[-1]}" if days else "; there are no threads at all"
