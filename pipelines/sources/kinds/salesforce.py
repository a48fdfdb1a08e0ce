"""Salesforce objects: REST queries for a day's changes, Bulk API 2.0 for a whole table.

Rows are read in the order of `SystemModstamp` from where the last pull ended, with the deleted
and archived ones (`queryAll`). Reference: Salesforce, REST API Developer Guide, "Query" and
"QueryAll"; Bulk API 2.0 Developer Guide, "Query Jobs".
"""

import csv
import io
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, model_validator

from pipelines.documents import did_you_mean
from pipelines.errors import PipelineError
from pipelines.sources.kinds.base import Authored, Checked, Source, as_source
from pipelines.sources.kinds.salesforce_objects import OBJECTS, SalesforceObject
from pipelines.sources.kinds.salesforce_session import ENDED, SalesforceSession, SignedIn
from pipelines.sources.quiet import load_dlt
from pipelines.sources.secret import Address, SecretName, Secrets

if TYPE_CHECKING:
    from dlt.extract import DltResource, DltSource
    from requests import Session
    from simple_salesforce.api import Salesforce

OVERLAP_S = 300
"""Changes are stamped before they are committed, so each pull reads five minutes twice."""

TYPES = {
    "boolean": "bool",
    "int": "bigint",
    "double": "double",
    "currency": "double",
    "percent": "double",
}
"""dlt's types of Salesforce's field types; every other type is text."""


class ConnectedApp(Authored):
    """OAuth 2.0 client credentials of a connected app."""

    client_id: SecretName
    client_secret: SecretName


class SalesforceTable(Authored):
    """What to take of one object."""

    object: str = ""
    """API name; left out, the one of the standard table of this name."""
    fields: tuple[str, ...] = ()
    """Fields beside the standard ones, such as Segment__c."""
    only: tuple[str, ...] = ()
    """Take these fields and no other; Id and the cursor always come."""


class SalesforceSource(Source):
    """A Salesforce organisation."""

    kind: Literal["salesforce"]
    instance: Address = Field(pattern=r"^https://[^/]+$")
    """My Domain URL, such as https://northbeam.my.salesforce.com."""
    auth: ConnectedApp
    api_version: str = Field(default="62.0", pattern=r"^\d+\.0$")
    bulk_from_rows: int = Field(default=10_000, ge=0)
    """A query of at least so many rows goes through Bulk API 2.0."""
    bulk_poll_s: int = Field(default=5, ge=1)
    tables: dict[str, SalesforceTable] = Field(
        default_factory=lambda: {name: SalesforceTable() for name in OBJECTS}
    )

    @model_validator(mode="after")
    def _objects_are_known(self) -> "SalesforceSource":
        for name, table in self.tables.items():
            if name not in OBJECTS and not (table.object and table.only):
                raise ValueError(
                    f"table {name!r} is no standard one{did_you_mean(name, OBJECTS)}; give its "
                    f"`object` and the fields to take (`only`), or use {', '.join(OBJECTS)}"
                )
        return self

    def table_names(self) -> dict[str, str]:
        """Returns the tables, each with what a row stands for."""
        return {
            name: OBJECTS[name].about if name in OBJECTS else f"One row per {table.object}"
            for name, table in self.tables.items()
        }

    @contextmanager
    def opened(self, secrets: Secrets) -> "Iterator[DltSource]":
        """Connects; each object is a dlt resource."""
        dlt = load_dlt()
        with self._connected(secrets) as org:
            yield as_source(self.source, [self._resource(dlt, org, name) for name in self.tables])

    def check(self, secrets: Secrets) -> list[Checked]:
        """Connects, looks for every object and field, and counts."""
        with self._connected(secrets) as org:
            return [self._check(org, name) for name in self.tables]

    def _check(self, org: "Salesforce", name: str) -> Checked:
        what = self._object(name)
        types = self._types(org, what, name)
        missing = [field for field in what.fields if field not in types]
        rows = _count(org, f"SELECT COUNT() FROM {what.object}")
        return Checked(name, rows, f"no field {', '.join(missing)}" if missing else "")

    def _object(self, name: str) -> SalesforceObject:
        table, standard = self.tables[name], OBJECTS.get(name)
        base = table.only or (standard.fields if standard else ())
        cursor = standard.cursor if standard else "SystemModstamp"
        fields = dict.fromkeys(("Id", *base, *table.fields, cursor))
        return SalesforceObject(
            object=table.object or (standard.object if standard else name),
            fields=tuple(fields),
            cursor=cursor,
            about="",
        )

    @contextmanager
    def _connected(self, secrets: Secrets) -> "Iterator[Salesforce]":
        from dlt.sources.helpers.requests import Client

        # Waits and tries again on 429 and 5xx, for as long as Retry-After says.
        with closing(Client(raise_for_status=False).session) as session:
            yield self._signed_in(session, secrets)

    def _signed_in(self, session: "Session", secrets: Secrets) -> "Salesforce":
        from simple_salesforce.api import Salesforce

        held = SalesforceSession(lambda: self._sign_in(session, secrets))
        session.auth = held
        return Salesforce(
            session_id=held.signed_in.token,
            instance_url=held.signed_in.instance_url,
            version=self.api_version,
            session=session,
        )

    def _sign_in(self, session: "Session", secrets: Secrets) -> SignedIn:
        from requests import RequestException

        try:
            answer = session.post(
                f"{self.instance}/services/oauth2/token",
                data={
                    "grant_type": "client_credentials",
                    "client_id": secrets[self.auth.client_id],
                    "client_secret": secrets[self.auth.client_secret],
                },
                auth=lambda request: request,
            )
            said = answer.json()
        except (RequestException, ValueError) as error:
            reason = " ".join(str(error).split())
            raise PipelineError(
                f"{self.source}: {self.instance} cannot be reached: {reason}."
            ) from error
        if "access_token" not in said:
            raise PipelineError(
                f"{self.source}: Salesforce refused the connected app: "
                f"{said.get('error_description') or said.get('error') or answer.status_code}."
            )
        return SignedIn(said["access_token"], said.get("instance_url", self.instance))

    def _types(self, org: "Salesforce", what: SalesforceObject, name: str) -> dict[str, str]:
        """Types of the fields that the organisation has and the app may see."""
        from simple_salesforce.exceptions import SalesforceError

        try:
            said = getattr(org, what.object).describe()
        except SalesforceError as error:
            raise PipelineError(
                f"{self.source}.{name}: the object {what.object} is not there, or the connected "
                f"app may not read it ({_reason(error)})."
            ) from error
        return {f["name"]: TYPES.get(f["type"], "text") for f in said["fields"]}

    def _resource(self, dlt: Any, org: "Salesforce", name: str) -> "DltResource":
        what = self._object(name)
        types = self._types(org, what, name)
        # A field that is gone is not asked for: its column then vanishes, which is a drift.
        fields = [field for field in what.fields if field in types]
        for field in ("Id", what.cursor):
            if field not in types:
                raise PipelineError(f"{self.source}.{name}: {what.object} has no field {field}.")
        if "IsDeleted" in types and "IsDeleted" not in fields:
            fields.append("IsDeleted")

        cursor = dlt.sources.incremental(what.cursor, lag=OVERLAP_S)

        def rows(since: Any = cursor) -> Iterator[list[dict[str, Any]]]:
            yield from self._rows(org, what, fields, types, since.start_value or "")

        columns: dict[str, dict[str, Any]] = {f: {"data_type": types[f]} for f in fields}
        if "IsDeleted" in columns:
            columns["IsDeleted"]["hard_delete"] = True
        return dlt.resource(
            rows,
            name=name,
            primary_key="Id",
            write_disposition="merge",
            columns=columns,
        )

    def _rows(
        self,
        org: "Salesforce",
        what: SalesforceObject,
        fields: list[str],
        types: dict[str, str],
        since: str,
    ) -> Iterator[list[dict[str, Any]]]:
        from simple_salesforce.exceptions import SalesforceError

        where = f" WHERE {what.cursor} >= {_soql(since)}" if since else ""
        query = f"SELECT {', '.join(fields)} FROM {what.object}{where} ORDER BY {what.cursor}, Id"
        count = f"SELECT COUNT() FROM {what.object}{where}"
        try:
            if _count(org, count, include_deleted=True) >= self.bulk_from_rows:
                # The Bulk API sorts by itself, and refuses a query that asks for an order.
                unsorted = query.partition(" ORDER BY ")[0]
                job = getattr(org.bulk2, what.object)
                for page in job.query_all(unsorted, wait=self.bulk_poll_s):
                    yield [_typed(row, types) for row in csv.DictReader(io.StringIO(page))]
                return
            batch: list[dict[str, Any]] = []
            for record in org.query_all_iter(query, include_deleted=True):
                batch.append({f: _plain(record.get(f), types[f]) for f in fields})
                if len(batch) == 2000:
                    yield batch
                    batch = []
            yield batch
        except SalesforceError as error:
            raise PipelineError(f"{what.object} cannot be read: {_reason(error)}.") from error


def _count(org: "Salesforce", query: str, *, include_deleted: bool = False) -> int:
    return int(org.query(query, include_deleted=include_deleted)["totalSize"])


def _soql(instant: str) -> str:
    """An instant as Salesforce writes it in answers, in the way in which SOQL takes it."""
    moment = datetime.fromisoformat(instant.replace("+0000", "+00:00"))
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _plain(value: Any, kind: str) -> Any:
    if value is None or kind == "bool":
        return value
    return {"double": float, "bigint": int}.get(kind, str)(value)


def _typed(row: dict[str, str], types: dict[str, str]) -> dict[str, Any]:
    """A line of a bulk result, where everything is text and empty means null."""
    return {
        field: (text == "true" if types[field] == "bool" else _plain(text, types[field]))
        if text
        else None
        for field, text in row.items()
    }


def _reason(error: Any) -> str:
    content = getattr(error, "content", None)
    if isinstance(content, list) and content:
        if content[0].get("errorCode") == ENDED:
            return (
                f"{ENDED}: the session ended again right after it was renewed; look at the session "
                "policy of the connected app"
            )
        return f"{content[0].get('errorCode')}: {content[0].get('message')}".rstrip(".")
    return " ".join(str(error).split()).rstrip(".")
