"""One HTTP client of HubSpot's API: what it answers, and what that means for who asked."""

import ssl
from functools import cache
from typing import Any

import httpx

from agent_runtime.crm_port import CrmTrouble, Outcome
from agent_runtime.tools.hubspot_requests import HubSpotRequest
from agent_runtime.tools.pace import AGAIN_S, Pace

TIMEOUT_S = 15.0
LONGEST_WAIT_S = 86_400.0
_LATER = frozenset({408, 423, 425, 429, 477})
"""Locked, too often, too early, or the account is being moved; 477 carries Retry-After too.
https://developers.hubspot.com/docs/api-reference/error-handling, read 2026-11."""


class HubSpotTrouble(CrmTrouble):
    """HubSpot refused, or nothing is known of what it did."""


class HubSpotApi:
    """Asks with the token of a private app; it never retries by itself."""

    def __init__(
        self, url: str, token: str, *, timeout_s: float = TIMEOUT_S, pace: Pace | None = None
    ) -> None:
        self._pace = pace or Pace()
        self._client = httpx.Client(
            base_url=url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=timeout_s,
            verify=_certificates(),
            follow_redirects=False,
        )

    def ask(self, request: HubSpotRequest, *, is_urgent: bool = False) -> dict[str, Any]:
        """Returns what the API answers; `is_urgent` may use what is kept back of a day.

        Raises:
            HubSpotTrouble: it refused, or nothing is known of what it did.
        """
        found = self.look_up(request, is_urgent=is_urgent)
        if found is None:
            raise HubSpotTrouble(Outcome("refused", f"404: HubSpot knows no {request.path}"))
        return found

    def look_up(self, request: HubSpotRequest, *, is_urgent: bool = False) -> dict[str, Any] | None:
        """Returns what the API answers, or None where there is no such thing (404).

        Raises:
            HubSpotTrouble: as `ask`.
        """
        wait = self._pace.wait_s(is_urgent=is_urgent)
        if wait > 0:
            why = "HubSpot is asked no more often than it allows"
            raise HubSpotTrouble(Outcome("unasked", why, retry_after_s=wait))
        self._pace.asked()
        try:
            answer = self._client.request(
                request.method, request.path, params=request.query or None, json=request.body
            )
        except httpx.HTTPError as error:
            why = f"HubSpot was not reached ({type(error).__name__})"
            raise HubSpotTrouble(Outcome("retry", why)) from None
        self._pace.answered(answer.headers)
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
        wait = _wait(answer)
        if status == 429 and said.get("policyName") == "DAILY":
            wait = wait or AGAIN_S
        return Outcome("retry", f"HubSpot answered {status}", retry_after_s=wait)
    message = " ".join(str(said.get("message") or "no reason given").split())[:300]
    if status == 403:
        message += "; the token lacks a scope, see `parley crm scopes`"
    return Outcome("refused", f"{status}: {message}")


def _wait(answer: httpx.Response) -> float:
    """Seconds of Retry-After; a date, or nonsense, counts as none."""
    said = answer.headers.get("Retry-After", "")
    return min(float(said), LONGEST_WAIT_S) if said.isdecimal() else 0.0


def _json(answer: httpx.Response) -> dict[str, Any] | None:
    try:
        said = answer.json()
    except ValueError:
        return None
    return said if isinstance(said, dict) else None
