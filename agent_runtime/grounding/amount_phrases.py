"""Amounts that are not a number and a unit: a day, half an hour, twice, one in four, two thirds."""

from fractions import Fraction

from agent_runtime.grounding.amount import Amount
from agent_runtime.grounding.amount_words import and_a_half, bound_before, unit_at
from agent_runtime.grounding.lexicon import Lexicon
from agent_runtime.grounding.numbers import Number
from agent_runtime.grounding.units import TIME


def special(lows: list[str], at: int, lexicon: Lexicon) -> Amount | None:
    """A day, half an hour, an hour and a half, twice, half of, one in four, two thirds."""
    word = lows[at]
    if word in lexicon.counts and (word != "once" or _is_counted(lows, at, lexicon)):
        return Amount(Fraction(lexicon.counts[word]), at, at + 1, units=("times",))
    if lexicon.language != "en":
        return None
    if word in {"every", "each"} and (every := _every(lows, at, lexicon)):
        return every
    first = at + (word in {"a", "one", "two", "three"})
    if first < len(lows) and lows[first] in lexicon.fractions:
        return _part(lows, at, first, lexicon)
    if word in {"a", "an"} and at + 1 < len(lows):
        units, after = unit_at(lows, at + 1, lexicon)
        is_alone = at == 0 or lows[at - 1] not in {"times", "once", "twice"}
        if units and not TIME.isdisjoint(units) and is_alone and _leads(lows, at, lexicon):
            after_half, extra = and_a_half(lows, after, lexicon)
            return Amount(1 + extra, at, after_half, units=units)
    return None


def _every(lows: list[str], at: int, lexicon: Lexicon) -> Amount | None:
    """Every month, every second year."""
    is_second = lows[at + 1 : at + 2] in (["second"], ["other"])
    units, after = unit_at(lows, at + 2, lexicon) if is_second else ((), at)
    if units:
        return Amount(Fraction(2), at + 1, after, units=units)
    units, after = unit_at(lows, at + 1, lexicon)
    if units and not TIME.isdisjoint(units) and lows[after : after + 1] != ["of"]:
        return Amount(Fraction(1), at + 1, after, units=units, is_every=True)
    return None


def _is_counted(lows: list[str], at: int, lexicon: Lexicon) -> bool:
    """`once a year` counts, `once it is approved` does not."""
    after = lows[at + 1] if at + 1 < len(lows) else ""
    is_per = after in {"a", "per", "every", "each"} and bool(unit_at(lows, at + 2, lexicon)[0])
    return is_per or after in lexicon.rates


def _leads(lows: list[str], at: int, lexicon: Lexicon) -> bool:
    """A day is an amount after within, in, takes and the like, and a rate after a price."""
    before = lows[at - 1] if at else ""
    return bound_before(lows, at, lexicon)[0] != "exact" or before in {
        *("in", "is", "takes", "take", "lasts", "last", "for", "after", "than", "of", "every"),
        *("just", "only", "least", "most"),
    }


def _part(lows: list[str], at: int, first: int, lexicon: Lexicon) -> Amount | None:
    value = lexicon.fractions[lows[first]]
    if first > at and lows[at] in {"two", "three"}:
        value *= {"two": 2, "three": 3}[lows[at]]
    rest = first + 1
    if lows[first] == "half" and unit_at(lows, rest, lexicon)[0]:
        units, after = unit_at(lows, rest, lexicon)
        return Amount(value, at, after, units=units)
    rest += lows[rest : rest + 1] == ["of"]
    if lows[rest : rest + 1] and lows[rest] in {"a", "an"}:
        units, after = unit_at(lows, rest + 1, lexicon)
        if units:
            return Amount(value, at, after, units=units)
        return None
    is_part = first > at or lows[first] == "half"
    is_moment = (
        lows[first] in {"quarter", "third", "half"}
        and at
        and lows[at - 1] in {*("first", "second", "third", "fourth", "this", "next", "last", "the")}
    )
    if is_part and not is_moment:
        return Amount(value * 100, at, first + 1, units=("percent",))
    return None


def is_no_number(number: Number, lows: list[str], at: int, lexicon: Lexicon) -> bool:
    """`one of them`, `this one`: words that only look like numbers."""
    for start in range(max(0, at - 1), at + 1):
        length, labels = lexicon.marks.at(lows, start)
        if length and start + length > at and "not_a_number" in labels:
            return True
    is_one = number.is_spelled and number.value == 1 and number.end == at + 1
    if not is_one:
        return False
    if lexicon.language != "en":
        return not unit_at(lows, number.end, lexicon)[0]
    if at and lexicon.moments.labels((lows[at - 1],)):
        return True
    after_one = lows[number.end] if number.end < len(lows) else "."
    is_last = not after_one[:1].isalnum() or after_one in {"and", "or", "with", "too"}
    before = lows[at - 1] if at else ""
    if (
        is_last
        and before.isalpha()
        and before not in {"than", "least", "most", "only", "just", "to"}
    ):
        return True
    after = lows[number.end] if number.end < len(lows) else ""
    is_function = (
        "function" in lexicon.marks.labels((after,)) and not unit_at(lows, number.end, lexicon)[0]
    )
    return is_function or (
        after == "" and at > 0 and lows[at - 1] in {"this", "that", "which", "the"}
    )
