"""Numbers with their units, money with its rate, percentages, durations, and their bounds."""

from collections.abc import Callable, Iterable
from fractions import Fraction

from agent_runtime.grounding.amount import Amount
from agent_runtime.grounding.claims import Match
from agent_runtime.grounding.lemmas import is_same
from agent_runtime.grounding.units import TIME, in_base


def amounts(match: Match) -> str:
    """Names the first amount that the fact does not state, and how it differs."""
    claim, clause = match.claim, match.clause
    said_ends, known_ends = _ends(claim.reading.lows[claim.start : claim.end]), _ends(clause.lows)
    if said_ends and known_ends and said_ends.isdisjoint(known_ends):
        return f"it says {min(said_ends)}, the fact says {min(known_ends)}"
    known = [a for a in clause.reading.amounts if clause.start <= a.start < clause.end]
    for amount in claim.reading.amounts:
        if not claim.start <= amount.start < claim.end:
            continue
        reasons = [_differs(amount, fact, match) for fact in known]
        if reasons and "" in reasons:
            continue
        if _is_hour(amount, match) or _is_rate(amount, match) or _is_each(amount, known, match):
            continue
        near = [r for a, r in zip(known, reasons, strict=True) if a.value == amount.value]
        return (near or [f"the amount {amount.words!r} is not in the fact"])[0]
    return ""


def _ends(lows: Iterable[str]) -> frozenset[str]:
    return frozenset(_ENDS[low] for low in lows if low in _ENDS)


_ENDS = {"minimum": "minimum", "min": "minimum", "maximum": "maximum", "max": "maximum"}


def _differs(said: Amount, fact: Amount, match: Match) -> str:
    unit = _unit(said, fact)
    if unit is None:
        return f"{said.words!r}: the fact has another unit, {fact.words!r}"
    if not _is_same_value(said, fact, unit, match):
        return f"{said.words!r}: the fact says {fact.words!r}"
    if said.is_every != fact.is_every and not (said.per or fact.per):
        return f"{said.words!r}: the fact says how often or how long, {fact.words!r}"
    if reason := _rate_differs(said, fact, match):
        return reason
    if not unit and said.noun and fact.noun and _is_of_another(said, fact, match):
        return f"{said.words!r} counts {said.noun!r}, in the fact {fact.noun!r}"
    return ""


def _unit(said: Amount, fact: Amount) -> tuple[str, ...] | None:
    """Returns the units that both can have; None where they have none in common."""
    if not said.units and not fact.units:
        return ()
    if {said.units, fact.units} == {(), ("times",)} and said.per == fact.per and said.per:
        return ()
    if (said.units, fact.units) == ((), ("year",)) and "older" in said.words:
        return ()
    if said.units == ("degree",) and set(fact.units) & {"celsius", "fahrenheit", "degree"}:
        return said.units
    both = tuple(
        u
        for u in said.units
        if any(in_base(Fraction(1), u)[0] == in_base(Fraction(1), f)[0] for f in fact.units)
    )
    return both or None


def _is_same_value(said: Amount, fact: Amount, unit: tuple[str, ...], match: Match) -> bool:
    def of(amount: Amount, value: Fraction) -> Fraction:
        if not unit or unit == ("degree",):
            return value
        base = in_base(Fraction(1), unit[0])[0]
        own = next((u for u in amount.units if in_base(Fraction(1), u)[0] == base), "")
        return in_base(value, own)[1]

    if fact.high is not None or said.high is not None:
        return _is_same_range(said, fact, of)
    if fact.bound == "exact" and said.bound in {"more_than", "less_than"}:
        value, limit = of(fact, fact.value), of(said, said.value)
        is_within = said.is_time and value <= limit
        return value > limit if said.bound == "more_than" else value < limit or is_within
    mine = {of(said, v) for v in (said.value, *said.others)}
    theirs = {of(fact, v) for v in (fact.value, *fact.others)}
    return not mine.isdisjoint(theirs) and _is_implied(said, fact, match)


def _is_implied(said: Amount, fact: Amount, match: Match) -> bool:
    """Whether the bound of a claim follows from that of the fact, for the same number."""
    bounds = {fact.bound, said.bound}
    return (
        fact.bound in {"exact", said.bound}
        or _is_named_limit(said, fact, match)
        or (said.is_in and fact.bound in {"at_most", "less_than"})
        or (fact.bound, said.bound) in _IMPLIED
        or (said.is_time and bounds == {"at_most", "less_than"})
    )


def _is_named_limit(said: Amount, fact: Amount, match: Match) -> bool:
    """`the limit is 100` for at most 100, `the minimum is 50` for at least 50."""
    words = {"at_most": {"limit", "cap", "maximum", "ceiling"}, "at_least": {"minimum", "min"}}
    lows = match.claim.reading.lows
    return said.bound == "exact" and not words.get(fact.bound, set()).isdisjoint(lows)


_IMPLIED = frozenset((("less_than", "at_most"), ("more_than", "at_least")))
"""Bounds of a fact, and what follows from them for the same number."""


def _is_same_range(said: Amount, fact: Amount, of: Callable[[Amount, Fraction], Fraction]) -> bool:
    if fact.high is None:
        return False
    low, high = of(fact, fact.value), of(fact, fact.high)
    if said.high is not None:
        return (of(said, said.value), of(said, said.high)) == (low, high)
    value = of(said, said.value)
    return (said.bound == "at_most" and value == high) or (
        said.bound == "at_least" and value == low
    )


def _rate_differs(said: Amount, fact: Amount, match: Match) -> str:
    if said.per == fact.per or not (said.is_money or said.per or fact.per):
        return ""
    language = match.claim.reading.language
    around = match.claim.reading.lows
    rates = {m.name.partition(":")[2] for m in match.claim.reading.moments if m.name[:4] == "rate"}
    rates |= {
        unit
        for at, low in enumerate(around[:-1])
        if low == "per"
        for unit in match.claim.reading.lexicon.units.labels((around[at + 1],))
    }
    for one in said.per:
        if one in TIME:
            fits = one in fact.per or _facts_rate(one, match)
        else:
            fits = any(is_same(one, f, language) for f in (*fact.per, *match.clause.lows))
        if not fits:
            return f"{said.words!r}: not per {one} in the fact, {fact.words!r}"
    for one in fact.per - said.per:
        if one in TIME and one not in rates:
            return f"{said.words!r} leaves out per {one}"
        if one not in TIME and not any(is_same(one, w, language) for w in around):
            return f"{said.words!r} leaves out per {one}"
    return ""


def _facts_rate(unit: str, match: Match) -> bool:
    clause = match.clause
    return any(
        m.name == f"rate:{unit}" and clause.start <= m.start < clause.end
        for m in clause.reading.moments
    )


def _is_hour(said: Amount, match: Match) -> bool:
    """`at ten` for 10:00, `between 9 and 1` for 9:00 to 13:00."""
    lows = match.claim.reading.lows
    before = lows[said.start - 1] if said.start else ""
    if said.units or said.per or said.value > 24 or before not in _BEFORE_HOUR:
        return False
    clause = match.clause
    hours = {
        int(m.name.partition(":")[2]) / 60 % 12
        for m in clause.reading.moments
        if m.name.startswith("clock") and clause.start <= m.start < clause.end
    }
    ends = {said.value, said.high if said.high is not None else said.value}
    return bool(hours) and all(float(value) % 12 in hours for value in ends)


_BEFORE_HOUR = frozenset(("at", "from", "to", "until", "till", "between", "and", "by", "before"))


def _is_rate(amount: Amount, match: Match) -> bool:
    """`once a year` where the fact says yearly."""
    if amount.is_every and amount.value == 1 and amount.units:
        return _facts_rate(amount.units[0], match) or _is_per(amount.units[0], match)
    if amount.value != 1 or len(amount.per) != 1:
        return False
    unit = next(iter(amount.per))
    clause = match.clause
    is_every = any(
        a.is_every and a.value == 1 and unit in a.units
        for a in clause.reading.amounts
        if clause.start <= a.start < clause.end
    )
    return is_every or _facts_rate(unit, match)


def _is_each(said: Amount, known: list[Amount], match: Match) -> bool:
    """`one job ad costs`, where the fact says per job ad or each."""
    if said.value != 1 or said.units or said.bound != "exact":
        return False
    language = match.claim.reading.language
    is_per = any(is_same(said.noun, one, language) for a in known for one in a.per if said.noun)
    return is_per or ("each" in match.clause.lows and any(a.is_money for a in known))


def _is_per(unit: str, match: Match) -> bool:
    clause = match.clause
    return any(
        unit in a.per for a in clause.reading.amounts if clause.start <= a.start < clause.end
    )


def _is_of_another(said: Amount, fact: Amount, match: Match) -> bool:
    language = match.claim.reading.language
    if is_same(said.noun, fact.noun, language):
        return False
    others = [a.noun for a in match.clause.reading.amounts if a is not fact and a.noun]
    return any(is_same(said.noun, other, language) for other in others)
