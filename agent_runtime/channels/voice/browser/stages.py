"""The time from their last sound to our first, cut into the stages that a page can draw."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stage:
    """One stretch of the wait; the stretches of a turn follow each other."""

    name: str
    ms: int


def stages_of(measured: Mapping[str, float]) -> tuple[Stage, ...]:
    """Returns the stretches of one turn in milliseconds, which add up to the whole wait.

    Args:
        measured: As traced: since their last sound `vad`, `stt`, `turn` and `first_sound`, and
            how long the `loop` took. What is decoded before the quiet is settled takes no time.
    """
    total = max(measured.get("first_sound", 0.0), 0.0)
    settled = min(measured.get("vad", 0.0), total)
    words = _within(measured.get("stt", 0.0), settled, total)
    over = _within(measured.get("turn", 0.0), words, total)
    decided = min(over + measured.get("loop", 0.0), total)
    ends = {
        "quiet": settled,
        "words": words,
        "turn over": over,
        "thinking": decided,
        "voice": total,
    }
    found, before = [], 0
    for name, end in ends.items():
        found.append(Stage(name, round(end) - before))
        before = round(end)
    return tuple(found)


def _within(value: float, least: float, most: float) -> float:
    return min(max(value, least), most)
