"""A record of HubSpot's as a row: its properties as columns, its links beside them."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.sources.hubspot.objects import MERGED, ObjectKind
from pipelines.sources.hubspot.reader import HubSpotReader, batches

Row = dict[str, Any]

GONE = "is_gone"
"""Column that is true in the row of a record that was archived, deleted or merged away."""

OWN = ("id", "created_at", "updated_at")
"""Columns of every record beside its properties."""


def link_column(kind: str) -> str:
    """Returns the column with a record's links to another kind: a JSON list of `id` and `types`."""
    return f"linked_{kind}"


def column_hints(names: Iterable[str]) -> dict[str, Any]:
    """Returns dlt's hints for columns of text, and for the mark of what is gone."""
    hints: dict[str, Any] = {name: {"data_type": "text", "nullable": True} for name in names}
    return hints | {GONE: {"data_type": "bool", "hard_delete": True}}


def columns_of(kind: ObjectKind, asked: Iterable[str]) -> dict[str, Any]:
    """Returns the hints of a table of records; HubSpot says every property as text."""
    return column_hints((*OWN, *asked, *map(link_column, kind.links)))


def row_of(found: Mapping[str, Any], asked: Iterable[str]) -> Row:
    """Returns the row of a record, with null for what it does not say."""
    held = found.get("properties") or {}
    return {
        "id": str(found["id"]),
        "created_at": found.get("createdAt"),
        "updated_at": found.get("updatedAt"),
        GONE: bool(found.get("archived")),
        **{name: held.get(name) or None for name in asked},
    }


def gone_row(record_id: str, kind: ObjectKind, asked: Iterable[str]) -> Row:
    """Returns the row of a record that is there no longer."""
    nothing = dict.fromkeys((*asked, *map(link_column, kind.links)))
    return {"id": record_id, "created_at": None, "updated_at": None, GONE: True, **nothing}


def merged_away(row: Row) -> list[str]:
    """Returns the ids of the records that have become this one."""
    listed = str(row.get(MERGED) or "").split(";")
    return [one for one in map(str.strip, listed) if one and one != row["id"]]


@dataclass(frozen=True, slots=True)
class Links:
    """Reads the links of records, a batch at a time."""

    reader: HubSpotReader
    kind: ObjectKind
    path_of: Mapping[str, str]
    """Path of each kind by its name."""

    def add_to(self, rows: list[Row]) -> list[Row]:
        """Returns the rows with what they are linked to."""
        for to in self.kind.links:
            found = self._of([row["id"] for row in rows], self.path_of[to])
            for row in rows:
                said = found.get(row["id"], [])
                row[link_column(to)] = json.dumps(said) if said else None
        return rows

    def _of(self, ids: Sequence[str], to: str) -> dict[str, list[Row]]:
        path = f"/crm/v4/associations/{self.kind.path}/{to}/batch/read"
        found: dict[str, list[Row]] = {}
        for batch in batches(ids):
            waiting: list[Row] = [{"id": one} for one in batch]
            while waiting:
                answer = self.reader.ask(path, body={"inputs": waiting})
                waiting = []
                for one in answer["results"]:
                    source = str(one["from"]["id"])
                    found.setdefault(source, []).extend(map(_link, one["to"]))
                    after = ((one.get("paging") or {}).get("next") or {}).get("after")
                    if after:
                        waiting.append({"id": source, "after": after})
        return found


def read_by_id(
    reader: HubSpotReader, kind: ObjectKind, ids: Sequence[str], asked: Sequence[str]
) -> list[Row]:
    """Returns the records of these ids as they are now; what is not there is marked as gone.

    A record that was merged answers under the id of the one that it became.
    """
    found: dict[str, Row] = {}
    for batch in batches(ids):
        body = {
            "inputs": [{"id": one} for one in batch],
            "properties": list(asked),
            "propertiesWithHistory": [],
        }
        answer = reader.ask(f"/crm/v3/objects/{kind.path}/batch/read", body=body)
        rows = [row_of(one, asked) for one in answer["results"]]
        found |= {row["id"]: row for row in rows}
    return [*found.values(), *(gone_row(one, kind, asked) for one in ids if one not in found)]


def _link(to: Mapping[str, Any]) -> Row:
    types = [int(one["typeId"]) for one in to.get("associationTypes", ())]
    return {"id": str(to["toObjectId"]), "types": types}
