"""A session of Salesforce for the length of a pull, renewed when it ends in the middle of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from requests import PreparedRequest, Response

ENDED = "INVALID_SESSION_ID"
"""How Salesforce says that a session has ended, with status 401 and nothing done."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What a sign-in gives."""

    token: str
    instance_url: str


class SalesforceSession:
    """Puts the token on each request, and asks a request that was refused for it once more.

    simple-salesforce copies the token into each of its parts, so it is put on where all of them
    send: as the authentication of their common session.
    """

    def __init__(self, sign_in: Callable[[], SignedIn]) -> None:
        self._sign_in = sign_in
        self.signed_in = sign_in()

    def __call__(self, request: "PreparedRequest") -> "PreparedRequest":
        """Authorises a request."""
        self._authorise(request)
        request.register_hook("response", self._renewed)
        return request

    def _authorise(self, request: "PreparedRequest") -> None:
        request.headers["Authorization"] = f"Bearer {self.signed_in.token}"

    def _renewed(self, answer: "Response", **how: Any) -> "Response":
        if answer.status_code != 401 or ENDED.encode() not in answer.content:
            return answer
        if answer.request.headers["Authorization"] == f"Bearer {self.signed_in.token}":
            self.signed_in = self._sign_in()
        again = answer.request.copy()
        self._authorise(again)
        answer.close()
        renewed = answer.connection.send(again, **how)  # pyright: ignore[reportAttributeAccessIssue]
        renewed.history.append(answer)
        renewed.request = again
        return renewed
