"""Gathers, inside a transaction, what the rules ask about a call before it is dialled."""

from dataclasses import replace
from datetime import datetime
from typing import Protocol

from agent_runtime.calling.numbers import NumberKnown, number_known
from agent_runtime.calling.rows import OPEN, OWN_LIST, CallRows
from agent_runtime.calling.telephony import Telephony
from agent_runtime.domain import ChannelName, Contact
from agent_runtime.policies.calling.facts import CallFacts, NationalList
from agent_runtime.policies.calling.rules import ABANDONED
from agent_runtime.policies.ruleset import RuleSet


class Known(CallRows, Protocol):
    """What of a transaction is asked."""

    def address_on(self, channel: ChannelName, person_id: str) -> str:
        """Where a person is reached on a channel."""
        ...


def call_facts(
    tx: Known,
    contact: Contact,
    telephony: Telephony | None,
    *,
    campaign_id: str,
    rules: RuleSet,
    now: datetime,
) -> CallFacts:
    """Returns the facts of a call to a person, as they stand at this very moment.

    Without telephony nothing can ring: what is said is said on a line that stands.
    """
    if telephony is None:
        return CallFacts(is_on_the_line=True)
    number = tx.address_on("voice", contact.person_id)
    is_on_the_line = any(call.state in OPEN for call in tx.calls_of(contact.person_id))
    facts = facts_of_number(tx, number, telephony, campaign_id=campaign_id, rules=rules, now=now)
    return replace(facts, is_on_the_line=is_on_the_line)


def facts_of_number(
    tx: CallRows,
    number: str,
    telephony: Telephony,
    *,
    campaign_id: str,
    rules: RuleSet,
    now: datetime,
) -> CallFacts:
    """Returns what is known of a number, whosever it is; of none nothing."""
    known = number_known(number) if number else NumberKnown("")
    on = tx.dnc_of(number) if number else ()
    window = rules.parameter(ABANDONED, "window_days")
    counts = tx.call_counts(number, campaign_id, now=now, window_days=window) if number else None
    return CallFacts(
        number=number,
        number_kind=known.kind,
        number_country=known.country,
        number_zones=known.zones,
        own=telephony.own_for(known.country),
        national=tuple(
            NationalList(one.name, one.as_of, has_number=one.name in on)
            for one in tx.dnc_lists()
            if one.name != OWN_LIST
        ),
        on_own_list=OWN_LIST in on if number else None,
        attempts_in_a_day=counts.in_a_day if counts else None,
        attempts_in_a_week=counts.in_a_week if counts else None,
        answered=counts.answered if counts else None,
        abandoned=counts.abandoned if counts else None,
        voices=telephony.voices,
    )
