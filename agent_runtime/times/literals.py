"""Hours, dates and amounts that digits alone can tell."""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from agent_runtime.times.zones_named import is_zone, zone_of_offset

Tags = Mapping[str, Any]
_Make = Callable[[re.Match[str]], Tags | None]


def find_literal(text: str, at: int, language: str) -> tuple[int, Tags] | None:
    """Returns where the literal that begins at a position ends, and its tags."""
    for pattern, make in _kinds(language):
        match = pattern.match(text, at)
        if match and (tags := make(match)) is not None:
            return match.end(), tags
    return None


_ALONE = r"(?<![\d.:/,])"
_AFTER_SLASH = r"(?<![\d.:])"
_DAY = r"\d{1,2}"
_HALF = r"\s?[ap](?:\.\s?|\s)?m\b\.?|[ap]\b(?![.\w])"
_HALF_DE = r"\s?p\.?\s?m\b\.?|a\.?m\b\.?|\s?a\.m\.|[ap]\b(?![.\w])"
"""In German "10 am Montag" is no forenoon."""


def _clock(hour: str, minute: str | None, half: str | None) -> Tags | None:
    is_afternoon = half and "p" in half.lower()
    named = "" if not half else "pm" if is_afternoon else "am"
    if int(hour) > 24 or int(minute or 0) > 59 or (named and int(hour) > 12 and not is_afternoon):
        return None
    return {"clock": (int(hour), int(minute or 0), named if int(hour) <= 12 else "")}


def _plain_clock(match: re.Match[str]) -> Tags | None:
    return _clock(*match.groups())


def _hhmm(match: re.Match[str]) -> Tags:
    hour, minute = int(match[1]), int(match[2])
    if match[3]:
        return {"clock": (hour, minute, "")}
    year = {"year": int(match[0])} if match[1] == "20" else {}
    return {"hhmm": (hour, minute, ""), **year}


def _offset(match: re.Match[str]) -> Tags | None:
    zone = zone_of_offset(match[1])
    return {"zone": zone} if zone else None


def _place(match: re.Match[str]) -> Tags | None:
    return {"zone": match[0]} if is_zone(match[0]) else None


_PATTERNS: dict[str, tuple[str, _Make]] = {
    "nothing": (
        r"\S+@\S+\.\w+|(?:https?://|www\.)\S+|\+\d[\d ()/.-]{6,}\d|\b0\d{2,4}[ /-]\d[\d -]{5,}\d"
        r"|[€$£]\s?\d[\d.,]*(?:\s?[km]\b)?|\d[\d.,]*\s?(?:[€$£%]|k\b)|\bv\d+(?:\.\d+)+|\b24/7\b"
        r"|\b\d{1,3}(?:[.,]\d{3})+\b|\b\d{5,}\b|\bQ[1-4]\b|#\d+",
        lambda _: {"void": True},
    ),
    "feira": (
        r"\b([2-6])(?:ª(?:[\s-]?feira|f)?|a[\s-]?feira|af)(?!\w)",
        lambda m: {"weekday": int(m[1]) - 2},
    ),
    "iso": (
        r"\b(20\d\d)[-/](\d\d?)[-/](\d\d?)(?:T(?=\d\d:)|\b)",
        lambda m: {"iso": (int(m[1]), int(m[2]), int(m[3]))},
    ),
    "dmy": (
        rf"{_ALONE}({_DAY})([./-])({_DAY})\2(20\d\d|\d\d)(?![\d:])",
        lambda m: {"numeric": (int(m[1]), int(m[3]), int(m[4]) % 100 + 2000, m[2])},
    ),
    "hm": (
        rf"{_AFTER_SLASH}({_DAY})(?::|\s?h\s?)([0-5]\d)(?!\d)(?::\d\d\b)?(?:\s?h(?:rs|s)?\b|\s?min\b)?"
        r"(HALF)?",
        _plain_clock,
    ),
    "dotted_clock": (rf"{_ALONE}({_DAY})\.([0-5]\d)(HALF)", _plain_clock),
    "half": (rf"{_AFTER_SLASH}({_DAY})()(HALF)", _plain_clock),
    "hhmm": (r"\b([01]\d|2[0-3])([0-5][05])(\s?h(?:rs|ours)?\b|\s?uhr\b)?(?!\d)", _hhmm),
    "decimal_hours": (
        rf"{_ALONE}(\d)[.,]5\s?-?(?:h\b|hr|hour|stunde|heure|hora|ore)\w*",
        lambda m: {"duration": int(m[1]) * 60 + 30},
    ),
    "ish": (rf"{_ALONE}({_DAY})(?:[:.]([0-5]\d))?\s?-?ish()\b", _plain_clock),
    "dotted": (
        rf"{_ALONE}({_DAY})\.\s?({_DAY})(\.(?!\d)|(?![\d.]))",
        lambda m: {"dotted": (int(m[1]), int(m[2]), len(m[2]), bool(m[3]))},
    ),
    "slashed": (
        rf"{_ALONE}({_DAY})/({_DAY})(?![\d/:])",
        lambda m: {"numeric": (int(m[1]), int(m[2]), None, "/")},
    ),
    "minutes": (
        rf"{_ALONE}(\d{{1,3}})(?:\s?-?(?:minutes?|minuten?|minutos?|minuti|mins?)\b|m\b|')",
        lambda m: {"minutes": int(m[1])},
    ),
    "hours": (
        rf"{_AFTER_SLASH}({_DAY})(?:\s?(hrs?)\b|\s?(hs)\b|\s?h\b)",
        lambda m: {"hours": (int(m[1]), "long" if m[2] else "clock" if m[3] else "")},
    ),
    "ord": (
        rf"{_ALONE}({_DAY})(?:st|nd|rd|th|er|ème|eme|[ºª°]|e(?=\s))(?!\w)",
        lambda m: {"ord": int(m[1])},
    ),
    "ord_dot": (rf"{_ALONE}({_DAY})\.(?!\d)", lambda m: {"ord": int(m[1]), "num": int(m[1])}),
    "year": (r"\b(20\d\d)\b(?![:.]\d)", lambda m: {"year": int(m[1])}),
    "offset": (r"\b(?:UTC|GMT)\s?([+-]\s?\d{1,2}(?::?\d\d)?)\b", _offset),
    "place": (
        r"\b(?:Africa|America|Asia|Atlantic|Australia|Europe|Indian|Pacific)/[A-Z][\w/+-]+",
        _place,
    ),
    "num": (rf"{_ALONE}(\d{{1,3}})(?![\w%])", lambda m: {"num": int(m[1])}),
}

_ONLY_IN = {"ord_dot": "de", "feira": "pt"}


@lru_cache(maxsize=8)
def _kinds(language: str) -> list[tuple[re.Pattern[str], _Make]]:
    half = _HALF_DE if language == "de" else _HALF
    return [
        (re.compile(pattern.replace("HALF", half), re.IGNORECASE), make)
        for name, (pattern, make) in _PATTERNS.items()
        if _ONLY_IN.get(name, language) == language
    ]
