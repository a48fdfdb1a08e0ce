"""Which of the offered times a buyer accepts; nothing when it is not plain."""

import re
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

from agent_runtime.domain import Slot
from agent_runtime.times.calendar_words import ORDINALS
from agent_runtime.times.local_times import zone_of
from agent_runtime.times.spoken_times import hear_time
from agent_runtime.words import any_of, read_words


def choose_slot(
    text: str, offered: Sequence[Slot], *, zone: str, language: str, now: datetime
) -> int | None:
    """Returns the index of the one offered slot that the text accepts, else None.

    Every clause is read by itself, so that "Tuesday is bad but the second one works" is a
    choice. Clauses that refuse, or that only ask, choose nothing; two different choices are none,
    and who refuses all of them has chosen none.
    """
    if not offered or len(text) > 600:
        return None
    if _REFUSES_ALL.search(text.lower()):
        return None
    chosen = set()
    for clause in map(str.strip, _CLAUSE.split(text)):
        words = clause.lower()
        if words and not _REFUSES.search(words) and not _ASKS.search(words):
            chosen |= _in_clause(clause, offered, zone, language, now)
    if len(chosen) == 1:
        return chosen.pop()
    if not chosen and not _REFUSES.search(text.lower()):
        return _all_the_same(text.lower(), offered)
    return None


_WORDS = read_words("slots")
_CLAUSE = re.compile(
    rf"[;\n!]|(?<=\?)\s|,(?! ?\d)|(?<!\d)\.(?=\s|$)|\b{any_of(_WORDS['turns'])}\b", re.IGNORECASE
)
_REFUSES = re.compile(any_of(_WORDS["refuses"]))
_REFUSES_ALL = re.compile(any_of(_WORDS["refuses_all"]))
_ASKS = re.compile(rf"^\s*{any_of(_WORDS['asks'])}\b(?!.*\b{any_of(_WORDS['still'])}\b).*\?")
_GOES_ON = re.compile(rf"\s*{any_of(_WORDS['goes_on'])}")
_NUMBER = re.compile(
    rf"(?:^|(?<!\w){any_of(_WORDS['numbered'])}\s*)([1-9])[).]?(?=\s*{any_of(_WORDS['goes_on'])})"
)
_YES = re.compile(rf"\b{any_of(_WORDS['accepts'])}\b")
_ANY = re.compile(any_of(_WORDS["any"]))


def _in_clause(
    clause: str, offered: Sequence[Slot], zone: str, language: str, now: datetime
) -> set[int]:
    words = clause.lower()
    by_number = {int(m[1]) - 1 for m in _NUMBER.finditer(words)}
    by_ordinal = _ordinals(words, language, len(offered))
    by_time = _by_time(clause, offered, zone, language, now)
    for picked in (by_number, by_ordinal, by_time):
        if picked and by_time and picked & by_time:
            return picked & by_time
    picked = by_number or by_ordinal or by_time
    return {n for n in picked if 0 <= n < len(offered)}


def _ordinals(clause: str, language: str, count: int) -> set[int]:
    numbers = ORDINALS.get(language, ORDINALS["en"])
    found = set()
    for m in _ordinal_pattern(language).finditer(clause):
        if m["noun"] or _GOES_ON.match(m["on"]):
            number = numbers[m["word"]]
            found.add(count - 1 if number < 0 else number)
    return found


@lru_cache(maxsize=16)
def _ordinal_pattern(language: str) -> re.Pattern[str]:
    numbers = ORDINALS.get(language, ORDINALS["en"])
    words = any_of(sorted(map(re.escape, numbers), key=len, reverse=True))
    return re.compile(
        rf"(?<!\w)(?P<word>{words})(?: (?P<noun>{any_of(_WORDS['nouns'])})\b)?(?P<on>.*)"
    )


def _by_time(
    clause: str, offered: Sequence[Slot], zone: str, language: str, now: datetime
) -> set[int]:
    heard = hear_time(clause, language)
    if heard.is_empty:
        return set()
    today = now.astimezone(zone_of(zone)).date()
    locals_ = [slot.start.astimezone(zone_of(zone)) for slot in offered]
    fits = {n for n, t in enumerate(locals_) if heard.on_day(t, today=today) and heard.at_hour(t)}
    return fits if len(fits) == 1 else set()


def _all_the_same(text: str, offered: Sequence[Slot]) -> int | None:
    if _ANY.search(text):
        return 0
    is_short_yes = len(text) < 120 and "?" not in text and _YES.search(text)
    return 0 if len(offered) == 1 and is_short_yes else None
