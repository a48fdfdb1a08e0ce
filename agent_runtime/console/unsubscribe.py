"""Unsubscribes with one click and no login (RFC 8058); a GET only shows a button."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from agent_runtime.channels.email.signing import Keyring
from agent_runtime.channels.email.unsubscribe_link import PATH, Unsubscriber, unsubscriber_of
from agent_runtime.console.one_button import Words, asked_for, page
from agent_runtime.intake import opened_by_buyer, stop
from agent_runtime.log import Versions
from agent_runtime.ports import Store
from agent_runtime.words import read_words


def routes(
    store: Store,
    keyring: Keyring,
    versions: Versions,
    *,
    clock: Callable[[], datetime],
    pages: str = "",
) -> Sequence[BaseRoute]:
    """Returns the route that unsubscribes whoever a token speaks for.

    Args:
        store: Whose people they are.
        keyring: Signs the tokens.
        versions: For the trace.
        clock: When they unsubscribe.
        pages: Path of the pages for the same reader, to which a look leads; empty: there are none.
    """

    def answer(request: Request) -> Response:
        who = unsubscriber_of(request.path_params["token"], keyring)
        language = _language(store, who) if who else None
        if who is None or language is None:
            return page(_words(), "invalid", asked_for(request, _words()), status=404)
        if request.method != "POST" and pages:
            return RedirectResponse(f"{pages}{request.path_params['token']}", status_code=303)
        if request.method != "POST":
            return page(_words(), "ask", language)
        _unsubscribe(store, who, versions, now=clock())
        return page(_words(), "done", language)

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


@cache
def _words() -> Words:
    return read_words("unsubscribe_page")
