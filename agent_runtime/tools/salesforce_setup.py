"""Whether an org is ready: each field that we write is there and may be written; only read."""

from collections.abc import Iterator

from agent_runtime.tools.allow_list import AllowList, allow_list
from agent_runtime.tools.salesforce import KEY
from agent_runtime.tools.salesforce_api import SalesforceApi, SObject

_OBJECTS: dict[SObject, tuple[str, ...]] = {
    "Contact": ("contact",),
    "Lead": ("contact",),
    "Task": ("email", "communication", "call", "note", "task"),
    "Event": ("meeting",),
}
"""Objects, and the kinds of the list of fields that they take."""


def missing(api: SalesforceApi, fields: AllowList | None = None) -> tuple[str, ...]:
    """Returns what an org lacks of what we write, as `Object.Field` and why; empty: nothing.

    Raises:
        SalesforceTrouble: it could not be asked.
    """
    listed = fields or allow_list("salesforce")
    return tuple(said for kind in _OBJECTS for said in _missing_of(api, kind, listed))


def _missing_of(api: SalesforceApi, kind: SObject, listed: AllowList) -> Iterator[str]:
    there = api.describe(kind)
    kinds = [listed.kinds.get(one, {}) for one in _OBJECTS[kind]]
    for name in sorted({one.name for fields in kinds for one in fields.values()}):
        held = there.get(name)
        if held is None:
            yield f"{kind}.{name} is not there, or hidden from us"
        elif not (held.get("updateable") or held.get("createable")):
            yield f"{kind}.{name} may not be written by us"
        elif name == KEY and not held.get("externalId"):
            yield f"{kind}.{name} is no external id"
