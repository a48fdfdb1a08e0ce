"""Composition root of the web side: joins the store and the keys into one application."""

from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from agent_runtime.calling.telephony import telephony_of
from agent_runtime.channels.email.deliver import Outbox
from agent_runtime.channels.email.page_links import PATH
from agent_runtime.channels.email.signing import read_keyring
from agent_runtime.console import calls, chat, consent_page, forms, unsubscribe
from agent_runtime.console.app import build_app
from agent_runtime.console.door import Door, open_door
from agent_runtime.errors import ParleyError
from agent_runtime.library.catalog import company_library
from agent_runtime.settings import Settings
from agent_runtime.status import open_store

if TYPE_CHECKING:
    from fastapi import APIRouter

MAX_MESSAGE = 64_000
"""Bytes of one WebSocket message; more closes the connection."""


def open_app(settings: Settings, *, host: str = "127.0.0.1", is_demo: bool = False) -> Starlette:
    """Returns the application on the store of a workspace.

    Without `PARLEY_SIGNING_KEYS` no link that stops or confirms is in any mail, and none
    is served.

    Args:
        settings: Which workspace.
        host: On which address it listens.
        is_demo: Whether a link lets anybody at this machine into the console.

    Raises:
        ParleyError: there is no run in this workspace.
    """
    from agent_runtime.console.frame.build import build_mounts
    from agent_runtime.console.frame.opening import open_office

    door = open_door(settings)
    keyring = read_keyring(settings.signing_keys)
    one_click: tuple[BaseRoute, ...] = ()
    if keyring is not None:
        said = (door.store, keyring, door.versions)
        one_click = (
            *unsubscribe.routes(*said, clock=door.clock, pages=PATH),
            *consent_page.routes(*said, clock=door.clock),
        )
    asked_for = calls.routes(
        door, telephony_of(settings), key=settings.calls_key.get_secret_value()
    )
    office = open_office(settings, open_store(settings), host=host, is_demo=is_demo)
    pages = (*build_mounts(office), Route("/", _to_console))
    return build_app(one_click, asked_for, public_routes(door), pages, _webhooks(settings, door))


async def _to_console(request: Request) -> Response:
    return RedirectResponse("/console/", status_code=307)


def _webhooks(settings: Settings, door: Door) -> tuple[BaseRoute, ...]:
    """What carriers and HubSpot call, where they are set up; one mount takes all paths."""
    found = (find(settings, door) for find in (_carrier, _voice, _hubspot))
    routers = [router for router in found if router]
    if not routers:
        return ()
    from fastapi import FastAPI

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    for router in routers:
        app.include_router(router)
    return (Mount("", app),)


def _hubspot(settings: Settings, door: Door) -> "APIRouter | None":
    """The webhook of HubSpot, where its secret is set."""
    if not settings.hubspot_secret.get_secret_value():
        return None
    from agent_runtime.console.hubspot_hooks import hubspot_hooks, hubspot_router

    return hubspot_router(hubspot_hooks(settings, door.store, clock=door.clock))


def _carrier(settings: Settings, door: Door) -> "APIRouter | None":
    """The webhooks of the carrier, where one is set up."""
    if not settings.carrier_account:
        return None
    from agent_runtime.console.carrier_hooks import carrier_router, hooks_of

    library = company_library(settings.paths.library)
    outbox = Outbox(door.store, library, door.versions, mail_domain="", worker="console")
    hooks = hooks_of(settings, door.intake, outbox, clock=door.clock)
    if hooks is None:
        raise ParleyError(
            "PARLEY_CARRIER_ACCOUNT is set, but PARLEY_CARRIER_TOKEN or PARLEY_PUBLIC_URL is "
            "empty; webhooks are signed with the one over the other, so set both."
        )
    return carrier_router(hooks)


def _voice(settings: Settings, door: Door) -> "APIRouter | None":
    """Where the carrier of calls calls back, and where calls are led; where one is set up."""
    if settings.voice_carrier is None:
        return None
    from agent_runtime.channels.voice.carrier.serving import voice_router
    from agent_runtime.channels.voice.carrier.vendors import account_of

    account = account_of(settings)
    return account and voice_router(settings, account, clock=door.clock)


def public_routes(door: Door) -> tuple[BaseRoute, ...]:
    """Returns the routes of chat and forms."""
    return (chat.router(door), forms.router(door))
