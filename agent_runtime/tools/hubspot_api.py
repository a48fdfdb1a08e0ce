"""One HTTP client of HubSpot's API: what it answers, and what that means for who asked."""

import ssl
from collections.abc import Mapping
from functools import cache
from typing import Any

import httpx

from agent_runtime.crm_port import Outcome

TIMEOUT_S = 15.0
LONGEST_WAIT_S = 3600.0
_LATER = frozenset({408, 423, 425, 429, 477})
"""Locked, too often, too early, or the account is being moved; 477 carries Retry-After too.
https://developers.hubspot.com/docs/api-reference/error-handling, read 2026-11."""


class HubSpotTrouble(Exception):
    """An answer that ends a call; `outcome` is what the caller has to be told."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.reason)
        self.outcome = outcome


class HubSpotApi:
    """Asks with the token of a private app; it never retries by itself."""

    def __init__(self, url: str, token: str, *, timeout_s: float = TIMEOUT_S) -> None:
        self._client = httpx.Client(
            base_url=url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=timeout_s,
            verify=_certificates(),
            follow_redirects=False,
        )

    def ask(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Returns what the API answers.

        Raises:
            HubSpotTrouble: it refused, or nothing is known of what it did.
        """
        found = self.look_up(method, path, query=query, body=body)
        if found is None:
            raise HubSpotTrouble(Outcome("refused", f"404: HubSpot knows no {path}"))
        return found

    def look_up(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> dict[str, Any] | None:
        """Returns what the API answers, or None where there is no such thing (404).

        Raises:
            HubSpotTrouble: as `ask`.
        """
        try:
            answer = self._client.request(method, path, params=query, json=body)
        except httpx.HTTPError as error:
            why = f"HubSpot was not reached ({type(error).__name__})"
            raise HubSpotTrouble(Outcome("retry", why)) from None
        if answer.status_code == 404:
            return None
        said = _json(answer)
        if answer.is_success and said is not None:
            return said
        raise HubSpotTrouble(_outcome(answer, said or {}))

    def close(self) -> None:
        """Closes the connections."""
        self._client.close()


@cache
def _certificates() -> ssl.SSLContext:
    """Read once: it takes a third of a second."""
    return httpx.create_ssl_context()


def _outcome(answer: httpx.Response, said: dict[str, Any]) -> Outcome:
    status = answer.status_code
    if status == 401:
        why = "401: PARLEY_HUBSPOT_TOKEN is wrong, expired or revoked; set a new one"
        return Outcome("retry", why)
    if status in _LATER or status >= 500 or answer.is_success:
        return Outcome("retry", f"HubSpot answered {status}", retry_after_s=_wait(answer))
    message = " ".join(str(said.get("message") or "no reason given").split())[:300]
    if status == 403:
        message += "; the token lacks a scope, see `parley crm scopes`"
    return Outcome("refused", f"{status}: {message}")


def _wait(answer: httpx.Response) -> float:
    """Seconds of Retry-After; a date, or nonsense, counts as none."""
    try:
        return min(max(float(answer.headers.get("Retry-After", 0)), 0.0), LONGEST_WAIT_S)
    except ValueError:
        return 0.0


def _json(answer: httpx.Response) -> dict[str, Any] | None:
    try:
        said = answer.json()
    except ValueError:
        return None
    return said if isinstance(said, dict) else None
