"""Composition root of the web side: joins the store and the keys into one application."""

from starlette.applications import Starlette
from starlette.routing import BaseRoute

from agent_runtime.channels.email.signing import read_keyring
from agent_runtime.console import chat, forms, unsubscribe
from agent_runtime.console.app import build_app
from agent_runtime.console.door import Door, open_door
from agent_runtime.settings import Settings

MAX_MESSAGE = 64_000
"""Bytes of one WebSocket message; more closes the connection."""


def open_app(settings: Settings) -> Starlette:
    """Returns the application on the store of a workspace.

    Without `PARLEY_SIGNING_KEYS` no unsubscribe link is in any mail, and none is served.

    Raises:
        ParleyError: there is no run in this workspace.
    """
    door = open_door(settings)
    keyring = read_keyring(settings.signing_keys)
    one_click: tuple[BaseRoute, ...] = ()
    if keyring is not None:
        one_click = tuple(unsubscribe.routes(door.store, keyring, door.versions, clock=door.clock))
    return build_app(one_click, public_routes(door))


def public_routes(door: Door) -> tuple[BaseRoute, ...]:
    """Returns the routes of chat and forms."""
    return (chat.router(door), forms.router(door))
