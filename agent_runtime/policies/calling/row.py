"""One call as a flat row of facts, for the rules at the moment of dialling and for the queue."""

from collections.abc import Mapping
from math import ceil
from typing import Any

from agent_runtime.domain import Consent, Proposal
from agent_runtime.policies.calling.facts import CallFacts
from agent_runtime.policies.facts import Facts
from agent_runtime.policies.rest_days import lawful_hours
from agent_runtime.policies.zones import local_hours, plausible_zones

CALL_FACTS: Mapping[str, type] = {
    "number_kind": str,
    "is_marketing": bool,
    "has_consent_for_number": bool,
    "has_written_consent": bool,
    "on_own_list": bool,
    "on_national_list": bool,
    "national_days_left": int,
    "own_number": str,
    "own_is_registered": bool,
    "own_may_call_there": bool,
    "has_voice": bool,
    "attempts_in_a_day": int,
    "attempts_in_a_week": int,
    "abandoned_per_10k": int,
    "earliest_hour": int,
    "latest_hour": int,
    "is_lawful_hour": bool,
}
"""The facts that the rules of calls ask for, and their types."""

Row = Mapping[str, Any]


def is_dial(proposal: Proposal, facts: Facts) -> bool:
    """Says whether this would make a telephone ring: what is said on the line never does."""
    is_first = proposal.channel == "voice" and proposal.touch_class == "proactive"
    return is_first and not (facts.call is not None and facts.call.is_on_the_line)


def row_of(proposal: Proposal, facts: Facts) -> Row:
    """Returns the facts of a call by name; what nobody knows is None."""
    call = facts.call or CallFacts()
    given = consent_for(proposal, facts)
    is_service = proposal.purpose in facts.rules.parameter("call_consent", "service_purposes")
    zones = zones_of(facts)
    hours = local_hours(facts.now, zones)
    days_left, is_listed = _national(facts)
    return {
        "number_kind": call.number_kind or None,
        "is_marketing": not is_service,
        "has_consent_for_number": given is not None,
        "has_written_consent": given is not None and bool(given.words.strip()),
        "on_own_list": call.on_own_list,
        "on_national_list": is_listed,
        "national_days_left": days_left,
        "own_number": call.own.number or None if call.own else None,
        "own_is_registered": call.own.is_registered if call.own else None,
        "own_may_call_there": _may_call(facts) if call.own else None,
        "has_voice": proposal.language in call.voices,
        "attempts_in_a_day": call.attempts_in_a_day,
        "attempts_in_a_week": call.attempts_in_a_week,
        "abandoned_per_10k": _share(call),
        "earliest_hour": min(hours, default=None),
        "latest_hour": max(hours, default=None),
        "is_lawful_hour": _is_lawful(facts, hours) if hours else None,
    }


def consent_for(proposal: Proposal, facts: Facts) -> Consent | None:
    """Returns the consent to be called on this very number for this purpose, with its proof."""
    number = facts.call.number if facts.call else ""
    return next(
        (
            c
            for c in facts.consents
            if (c.channel, c.purpose, c.basis) == ("voice", proposal.purpose, "consent")
            and number
            and c.address == number
            and c.source
        ),
        None,
    )


def zones_of(facts: Facts) -> tuple[str, ...]:
    """Returns every zone in which the person or their number may be; empty when one is unknown."""
    own = plausible_zones(facts.time_zone, facts.country)
    ringing = facts.call.number_zones if facts.call else ()
    return tuple(dict.fromkeys((*own, *ringing))) if own and ringing else ()


def countries_of(facts: Facts) -> tuple[str, ...]:
    """Returns the countries of number and person; empty when that of the number is unknown."""
    number = facts.call.number_country if facts.call else ""
    return tuple(dict.fromkeys(c for c in (number, facts.country) if c)) if number else ()


def _national(facts: Facts) -> tuple[int | None, bool | None]:
    """Days for which the lists that the countries demand still count, and whether it is on one."""
    countries = countries_of(facts)
    if not countries or facts.call is None:
        return None, None
    demanded = facts.rules.parameter("do_not_call", "national")
    known = {one.name: one for one in facts.call.national}
    left: list[int | None] = [0]
    for country in countries:
        wanted = demanded.get(country)
        if wanted is not None:
            found = known.get(wanted["list"])
            as_of = found.as_of if found else None
            age = (facts.now.date() - as_of).days if as_of else None
            left.append(None if age is None else wanted["max_age_days"] - age)
    days = None if None in left else min(d for d in left if d is not None)
    return days, any(one.has_number for one in facts.call.national)


def _may_call(facts: Facts) -> bool:
    own, country = facts.call and facts.call.own, facts.call and facts.call.number_country
    return bool(own and country and ("*" in own.countries or country in own.countries))


def _share(call: CallFacts) -> int | None:
    """Abandoned calls of ten thousand that people took, rounded up."""
    if call.answered is None or call.abandoned is None:
        return None
    return ceil(10_000 * call.abandoned / call.answered) if call.answered else 0


def _is_lawful(facts: Facts, hours: tuple[int, ...]) -> bool:
    stretches = [lawful_hours("voice", country) for country in countries_of(facts)]
    return all(
        any(first <= hour < last for first, last in lawful)
        for lawful in stretches
        if lawful
        for hour in hours
    )
