"""Whether a call is recorded, and from when on."""

from typing import Literal

from agent_runtime.calling.numbers import number_known
from agent_runtime.domain import Contact
from agent_runtime.policies.calling.recording import Agreement, who_must_agree

Mode = Literal["never", "with_leave", "where_lawful"]
"""never: no call; with_leave: from a plain yes on; where_lawful: also from the start of a call for
which the law of the place asks nobody else."""


def agreement_with(contact: Contact, number: str) -> Agreement:
    """Returns who has to agree before a call with this person at this number is recorded."""
    country = number_known(number).country if number else ""
    return who_must_agree(country, contact.country, contact.fact("state"))


def asks_leave(mode: Mode, agreement: Agreement) -> bool:
    """Says whether the call has to ask before anything is recorded."""
    return mode == "with_leave" or (mode == "where_lawful" and agreement == "everyone")


def begins_at_once(mode: Mode, agreement: Agreement) -> bool:
    """Says whether the call may be recorded without a question."""
    return mode == "where_lawful" and agreement == "one_party"
