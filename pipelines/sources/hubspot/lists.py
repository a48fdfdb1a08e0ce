"""The lists of an account that are small enough to be read as a whole each time."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import dlt

from pipelines.sources.hubspot.objects import object_kinds
from pipelines.sources.hubspot.progress import Progress
from pipelines.sources.hubspot.reader import HubSpotReader, HubSpotRefusal, HubSpotStop

Row = dict[str, Any]


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
