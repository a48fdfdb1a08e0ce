"""HubSpot as the CRM: fields, tickets and notes over its API v3, each call safe to repeat.

A ticket or note carries our id in a property whose values are unique there: it is looked up by that
before it is made, and the vendor refuses a second one. A field is read before it is written.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from typing import Any, Literal
from urllib.parse import quote

from agent_runtime.crm_port import Activity, Case, Outcome, Record, Write
from agent_runtime.tools.hubspot_api import HubSpotApi, HubSpotTrouble
from agent_runtime.tools.hubspot_layout import Layout, Place, VendorKind, hubspot_layout

NOTE_LENGTH = 10_000
"""Characters of a text that become a note: five times as many as HTML at the most, of the 65,536
that one may have. https://developers.hubspot.com/docs/api/crm/notes, read 2026-11."""


@dataclass(frozen=True, slots=True)
class _Found:
    vendor_id: str
    properties: dict[str, str]


class HubSpotCrm:
    """The account of one token."""

    name = "hubspot"

    def __init__(self, api: HubSpotApi, layout: Layout | None = None) -> None:
        self._api = api
        self._layout = layout or hubspot_layout()

    def value(self, record: Record, field: str) -> str:
        """Returns what a field holds now, empty when it is not known.

        Raises:
            HubSpotTrouble: it could not be asked.
        """
        target = self._layout.properties.get(record.kind, {}).get(field)
        if target is None:
            return ""
        return target.ours(self._find(record, [target.name]).properties[target.name])

    def write(self, write: Write) -> Outcome:
        """Writes a field unless somebody has changed it since; off the list nothing is asked."""
        record = write.record
        target = self._layout.properties.get(record.kind, {}).get(write.field)
        if target is None:
            why = f"field {write.field!r} of {record.kind} has no property in writable.yaml"
            return Outcome("refused", why)
        try:
            there = self._find(record, [target.name])
            current = target.ours(there.properties[target.name])
            if _same(current, [write.value]):
                return Outcome("pushed", vendor_id=there.vendor_id)
            if not _same(current, write.over):
                why = "somebody has changed it there since"
                return Outcome("conflict", why, there.vendor_id, found=current)
            body = {"properties": {target.name: target.theirs(write.value)}}
            self._api.ask("PATCH", self._path(record.kind, there.vendor_id), body=body)
            return Outcome("pushed", vendor_id=there.vendor_id)
        except HubSpotTrouble as trouble:
            return trouble.outcome

    def put_ticket(self, case: Case) -> Outcome:
        """Opens a ticket once; closes it while it is still in the stage that we put it into."""
        stages = self._layout.ticket_stages
        properties = {
            "hs_pipeline": stages.pipeline,
            "hs_pipeline_stage": stages.solved if case.is_solved else stages.opened,
        }
        for name, value in case.values:
            target = self._layout.properties["ticket"].get(name)
            if target is not None and value:
                properties[target.name] = target.theirs(value)
        try:
            there = self._once(
                "ticket", case.ticket_id, ["hs_pipeline_stage"], properties, case.email
            )
            stage = there.properties["hs_pipeline_stage"]
            if not case.is_solved or stage == stages.solved:
                return Outcome("pushed", vendor_id=there.vendor_id)
            if stage != stages.opened:
                why = "somebody works on it there, in another stage: close it there"
                return Outcome("conflict", why, there.vendor_id, found=stage)
            body = {"properties": {"hs_pipeline_stage": stages.solved}}
            self._api.ask("PATCH", self._path("ticket", there.vendor_id), body=body)
            return Outcome("pushed", vendor_id=there.vendor_id)
        except HubSpotTrouble as trouble:
            return trouble.outcome

    def log_activity(self, activity: Activity) -> Outcome:
        """Puts a note on the timeline of a contact; whom the CRM does not know has none."""
        properties = {
            "hs_timestamp": activity.at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "hs_note_body": _html(activity.text),
        }
        try:
            there = self._once("activity", activity.activity_id, [], properties, activity.email)
            return Outcome("pushed", vendor_id=there.vendor_id)
        except HubSpotTrouble as trouble:
            return trouble.outcome

    def close(self) -> None:
        """Closes the connections."""
        self._api.close()

    def _once(
        self,
        kind: Literal["ticket", "activity"],
        our_id: str,
        wanted: list[str],
        properties: dict[str, str],
        email: str,
    ) -> _Found:
        """Returns what carries our id, made now unless it was there."""
        place = self._layout.records[kind]
        there = self._by_our_id(kind, place, our_id, wanted)
        if there is not None:
            return there
        # A case of somebody unknown is still a case; a note of nobody is none.
        find = self._contact_or_none if kind == "ticket" else self._contact
        contact = find(email, [])
        body = {
            "properties": {**properties, place.our_id: our_id},
            "associations": [self._link(kind, contact)] if contact else [],
        }
        try:
            made = self._api.ask("POST", f"/crm/v3/objects/{place.path}", body=body)
        except HubSpotTrouble as trouble:
            if trouble.outcome.status != "refused":
                raise
            # Perhaps refused as a repeat: another worker made it between our two questions.
            there = self._by_our_id(kind, place, our_id, wanted)
            if there is None:
                raise
            return there
        return _found(made, wanted)

    def _link(self, kind: Literal["ticket", "activity"], contact: _Found) -> dict[str, Any]:
        defined = {
            "associationCategory": "HUBSPOT_DEFINED",
            "associationTypeId": self._layout.associations[kind],
        }
        return {"to": {"id": contact.vendor_id}, "types": [defined]}

    def _by_our_id(
        self, kind: VendorKind, place: Place, our_id: str, wanted: list[str]
    ) -> _Found | None:
        names = ",".join([place.our_id, *wanted])
        query = {"idProperty": place.our_id, "properties": names}
        found = self._api.look_up("GET", self._path(kind, our_id), query=query)
        return None if found is None else _found(found, wanted)

    def _find(self, record: Record, names: list[str]) -> _Found:
        """Finds a record by the contact of its thread, so that it is never somebody else's."""
        contact = self._contact(record.email, names if record.kind == "contact" else [])
        if record.kind == "contact":
            return contact
        if record.kind == "deal":
            return self._deal(record.record_id, contact, names)
        company = self._company_of(contact)
        query = {"properties": ",".join(names)}
        return _found(self._api.ask("GET", self._path("account", company), query=query), names)

    def _contact(self, email: str, names: list[str]) -> _Found:
        found = self._contact_or_none(email, names)
        if found is None:
            raise _refusal("no contact there has the address of this one")
        return found

    def _contact_or_none(self, email: str, names: list[str]) -> _Found | None:
        if not email:
            return None
        query = {"idProperty": "email", "properties": ",".join(["email", *names])}
        found = self._api.look_up("GET", self._path("contact", email.lower()), query=query)
        return None if found is None else _found(found, names)

    def _deal(self, deal_id: str, contact: _Found, names: list[str]) -> _Found:
        query = {"properties": ",".join(names), "associations": "contacts"}
        found = self._api.look_up("GET", self._path("deal", deal_id), query=query)
        if found is None:
            raise _refusal(f"there is no deal {deal_id!r} there")
        theirs = found.get("associations", {}).get("contacts", {}).get("results", [])
        if contact.vendor_id not in {str(link.get("id")) for link in theirs}:
            raise _refusal(f"deal {deal_id!r} does not belong to this contact there")
        return _found(found, names)

    def _company_of(self, contact: _Found) -> str:
        path = f"/crm/v4/objects/contacts/{contact.vendor_id}/associations/companies"
        links = self._api.ask("GET", path)["results"]
        primary = self._layout.associations["primary_company"]
        ids = [str(link["toObjectId"]) for link in links]
        first = [
            str(link["toObjectId"])
            for link in links
            if any(kind.get("typeId") == primary for kind in link.get("associationTypes", []))
        ]
        if len(first or ids) != 1:
            raise _refusal("the contact has no company there, or several and none of them primary")
        return (first or ids)[0]

    def _path(self, kind: VendorKind, record_id: str) -> str:
        return f"/crm/v3/objects/{self._layout.records[kind].path}/{quote(record_id, safe='@')}"


def _found(answer: dict[str, Any], names: Iterable[str]) -> _Found:
    held = answer.get("properties") or {}
    return _Found(str(answer["id"]), {name: str(held.get(name) or "") for name in names})


def _refusal(why: str) -> HubSpotTrouble:
    return HubSpotTrouble(Outcome("refused", why))


def _same(value: str, others: Iterable[str]) -> bool:
    """The vendor trims what it stores."""
    return value.strip() in {other.strip() for other in others}


def _html(text: str) -> str:
    """A note is HTML; what people wrote is text in it."""
    return escape(text[:NOTE_LENGTH], quote=False).replace("\n", "<br>")
