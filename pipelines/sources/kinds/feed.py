"""JSON over HTTP, page by page: intent and event feeds, lists of marketing and call tools."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, model_validator

from pipelines.errors import PipelineError
from pipelines.sources.dlt_run import cause_of
from pipelines.sources.kinds.base import Authored, Checked, Source
from pipelines.sources.quiet import load_dlt
from pipelines.sources.secret import Address, SecretName, Secrets

if TYPE_CHECKING:
    from dlt.extract import DltSource
    from requests.adapters import HTTPAdapter


class Paging(Authored):
    """How the next page is found; exactly one way."""

    next_link: str = ""
    """Path in the answer to the URL of the next page, such as links.next."""
    next_cursor: str = ""
    """Path in the answer to a token for the next page."""
    cursor_param: str = "cursor"
    """Query parameter that takes the token."""
    page_param: str = ""
    """Query parameter that counts pages; the first empty page is the end."""

    @model_validator(mode="after")
    def _is_one_way(self) -> "Paging":
        if sum(map(bool, (self.next_link, self.next_cursor, self.page_param))) != 1:
            raise ValueError("give exactly one of next_link, next_cursor, page_param")
        return self


class Since(Authored):
    """How a pull asks only for what is newer than the last one."""

    field: str
    """Field of a row that never goes back, such as observed_at."""
    param: str
    """Query parameter that takes its highest value so far."""
    start: str
    """What to ask for on the first pull, such as 2026-01-01T00:00:00Z."""


class FeedTable(Authored):
    """One list of JSON objects."""

    path: str
    """Path below the base URL."""
    about: str = ""
    key: tuple[str, ...] = Field(min_length=1)
    rows: str = "$"
    """Path in the answer to the list of rows; `$` where the answer is the list."""
    params: dict[str, str] = Field(default_factory=dict)
    since: Since | None = None
    """Left out, each pull reads the whole list, and what is not in it any more is gone."""
    paging: Paging | None = None
    deleted: str = ""
    """Boolean field that marks deleted rows."""


class FeedSource(Source):
    """A JSON feed."""

    kind: Literal["feed"]
    url: Address = Field(pattern=r"^https?://")
    token: SecretName | None = None
    """Bearer token."""
    header: str = ""
    """Header that takes the token in place of `Authorization: Bearer`."""
    tables: dict[str, FeedTable] = Field(min_length=1)

    def table_names(self) -> dict[str, str]:
        """Returns the tables, each with what a row stands for."""
        return {
            name: table.about or f"One row per {', '.join(table.key)}"
            for name, table in self.tables.items()
        }

    def sparse_tables(self) -> list[str]:
        """Returns all tables, since JSON leaves out what is empty."""
        return list(self.tables)

    @contextmanager
    def opened(self, secrets: Secrets) -> "Iterator[DltSource]":
        """Each list is a dlt resource; 429 and 5xx are tried again as Retry-After says."""
        load_dlt()
        from dlt.sources.helpers.requests import Client
        from dlt.sources.rest_api import rest_api_source

        with closing(Client(raise_for_status=False).session) as session:
            session.mount(self.url, _whole_answers())
            settings: Any = {
                "client": {**self._client(secrets), "session": session},
                "resources": [_resource(name, table) for name, table in self.tables.items()],
            }
            yield rest_api_source(settings, name=self.source)

    def check(self, secrets: Secrets) -> list[Checked]:
        """Asks for the first page of each list."""
        from dlt.common.exceptions import DltException

        with self.opened(secrets) as opened:
            opened.add_limit(1)
            found: list[Checked] = []
            for name, resource in opened.resources.items():
                try:
                    rows = len(list(resource))
                except DltException as error:
                    raise PipelineError(f"{self.source}.{name}: {cause_of(error)}") from error
                found.append(Checked(name, None, f"{rows} rows on the first page"))
            return found

    def _client(self, secrets: Secrets) -> Any:
        client: dict[str, Any] = {"base_url": self.url}
        if self.token and self.header:
            client["headers"] = {self.header: secrets[self.token]}
        elif self.token:
            client["auth"] = {"type": "bearer", "token": secrets[self.token]}
        return client


def _whole_answers() -> "HTTPAdapter":
    """Reads refusals too, since dlt raises before it does and their connections stay open."""
    from requests import Response
    from requests.adapters import HTTPAdapter

    class Whole(HTTPAdapter):
        def send(self, *arguments: Any, **options: Any) -> Response:
            answer = super().send(*arguments, **options)
            _ = answer.content
            return answer

    return Whole()


def _resource(name: str, table: FeedTable) -> Any:
    endpoint: dict[str, Any] = {
        "path": table.path,
        "params": dict(table.params),
        "data_selector": table.rows,
        "paginator": _paginator(table.paging),
    }
    if table.since:
        endpoint["params"][table.since.param] = "{incremental.start_value}"
        endpoint["incremental"] = {
            "cursor_path": table.since.field,
            "initial_value": table.since.start,
        }
    return {
        "name": name,
        "primary_key": list(table.key),
        "write_disposition": "merge" if table.since else "replace",
        "columns": {table.deleted: {"hard_delete": True}} if table.deleted else {},
        "endpoint": endpoint,
    }


def _paginator(paging: Paging | None) -> Any:
    if paging is None:
        return {"type": "single_page"}
    if paging.next_link:
        return {"type": "json_link", "next_url_path": paging.next_link}
    if paging.next_cursor:
        return {
            "type": "cursor",
            "cursor_path": paging.next_cursor,
            "cursor_param": paging.cursor_param,
        }
    return {
        "type": "page_number",
        "page_param": paging.page_param,
        "base_page": 1,
        "total_path": None,
    }
