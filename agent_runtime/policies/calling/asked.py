"""The rules of calls as the permit asks them: what a condition says, in a sentence for people."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache

from agent_runtime.domain import Decision, Proposal, Verdict
from agent_runtime.policies.calling import rules as r
from agent_runtime.policies.calling.row import Row, countries_of, is_dial, row_of, zones_of
from agent_runtime.policies.contact_rules import Condition, holds
from agent_runtime.policies.facts import Facts, Rule
from agent_runtime.policies.quiet_hours import OpenHours, next_open_of
from agent_runtime.policies.rest_days import lawful_hours
from agent_runtime.policies.ruleset import RuleSet

Why = Callable[[Row, Proposal, Facts], str]


def call_number(proposal: Proposal, facts: Facts) -> Verdict:
    """Dials only a valid number of an ordinary kind: no premium, short or unknown one."""
    return _asked(r.NUMBER, proposal, facts, _why_number)


def call_consent(proposal: Proposal, facts: Facts) -> Verdict:
    """Asks for consent to be called on this very number, in writing unless it is a service."""
    return _asked(r.CONSENT, proposal, facts, _why_consent)


def do_not_call(proposal: Proposal, facts: Facts) -> Verdict:
    """Keeps off the company's own list and off every national list, which must be fresh."""
    return _asked(r.LISTS, proposal, facts, _why_lists)


def caller_id(proposal: Proposal, facts: Facts) -> Verdict:
    """Shows only a number that is ours, registered, and meant for the country."""
    return _asked(r.CALLER_ID, proposal, facts, _why_caller_id)


def call_language(proposal: Proposal, facts: Facts) -> Verdict:
    """Calls only in a language that can be heard and spoken."""
    return _asked(r.LANGUAGE, proposal, facts, _why_language)


def call_attempts(proposal: Proposal, facts: Facts) -> Verdict:
    """Rings one number only so often in a day and in a week."""
    until = facts.now + timedelta(days=1)
    return _asked(r.ATTEMPTS, proposal, facts, _why_attempts, until=until)


def abandoned_calls(proposal: Proposal, facts: Facts) -> Verdict:
    """Holds a campaign whose people too often picked up and heard nothing."""
    until = facts.now + timedelta(days=1)
    return _asked(r.ABANDONED, proposal, facts, _why_abandoned, until=until)


def call_hours(proposal: Proposal, facts: Facts) -> Verdict:
    """Calls only in the lawful hours of every zone where person or number may be."""
    if not is_dial(proposal, facts):
        return Verdict(r.HOURS, 1, "allow")
    return _asked(r.HOURS, proposal, facts, _why_hours, until=_next_lawful(facts))


BLOCKING: tuple[Rule, ...] = (call_number, call_consent, do_not_call, caller_id, call_language)
"""What can never be mended by waiting."""
WAITING: tuple[Rule, ...] = (call_attempts, abandoned_calls, call_hours)
"""What only has to wait; a fact that is missing blocks here too."""


def _asked(
    name: str, proposal: Proposal, facts: Facts, why: Why, *, until: datetime | None = None
) -> Verdict:
    """Allows whatever rings nowhere; else the condition decides, and unknown means no."""
    if not is_dial(proposal, facts):
        return Verdict(name, 1, "allow")
    row = row_of(proposal, facts)
    held = holds(_must(name, facts.rules), row)
    if held is True:
        return Verdict(name, 1, "allow")
    waits = held is False and until is not None
    decision: Decision = "defer" if waits else "block"
    return Verdict(name, 1, decision, why(row, proposal, facts), until=until if waits else None)


def _must(name: str, rules: RuleSet) -> Condition:
    return _conditions(rules)[name]


@cache
def _conditions(rules: RuleSet) -> dict[str, Condition]:
    return {rule.rule_id: rule.must for rule in r.call_rules(rules)}


def _why_number(row: Row, proposal: Proposal, facts: Facts) -> str:
    number = facts.call.number if facts.call else ""
    if not number:
        return "no number is known; add one with `parley voice consent`"
    if row["number_kind"] is None:
        return "this is no valid number; correct it in the CRM"
    return f"a {row['number_kind'].replace('_', ' ')} number is not called; use another number"


def _why_consent(row: Row, proposal: Proposal, facts: Facts) -> str:
    if not row["has_consent_for_number"]:
        return (
            f"no consent to be called on this number for {proposal.purpose} is recorded with its "
            "source; record it with `parley voice consent`, or do not call"
        )
    return "the consent to marketing calls lacks the words that were agreed to; record them"


def _why_lists(row: Row, proposal: Proposal, facts: Facts) -> str:
    if row["on_own_list"] is not False:
        is_on = row["on_own_list"]
        return "the number is on our own do-not-call list" if is_on else "nobody checked our list"
    if row["on_national_list"]:
        on = [one.name for one in facts.call.national if one.has_number] if facts.call else []
        return f"the number is on the do-not-call list {', '.join(on)}"
    lists = facts.rules.parameter(r.LISTS, "national")
    wanted = [lists[c]["list"] for c in countries_of(facts) if c in lists]
    if not wanted:
        return "the country of the number is not known, so no list can be asked"
    how = f"import it with `parley dnc import FILE --list {wanted[0]} --as-of DATE`"
    if row["national_days_left"] is None:
        return f"the do-not-call list {wanted[0]} was never imported; {how}"
    late = -row["national_days_left"]
    return f"the do-not-call list {wanted[0]} is {late} days older than allowed; {how}"


def _why_caller_id(row: Row, proposal: Proposal, facts: Facts) -> str:
    if not row["own_number"]:
        return "no number of ours is set up; name one in PARLEY_VOICE_NUMBERS"
    if not row["own_is_registered"]:
        return f"{row['own_number']} is not registered with the carrier; register it first"
    country = facts.call.number_country if facts.call else ""
    return f"{row['own_number']} is not meant for {country or 'an unknown country'}; name another"


def _why_language(row: Row, proposal: Proposal, facts: Facts) -> str:
    return f"no voice speaks {proposal.language!r}; set one up, or let a person call"


def _why_attempts(row: Row, proposal: Proposal, facts: Facts) -> str:
    day, week = row["attempts_in_a_day"], row["attempts_in_a_week"]
    if day is None or week is None:
        return "nobody has counted the calls to this number"
    return f"this number was rung {day} times in a day and {week} in a week"


def _why_abandoned(row: Row, proposal: Proposal, facts: Facts) -> str:
    share = row["abandoned_per_10k"]
    if share is None:
        return "nobody has counted the abandoned calls of this campaign"
    most = facts.rules.parameter(r.ABANDONED, "max_share")
    return f"{share / 10_000:.1%} of the calls that people took were abandoned; {most:.0%} may be"


def _why_hours(row: Row, proposal: Proposal, facts: Facts) -> str:
    if row["earliest_hour"] is None:
        return "no time zone is known for the person or for the number; record it in the CRM"
    first, last = row["earliest_hour"], row["latest_hour"]
    return f"it may be {first}:00 to {last}:59 where the person or the number is"


def _next_lawful(facts: Facts) -> datetime | None:
    """Returns the next half hour that every zone and every country leaves open."""
    zones = zones_of(facts)
    first = facts.rules.parameter(r.HOURS, "first_hour")
    last = facts.rules.parameter(r.HOURS, "last_hour")
    hours = [
        OpenHours(zones, country, first, last, lawful_hours("voice", country), has_rest=False)
        for country in countries_of(facts)
    ]
    return next_open_of(facts.now, hours) if zones and hours else None
