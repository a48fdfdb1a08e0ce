"""Answers that are read before anybody judges them."""

from typing import Any

from requests import Response, Session
from requests.adapters import HTTPAdapter


class _WholeAnswers(HTTPAdapter):
    """A refused answer that nobody read would keep its connection open."""

    def send(self, *args: Any, **options: Any) -> Response:
        response = super().send(*args, **options)
        _ = response.content
        return response


def read_whole(session: Session) -> Session:
    """Has each answer of a session read at once."""
    for scheme in ("http://", "https://"):
        session.mount(scheme, _WholeAnswers())
    return session
