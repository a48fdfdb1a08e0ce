"""Dirt that lies between rows: people who stand twice, owners who left, people who said no."""

from collections.abc import Collection

from agent_runtime.sandbox.dirt import DirtCount
from agent_runtime.sandbox.exports.accounts import DUPLICATE_ACCOUNT_RATE, is_duplicated
from agent_runtime.sandbox.exports.leads import STALE_LEAD_RATE, has_stale_version
from agent_runtime.sandbox.firms import FORMER_OWNER_RATE
from agent_runtime.sandbox.owners import FORMER_OWNERS
from agent_runtime.sandbox.standing import (
    ALSO_LEAD_RATE,
    BOUNCE_RATE,
    DO_NOT_CONTACT_RATE,
    DUPLICATE_CONTACT_RATE,
    LIST_OPT_OUT_RATE,
    LISTED_RATE,
    WITHDRAWN_RATE,
)
from agent_runtime.sandbox.world import World


def overlaps(world: World) -> list[DirtCount]:
    """Returns how often each kind of such dirt stands in the exports."""
    return [*_of_accounts(world), *_of_contacts(world), *_of_leads(world), *_of_refusals(world)]


def _of_accounts(world: World) -> list[DirtCount]:
    firms = list(world.firms.values())
    exposed = [firm for firm in firms if firm.territory in FORMER_OWNERS]
    return [
        _count(
            "duplicate_account",
            "crm_accounts.csv",
            DUPLICATE_ACCOUNT_RATE,
            [is_duplicated(world.seed, firm) for firm in firms],
        ),
        _count(
            "former_owner",
            "crm_accounts.csv",
            FORMER_OWNER_RATE,
            [firm.has_former_owner for firm in exposed],
        ),
    ]


def _of_contacts(world: World) -> list[DirtCount]:
    contacts = world.contacts
    stands = [world.standings[person.buyer_id] for person in contacts]
    file = "crm_contacts.csv"
    return [
        _count(
            "duplicate_contact", file, DUPLICATE_CONTACT_RATE, [s.has_duplicate for s in stands]
        ),
        _count("bouncing_email", file, BOUNCE_RATE, [not p.inbox_ok for p in contacts]),
        _count("also_lead", "crm_leads.csv", ALSO_LEAD_RATE, [s.is_also_lead for s in stands]),
        _count("also_listed", "marketing_list.csv", LISTED_RATE, [s.is_listed for s in stands]),
    ]


def _of_leads(world: World) -> list[DirtCount]:
    leads = [
        buyer_id
        for buyer_id, stands in world.standings.items()
        if stands.home == "lead" or stands.is_also_lead
    ]
    stale = [has_stale_version(world.seed, buyer_id) for buyer_id in leads]
    return [_count("stale_row", "crm_leads.csv", STALE_LEAD_RATE, stale)]


def _of_refusals(world: World) -> list[DirtCount]:
    stands = list(world.standings.values())
    return [
        _count(
            "withdrawn_consent",
            "crm_consents.csv",
            WITHDRAWN_RATE,
            [s.email_consent == "withdrawn" for s in stands if s.in_crm],
        ),
        _count(
            "do_not_contact",
            "crm_contacts.csv",
            DO_NOT_CONTACT_RATE,
            [s.is_do_not_contact for s in stands if s.home == "contact"],
        ),
        _count(
            "list_opt_out",
            "marketing_list.csv",
            LIST_OPT_OUT_RATE,
            [not s.has_list_opt_in for s in stands if s.is_listed],
        ),
    ]


def _count(kind: str, file: str, rate: float, has_it: Collection[bool]) -> DirtCount:
    return DirtCount(kind, file, None, rate, of=len(has_it), rows=sum(has_it))
