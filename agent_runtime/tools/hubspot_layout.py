"""Which of our fields is which property of HubSpot, and where our records live there."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter

from agent_runtime.authored import load_yaml

VendorKind = Literal["contact", "account", "deal", "ticket", "activity"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where records of one kind live there."""

    path: str
    read: str
    write: str
    schemas: str
    """Scope by which their properties may be made."""
    beside: str
    our_id: str = ""
    """Property of ours whose values are unique."""


@dataclass(frozen=True, slots=True)
class Property:
    """One property, and its words for ours where they differ."""

    name: str
    values: Mapping[str, str] = field(default_factory=dict)

    def theirs(self, value: str) -> str:
        """Returns what stands there for a value of ours."""
        return self.values.get(value, value)

    def ours(self, value: str) -> str:
        """Returns our value for what stands there."""
        return next((ours for ours, theirs in self.values.items() if theirs == value), value)


@dataclass(frozen=True, slots=True)
class TicketStages:
    """The pipeline of tickets and two of its stages, by id."""

    pipeline: str
    opened: str
    solved: str


@dataclass(frozen=True, slots=True)
class Layout:
    """All that has to be known of an account there."""

    records: Mapping[VendorKind, Place]
    ticket_stages: TicketStages
    associations: Mapping[Literal["ticket", "activity", "primary_company"], int]
    properties: Mapping[VendorKind, Mapping[str, Property]] = field(default_factory=dict)
    """By kind and our field; a field without one is never sent."""

    @property
    def scopes(self) -> tuple[str, ...]:
        """The scopes that a token needs for all of it, sorted."""
        used = [self.records[kind] for kind in (*self.properties, "activity")]
        return tuple(sorted({scope for place in used for scope in (place.read, place.write)}))

    @property
    def setup_scopes(self) -> tuple[str, ...]:
        """The same, and those by which a token may make properties."""
        schemas = {self.records[kind].schemas for kind in (*self.properties, "activity")}
        return tuple(sorted({*self.scopes, *schemas}))

    def own_properties(self, kind: VendorKind) -> tuple[str, ...]:
        """The properties of a kind that somebody has to have made there."""
        mapped = [p.name for p in self.properties.get(kind, {}).values()]
        names = (*mapped, self.records[kind].our_id)
        return tuple(sorted({name for name in names if name.startswith("parley_")}))


@cache
def hubspot_layout() -> Layout:
    """Returns the layout, with the properties that `writable.yaml` names."""
    here = Path(__file__)
    listed = load_yaml(here.with_name("writable.yaml").read_text(encoding="utf-8"))
    laid = load_yaml(here.with_name("hubspot.yaml").read_text(encoding="utf-8"))
    properties = {kind: _named(fields) for kind, fields in listed["crm.update"].items()}
    properties["ticket"] = _named(listed["tickets.open"]["contact"])
    return TypeAdapter(Layout).validate_python({**laid, "properties": properties})


def _named(fields: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {
        name: {"name": rules["hubspot"], "values": rules.get("hubspot_values", {})}
        for name, rules in fields.items()
        if rules.get("hubspot")
    }
