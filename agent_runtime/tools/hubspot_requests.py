"""Every request that is ever made of HubSpot when writing: one class each, with its scopes.

A request that writes a record takes `Allowed` properties and nothing else, so that what is not on
the list of writable fields cannot be put into one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal
from urllib.parse import quote

from agent_runtime.tools.allow_list import Allowed
from agent_runtime.tools.hubspot_layout import LOGGED, Layout, Place, VendorKind

AT_A_TIME = 100
"""Records of one batch. https://developers.hubspot.com/docs/api-reference/crm-contacts-v3/guide,
read 2026-11."""
PREFERENCES = "communication_preferences.read_write"
OWNERS = "crm.objects.owners.read"
LISTS_READ, LISTS_WRITE = "crm.lists.read", "crm.lists.write"
RECORDS: tuple[VendorKind, ...] = ("contact", "account", "deal")


@dataclass(frozen=True, slots=True, kw_only=True)
class HubSpotRequest:
    """One request; `api` sends nothing else."""

    method: ClassVar[Literal["GET", "POST", "PATCH", "PUT"]]
    shape: ClassVar[str]
    """The path as the vendor writes it."""
    why: ClassVar[str]
    """What it is for, in words."""
    is_setup: ClassVar[bool] = False
    """Whether it is made only when an account is made ready."""

    @property
    def path(self) -> str:
        """Returns the path."""
        raise NotImplementedError

    @property
    def query(self) -> dict[str, str]:
        """Returns the query string's parts."""
        return {}

    @property
    def body(self) -> Any:
        """Returns what is sent as JSON; None where nothing is."""
        return None

    @classmethod
    def scopes(cls, layout: Layout) -> frozenset[str]:
        """Returns what the token needs for it."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOne(HubSpotRequest):
    """One record, by the vendor's id or by a property whose values are unique."""

    method = "GET"
    shape = "/crm/v3/objects/{type}/{id}"
    why = "find the record before it is written, and what its fields hold"

    place: Place
    key: str
    by: str = ""
    properties: Sequence[str] = ()
    history: Sequence[str] = ()
    associations: str = ""
    archived: bool = False

    @property
    def path(self) -> str:
        """Returns the path."""
        return f"/crm/v3/objects/{self.place.path}/{quote(self.key, safe='@')}"

    @property
    def query(self) -> dict[str, str]:
        """Returns the query string's parts."""
        given = {
            "idProperty": self.by,
            "properties": ",".join(self.properties),
            "propertiesWithHistory": ",".join(self.history),
            "associations": self.associations,
            "archived": "true" if self.archived else "",
        }
        return {name: value for name, value in given.items() if value}

    @classmethod
    def scopes(cls, layout: Layout) -> frozenset[str]:
        """Returns what the token needs for it."""
        return frozenset(layout.records[kind].read for kind in (*RECORDS, "ticket"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadMany(HubSpotRequest):
    """Up to a hundred records, by a property whose values are unique."""

    method = "POST"
    shape = "/crm/v3/objects/{type}/batch/read"
    why = "see which activities stand there already, and what contacts hold"

    place: Place
    keys: Sequence[str]
    by: str
    properties: Sequence[str]

    @property
    def path(self) -> str:
        """Returns the path."""
        return f"/crm/v3/objects/{self.place.path}/batch/read"

    @property
    def body(self) -> Any:
        """Returns what is sent as JSON."""
        return {
            "idProperty": self.by,
            "inputs": [{"id": key} for key in self.keys],
            "properties": list(self.properties),
            "propertiesWithHistory": [],
        }

    @classmethod
    def scopes(cls, layout: Layout) -> frozenset[str]:
        """Returns what the token needs for it."""
        return frozenset(layout.records[kind].read for kind in ("contact", *LOGGED))


@dataclass(frozen=True, slots=True, kw_only=True)
class CompaniesOf(HubSpotRequest):
    """The companies of a contact."""

    method = "GET"
    shape = "/crm/v4/objects/contacts/{id}/associations/companies"
    why = "find the company of a contact"

    contact_id: str

    @property
    def path(self) -> str:
        """Returns the path."""
        return f"/crm/v4/objects/contacts/{self.contact_id}/associations/companies"

    @classmethod
    def scopes(cls, layout: Layout) -> frozenset[str]:
        """Returns what the token needs for it."""
        return frozenset({layout.records["contact"].read, layout.records["account"].read})


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOwner(HubSpotRequest):
    """A user of the account, as the owner of a record or as whoever wrote a value."""

    method = "GET"
    shape = "/crm/v3/owners/{id}"
    why = "know whose record it is, and who changed a field"

    owner_id: str
    by: Literal["id", "userId"] = "id"
    archived: bool = False

    @property
    def path(self) -> str:
        """Returns the path."""
        return f"/crm/v3/owners/{quote(self.owner_id, safe='')}"

    @property
    def query(self) -> dict[str, str]:
        """Returns the query string's parts."""
        return {"idProperty": self.by} | ({"archived": "true"} if self.archived else {})

    @classmethod
    def scopes(cls, layout: Layout) -> frozenset[str]:
        """Returns what the token needs for it."""
        return frozenset({OWNERS})


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateTicket(HubSpotRequest):
    """A ticket, with the contact that it belongs to."""

    method = "POST"
    shape = "/crm/v3/objects/tickets"
    why = "open a case for support"

    place: Place
    allowed: Allowed
    contact_id: str
    association: int

    @property
    def path(self) -> str:
        """Returns the path."""
        return f"/crm/v3/objects/{self.place.path}"

    @property
    def body(self) -> Any:
        """Returns what is sent as JSON."""
        kind = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": self.association}
        link = {"to": {"id": self.contact_id}, "types": [kind]}
        properties = dict(self.allowed.properties)
        return {"properties": properties, "associations": [link] if self.contact_id else []}

    @classmethod
    def scopes(cls, layout: Layout) -> frozenset[str]:
        """Returns what the token needs for it."""
        return frozenset({layout.records["ticket"].write})


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateOne(HubSpotRequest):
    """Fields of one record."""

    method = "PATCH"
    shape = "/crm/v3/objects/{type}/{id}"
    why = "write fields, a deal's stage, an opt-out, a task's status, a meeting's outcome"

    place: Place
    vendor_id: str
    allowed: Allowed

    @property
    def path(self) -> str:
        """Returns the path."""
        return f"/crm/v3/objects/{self.place.path}/{quote(self.vendor_id, safe='')}"

    @property
    def body(self) -> Any:
        """Returns what is sent as JSON."""
        return {"properties": dict(self.allowed.properties)}

    @classmethod
    def scopes(cls, layout: Layout) -> frozenset[str]:
        """Returns what the token needs for it."""
        kinds: tuple[VendorKind, ...] = (*RECORDS, "ticket", "task", "meeting")
        return frozenset(layout.records[kind].write for kind in kinds)


@dataclass(frozen=True, slots=True, kw_only=True)
class UpsertMany(HubSpotRequest):
    """Activities of one kind, each by our id, so that a repeat makes nothing twice."""

    method = "POST"
    shape = "/crm/v3/objects/{type}/batch/upsert"
    why = "put mails, texts, calls, notes, tasks and meetings on the timeline, once"

    place: Place
    allowed: Sequence[Allowed]

    @property
    def path(self) -> str:
        """Returns the path."""
        return f"/crm/v3/objects/{self.place.path}/batch/upsert"

    @property
    def body(self) -> Any:
        """Returns what is sent as JSON."""
        by = self.place.our_id
        inputs = [
            {"idProperty": by, "id": one.properties[by], "properties": dict(one.properties)}
            for one in self.allowed
        ]
        return {"inputs": inputs}

    @classmethod
    def scopes(cls, layout: Layout) -> frozenset[str]:
        """Returns what the token needs for it."""
        return frozenset(layout.records[kind].write for kind in LOGGED)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkMany(HubSpotRequest):
    """Activities with their contacts; what is linked already stays as it is."""

    method = "POST"
    shape = "/crm/v4/associations/{type}/contacts/batch/associate/default"
    why = "show activities on the contact's timeline"

    place: Place
    pairs: Sequence[tuple[str, str]]
    """The vendor's ids: activity, contact."""

    @property
    def path(self) -> str:
        """Returns the path."""
        return f"/crm/v4/associations/{self.place.path}/contacts/batch/associate/default"

    @property
    def body(self) -> Any:
        """Returns what is sent as JSON."""
        return {"inputs": [{"from": {"id": one}, "to": {"id": two}} for one, two in self.pairs]}

    @classmethod
    def scopes(cls, layout: Layout) -> frozenset[str]:
        """Returns what the token needs for it."""
        return frozenset(layout.records[kind].write for kind in ("contact", *LOGGED))


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptOut(HubSpotRequest):
    """Whether an address is unsubscribed from everything."""

    method = "GET"
    shape = "/communication-preferences/v4/statuses/{address}/unsubscribe-all"
    why = "see whether an opt-out stands there already"

    email: str

    @property
    def path(self) -> str:
        """Returns the path."""
        return _preferences(self.email)

    @property
    def query(self) -> dict[str, str]:
        """Returns the query string's parts."""
        return {"channel": "EMAIL"}

    @classmethod
    def scopes(cls, layout: Layout) -> frozenset[str]:
        """Returns what the token needs for it."""
        return frozenset({PREFERENCES})


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteOptOut(ReadOptOut):
    """Unsubscribes an address from everything. There is no request that subscribes anybody."""

    method = "POST"
    why = "tell the CRM of an opt-out"


@dataclass(frozen=True, slots=True, kw_only=True)
class FindList(HubSpotRequest):
    """A list of contacts, by the name that it has there."""

    method = "GET"
    shape = "/crm/v3/lists/object-type-id/0-1/name/{name}"
    why = "find a static list, and see that it is one"

    allowed: Allowed

    @property
    def path(self) -> str:
        """Returns the path."""
        (name,) = self.allowed.properties
        return f"/crm/v3/lists/object-type-id/0-1/name/{quote(name, safe='')}"

    @classmethod
    def scopes(cls, layout: Layout) -> frozenset[str]:
        """Returns what the token needs for it."""
        return frozenset({LISTS_READ})


@dataclass(frozen=True, slots=True, kw_only=True)
class ListsOf(HubSpotRequest):
    """The lists that a contact is on."""

    method = "GET"
    shape = "/crm/v3/lists/records/0-1/{id}/memberships"
    why = "see whether a contact is still on a list before that is taken back"

    contact_id: str

    @property
    def path(self) -> str:
        """Returns the path."""
        return f"/crm/v3/lists/records/0-1/{quote(self.contact_id, safe='')}/memberships"

    @classmethod
    def scopes(cls, layout: Layout) -> frozenset[str]:
        """Returns what the token needs for it."""
        return frozenset({LISTS_READ})


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeMembers(HubSpotRequest):
    """Contacts on a static list and off it; who is there already, or gone already, stays so."""

    method = "PUT"
    shape = "/crm/v3/lists/{id}/memberships/add-and-remove"
    why = "put contacts on a static list that is in writable.yaml, and take them off"

    list_id: str
    allowed: Allowed
    on: Sequence[str]
    off: Sequence[str]

    @property
    def path(self) -> str:
        """Returns the path."""
        return f"/crm/v3/lists/{quote(self.list_id, safe='')}/memberships/add-and-remove"

    @property
    def body(self) -> Any:
        """Returns what is sent as JSON."""
        return {"recordIdsToAdd": list(self.on), "recordIdsToRemove": list(self.off)}

    @classmethod
    def scopes(cls, layout: Layout) -> frozenset[str]:
        """Returns what the token needs for it."""
        return frozenset({LISTS_READ, LISTS_WRITE})


@dataclass(frozen=True, slots=True, kw_only=True)
class ListProperties(HubSpotRequest):
    """The properties of a kind of record."""

    method = "GET"
    shape = "/crm/v3/properties/{type}"
    why = "see what the account lacks (`parley crm check`)"
    is_setup = True

    place: Place

    @property
    def path(self) -> str:
        """Returns the path."""
        return f"/crm/v3/properties/{self.place.path}"

    @classmethod
    def scopes(cls, layout: Layout) -> frozenset[str]:
        """Returns what the token needs for it."""
        return frozenset(place.read for place in layout.records.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeProperties(HubSpotRequest):
    """Properties of ours that are missing."""

    method = "POST"
    shape = "/crm/v3/properties/{type}/batch/create"
    why = "make our properties (`parley crm check --create`)"
    is_setup = True

    place: Place
    inputs: Sequence[dict[str, Any]]

    @property
    def path(self) -> str:
        """Returns the path."""
        return f"/crm/v3/properties/{self.place.path}/batch/create"

    @property
    def body(self) -> Any:
        """Returns what is sent as JSON."""
        return {"inputs": list(self.inputs)}

    @classmethod
    def scopes(cls, layout: Layout) -> frozenset[str]:
        """Returns what the token needs for it."""
        return frozenset(place.schemas for place in layout.records.values())


REQUESTS: tuple[type[HubSpotRequest], ...] = (
    ReadOne,
    ReadMany,
    CompaniesOf,
    ReadOwner,
    CreateTicket,
    UpdateOne,
    UpsertMany,
    LinkMany,
    ReadOptOut,
    WriteOptOut,
    FindList,
    ListsOf,
    ChangeMembers,
    ListProperties,
    MakeProperties,
)


def scopes_of(layout: Layout, *, with_setup: bool = False) -> tuple[str, ...]:
    """Returns the scopes that a token needs for all of it, sorted."""
    used = [r.scopes(layout) for r in REQUESTS if with_setup or not r.is_setup]
    return tuple(sorted(frozenset().union(*used)))


def _preferences(email: str) -> str:
    address = quote(email, safe="@")
    return f"/communication-preferences/v4/statuses/{address}/unsubscribe-all"
