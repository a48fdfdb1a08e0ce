"""What stands around a number: its unit, its bound, what it is counted per, and of what."""

from collections.abc import Sequence
from fractions import Fraction

from agent_runtime.grounding.amount import BEFORE_UNITS, BOUNDS, Amount, Bound
from agent_runtime.grounding.lexicon import Lexicon
from agent_runtime.grounding.tokens import Token
from agent_runtime.grounding.units import MONEY


def unit_at(lows: list[str], at: int, lexicon: Lexicon) -> tuple[tuple[str, ...], int]:
    """Returns the units at a place, and the place behind them; none where no unit stands."""
    if at >= len(lows):
        return (), at
    if (lows[at] == "-" or lows[at] in BEFORE_UNITS) and at + 1 < len(lows):
        at += 1
    length, units = lexicon.units.at(lows, at)
    return units, at + length


def unit_before(lows: list[str], at: int, lexicon: Lexicon) -> tuple[str, ...]:
    """Returns the currency before a number."""
    if not at:
        return ()
    units = lexicon.units.labels((lows[at - 1],))
    return units if units and not MONEY.isdisjoint(units) and lows[at - 1] not in {"pounds"} else ()


def bound_before(lows: list[str], at: int, lexicon: Lexicon) -> tuple[Bound, int]:
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
                for bound in BOUNDS:
                    if bound in labels:
                        return bound, start
    if at and lows[at - 1] == "~":
        return "approx", at - 1
    return "exact", at


def per(lows: list[str], at: int, lexicon: Lexicon, amount: Amount) -> tuple[frozenset[str], int]:
    """What an amount is counted per: month and user in `29 dollars per user per month`."""
    found: set[str] = set()
    if not amount.units:
        return _rates_of_count(lows, noun_end(lows, at, lexicon), lexicon), at
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
            and not (unit_at(lows, at + 1, lexicon)[0])
        ):
            break
        units, after = unit_at(lows, at + 1, lexicon)
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
        units, after = unit_at(lows, at + 1, lexicon)
        if units:
            found.update(units[:1])
        elif lows[at] == "per" and found:
            found.add(lows[at + 1])
        else:
            break
        at = after if units else at + 2
    return frozenset(found)


def noun_end(lows: list[str], at: int, lexicon: Lexicon) -> int:
    """Where the noun after a count ends, three words at most: 600 *API requests* per minute."""
    end = at
    while end < min(len(lows), at + 3) and not lexicon.marks.labels((lows[end],)):
        end += 1
    return end


def noun(tokens: Sequence[Token], at: int, lexicon: Lexicon) -> str:
    """Returns what a number counts; empty where a function word follows."""
    for token in tokens[at : at + 3]:
        if token.kind != "word":
            return ""
        labels = lexicon.marks.labels((token.low,))
        if "function" in labels:
            return ""
        if "narrow" not in labels and token.low not in lexicon.verbs:
            return token.low
    return ""


def and_a_half(lows: list[str], at: int, lexicon: Lexicon) -> tuple[int, Fraction]:
    """Returns the place behind `and a half`, and the half."""
    if lexicon.language == "en" and lows[at : at + 3] == ["and", "a", "half"]:
        return at + 3, Fraction(1, 2)
    return at, Fraction(0)
