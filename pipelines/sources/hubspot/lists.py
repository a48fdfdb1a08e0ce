"""The lists of an account that are small enough to be read as a whole each time."""

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import quote

import dlt

from pipelines.sources.hubspot.objects import object_kinds
from pipelines.sources.hubspot.progress import Progress
from pipelines.sources.hubspot.reader import HubSpotReader, HubSpotRefusal, HubSpotStop
from pipelines.sources.hubspot.records import column_hints

Row = dict[str, Any]

CONTACTS = "0-1"
"""Type of record of the lists that are read."""


def definitions(reader: HubSpotReader, progress: Progress) -> dict[str, list[Row]]:
    """Returns the properties that each kind of record has, by kind; without those not readable."""
    found: dict[str, list[Row]] = {}
    for name, kind in object_kinds().items():
        try:
            answer = reader.ask(f"/crm/v3/properties/{kind.path}")
        except HubSpotRefusal as refusal:
            progress.refused[f"properties of {name}"] = str(refusal)
            continue
        found[name] = [_property(name, said) for said in answer["results"]]
    return found


def owners(reader: HubSpotReader, progress: Progress) -> Any:
    """Returns the people who own records, those who have left too."""

    def read() -> Iterator[list[Row]]:
        for is_archived in ("false", "true"):
            query = {"limit": "100", "archived": is_archived}
            for page in reader.pages("/crm/v3/owners", query):
                yield [_owner(said) for said in page]

    return _listed("owners", ("id",), read, progress)


def stages(reader: HubSpotReader, progress: Progress) -> Any:
    """Returns the stages of the pipelines of deals."""

    def read() -> Iterator[list[Row]]:
        answer = reader.ask("/crm/v3/pipelines/deals")
        yield [
            {
                "pipeline_id": str(pipeline["id"]),
                "pipeline": pipeline["label"],
                "stage_id": str(stage["id"]),
                "stage": stage["label"],
                "position": int(stage["displayOrder"]),
                "is_closed": (stage.get("metadata") or {}).get("isClosed"),
                "probability": (stage.get("metadata") or {}).get("probability"),
            }
            for pipeline in answer["results"]
            for stage in pipeline["stages"]
        ]

    return _listed("stages", ("pipeline_id", "stage_id"), read, progress)


def subscription_types(reader: HubSpotReader, progress: Progress) -> Any:
    """Returns the kinds of mail that people can agree to or refuse."""

    def read() -> Iterator[list[Row]]:
        answer = reader.ask("/communication-preferences/v4/definitions")
        yield [
            {
                "id": str(said["id"]),
                "name": said["name"],
                "description": said.get("description"),
                "purpose": said.get("purpose"),
                "method": said.get("communicationMethod"),
                "is_active": bool(said["isActive"]),
            }
            for said in answer["results"]
        ]

    return _listed("subscription_types", ("id",), read, progress)


def list_members(reader: HubSpotReader, progress: Progress, names: Iterable[str]) -> Any:
    """Returns who is on the lists of these names, read as a whole; None where nothing is wanted.

    A list that may not be read, or that is not there, is named, and leaves the others as they are.
    A pull that breaks off keeps what was known of all of them.
    """
    rows: list[Row] = []
    is_whole = bool(names := tuple(names))
    for name in names:
        try:
            rows += _members_of(reader, name)
        except HubSpotRefusal as refusal:
            progress.refused[f"list {name!r}"] = str(refusal)
            is_whole = False
        except HubSpotStop as stop:
            progress.stopped = str(stop)
            return None
    if not rows and not is_whole:
        return None
    return dlt.resource(
        rows,
        name="list_members",
        primary_key=("list_name", "record_id"),
        columns=column_hints(("list_name", "record_id", "since")),
        write_disposition="replace" if is_whole else "merge",
    )


def _members_of(reader: HubSpotReader, name: str) -> Iterator[Row]:
    """https://developers.hubspot.com/docs/api-reference/legacy/crm/lists, read 2026-11."""
    path = f"/crm/v3/lists/object-type-id/{CONTACTS}/name/{quote(name, safe='')}"
    found = reader.ask(path)["list"]
    for page in reader.pages(f"/crm/v3/lists/{found['listId']}/memberships", {"limit": "250"}):
        for one in page:
            yield {
                "list_name": name,
                "record_id": str(one["recordId"]),
                "since": one.get("membershipTimestamp"),
            }


def _listed(
    name: str,
    key: tuple[str, ...],
    read: Callable[[], Iterator[list[Row]]],
    progress: Progress,
) -> Any:
    """A resource of the whole list, or of nothing where it breaks off."""

    def rows() -> Iterator[list[Row]]:
        found: list[Row] = []
        try:
            for page in read():
                found += page
        except HubSpotRefusal as refusal:
            progress.refused[name] = str(refusal)
            return
        except HubSpotStop as stop:
            progress.stopped = str(stop)
            return
        yield found

    return dlt.resource(rows, name=name, primary_key=key, write_disposition="merge")


def _property(kind: str, said: Row) -> Row:
    return {
        "kind": kind,
        "name": said["name"],
        "label": said["label"],
        "type": said["type"],
        "field_type": said["fieldType"],
        "group_name": said["groupName"],
        "options": json.dumps([one["value"] for one in said["options"]]) or None,
    }


def _owner(said: Row) -> Row:
    teams = said.get("teams") or []
    primary = next((team["name"] for team in teams if team.get("primary")), None)
    names = (said.get("firstName"), said.get("lastName"))
    return {
        "id": str(said["id"]),
        "email": said.get("email"),
        "name": " ".join(filter(None, names)) or None,
        "team": primary,
        "is_active": not said["archived"],
    }
