"""Confirms a consent by the link of one mail and no login; a GET only shows a button."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from agent_runtime.channels.email.confirm_link import PATH, confirmer_of
from agent_runtime.channels.email.signing import Keyring
from agent_runtime.console.one_button import Words, asked_for, page
from agent_runtime.log import Versions
from agent_runtime.opt_in import confirm
from agent_runtime.planning.speech_acts import language_for
from agent_runtime.ports import Store
from agent_runtime.words import read_words

_KINDS = {"confirmed": "done", "before": "before", "expired": "expired", "unknown": "invalid"}


def routes(
    store: Store, keyring: Keyring, versions: Versions, *, clock: Callable[[], datetime]
) -> Sequence[BaseRoute]:
    """Returns the route that confirms what a token asks."""

    def answer(request: Request) -> Response:
        who = confirmer_of(request.path_params["token"], keyring)
        if who is None or who.tenant_id != store.tenant_id:
            return page(_words(), "invalid", asked_for(request, _words()), status=404)
        with store.begin() as tx:
            contact, session = tx.contact_of(who.person_id), tx.session_of(who.person_id)
            if contact is None or session is None:
                return page(_words(), "invalid", asked_for(request, _words()), status=404)
            language = language_for(session, contact)
            if request.method != "POST":
                return page(_words(), "ask", language)
            outcome = confirm(
                tx,
                who.person_id,
                who.request,
                proof=f"link {who.request}",
                versions=versions,
                now=clock(),
            )
        status = 404 if outcome == "unknown" else 410 if outcome == "expired" else 200
        return page(_words(), _KINDS[outcome], language, status=status)

    return [Route(f"{PATH}{{token}}", answer, methods=["GET", "POST"])]


@cache
def _words() -> Words:
    return read_words("consent")["page"]
