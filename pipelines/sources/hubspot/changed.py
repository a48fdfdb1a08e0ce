"""Pages of what changed since an instant, none left out and none twice but at the seams.

The search answers at most 10,000 results of one query, and its pages are offsets: a record that is
edited meanwhile moves to the end, and one behind it slips over the seam unseen. So each page is a
query of its own that begins where the last page ended, and never goes on by offset. Where one
instant has more records than a page, as after an import, they are asked for by id.
"""

from datetime import UTC, datetime
from typing import Any, cast

from dlt.sources.helpers.rest_client.paginators import BasePaginator
from requests import Request, Response

from pipelines.errors import PipelineError

PAGE = 200
"""Most results of one page. https://developers.hubspot.com/docs/api-reference/search/guide,
read 2026-11."""
ID = "hs_object_id"


def search_for_changes(
    modified: str, properties: tuple[str, ...], since: datetime, *, page: int = PAGE
) -> dict[str, Any]:
    """Returns the first query: everything that changed at or after an instant, oldest first."""
    return {
        "filterGroups": [{"filters": [_condition(modified, "GTE", _millis(since))]}],
        "sorts": [modified],
        "properties": list(properties),
        "limit": page,
        "after": "0",
    }


class ChangedPages(BasePaginator):
    """Moves the window of the search to where the last page ended."""

    def __init__(self, modified: str) -> None:
        super().__init__()
        self._modified = modified
        self._filters: list[dict[str, str]] = []
        self._sort = modified
        self._at: int | None = None
        """The instant whose records are being asked for by id, in milliseconds."""

    @property
    def is_within_an_instant(self) -> bool:
        """Whether more records of the last instant are to come."""
        return self._at is not None

    def update_state(self, response: Response, data: list[Any] | None = None) -> None:
        """Reads where the page ended."""
        rows = data or []
        self._require_order(rows)
        is_full = bool((response.json().get("paging") or {}).get("next"))
        if self._at is not None:
            if is_full:
                self._filters = self._of_instant(self._at, after_id=_id_of(rows[-1]))
            else:
                later = _condition(self._modified, "GT", str(self._at))
                self._filters, self._sort, self._at = [later], self._modified, None
            return
        if not is_full:
            self._has_next_page = False
            return
        first, last = (instant_of(row, self._modified) for row in (rows[0], rows[-1]))
        if first == last:
            self._at, self._sort = last, ID
            self._filters = self._of_instant(last, after_id=0)
        else:
            self._filters = [_condition(self._modified, "GTE", str(last))]

    def update_request(self, request: Request) -> None:
        """Asks for the next window."""
        if self._has_next_page:
            groups = [{"filters": self._filters}]
            before = cast("dict[str, Any]", request.json)
            request.json = {**before, "filterGroups": groups, "sorts": [self._sort]}

    def _of_instant(self, instant: int, *, after_id: int) -> list[dict[str, str]]:
        return [
            _condition(self._modified, "EQ", str(instant)),
            _condition(ID, "GT", str(after_id)),
        ]

    def _require_order(self, rows: list[Any]) -> None:
        """An answer in another order would hide records behind the window."""
        marks = [
            _id_of(row) if self._at is not None else instant_of(row, self._modified) for row in rows
        ]
        if marks != sorted(marks):
            raise PipelineError(
                f"HubSpot's search came out of order by {self._sort!r}; nothing of this page is "
                "used, since records could be missed."
            )


def instant_of(row: dict[str, Any], modified: str) -> int:
    """Returns when a record changed, in milliseconds.

    Raises:
        PipelineError: the record does not say.
    """
    text = (row.get("properties") or {}).get(modified)
    if not text:
        raise PipelineError(f"HubSpot's record {row.get('id')!r} has no {modified!r}.")
    if str(text).isdigit():
        return int(text)
    return int(_millis(datetime.fromisoformat(str(text))))


def _id_of(row: dict[str, Any]) -> int:
    return int(row["id"])


def _millis(instant: datetime) -> str:
    return str(round(instant.astimezone(UTC).timestamp() * 1000))


def _condition(name: str, operator: str, value: str) -> dict[str, str]:
    return {"propertyName": name, "operator": operator, "value": value}
