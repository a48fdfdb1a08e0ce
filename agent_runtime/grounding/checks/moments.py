"""Months, days, quarters and hours are those of the fact, and before stays before."""

from agent_runtime.grounding.claims import Match
from agent_runtime.grounding.moments import Moment
from agent_runtime.grounding.units import TIME


def moments(match: Match) -> str:
    """Names the first date or time that the fact does not state."""
    claim, clause = match.claim, match.clause
    known = [m for m in clause.reading.moments if clause.start <= m.start < clause.end]
    for moment in claim.reading.moments:
        if not claim.start <= moment.start < claim.end:
            continue
        same = [m for m in known if m.name == moment.name]
        if not same:
            is_initial = moment.name == "ordinal:1" and "initial" in clause.lows
            if is_initial or _is_counted(moment, match) or _is_now(moment, match):
                continue
            return f"{moment.words!r} is not in the fact"
        if moment.name[:7] == "weekday" and not _is_numbered_alike(moment, same, match):
            return f"{moment.words!r}: the fact says which one of the month"
        is_range = moment.name[:5] == "clock" and _is_range(known)
        is_free = is_range or moment.name[:7] == "ordinal"
        if not is_free and all(_is_other_side(moment, m) for m in same):
            return f"{moment.words!r}: the fact says {same[0].relation or 'at'} that time"
    return ""


def _is_range(known: list[Moment]) -> bool:
    return len([m for m in known if m.name[:5] == "clock"]) > 1


def _is_numbered_alike(said: Moment, same: list[Moment], match: Match) -> bool:
    """The first Monday of a month is not every Monday."""

    def number(moment: Moment, others: tuple[Moment, ...]) -> str:
        return next(
            (m.name for m in others if m.end == moment.start and m.name[:7] == "ordinal"), ""
        )

    mine = number(said, match.claim.reading.moments)
    return any(mine == number(m, match.clause.reading.moments) for m in same)


def _is_other_side(said: Moment, fact: Moment) -> bool:
    is_month = fact.name.startswith(("month", "season", "quarter", "half"))
    if not fact.relation and not said.relation:
        return False
    if not said.relation and is_month and fact.relation == "after":
        return True
    return said.relation != fact.relation


def _is_now(moment: Moment, match: Match) -> bool:
    """`today`, of what the fact says of the present."""
    is_present = not match.clause.has("plan", "will", "past", "beta")
    return moment.name == "day:today" and is_present


def _is_counted(moment: Moment, match: Match) -> bool:
    """`yearly` where the fact says once a year or per year."""
    kind, _, unit = moment.name.partition(":")
    if kind != "rate" or unit not in TIME:
        return False
    clause = match.clause
    return any(
        unit in a.per or (a.is_every and unit in a.units and a.value == 1)
        for a in clause.reading.amounts
        if clause.start <= a.start < clause.end
    )
