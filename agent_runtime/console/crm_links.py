"""Links from a person to their records in the CRM, where the settings say which CRM it is."""

import re
from dataclasses import dataclass
from urllib.parse import quote

from agent_runtime.domain import Contact
from agent_runtime.settings import Settings
from agent_runtime.tooling import deals_of

_SALESFORCE = re.compile(r"[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?")
_OBJECTS = {"001": "Account", "003": "Contact", "006": "Opportunity", "00Q": "Lead"}
"""Key prefix of an id to its object: Salesforce's standard field record id prefixes."""
_TYPES = {"Contact": "0-1", "Account": "0-2", "Opportunity": "0-3"}
"""Record to HubSpot's object type."""


@dataclass(frozen=True, slots=True)
class CrmLink:
    """One record of theirs."""

    label: str
    address: str


def crm_links(settings: Settings, contact: Contact | None) -> tuple[CrmLink, ...]:
    """Returns links to contact, account and opportunities; only for ids as the CRM gives them.

    A contact that came out of a file, with an id of its own, has none: no link leads astray.
    """
    if contact is None:
        return ()
    records = [("Contact", contact.contact_id), ("Account", contact.account_id or "")]
    records += [("Opportunity", deal) for deal in deals_of(contact)]
    found = (
        _salesforce(settings, kind, record_id) or _hubspot(settings, kind, record_id)
        for kind, record_id in records
    )
    return tuple(one for one in found if one)


def _salesforce(settings: Settings, kind: str, record_id: str) -> CrmLink | None:
    name = _OBJECTS.get(record_id[:3])
    is_lead = (kind, name) == ("Contact", "Lead")
    base = settings.salesforce_url.rstrip("/")
    if not (base.startswith("https://") and _SALESFORCE.fullmatch(record_id)):
        return None
    if name != kind and not is_lead:
        return None
    return CrmLink(f"{name} in Salesforce", f"{base}/lightning/r/{name}/{record_id}/view")


def _hubspot(settings: Settings, kind: str, record_id: str) -> CrmLink | None:
    portal = settings.hubspot_portal
    if not portal or not record_id.isdecimal():
        return None
    name = {"Account": "Company", "Opportunity": "Deal"}.get(kind, kind)
    path = f"contacts/{quote(portal, safe='')}/record/{_TYPES[kind]}/{record_id}"
    return CrmLink(f"{name} in HubSpot", f"https://app.hubspot.com/{path}")
