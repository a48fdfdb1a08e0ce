"""Unsubscribes with one click and no login (RFC 8058); a GET only shows a button."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache
from html import escape

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from agent_runtime.channels.email.signing import Keyring
from agent_runtime.channels.email.unsubscribe_link import PATH, Unsubscriber, unsubscriber_of
from agent_runtime.intake import opened_by_buyer, stop
from agent_runtime.log import Versions
from agent_runtime.ports import Store
from agent_runtime.words import read_words

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
}
"""The address is a key to one act: it must not be kept, handed on or found."""


def routes(
    store: Store, keyring: Keyring, versions: Versions, *, clock: Callable[[], datetime]
) -> Sequence[BaseRoute]:
    """Returns the route that unsubscribes whoever a token speaks for."""

    def answer(request: Request) -> Response:
        who = unsubscriber_of(request.path_params["token"], keyring)
        language = _language(store, who) if who else None
        if who is None or language is None:
            return _page("invalid", _asked_for(request), status=404)
        if request.method != "POST":
            return _page("ask", language)
        _unsubscribe(store, who, versions, now=clock())
        return _page("done", language)

    return [Route(f"{PATH}{{token}}", answer, methods=["GET", "POST"])]


def _language(store: Store, who: Unsubscriber) -> str | None:
    """Returns the language of the person, or None where nobody of ours is meant."""
    if who.tenant_id != store.tenant_id:
        return None
    with store.begin() as tx:
        contact, session = tx.contact_of(who.person_id), tx.session_of(who.person_id)
    if contact is None:
        return None
    return (session.language if session else "") or contact.language or "en"


def _unsubscribe(store: Store, who: Unsubscriber, versions: Versions, *, now: datetime) -> None:
    with store.begin() as tx:
        contact = tx.contact_of(who.person_id)
        if contact is not None:
            session = tx.session_of(who.person_id) or opened_by_buyer(contact)
            stop(tx, session, who.message_id, versions=versions, now=now)


def _asked_for(request: Request) -> str:
    """Returns the first language of ours that the browser asks for."""
    wanted = request.headers.get("accept-language", "").lower().split(",")
    return next((part.strip()[:2] for part in wanted if part.strip()[:2] in _words()), "en")


@cache
def _words() -> dict[str, dict[str, str]]:
    return read_words("unsubscribe_page")


def _page(kind: str, language: str, *, status: int = 200) -> HTMLResponse:
    words = _words()
    lang = language if language in words else "en"
    text = words[lang]
    button = (
        f'<form method="post"><button>{escape(text["button"])}</button></form>'
        if kind == "ask"
        else ""
    )
    return HTMLResponse(
        f'<!doctype html><html lang="{lang}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{escape(text["title"])}</title>'
        "<style>body{font:18px/1.5 sans-serif;max-width:34em;margin:3em auto;padding:0 1em}"
        "button{font:inherit;padding:.6em 1.2em}</style></head>"
        f"<body><main><p>{escape(text[kind])}</p>{button}</main></body></html>",
        status_code=status,
        headers=_HEADERS,
    )
