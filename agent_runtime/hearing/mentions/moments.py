"""Times to meet at, and dates that bear on the deal or on when to write again."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from agent_runtime.hearing.mentions.mention import Mention, Written
from agent_runtime.hearing.mentions.moment_pieces import (
    MomentCues,
    MomentWords,
    moment_cues,
    moment_words,
)
from agent_runtime.library.content import LOCALES


def find_moments(written: Written, language: str) -> list[Mention]:
    """Returns `requested_time` and `timeline` mentions, by the words of one language."""
    words, cues = moment_words(language if language in LOCALES else "en"), moment_cues()
    found = []
    for moment in _moments(written, words):
        if _is_past(written, moment, words) or _is_told(written, moment, cues):
            continue
        if _is_no_time_to_meet(written, moment, cues):
            continue
        kind = _kind(written, moment, cues)
        start = _introduced(written, moment, words) if kind == "timeline" else moment.start
        found.append(Mention(kind, start, moment.end))
    return found


@dataclass(frozen=True, slots=True)
class _Moment:
    """Neighbouring pieces of one expression, as in `Tuesday | at 10 | or Thursday`."""

    kinds: frozenset[str]
    start: int
    end: int
    deadline: str
    """Words right before it that make it a term, as in `until Friday`."""


_HOUR = frozenset({"clock", "part"})
_FINE = _HOUR | {"weekday", "near", "date"}
_FAR = frozenset({"quarter", "year", "span", "event"})


def _moments(written: Written, words: MomentWords) -> Iterator[_Moment]:
    kinds: set[str] = set()
    start = end = 0
    for match in words.piece.finditer(written.flat):
        kind, at, to = _piece(match)
        if kinds and words.glue.fullmatch(written.flat, end, at) and not _differ(kinds, kind):
            kinds.add(kind)
            end = to
            continue
        if kinds:
            yield _moment(written, words, kinds, start, end)
        kinds, start, end = {kind}, at, to
    if kinds:
        yield _moment(written, words, kinds, start, end)


def _piece(match: re.Match[str]) -> tuple[str, int, int]:
    group = match.lastgroup or ""
    inner = f"{group}_inner"
    start, end = match.span(inner if match.groupdict().get(inner) else group)
    return group.split("_")[0], start, end


def _differ(kinds: set[str], kind: str) -> bool:
    """A meeting time and a far date are two expressions, whatever stands between."""
    return bool((kinds & _FINE and kind in _FAR) or (kinds & _FAR and kind in _HOUR))


def _moment(written: Written, words: MomentWords, kinds: set[str], start: int, end: int) -> _Moment:
    around = max(0, start - 30)
    deadline = words.deadline.search(written.flat, around, start)
    lead = words.lead.search(written.flat, around, start)
    if lead and kinds & (_HOUR | {"weekday"}):
        start = lead.start(1)
    while written.flat[end - 1] in ".,":
        end -= 1
    return _Moment(frozenset(kinds), start, end, deadline[1] if deadline else "")


def _introduced(written: Written, moment: _Moment, words: MomentWords) -> int:
    """Where a date begins together with its preposition, as in `by the end of March`."""
    if moment.kinds & (_HOUR | {"span", "event"}):
        return moment.start
    around = max(0, moment.start - 20)
    before = words.introduced.search(written.flat, around, moment.start)
    return before.start(1) if before else moment.start


def _is_past(written: Written, moment: _Moment, words: MomentWords) -> bool:
    near = written.flat[max(0, moment.start - 14) : moment.start]
    said = written.flat[moment.start : moment.end + 9]
    return bool(words.past_before.search(near) or words.past_within.search(said))


def _is_told(written: Written, moment: _Moment, cues: MomentCues) -> bool:
    """A far date in a sentence about the past bears on nothing to come."""
    if _SINCE.match(moment.deadline):
        return True
    if moment.deadline or moment.kinds & (_HOUR | {"weekday", "near", "span", "event"}):
        return False
    start, end = written.sentence(moment.start)
    is_told = cues.told.search(written.flat, start, moment.start)
    return bool(is_told and not cues.deal.search(written.flat, start, end))


def _is_no_time_to_meet(written: Written, moment: _Moment, cues: MomentCues) -> bool:
    """A part of the day, a figure of hours, a day of every week, where nobody would meet."""
    said = written.flat[moment.start : moment.end]
    if moment.kinds == {"part"}:
        return True
    if moment.kinds == {"weekday"}:
        return bool(_EVERY_WEEK.fullmatch(said))
    is_figure = moment.kinds == {"clock"} and _FIGURE.fullmatch(said)
    return bool(is_figure and not cues.meeting.search(_around(written, moment)))


def _kind(written: Written, moment: _Moment, cues: MomentCues) -> str:
    around = _around(written, moment)
    meets = bool(cues.meeting.search(around))
    bears = bool(moment.deadline) or bool(cues.deal.search(around))
    if moment.kinds & _HOUR:
        return "requested_time"
    if moment.kinds & _FINE:
        is_term = bears and (bool(moment.deadline) or not meets)
        return "timeline" if is_term else "requested_time"
    if "week" in moment.kinds:
        return "requested_time" if meets and not bears else "timeline"
    return "timeline"


def _around(written: Written, moment: _Moment) -> str:
    start, end = written.sentence(moment.start)
    return f"{written.flat[start : moment.start]} # {written.flat[moment.end : end]}"


_SINCE = re.compile(r"(?:since|seit|desde|depuis|da|dal)\s(?!(?:the|next))")
_EVERY_WEEK = re.compile(r"(?:mon|tues|wednes|thurs|fri|satur|sun)days")
_FIGURE = re.compile(r"\d|\d{1,2}\s?(?:h|hrs?|horas|heures|ore)")
