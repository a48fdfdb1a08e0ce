"""Asks HubSpot's API for pages: paced, patient within a budget, and clear about what it refused."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from time import monotonic, sleep
from typing import Any

from dlt.sources.helpers.requests import Client
from dlt.sources.helpers.rest_client.auth import BearerTokenAuth
from dlt.sources.helpers.rest_client.client import RESTClient
from dlt.sources.helpers.rest_client.paginators import BasePaginator, JSONResponseCursorPaginator
from requests import HTTPError, RequestException, Response

from pipelines.errors import PipelineError

LATER = frozenset({408, 423, 425, 429, 477})
"""Try again: locked, too often, too early, or the account is being moved; so is every 5xx.
https://developers.hubspot.com/docs/api-reference/error-handling, read 2026-11."""

SEARCHES_A_SECOND = 4.0
"""HubSpot answers five searches a second and account.
https://developers.hubspot.com/docs/api-reference/search/guide, read 2026-11."""


class HubSpotStop(PipelineError):
    """The account cannot be read any further now; what was read stays."""


class HubSpotRefusal(PipelineError):
    """One kind of record may not be read; the others may."""

    @property
    def is_about_scopes(self) -> bool:
        """Whether it is the token that may not, whatever is asked."""
        return str(self).startswith("403")


@dataclass(slots=True)
class Patience:
    """How long a whole pull tries again, over all its requests."""

    tries: int = 60
    """How many answers may be tried again in one pull."""
    longest_wait_s: float = 300.0
    """A longer Retry-After ends the pull; the next one goes on where it stopped."""
    backoff: float = 1.0
    """Seconds before the second try; doubled for each further one."""
    attempts: int = 6
    """Tries of one request."""
    used: int = field(default=0, init=False)

    def may_retry(self, response: Response | None, error: BaseException | None) -> bool:
        """Says whether to ask once more, and counts it."""
        if response is not None and response.status_code < 500:
            if response.status_code not in LATER:
                return False
            if _retry_after(response) > self.longest_wait_s:
                return False
        elif response is None and not isinstance(error, RequestException):
            return False
        self.used += 1
        return self.used <= self.tries


class HubSpotReader:
    """Reads one account with the token of a private app."""

    def __init__(
        self,
        url: str,
        token: str,
        *,
        patience: Patience | None = None,
        searches_a_second: float = SEARCHES_A_SECOND,
        timeout_s: float = 30.0,
    ) -> None:
        self.patience = patience or Patience()
        http = Client(
            request_timeout=timeout_s,
            raise_for_status=False,
            status_codes=(),
            exceptions=(),
            retry_condition=self.patience.may_retry,
            request_max_attempts=self.patience.attempts,
            request_backoff_factor=self.patience.backoff,
            request_max_retry_delay=self.patience.longest_wait_s,
        )
        self._session = http.session
        self._client = RESTClient(url, auth=BearerTokenAuth(token), session=self._session)
        self._pause_s = 1.0 / searches_a_second
        self._turn = Lock()
        self._next_search = 0.0

    def __enter__(self) -> "HubSpotReader":
        """Returns the reader; leaving it closes its connections."""
        return self

    def __exit__(self, *_: object) -> None:
        """Closes the connections."""
        self._session.close()

    def pages(self, path: str, query: Mapping[str, Any]) -> Iterator[list[dict[str, Any]]]:
        """Yields the pages of a list.

        Raises:
            HubSpotStop: the account cannot be read now.
            HubSpotRefusal: this may not be read.
        """
        following = JSONResponseCursorPaginator("paging.next.after", cursor_param="after")
        yield from self._paged("GET", path, following, params=dict(query))

    def search(
        self, path: str, body: dict[str, Any], pages: BasePaginator
    ) -> Iterator[list[dict[str, Any]]]:
        """Yields the pages of a search; raises as `pages` does."""
        yield from self._paged("POST", path, pages, json=body)

    def ask(
        self, path: str, *, query: Mapping[str, Any] | None = None, body: Any = None
    ) -> dict[str, Any]:
        """Returns one answer, partial ones with their `errors`; raises as `pages` does."""
        method = "GET" if body is None else "POST"
        try:
            answer = self._client.request(path, method, params=dict(query or {}), json=body)
        except RequestException as error:
            raise _meaning(error) from None
        if answer.status_code >= 400:
            raise _meaning(HTTPError(response=answer))
        return answer.json()

    def _paged(
        self, method: Any, path: str, paginator: BasePaginator, **asked: Any
    ) -> Iterator[list[dict[str, Any]]]:
        pages = self._client.paginate(
            path,
            method,
            paginator=paginator,
            data_selector="results[*]",
            hooks={"response": [_require_success]},
            **asked,
        )
        while True:
            if path.endswith("/search"):
                self._wait_for_turn()
            try:
                page = next(pages)
            except StopIteration:
                return
            except RequestException as error:
                raise _meaning(error) from None
            yield list(page)

    def _wait_for_turn(self) -> None:
        with self._turn:
            wait_s = self._next_search - monotonic()
            self._next_search = max(self._next_search, monotonic()) + self._pause_s
        if wait_s > 0:
            sleep(wait_s)


def batches(items: Sequence[Any], size: int = 100) -> Iterator[Sequence[Any]]:
    """Yields the items in parts of at most 100, which is what a batch of HubSpot's may have."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _require_success(answer: Response, *_: Any, **__: Any) -> None:
    """Reads an answer to its end, so that its connection is used again, and then refuses it."""
    if answer.status_code >= 400:
        answer.content  # noqa: B018
        raise HTTPError(response=answer)


def _meaning(error: RequestException) -> HubSpotStop | HubSpotRefusal:
    """Returns what a failed request means for the pull."""
    answer = error.response
    if answer is None:
        return HubSpotStop(
            f"HubSpot was not reached ({type(error).__name__}); start the pull again, it goes on "
            "where it stopped."
        )
    status = answer.status_code
    if status == 401:
        return HubSpotStop(
            "HubSpot answered 401: PARLEY_HUBSPOT_TOKEN is wrong, expired or revoked; set a new "
            "one."
        )
    if status in LATER or status >= 500:
        wait_s = _retry_after(answer)
        asks = f" and asks to wait {wait_s:.0f} s" if wait_s else ""
        return HubSpotStop(
            f"HubSpot answered {status}{asks}; start the pull again then, it goes on where it "
            "stopped."
        )
    said = _message(answer)
    if status == 403:
        return HubSpotRefusal(f"403: {said}; the token lacks a scope")
    return HubSpotRefusal(f"{status}: {said}")


def _message(answer: Response) -> str:
    try:
        said = answer.json()
    except ValueError:
        said = {}
    text = said.get("message") if isinstance(said, dict) else ""
    return " ".join(str(text or "no reason given").split())[:300].rstrip(".")


def _retry_after(answer: Response) -> float:
    """Seconds of Retry-After; a date, or nonsense, counts as none."""
    try:
        return max(float(answer.headers.get("Retry-After", 0)), 0.0)
    except ValueError:
        return 0.0
