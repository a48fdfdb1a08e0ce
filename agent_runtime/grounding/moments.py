"""Dates and times: months, weekdays, quarters, hours of the day, and whether before or after."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from agent_runtime.grounding.amount import HOURS
from agent_runtime.grounding.lexicon import Lexicon
from agent_runtime.grounding.numbers import number_at
from agent_runtime.grounding.tokens import Token

Relation = Literal["", "before", "after"]


@dataclass(frozen=True, slots=True)
class Moment:
    """One part of a date or time, such as `month:3` or `clock:840`, minutes of the day."""

    name: str
    start: int
    end: int
    relation: Relation = ""
    words: str = ""


def moments_in(
    tokens: Sequence[Token], taken: frozenset[int], lexicon: Lexicon
) -> tuple[Moment, ...]:
    """Returns the moments of a sentence in their order; clock times may take a number's place."""
    lows = [t.low for t in tokens]
    found: list[Moment] = []
    at = 0
    while at < len(tokens):
        name, end = _moment_at(tokens, lows, at, taken, lexicon)
        if name:
            words = " ".join(t.text for t in tokens[at:end])
            found.append(Moment(name, at, end, _relation(lows, at, lexicon), words))
            at = end
        else:
            at += 1
    return tuple(found)


def _moment_at(
    tokens: Sequence[Token], lows: list[str], at: int, taken: frozenset[int], lexicon: Lexicon
) -> tuple[str, int]:
    token = tokens[at]
    if token.kind == "clock":
        return _clock(token.low, lows, at + 1)
    if at in taken:
        return "", at
    number = number_at(tokens, at, lexicon)
    if number and number.end < len(lows) and lows[number.end] in HOURS and number.value < 25:
        return _clock(f"{int(number.value)}:00", lows, number.end)
    is_last = at + 1 == len(tokens) or tokens[at + 1].kind == "mark"
    if token.low == "first" and (is_last or lows[at - 1 : at] in (["we"], ["you"])):
        return "", at
    if token.kind != "word" or _is_no_month(token, lows, at, lexicon):
        return "", at
    return _word_at(token.low, lows, at, lexicon)


def _word_at(low: str, lows: list[str], at: int, lexicon: Lexicon) -> tuple[str, int]:
    length, names = lexicon.moments.at(lows, at)
    if length:
        return _part_of_year(names[0], lows, at + length)
    if low in lexicon.rates:
        return f"rate:{lexicon.rates[low]}", at + 1
    is_day = "day_words" in lexicon.marks.labels((low,))
    return (f"day:{low}", at + 1) if is_day else ("", at)


def _is_no_month(token: Token, lows: list[str], at: int, lexicon: Lexicon) -> bool:
    """May and march are months only where a date is spoken of."""
    if token.low not in {"may", "march"} or lexicon.language != "en":
        return False
    leads = {"in", "since", "from", "until", "by", "of"}
    is_small = not token.is_capital and (at == 0 or lows[at - 1] not in leads)
    return is_small or (token.low == "may" and not _is_month(lows, at))


def _part_of_year(name: str, lows: list[str], at: int) -> tuple[str, int]:
    """`first quarter`, `second half`: an ordinal with what it numbers."""
    is_span = lows[at : at + 2] in (["half", "year"], ["half", "hour"], ["half", "day"])
    if name.startswith("ordinal") and not is_span and lows[at : at + 1] in (["quarter"], ["half"]):
        return f"{lows[at]}:{name.partition(':')[2]}", at + 1
    return name, at


def _is_month(lows: list[str], at: int) -> bool:
    before = lows[at - 1] if at else ""
    after = lows[at + 1] if at + 1 < len(lows) else ""
    leads = {"in", "since", "from", "until", "by", "of", "before", "after", "late", "early", "mid"}
    return before in leads or before.isdigit() or after[:4].isdigit()


def _clock(text: str, lows: list[str], after: int) -> tuple[str, int]:
    digits = text.rstrip("h").replace("h", ":").replace(".", ":")
    hour, _, minute = digits.partition(":")
    minutes = int(hour) * 60 + int(minute or 0)
    if after < len(lows) and lows[after] in {"am", "pm"}:
        minutes += 720 if lows[after] == "pm" and int(hour) < 12 else 0
        minutes -= 720 if lows[after] == "am" and int(hour) == 12 else 0
        after += 1
    elif after < len(lows) and lows[after] in {"uhr", "h", "oclock"}:
        after += 1
    return f"clock:{minutes}", after


_BETWEEN = frozenset(("the", "end", "of", "dem", "el", "le", "la", "il", "o"))


def _relation(lows: list[str], at: int, lexicon: Lexicon) -> Relation:
    """What stands right before: before, by, until; after, since."""
    start = at
    if at and lows[at - 1] in {"to", "-", "–"}:
        return "before"
    while start and (lows[start - 1] in _BETWEEN or lows[start - 1].rstrip("stndrh.").isdigit()):
        start -= 1
    for length in (3, 2, 1):
        labels = lexicon.marks.labels(tuple(lows[max(0, start - length) : start]))
        if "before" in labels or (length == 3 and "at_most" in labels):
            return "before"
        if "after" in labels and lows[start - 1] not in {"from"}:
            return "after"
    return ""
