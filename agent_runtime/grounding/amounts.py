"""Amounts: a number with its unit, its bound (up to, at least) and what it is counted per."""

from collections.abc import Sequence
from dataclasses import replace

from agent_runtime.grounding.amount import BETWEEN, BOUNDS, HOURS, RANGES, TRAILING, Amount
from agent_runtime.grounding.amount_phrases import is_no_number, special
from agent_runtime.grounding.amount_words import (
    and_a_half,
    bound_before,
    noun,
    per,
    unit_at,
    unit_before,
)
from agent_runtime.grounding.lexicon import Lexicon
from agent_runtime.grounding.numbers import number_at
from agent_runtime.grounding.tokens import Token
from agent_runtime.grounding.units import MONEY


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
    if found := special(lows, place, lexicon):
        return _finished(found, tokens, lexicon)
    number = number_at(tokens, place, lexicon)
    if number is None or is_no_number(number, lows, place, lexicon):
        return None
    if number.end < len(lows) and lows[number.end] in HOURS:
        return None
    before = unit_before(lows, place, lexicon)
    start = place - (1 if before else 0)
    high, end, unit_low = None, number.end, unit_at(lows, number.end, lexicon)
    joint = unit_low[1] if unit_low[0] else number.end
    if joint < len(lows) and lows[joint] in RANGES:
        upper = number_at(tokens, joint + 1, lexicon) if joint + 1 < len(lows) else None
        sign = bool(
            upper is None and joint + 2 < len(lows) and unit_at(lows, joint + 1, lexicon)[0]
        )
        if sign:
            upper = number_at(tokens, joint + 2, lexicon)
        is_joined = lows[joint] not in {"and", "y", "e", "et", "und", "or"} or (
            start and lows[start - 1] in BETWEEN
        )
        if upper and is_joined and upper.value > number.value:
            high, end = upper.value, upper.end
        elif upper and lows[joint] == "to" and not unit_low[0]:
            unit_low = (unit_at(lows, upper.end, lexicon)[0], number.end)
    units, after = unit_at(lows, end, lexicon)
    if not units and high is None:
        units, after = unit_low if unit_low[0] else ((), end)
    after_half, extra = and_a_half(lows, after, lexicon)
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
    bound, start = bound_before(lows, amount.start, lexicon)
    end = amount.end
    if end < len(lows) and lows[end] == "+":
        bound, end = "at_least", end + 1
    rates, end = per(lows, end, lexicon, amount)
    length, labels = lexicon.marks.at(lows, end) if end < len(lows) else (0, ())
    if bound == "exact" and " ".join(lows[end : end + length]) in TRAILING:
        bound = next((b for b in BOUNDS if b in labels), bound)
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
        per=rates,
        is_in=amount.is_time
        and (earlier in {"in", "en", "dans", "em"} or lows[end : end + 1] == ["to"]),
        is_every=earlier in {"every", "each", "alle", "cada", "chaque", "ogni"} and amount.is_time,
        noun="" if amount.units else noun(tokens, end, lexicon),
        words=" ".join(t.text for t in tokens[amount.start : end]),
        value=amount.value / 100 if "cent" in amount.units else amount.value,
        units=tuple(sorted(MONEY)) if "cent" in amount.units else amount.units,
    )
