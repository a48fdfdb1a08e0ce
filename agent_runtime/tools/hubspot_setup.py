"""Whether an account is ready: the token, its scopes, and the properties that we write."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from agent_runtime.errors import ParleyError
from agent_runtime.tools.hubspot_api import HubSpotApi, HubSpotTrouble
from agent_runtime.tools.hubspot_layout import Layout, VendorKind
from agent_runtime.tools.hubspot_requests import ListProperties, MakeProperties


class HubSpotSetupError(ParleyError):
    """An account that could not be asked."""


@dataclass(frozen=True, slots=True)
class Lack:
    """One thing that an account lacks."""

    kind: VendorKind
    what: str
    """In words."""
    name: str = ""
    """A property that is missing; empty where it is something else."""
    group: str = ""
    """The group that it would join."""
    is_id: bool = False


def lacking(api: HubSpotApi, layout: Layout) -> Iterator[Lack]:
    """Yields what an account lacks, kind by kind; nothing is changed there.

    Raises:
        HubSpotSetupError: the account cannot be asked at all.
    """
    for kind, place in layout.records.items():
        try:
            listed = api.ask(ListProperties(place=place))
        except HubSpotTrouble as trouble:
            if trouble.outcome.status != "refused":
                raise HubSpotSetupError(f"HubSpot: {trouble.outcome.reason}.") from None
            yield Lack(kind, trouble.outcome.reason)
            continue
        there = {str(p["name"]): p for p in listed["results"]}
        group = str(there.get(place.beside, {}).get("groupName", ""))
        for name in sorted(p.name for p in layout.properties(kind).values()):
            if name not in there:
                said = f"no property {name}"
                yield Lack(kind, said, name, group, is_id=name == place.our_id)
        if place.our_id in there and not there[place.our_id].get("hasUniqueValue"):
            said = f"property {place.our_id} takes the same value twice; make it unique"
            yield Lack(kind, said)


def create(api: HubSpotApi, layout: Layout, lacks: list[Lack]) -> int:
    """Makes the properties of ours that are missing; returns how many.

    Raises:
        HubSpotSetupError: the account refused one.
    """
    made = 0
    for kind, place in layout.records.items():
        own = layout.own_properties(kind)
        inputs = [_new(lack) for lack in lacks if lack.kind == kind and lack.name in own]
        if not inputs:
            continue
        try:
            answer = api.ask(MakeProperties(place=place, inputs=inputs))
        except HubSpotTrouble as trouble:
            raise HubSpotSetupError(f"{kind}: {trouble.outcome.reason}.") from None
        made += len(answer.get("results", []))
    return made


def _new(lack: Lack) -> dict[str, Any]:
    words = lack.name.removeprefix("parley_").replace("_", " ")
    return {
        "name": lack.name,
        "label": f"Parley {words}",
        "type": "string",
        "fieldType": "text",
        "groupName": lack.group,
        "description": "Written by Parley.",
        "hasUniqueValue": lack.is_id,
    }
