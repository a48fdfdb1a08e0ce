"""Cookies of the console: unreadable for scripts, sent to it alone, and over TLS where there is."""

from starlette.requests import Request
from starlette.responses import Response

from agent_runtime.console.frame.hosts import LOOPBACK

ROOT = "/console"
SESSION = "parley_session"


def is_private(request: Request) -> bool:
    """Says whether nobody can listen: TLS, or both ends are on this machine."""
    return request.url.scheme == "https" or (request.url.hostname or "") in LOOPBACK


def put(
    response: Response, request: Request, name: str, value: str, *, seconds: int | None = None
) -> None:
    """Sets a cookie; without seconds it goes when the browser is closed."""
    response.set_cookie(
        name,
        value,
        max_age=seconds,
        path=ROOT,
        httponly=True,
        secure=request.url.scheme == "https",
        samesite="lax",
    )


def drop(response: Response, request: Request, name: str) -> None:
    """Takes a cookie back."""
    response.delete_cookie(
        name, path=ROOT, httponly=True, secure=request.url.scheme == "https", samesite="lax"
    )
