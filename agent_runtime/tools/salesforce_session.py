"""Signs in to Salesforce as a connected app, and once more when a session ends in mid-run."""

from collections.abc import Generator

import httpx

from agent_runtime.crm_port import CrmTrouble, Outcome

TOKEN_PATH = "/services/oauth2/token"
"""OAuth 2.0 client credentials flow.
https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_client_credentials_flow.htm,
read 2026-11."""


class SalesforceTrouble(CrmTrouble):
    """Salesforce refused, or nothing is known of what it did."""


class SalesforceSession(httpx.Auth):
    """Puts the token on each request; a request that is refused for it is asked again once.

    Salesforce refuses before it does anything, so that asking again makes nothing twice.
    """

    requires_response_body = True

    def __init__(self, token: str = "", *, client_id: str = "", client_secret: str = "") -> None:
        self._token, self._client_id, self._secret = token, client_id, client_secret

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Yields the request, with a sign-in before it or after its refusal where one is due."""
        if not self._token and self._client_id:
            yield from self._sign_in(request)
        used = self._put(request)
        answer = yield request
        if answer.status_code != 401 or not self._client_id:
            return
        if used == self._token:
            yield from self._sign_in(request)
        self._put(request)
        answer = yield request
        if answer.status_code == 401:
            self._token = ""
            why = "401: the session ended again right after it was renewed; look at the session "
            raise SalesforceTrouble(Outcome("retry", f"{why}policy of the connected app"))

    def _put(self, request: httpx.Request) -> str:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return self._token

    def _sign_in(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        form = {
            "grant_type": "client_credentials",
            "client_id": self._client_id,
            "client_secret": self._secret,
        }
        url = request.url.copy_with(raw_path=TOKEN_PATH.encode())
        answer = yield httpx.Request("POST", url, data=form)
        try:
            said = answer.json()
        except ValueError:
            said = {}
        token = said.get("access_token") if isinstance(said, dict) else None
        if token:
            self._token = str(token)
            return
        if answer.status_code >= 500 or answer.status_code == 429:
            raise SalesforceTrouble(
                Outcome("retry", f"Salesforce answered {answer.status_code} to the sign-in")
            )
        named = said.get("error_description") or said.get("error") or answer.status_code
        why = f"Salesforce refused to sign us in ({named}); look at PARLEY_SALESFORCE_CLIENT_ID "
        raise SalesforceTrouble(Outcome("retry", f"{why}and PARLEY_SALESFORCE_CLIENT_SECRET"))
