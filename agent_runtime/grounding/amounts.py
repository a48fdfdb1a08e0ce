"""Amounts: a number with its unit, its bound (up to, at least) and what it is counted per."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Literal

from agent_runtime.grounding.lexicon import Lexicon
from agent_runtime.grounding.numbers import Number, number_at
from agent_runtime.grounding.phrases import word_set
from agent_runtime.grounding.tokens import Token
from agent_runtime.grounding.units import MONEY, TIME, in_base

Bound = Literal["exact", "approx", "at_most", "less_than", "at_least", "more_than"]

_BOUNDS: tuple[Bound, ...] = ("at_most", "less_than", "at_least", "more_than", "approx")
_RANGES = word_set("to - – — and bis a y und ate à e et or")
_BETWEEN = word_set("between zwischen entre tra fra from von de da")
_TRAILING = frozenset(
    (
        "at most",
        "at the most",
        "at least",
        "maximum",
        "max",
        "minimum",
        "or so",
        "or more",
        "or less",
        "or fewer",
    )
) | frozenset(
    ("or thereabouts", "and above", "and up", "and more", "or above", "or under", "onwards")
)
_BEFORE_UNITS = word_set("operating calendar consecutive full whole straight billable")
HOURS = frozenset(("am", "pm", "uhr", "oclock"))
"""Words after a number that make it a time of day."""


@dataclass(frozen=True, slots=True)
class Amount:
    """One amount of a sentence; `start` and `end` are places of tokens."""

    value: Fraction
    start: int
    end: int
    high: Fraction | None = None
    """The upper end of a range."""
    units: tuple[str, ...] = ()
    """What the unit may be; empty for a plain count."""
    bound: Bound = "exact"
    is_in: bool = False
    """`in four hours`: at most as long."""
    is_every: bool = False
    per: frozenset[str] = field(default_factory=frozenset)
    others: tuple[Fraction, ...] = ()
    noun: str = ""
    """What is counted, where there is no unit."""
    words: str = ""

    @property
    def key(self) -> tuple[str, Fraction]:
        """What makes two amounts the same, whatever their unit is called."""
        return in_base(self.value, self.units[0]) if self.units else ("", self.value)

    @property
    def is_money(self) -> bool:
        """Whether it is in a currency."""
        return not MONEY.isdisjoint(self.units)

    @property
    def is_time(self) -> bool:
        """Whether it is a stretch of time."""
        return not TIME.isdisjoint(self.units)


def amounts_in(tokens: Sequence[Token], lexicon: Lexicon) -> tuple[Amount, ...]:
    """Returns the amounts of a sentence in their order."""
    found: list[Amount] = []
    at = 0
    while at < len(tokens):
        amount = _amount_at(tokens, at, lexicon)
        if amount is None:
            at += 1
            continue
        found.append(_going_on(amount, found, tokens, lexicon))
        at = max(amount.end, at + 1)
    return tuple(found)


def _going_on(
    amount: Amount, found: Sequence[Amount], tokens: Sequence[Token], lexicon: Lexicon
) -> Amount:
    """`600 requests a minute on Growth and 60 on Free`: unit and rate go on."""
    if 1900 <= amount.value < 2100:
        return amount
    if amount.units or amount.noun or not found or not (found[-1].units or found[-1].per):
        return amount
    before = tokens[amount.start - 1] if amount.start else None
    is_named = (
        before is not None and before.kind == "word" and not lexicon.marks.labels((before.low,))
    )
    if is_named or tokens[amount.start].is_capital:
        return amount
    return replace(amount, units=found[-1].units, per=amount.per or found[-1].per)


def _amount_at(tokens: Sequence[Token], place: int, lexicon: Lexicon) -> Amount | None:
    lows = [t.low for t in tokens]
    if special := _special(lows, place, lexicon):
        return _finished(special, tokens, lexicon)
    number = number_at(tokens, place, lexicon)
    if number is None or _is_no_number(number, lows, place, lexicon):
        return None
    if number.end < len(lows) and lows[number.end] in HOURS:
        return None
    before = _unit_before(lows, place, lexicon)
    start = place - (1 if before else 0)
    high, end, unit_low = None, number.end, _unit_at(lows, number.end, lexicon)
    joint = unit_low[1] if unit_low[0] else number.end
    if joint < len(lows) and lows[joint] in _RANGES:
        upper = number_at(tokens, joint + 1, lexicon) if joint + 1 < len(lows) else None
        sign = bool(
            upper is None and joint + 2 < len(lows) and _unit_at(lows, joint + 1, lexicon)[0]
        )
        if sign:
            upper = number_at(tokens, joint + 2, lexicon)
        is_joined = lows[joint] not in {"and", "y", "e", "et", "und", "or"} or (
            start and lows[start - 1] in _BETWEEN
        )
        if upper and is_joined and upper.value > number.value:
            high, end = upper.value, upper.end
        elif upper and lows[joint] == "to" and not unit_low[0]:
            unit_low = (_unit_at(lows, upper.end, lexicon)[0], number.end)
    units, after = _unit_at(lows, end, lexicon)
    if not units and high is None:
        units, after = unit_low if unit_low[0] else ((), end)
    after_half, extra = _and_a_half(lows, after, lexicon)
    return _finished(
        Amount(
            value=number.value + extra,
            start=start,
            end=after_half,
            high=high,
            units=before or units or unit_low[0],
            others=number.others,
        ),
        tokens,
        lexicon,
    )


def _finished(amount: Amount, tokens: Sequence[Token], lexicon: Lexicon) -> Amount:
    """Adds bound, rate, noun and the words themselves."""
    lows = [t.low for t in tokens]
    bound, start = _bound_before(lows, amount.start, lexicon)
    end = amount.end
    if end < len(lows) and lows[end] == "+":
        bound, end = "at_least", end + 1
    per, end = _per(lows, end, lexicon, amount)
    length, labels = lexicon.marks.at(lows, end) if end < len(lows) else (0, ())
    if bound == "exact" and " ".join(lows[end : end + length]) in _TRAILING:
        bound = next((b for b in _BOUNDS if b in labels), bound)
        end += length
    earlier = lows[amount.start - 1] if amount.start else ""
    if (
        bound == "at_least"
        and earlier == "from"
        and not {"metre", "centimetre", "kilometre", "millimetre"}.isdisjoint(amount.units)
    ):
        bound = "exact"
    if bound == "at_least" and lows[start : amount.start] == ["from"] and amount.high is not None:
        bound = "exact"
    return replace(
        amount,
        start=start if bound != "exact" else amount.start,
        end=end,
        bound=bound,
        per=per,
        is_in=amount.is_time
        and (earlier in {"in", "en", "dans", "em"} or lows[end : end + 1] == ["to"]),
        is_every=earlier in {"every", "each", "alle", "cada", "chaque", "ogni"} and amount.is_time,
        noun="" if amount.units else _noun(tokens, end, lexicon),
        words=" ".join(t.text for t in tokens[amount.start : end]),
        value=amount.value / 100 if "cent" in amount.units else amount.value,
        units=tuple(sorted(MONEY)) if "cent" in amount.units else amount.units,
    )


def _special(lows: list[str], at: int, lexicon: Lexicon) -> Amount | None:
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
        units, after = _unit_at(lows, at + 1, lexicon)
        is_alone = at == 0 or lows[at - 1] not in {"times", "once", "twice"}
        if units and not TIME.isdisjoint(units) and is_alone and _leads(lows, at, lexicon):
            after_half, extra = _and_a_half(lows, after, lexicon)
            return Amount(1 + extra, at, after_half, units=units)
    return None


def _every(lows: list[str], at: int, lexicon: Lexicon) -> Amount | None:
    """Every month, every second year."""
    is_second = lows[at + 1 : at + 2] in (["second"], ["other"])
    units, after = _unit_at(lows, at + 2, lexicon) if is_second else ((), at)
    if units:
        return Amount(Fraction(2), at + 1, after, units=units)
    units, after = _unit_at(lows, at + 1, lexicon)
    if units and not TIME.isdisjoint(units) and lows[after : after + 1] != ["of"]:
        return Amount(Fraction(1), at + 1, after, units=units, is_every=True)
    return None


def _is_counted(lows: list[str], at: int, lexicon: Lexicon) -> bool:
    """`once a year` counts, `once it is approved` does not."""
    after = lows[at + 1] if at + 1 < len(lows) else ""
    is_per = after in {"a", "per", "every", "each"} and bool(_unit_at(lows, at + 2, lexicon)[0])
    return is_per or after in lexicon.rates


def _leads(lows: list[str], at: int, lexicon: Lexicon) -> bool:
    """A day is an amount after within, in, takes and the like, and a rate after a price."""
    before = lows[at - 1] if at else ""
    return _bound_before(lows, at, lexicon)[0] != "exact" or before in {
        *("in", "is", "takes", "take", "lasts", "last", "for", "after", "than", "of", "every"),
        *("just", "only", "least", "most"),
    }


def _part(lows: list[str], at: int, first: int, lexicon: Lexicon) -> Amount | None:
    value = lexicon.fractions[lows[first]]
    if first > at and lows[at] in {"two", "three"}:
        value *= {"two": 2, "three": 3}[lows[at]]
    rest = first + 1
    if lows[first] == "half" and _unit_at(lows, rest, lexicon)[0]:
        units, after = _unit_at(lows, rest, lexicon)
        return Amount(value, at, after, units=units)
    rest += lows[rest : rest + 1] == ["of"]
    if lows[rest : rest + 1] and lows[rest] in {"a", "an"}:
        units, after = _unit_at(lows, rest + 1, lexicon)
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


def _and_a_half(lows: list[str], at: int, lexicon: Lexicon) -> tuple[int, Fraction]:
    if lexicon.language == "en" and lows[at : at + 3] == ["and", "a", "half"]:
        return at + 3, Fraction(1, 2)
    return at, Fraction(0)


def _is_no_number(number: Number, lows: list[str], at: int, lexicon: Lexicon) -> bool:
    """`one of them`, `this one`: words that only look like numbers."""
    for start in range(max(0, at - 1), at + 1):
        length, labels = lexicon.marks.at(lows, start)
        if length and start + length > at and "not_a_number" in labels:
            return True
    is_one = number.is_spelled and number.value == 1 and number.end == at + 1
    if not is_one:
        return False
    if lexicon.language != "en":
        return not _unit_at(lows, number.end, lexicon)[0]
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
        "function" in lexicon.marks.labels((after,)) and not _unit_at(lows, number.end, lexicon)[0]
    )
    return is_function or (
        after == "" and at > 0 and lows[at - 1] in {"this", "that", "which", "the"}
    )


def _unit_at(lows: list[str], at: int, lexicon: Lexicon) -> tuple[tuple[str, ...], int]:
    if at >= len(lows):
        return (), at
    if (lows[at] == "-" or lows[at] in _BEFORE_UNITS) and at + 1 < len(lows):
        at += 1
    length, units = lexicon.units.at(lows, at)
    return units, at + length


def _unit_before(lows: list[str], at: int, lexicon: Lexicon) -> tuple[str, ...]:
    if not at:
        return ()
    units = lexicon.units.labels((lows[at - 1],))
    return units if units and not MONEY.isdisjoint(units) and lows[at - 1] not in {"pounds"} else ()


def _bound_before(lows: list[str], at: int, lexicon: Lexicon) -> tuple[Bound, int]:
    """The phrase that ends right before the amount; `the` and the like may stand between."""
    end = at
    while (
        end
        and lows[end - 1] in {"the", "a", "an", "only", "just", "den", "la", "le", "~"} - {"~"}
        and end > at - 1
    ):
        end -= 1
    for stop in dict.fromkeys((at, end)):
        for start in range(max(0, stop - 4), stop):
            length, labels = lexicon.marks.at(lows, start)
            if length and start + length == stop:
                for bound in _BOUNDS:
                    if bound in labels:
                        return bound, start
    if at and lows[at - 1] == "~":
        return "approx", at - 1
    return "exact", at


def _per(lows: list[str], at: int, lexicon: Lexicon, amount: Amount) -> tuple[frozenset[str], int]:
    """What an amount is counted per: month and user in `29 dollars per user per month`."""
    found: set[str] = set()
    if not amount.units:
        return _rates_of_count(lows, _noun_end(lows, at, lexicon), lexicon), at
    is_open = bool(amount.units) and not (amount.is_time and amount.value != 1)
    while at < len(lows) and is_open:
        if lows[at] in lexicon.rates and amount.is_money:
            found.add(lexicon.rates[lows[at]])
            at += 1
            continue
        length, labels = lexicon.marks.at(lows, at)
        is_joint = lows[at] in {"and", "und", "y", "et", "e"} and bool(found)
        is_per = (length == 1 and "per" in labels) or lows[at] == "/"
        if not (is_joint or is_per) or at + 1 >= len(lows):
            break
        if (
            lows[at] in {"a", "an", "al", "e", "y", "et"}
            and not (_unit_at(lows, at + 1, lexicon)[0])
        ):
            break
        units, after = _unit_at(lows, at + 1, lexicon)
        noun = units[0] if units else lows[at + 1]
        if is_joint and not units:
            break
        found.add(noun)
        at = after if units else at + 2
    return frozenset(found), at


def _rates_of_count(lows: list[str], at: int, lexicon: Lexicon) -> frozenset[str]:
    """`1,000 requests per minute per key`: by time, and by what follows another per."""
    found: set[str] = set()
    while at + 1 < len(lows):
        length, labels = lexicon.marks.at(lows, at)
        if length != 1 or "per" not in labels:
            break
        units, after = _unit_at(lows, at + 1, lexicon)
        if units:
            found.update(units[:1])
        elif lows[at] == "per" and found:
            found.add(lows[at + 1])
        else:
            break
        at = after if units else at + 2
    return frozenset(found)


def _noun_end(lows: list[str], at: int, lexicon: Lexicon) -> int:
    """Where the noun after a count ends, three words at most: 600 *API requests* per minute."""
    end = at
    while end < min(len(lows), at + 3) and not lexicon.marks.labels((lows[end],)):
        end += 1
    return end


def _noun(tokens: Sequence[Token], at: int, lexicon: Lexicon) -> str:
    for token in tokens[at : at + 3]:
        if token.kind != "word":
            return ""
        labels = lexicon.marks.labels((token.low,))
        if "function" in labels:
            return ""
        if "narrow" not in labels and token.low not in lexicon.verbs:
            return token.low
    return ""
