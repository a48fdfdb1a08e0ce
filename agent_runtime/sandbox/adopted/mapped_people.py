"""Reads from an ingest mapping where its export keeps people, so that no second file is needed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from agent_runtime.sandbox.errors import SandboxError

PEOPLE_FILE = "people.csv"
"""What an adoption adds to an export; a mapping names it as a file that may be there."""
INVENTED_PEOPLE_PER_ACCOUNT = 2
INVENTED_OWNERS = 4

_FIELDS = {
    "account_id": "account_ref",
    "first_name": "first_name",
    "last_name": "last_name",
    "email": "email",
    "phone": "phone",
    "title": "title",
    "seniority": "seniority",
    "country": "country",
    "language": "language",
    "time_zone": "time_zone",
    "owner_id": "owner_name",
}
"""Columns of canonical contacts and what they are called here."""


def adoption_of_mapping(name: str, mapping: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the adoption, unvalidated, of an export with this mapping.

    People are the rows that the mapping sends to contacts; where it sends none, each account gets
    two invented people.

    Raises:
        SandboxError: the mapping feeds neither contacts nor accounts.
    """
    routes = list(_routes(mapping))
    people = [_people_of_contacts(route) for route in routes if route.table == "contacts"]
    if not people:
        people = [_people_of_accounts(route) for route in routes if route.table == "accounts"]
    if not people:
        raise SandboxError(
            f"{name}: the mapping feeds neither contacts nor accounts, so nobody can be written to."
        )
    for source in people:
        _add_owner_name(source, routes)
    has_owners = any("owner_name" in source["columns"] for source in people)
    return {"people": people, "invented_owners": 0 if has_owners else INVENTED_OWNERS}


@dataclass(frozen=True, slots=True)
class _Route:
    """What of one file goes into one canonical table."""

    file: Mapping[str, Any]
    table: str
    columns: Mapping[str, str]
    """Canonical column to the column of the file, where it comes from one."""


def _routes(mapping: Mapping[str, Any]) -> Iterator[_Route]:
    for file in mapping["files"]:
        if file["path"] == PEOPLE_FILE:
            continue
        for route in file["routes"]:
            columns = {name: _column(source) for name, source in route["fields"].items()}
            yield _Route(file, route["table"], {n: c for n, c in columns.items() if c})


def _column(source: Any) -> str | None:
    """Returns the column that a value is read from, unless it is composed or looked up."""
    if isinstance(source, str):
        return source
    if isinstance(source, Mapping) and "lookup" not in source:
        return source.get("column")
    return None


def _people_of_contacts(route: _Route) -> dict[str, Any]:
    columns = {ours: route.columns[name] for name, ours in _FIELDS.items() if name in route.columns}
    return _source(route, route.columns.get("contact_id"), columns)


def _people_of_accounts(route: _Route) -> dict[str, Any]:
    key = route.columns.get("account_id")
    columns = {
        ours: route.columns[name]
        for name, ours in (
            ("account_id", "account_ref"),
            ("name", "company"),
            ("country", "country"),
            ("owner_id", "owner_name"),
        )
        if name in route.columns
    }
    return _source(route, key, columns) | {"per_row": INVENTED_PEOPLE_PER_ACCOUNT}


def _source(route: _Route, key: str | None, columns: dict[str, Any]) -> dict[str, Any]:
    if key is None:
        raise SandboxError(
            f"{route.file['path']}: the mapping composes the key of {route.table}, so its people "
            "cannot be found; write an adoption file beside the mapping."
        )
    settings = {name: route.file[name] for name in ("delimiter", "encoding") if name in route.file}
    return {"file": route.file["path"], "key": key, "columns": columns, **settings}


def _add_owner_name(source: dict[str, Any], routes: list[_Route]) -> None:
    """Names the owner by the owners' file, or by whoever has most deals with the account."""
    columns = source["columns"]
    owner = columns.get("owner_name")
    account = columns.get("account_ref")
    for route in routes:
        mapped = route.columns
        if owner and route.table == "owners" and {"owner_id", "name"} <= mapped.keys():
            if mapped["owner_id"] != mapped["name"]:
                columns["owner_name"] = _lookup(owner, route, "owner_id", "name")
            return
        is_deals = route.table == "opportunities" and {"account_id", "owner_id"} <= mapped.keys()
        if account and not owner and is_deals:
            columns["owner_name"] = _lookup(account, route, "account_id", "owner_id")
            return


def _lookup(by: str, route: _Route, match: str, take: str) -> dict[str, str]:
    return {
        "by": by,
        "file": route.file["path"],
        "match": route.columns[match],
        "take": route.columns[take],
    }
