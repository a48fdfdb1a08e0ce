"""Finds records of HubSpot: merged ones by where they went, deleted ones as gone."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from agent_runtime.crm_port import Outcome, Record
from agent_runtime.tools.hubspot_api import HubSpotApi, HubSpotTrouble
from agent_runtime.tools.hubspot_layout import Layout, VendorKind
from agent_runtime.tools.hubspot_requests import (
    AT_A_TIME,
    CompaniesOf,
    ReadMany,
    ReadOne,
    ReadOwner,
)
from agent_runtime.tools.owner_rules import CrmOwner, OwnerRules

OWNER = "hubspot_owner_id"
FURTHER = "hs_additional_emails"
"""Addresses that a merge, or a person, has added to a contact; semicolons between them."""
OPTED_OUT = "hs_email_optout"
"""Set by the vendor where a contact is unsubscribed from everything; it cannot be written."""


@dataclass(frozen=True, slots=True)
class Found:
    """A record there, by the id that it has by now, and what was asked of it."""

    vendor_id: str
    properties: dict[str, str]
    history: dict[str, list[dict[str, Any]]] = field(default_factory=dict)


class Finder:
    """Looks records up; contacts are remembered, so it lives as long as one delivery."""

    def __init__(self, api: HubSpotApi, layout: Layout, rules: OwnerRules) -> None:
        self._api = api
        self._layout = layout
        self._rules = rules
        self._contacts: dict[str, Found | None] = {}
        self._owners: dict[str, CrmOwner | None] = {}

    def find(self, record: Record, names: list[str], *, history: bool = False) -> Found:
        """Finds a record by the contact of its thread, so that it is never somebody else's.

        Raises:
            HubSpotTrouble: it is not there, not theirs for certain, or could not be asked.
        """
        wanted = [*names, OWNER]
        past = names if history else []
        if record.kind == "contact":
            return self._named(record.email, wanted, past)
        contact = self.contact(record.email)
        if record.kind == "deal":
            return self._deal(record.record_id, contact, wanted, past)
        company = self._company_of(contact)
        place = self._layout.records["account"]
        request = ReadOne(place=place, key=company, properties=wanted, history=past)
        return found_in(self._api.ask(request), wanted)

    def read_ahead(self, emails: Iterable[str]) -> None:
        """Reads the contacts with these addresses in one request; who is not found is asked later.

        Raises:
            HubSpotTrouble: they could not be asked.
        """
        keys = sorted({email.strip().lower() for email in emails} - {"", *self._contacts})
        if len(keys) < 2:
            return
        place, names = self._layout.records["contact"], ["email", FURTHER, OPTED_OUT, OWNER]
        for first in range(0, len(keys), AT_A_TIME):
            part = keys[first : first + AT_A_TIME]
            answer = self._api.ask(ReadMany(place=place, keys=part, by="email", properties=names))
            found = [found_in(one, names) for one in answer["results"]]
            self._contacts |= {one.properties["email"].lower(): one for one in found}

    def contact(self, email: str) -> Found:
        """Returns the contact with an address, its further ones included.

        Raises:
            HubSpotTrouble: there is none, or none any more.
        """
        found = self.contact_or_none(email)
        if found is None:
            raise refusal(self._why_gone(email))
        return found

    def contact_or_none(self, email: str, *, is_urgent: bool = False) -> Found | None:
        """Returns the contact with an address, or None."""
        key = email.strip().lower()
        if key not in self._contacts:
            names = ["email", FURTHER, OPTED_OUT, OWNER]
            self._contacts[key] = self._read(key, names, [], is_urgent=is_urgent)
        return self._contacts[key]

    def refuse_if_left_alone(self, found: Found) -> None:
        """Ends the call where the record's owner keeps it.

        Raises:
            HubSpotTrouble: the owner rules say no.
        """
        owner_id = found.properties.get(OWNER, "")
        if not owner_id:
            why = self._rules.why_not(None)
        elif self._rules.asks_who:
            owner = self._owner(owner_id)
            who = owner or CrmOwner(f"user {owner_id}")
            why = self._rules.why_not(who)
        else:
            why = ""
        if why:
            raise refusal(f"the record is not written: {why}")

    def _owner(self, owner_id: str) -> CrmOwner | None:
        if owner_id not in self._owners:
            answer = self._api.look_up(ReadOwner(owner_id=owner_id))
            teams = [str(team["name"]) for team in (answer or {}).get("teams", [])]
            email = str((answer or {}).get("email") or "")
            self._owners[owner_id] = CrmOwner(email, tuple(teams)) if answer else None
        return self._owners[owner_id]

    def _named(self, email: str, names: list[str], history: list[str]) -> Found:
        found = self._read(email.strip().lower(), names, history)
        if found is None:
            raise refusal(self._why_gone(email))
        return found

    def _read(
        self,
        email: str,
        names: list[str],
        history: list[str],
        *,
        archived: bool = False,
        is_urgent: bool = False,
    ) -> Found | None:
        if not email:
            return None
        place = self._layout.records["contact"]
        request = ReadOne(
            place=place, key=email, by="email", properties=names, history=history, archived=archived
        )
        answer = self._api.look_up(request, is_urgent=is_urgent)
        return None if answer is None else found_in(answer, names)

    def _why_gone(self, email: str) -> str:
        was = self._read(email.strip().lower(), ["email"], [], archived=True)
        if was is not None:
            return "the contact was deleted there"
        return "no contact there has the address of this one"

    def _deal(self, deal_id: str, contact: Found, names: list[str], past: list[str]) -> Found:
        place = self._layout.records["deal"]
        request = ReadOne(
            place=place, key=deal_id, properties=names, history=past, associations="contacts"
        )
        answer = self._api.look_up(request)
        if answer is None:
            gone = self._api.look_up(ReadOne(place=place, key=deal_id, archived=True))
            what = "was deleted there" if gone else "is not there"
            raise refusal(f"there is no deal {deal_id!r}: it {what}")
        theirs = answer.get("associations", {}).get("contacts", {}).get("results", [])
        if contact.vendor_id not in {str(link.get("id")) for link in theirs}:
            raise refusal(f"deal {deal_id!r} does not belong to this contact there")
        return found_in(answer, names)

    def _company_of(self, contact: Found) -> str:
        links = self._api.ask(CompaniesOf(contact_id=contact.vendor_id))["results"]
        primary = self._layout.associations["primary_company"]
        ids = [str(link["toObjectId"]) for link in links]
        first = [
            str(link["toObjectId"])
            for link in links
            if any(kind.get("typeId") == primary for kind in link.get("associationTypes", []))
        ]
        if len(first or ids) != 1:
            raise refusal("the contact has no company there, or several and none of them primary")
        return (first or ids)[0]


def found_in(answer: dict[str, Any], names: Iterable[str]) -> Found:
    """Returns what an answer says of a record."""
    held = answer.get("properties") or {}
    properties = {name: str(held.get(name) or "") for name in names}
    return Found(str(answer["id"]), properties, answer.get("propertiesWithHistory") or {})


def refusal(why: str) -> HubSpotTrouble:
    """Returns what ends a call that must not go on."""
    return HubSpotTrouble(Outcome("refused", why))


def our_id(layout: Layout, kind: VendorKind) -> str:
    """Returns the property of a kind that holds our id."""
    return layout.records[kind].our_id
