"""A misheard menu read as a whole: its options come in the order of their keys.

Each sentence may be an option. How much it sounds like one with a certain key, and that keys are
counted up, say together which is which; a sentence among options whose key was not understood at
all has the key that its place gives it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from agent_runtime.speech.sound_alike import sameness

Place = Literal["first", "last"]
"""Where the key stands: "press one for sales", "for sales, press one"."""

_KEYS = "1234567890*#"
_HEARD, _UNHEARD = 0.55, -0.05
"""Likeness that other words have with a key by chance, and what an option is worth without one."""
_CLEAR = 0.5
"""What a key is worth that was understood."""
_SKIPPED, _LEFT_OUT, _TO_THE_END = 0.25, 0.15, 0.02
"""What it costs to pass over a key, over a sentence among options, and to go on with 0, * or #."""
_MOST_WORDS = 3
_MOST_SKIPPED = 2


@dataclass(frozen=True, slots=True)
class Option:
    """A sentence of a menu with its key and the words beside it."""

    key: str
    words: str


@dataclass(frozen=True, slots=True)
class _Reading:
    """A sentence read as an option with a key: what that is worth and what is left of it."""

    worth: float
    words: str


def read_in_order(
    sentences: Sequence[str],
    known: Mapping[int, str],
    verbs: Sequence[str],
    digits: Mapping[str, str],
) -> tuple[Option, ...]:
    """Returns the options of a menu in their order; empty where it sounds like none.

    Args:
        sentences: What was heard, in plain words.
        known: Number of a sentence to its key, where that was understood.
        verbs: What keys are named with: press, dial.
        digits: Words to keys.
    """
    best: tuple[float, tuple[Option, ...]] = (0.0, ())
    for place in ("first", "last"):
        for verb in verbs:
            readings = [
                _readings(words, known.get(number, ""), place, verb, tuple(digits.items()))
                for number, words in enumerate(sentences)
            ]
            best = max(best, _most_likely(readings), key=lambda found: found[0])
    return best[1]


def _most_likely(readings: Sequence[Mapping[str, _Reading]]) -> tuple[float, tuple[Option, ...]]:
    """Returns the readings, one a sentence or none, that are worth most together."""
    ends: dict[int, tuple[float, tuple[Option, ...]]] = {-1: (0.0, ())}
    for reading in readings:
        after: dict[int, tuple[float, tuple[Option, ...]]] = {}
        for last, (worth, options) in ends.items():
            left_out = _LEFT_OUT if last >= 0 and reading else 0.0
            _keep(after, last, worth - left_out, options)
            for key, read in reading.items():
                at = _KEYS.index(key)
                if (cost := _cost(last, at)) is not None:
                    option = Option(key, read.words)
                    _keep(after, at, worth + read.worth - cost, (*options, option))
        ends = after
    return max(ends.values(), key=lambda found: found[0])


def _keep(
    ends: dict[int, tuple[float, tuple[Option, ...]]],
    last: int,
    worth: float,
    options: tuple[Option, ...],
) -> None:
    if last not in ends or worth > ends[last][0]:
        ends[last] = (worth, options)


def _cost(last: int, at: int) -> float | None:
    """Returns what it costs to go on from one key to another; None where that cannot be."""
    if at <= last:
        return None
    if at == last + 1:
        return 0.0
    if at >= _KEYS.index("0"):
        return _TO_THE_END
    skipped = at - last - 1
    return _SKIPPED * skipped if skipped <= _MOST_SKIPPED else None


@cache
def _readings(
    words: str, known: str, place: Place, verb: str, digits: tuple[tuple[str, str], ...]
) -> Mapping[str, _Reading]:
    """Returns what a sentence is worth as an option, by key; nothing where it is too short."""
    parts = words.split()
    if len(parts) < 2:
        return {}
    found: dict[str, _Reading] = {}
    for name, key in digits:
        likely, left = max(_likely(parts, place, f"{verb} {name}"), key=lambda one: one[0])
        worth = likely - _HEARD
        if worth < _UNHEARD:
            # Only a place between others can stand for a key.
            if not key.isdigit() or key == "0":
                continue
            worth = _UNHEARD
        if key not in found or worth > found[key].worth:
            found[key] = _Reading(worth, left)
    if known in found:
        return {known: _Reading(_CLEAR, found[known].words)}
    return found


def _likely(parts: Sequence[str], place: Place, named: str) -> Iterator[tuple[float, str]]:
    for count in range(1, min(_MOST_WORDS, len(parts) - 1) + 1):
        at = len(parts) - count
        key, left = (parts[:count], parts[count:]) if place == "first" else (parts[at:], parts[:at])
        yield sameness(named, " ".join(key)), " ".join(left)
