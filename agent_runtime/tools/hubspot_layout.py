"""Which of our fields is which property of HubSpot, and where our records live there."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter

from agent_runtime.authored import load_yaml
from agent_runtime.crm_port import ActivityKind, RecordKind
from agent_runtime.tools.allow_list import AllowList, Property, allow_list

VendorKind = RecordKind | Literal["ticket"] | ActivityKind
LOGGED: tuple[ActivityKind, ...] = ("email", "communication", "call", "note", "task", "meeting")


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
    associations: Mapping[Literal["ticket", "primary_company"], int]
    fields: AllowList = field(default_factory=lambda: allow_list("hubspot"))

    def properties(self, kind: VendorKind) -> Mapping[str, Property]:
        """Returns the properties of a kind by field of ours; a field without one is never sent."""
        return self.fields.kinds.get(kind, {})

    def own_properties(self, kind: VendorKind) -> tuple[str, ...]:
        """The properties of a kind that somebody has to have made there."""
        names = {p.name for p in self.properties(kind).values()}
        return tuple(sorted(name for name in names if name.startswith("parley_")))


@cache
def hubspot_layout() -> Layout:
    """Returns the layout of an account as it is to begin with."""
    laid = load_yaml(Path(__file__).with_name("hubspot.yaml").read_text(encoding="utf-8"))
    return TypeAdapter(Layout).validate_python(laid)
