"""What is read of an account: kinds of records, their properties and links, the scopes."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pydantic import TypeAdapter

from agent_runtime.authored import load_yaml

OTHER_SCOPES = {
    "owners": "crm.objects.owners.read",
    "subscriptions": "communication_preferences.read",
    "lists": "crm.lists.read",
}
"""Beside those of the records. Pipelines and properties are covered by `crm.objects.deals.read`."""

BATCH_SCOPE = "communication_preferences.statuses.batch.read"
"""Reads 100 people's subscriptions at once; without it they are asked for one by one."""

MERGED = "hs_merged_object_ids"
"""Property with the ids of all records that have become this one, over any number of merges."""


@dataclass(frozen=True, slots=True)
class ObjectKind:
    """One kind of record and what is asked of it."""

    path: str
    modified: str
    """Property by which changes are found."""
    scopes: tuple[str, ...]
    properties: tuple[str, ...]
    links: tuple[str, ...] = ()
    """Kinds whose associations are read with each changed record."""
    is_merged: bool = False
    """Whether two of them can become one, which a property of the new one says."""

    def asked(self, more: tuple[str, ...] = ()) -> tuple[str, ...]:
        """Returns the properties to ask for, each once."""
        own = ("hs_object_id", self.modified)
        merged = (MERGED,) if self.is_merged else ()
        return tuple(dict.fromkeys((*own, *merged, *self.properties, *more)))


@cache
def object_kinds() -> Mapping[str, ObjectKind]:
    """Returns what is read, by the name of its table."""
    listed = load_yaml(Path(__file__).with_name("objects.yaml").read_text(encoding="utf-8"))
    return TypeAdapter(dict[str, ObjectKind]).validate_python(listed)


def read_scopes() -> tuple[str, ...]:
    """Returns the scopes that a token needs to read all of it, sorted."""
    of_records = {kind.scopes[0] for kind in object_kinds().values()}
    return tuple(sorted({*of_records, *OTHER_SCOPES.values(), BATCH_SCOPE}))
