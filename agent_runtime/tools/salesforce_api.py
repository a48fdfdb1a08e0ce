"""One HTTP client of Salesforce's REST API: what it answers, and what that means for who asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote

import httpx

from agent_runtime.crm_port import Outcome
from agent_runtime.tools.allow_list import Allowed
from agent_runtime.tools.salesforce_session import SalesforceSession, SalesforceTrouble

VERSION = "v61.0"
ROOT = f"/services/data/{VERSION}"
AT_A_TIME = 25
"""Subrequests of one composite request.
https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/, read 2026-11."""
LIMIT_WAIT_S = 900.0
"""REQUEST_LIMIT_EXCEEDED counts the past 24 hours; the answer does not say when there is room."""
_LATER = frozenset({"UNABLE_TO_LOCK_ROW", "SERVER_UNAVAILABLE", "REQUEST_RUNNING_TOO_LONG"})
SObject = Literal["Contact", "Lead", "Task", "Event"]


@dataclass(frozen=True, slots=True)
class Upsert:
    """One record by our id; properties come from the list of fields alone."""

    kind: SObject
    allowed: Allowed
    who_id: str
    """The contact or lead that it belongs to."""


class SalesforceApi:
    """Asks within a session that renews itself; it retries nothing else, and deletes nothing."""

    def __init__(
        self, url: str, session: SalesforceSession | str, *, timeout_s: float = 15.0
    ) -> None:
        self._client = httpx.Client(
            base_url=url,
            auth=SalesforceSession(session) if isinstance(session, str) else session,
            timeout=timeout_s,
            follow_redirects=False,
        )

    def query(self, soql: str) -> list[dict[str, Any]]:
        """Returns the records of a query.

        Raises:
            SalesforceTrouble: it could not be asked.
        """
        return self._ask("GET", f"{ROOT}/query", params={"q": soql})["records"]

    def describe(self, kind: SObject) -> dict[str, dict[str, Any]]:
        """Returns what Salesforce says of each field of an object that we may see, by name.

        Raises:
            SalesforceTrouble: it could not be asked.
        """
        said = self._ask("GET", f"{ROOT}/sobjects/{kind}/describe")
        return {field["name"]: field for field in said["fields"]}

    def update(self, kind: SObject, record_id: str, allowed: Allowed) -> None:
        """Writes fields of one record.

        Raises:
            SalesforceTrouble: it refused, or nothing is known of what it did.
        """
        path = f"{ROOT}/sobjects/{kind}/{quote(record_id, safe='')}"
        self._ask("PATCH", path, json=values_of(allowed))

    def upsert(self, records: Sequence[Upsert], *, key: str) -> list[Outcome]:
        """Makes or renews up to 25 records by our id in one request, each for itself.

        Raises:
            SalesforceTrouble: nothing is known of what it did.
        """
        asked = [
            {
                "method": "PATCH",
                "url": f"{ROOT}/sobjects/{one.kind}/{key}/{one.allowed.properties[key]}",
                "referenceId": f"r{place}",
                "body": {
                    **{k: v for k, v in values_of(one.allowed).items() if k != key},
                    "WhoId": one.who_id,
                },
            }
            for place, one in enumerate(records)
        ]
        body = {"allOrNone": False, "compositeRequest": asked}
        answer = self._ask("POST", f"{ROOT}/composite", json=body)
        said = {one["referenceId"]: one for one in answer["compositeResponse"]}
        return [self._part(said.get(f"r{place}")) for place in range(len(records))]

    def close(self) -> None:
        """Closes the connections."""
        self._client.close()

    def _part(self, said: dict[str, Any] | None) -> Outcome:
        if said is None:
            return Outcome("retry", "Salesforce did not say what became of it")
        if said["httpStatusCode"] in (200, 201, 204):
            return Outcome("pushed", vendor_id=str((said.get("body") or {}).get("id") or ""))
        return _outcome(int(said["httpStatusCode"]), said.get("body"))

    def _ask(self, method: str, path: str, **given: Any) -> dict[str, Any]:
        try:
            answer = self._client.request(method, path, **given)
        except httpx.HTTPError as error:
            why = f"Salesforce was not reached ({type(error).__name__})"
            raise SalesforceTrouble(Outcome("retry", why)) from None
        try:
            said = answer.json() if answer.content else {}
        except ValueError:
            said = None
        if answer.is_success and isinstance(said, dict):
            return said
        raise SalesforceTrouble(_outcome(answer.status_code, said))


def values_of(allowed: Allowed) -> dict[str, str | bool]:
    """Returns properties as Salesforce takes them: checkboxes as booleans, days as dates."""
    typed: dict[str, str | bool] = {}
    for name, value in allowed.properties.items():
        typed[name] = value == "true" if name == "HasOptedOutOfEmail" else value
        if name == "ActivityDate":
            typed[name] = value[:10]
    return typed


def _outcome(status: int, said: Any) -> Outcome:
    if status == 300:
        # The external id is not unique there: the body lists where the records are.
        return Outcome("refused", "several records there have our id; mend it there")
    first = said[0] if isinstance(said, list) and said and isinstance(said[0], dict) else {}
    code, message = str(first.get("errorCode", "")), str(first.get("message", ""))[:300]
    if status == 401:
        return Outcome(
            "retry",
            "401: PARLEY_SALESFORCE_TOKEN is wrong or has expired; set a new one, or the connected "
            "app in PARLEY_SALESFORCE_CLIENT_ID and PARLEY_SALESFORCE_CLIENT_SECRET",
        )
    if code == "REQUEST_LIMIT_EXCEEDED":
        return Outcome("retry", "the day's requests are used up", retry_after_s=LIMIT_WAIT_S)
    if status >= 500 or status in (408, 429) or code in _LATER or status < 300:
        return Outcome("retry", f"Salesforce answered {status} {code}".rstrip())
    if code == "ENTITY_IS_DELETED":
        return Outcome("refused", "the record was deleted there")
    return Outcome("refused", f"{status}: {code} {message}".strip())
