"""A misheard menu read as a whole: its options come in the order of their keys.

Each sentence may be an option. How much it sounds like one with a certain key, and that keys are
counted up, say together which is which; a sentence among options whose key was not understood at
all has the key that its place gives it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from itertools import pairwise
from typing import Literal

from agent_runtime.speech.sound_alike import sameness

Place = Literal["first", "last"]
"""Where the key stands: "press one for sales", "for sales, press one"."""

_KEYS = "1234567890*#"
_HEARD, _UNHEARD = 0.55, -0.02
"""Likeness that other words have with a key by chance, and what an option is worth without one."""
_CLEAR, _ELSEWHERE, _MISTAKEN = 0.5, 0.3, -0.05
"""What a key is worth that was understood, one beside which nothing stands where it should, and
another one than was understood."""
_SKIPPED, _LEFT_OUT, _TO_THE_END = 0.35, 0.15, 0.02
"""What it costs to pass over a key, over a sentence among options, and to go on with 0, * or #."""
_JOINED = 0.02
"""What it costs to read two sentences as one option that was cut in two."""
_FEW_OPTIONS, _A_MENU = 2, 0.25
"""So many options, worth so much together, are a menu and no other sentences."""
_CUT_OFF = 2
"""So many words may be a part of an option that was cut off."""
_SIGNS: Mapping[str, float] = {"0": 0.13, "*": 0.3, "#": 0.3}
"""Keys that have no place among the others, and what they must at least be worth."""
_MOST_WORDS = 3
_MOST_SKIPPED = 2


@dataclass(frozen=True, slots=True)
class Sentence:
    """What was heard between two pauses, in plain words; `key` where one was understood in it."""

    words: str
    key: str = ""
    before: str = ""
    after: str = ""

    def joined(self, other: "Sentence") -> "Sentence | None":
        """Returns both as the one option that they may be: at most one holds a key."""
        is_cut = min(len(one.words.split()) for one in (self, other)) <= _CUT_OFF
        if not is_cut or (self.key and other.key):
            return None
        before = self.before if self.key else f"{self.words} {other.before}"
        after = f"{self.after} {other.words}" if self.key else other.after
        words = f"{self.words} {other.words}"
        return Sentence(words, self.key or other.key, before.strip(), after.strip())


@dataclass(frozen=True, slots=True)
class Option:
    """A key and the words beside it."""

    key: str
    words: str


@dataclass(frozen=True, slots=True)
class _Reading:
    """A sentence read as an option with a key: what that is worth and what is left of it."""

    worth: float
    words: str
    is_firm: bool = False
    """Whether the key was understood, and all of them come in order."""


def read_in_order(
    sentences: Sequence[Sentence],
    verbs: Sequence[str],
    digits: Mapping[str, str],
    begins: Callable[[str], bool] = lambda words: False,
) -> tuple[Option, ...]:
    """Returns the options of a menu in their order; empty where it sounds like none.

    Args:
        sentences: What was heard.
        verbs: What keys are named with: press, dial.
        digits: Words to keys.
        begins: Says whether a sentence begins as options do: "for", "if you".
    """
    are_begun = [begins(one.words) for one in sentences]
    pairs = [one.joined(other) for one, other in pairwise(sentences)]
    named = tuple(digits.items())
    understood = [_KEYS.index(one.key) for one in sentences if one.key]
    is_doubtful = understood != sorted(set(understood))
    best: tuple[float, tuple[Option, ...]] = (0.0, ())
    for place in _places(sentences, are_begun):
        for verb in verbs:
            read = partial(_readings, place=place, verb=verb, digits=named, is_doubtful=is_doubtful)
            alone = [read(one) for one in sentences]
            joined = [read(one) if one else {} for one in pairs]
            best = max(best, _most_likely(alone, joined, are_begun), key=lambda found: found[0])
    return best[1] if best[0] >= _A_MENU and len(best[1]) >= _FEW_OPTIONS else ()


def _places(sentences: Sequence[Sentence], are_begun: Sequence[bool]) -> tuple[Place, ...]:
    """Returns where keys may stand: behind, where options begin with "for", "to" or "if"."""
    if sum(are_begun) < _FEW_OPTIONS:
        return ("first", "last")
    before = sentences[: are_begun.index(True)][-1:]
    is_bare_key = any(one.key and not one.before and not one.after for one in before)
    return ("first", "last") if is_bare_key else ("last",)


_Ends = dict[int, tuple[float, tuple[Option, ...]]]
"""Place of the last key so far to what all options are worth, and what they are."""


def _most_likely(
    alone: Sequence[Mapping[str, _Reading]],
    joined: Sequence[Mapping[str, _Reading]],
    are_begun: Sequence[bool],
) -> tuple[float, tuple[Option, ...]]:
    """Returns the readings, of one sentence or of two, that are worth most together."""
    ends: list[_Ends] = [{-1: (0.0, ())}, *({} for _ in alone)]
    first = are_begun.index(True) if sum(are_begun) >= _FEW_OPTIONS else 0
    for number, every in enumerate(alone):
        # Before the first that begins as an option, only a key shows that it is one.
        reading = {k: read for k, read in every.items() if number >= first or read.worth > 0}
        for last, (worth, options) in ends[number].items():
            is_option = are_begun[number] or (last >= 0 and reading)
            left_out = _LEFT_OUT if is_option else 0.0
            _keep(ends[number + 1], last, worth - left_out, options)
        _go_on(ends[number], ends[number + 1], reading, 0.0)
        if number < len(joined):
            _go_on(ends[number], ends[number + 2], joined[number], _JOINED)
    return max(ends[-1].values(), key=lambda found: found[0])


def _go_on(ends: _Ends, after: _Ends, reading: Mapping[str, _Reading], joined: float) -> None:
    for last, (worth, options) in ends.items():
        for key, read in reading.items():
            at = _KEYS.index(key)
            cost = _cost(last, at, is_firm=read.is_firm)
            if cost is not None:
                option = Option(key, read.words)
                _keep(after, at, worth + read.worth - cost - joined, (*options, option))


def _keep(ends: _Ends, last: int, worth: float, options: tuple[Option, ...]) -> None:
    if last not in ends or worth > ends[last][0]:
        ends[last] = (worth, options)


def _cost(last: int, at: int, *, is_firm: bool) -> float | None:
    """Returns what it costs to go on from one key to another; None where that cannot be."""
    if at <= last:
        return None
    if at == last + 1 or is_firm:
        return 0.0
    if at >= _KEYS.index("0"):
        return _TO_THE_END
    skipped = at - last - 1
    return _SKIPPED * skipped if skipped <= _MOST_SKIPPED else None


@lru_cache(maxsize=4096)
def _readings(
    sentence: Sentence,
    place: Place,
    verb: str,
    digits: tuple[tuple[str, str], ...],
    is_doubtful: bool,
) -> Mapping[str, _Reading]:
    """Returns what a sentence is worth as an option, by key; nothing where it is too short."""
    if sentence.key:
        beside = sentence.after if place == "first" else sentence.before
        understood = _Reading(_CLEAR if beside else _ELSEWHERE, beside)
        if not is_doubtful:
            return {sentence.key: replace(understood, is_firm=True)}
        other = {key: _Reading(_MISTAKEN, beside) for _, key in digits if key not in _SIGNS}
        return other | {sentence.key: understood}
    parts = sentence.words.split()
    if len(parts) < 2:
        return {}
    found: dict[str, _Reading] = {}
    for name, key in digits:
        likely, left = max(_likely(parts, place, f"{verb} {name}"), key=lambda one: one[0])
        worth = likely - _HEARD
        if worth < _SIGNS.get(key, 0.0 if len(parts) <= _CUT_OFF else -1.0):
            continue
        worth = max(worth, _UNHEARD)
        if key not in found or worth > found[key].worth:
            found[key] = _Reading(worth, left)
    best = max((read.worth for read in found.values()), default=0.0)
    return {k: read for k, read in found.items() if k not in _SIGNS or read.worth >= best}


def _likely(parts: Sequence[str], place: Place, named: str) -> Iterator[tuple[float, str]]:
    for count in range(1, min(_MOST_WORDS, len(parts) - 1) + 1):
        at = len(parts) - count
        key, left = (parts[:count], parts[count:]) if place == "first" else (parts[at:], parts[:at])
        yield sameness(named, " ".join(key)), " ".join(left)
