"""The webhook of HubSpot: signed events are kept and obeyed at once; anything else is nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from agent_runtime.crm_news import NewsTaken, take_news
from agent_runtime.errors import ParleyError
from agent_runtime.ports import Store
from agent_runtime.settings import Settings
from agent_runtime.tools.hubspot_events import (
    SIGNATURE,
    TIMESTAMP,
    HubSpotEventError,
    is_signed,
    read_events,
)

EVENTS_PATH = "/hubspot/events"
MAX_BYTES = 2 * 1024 * 1024
"""A delivery has at most 100 events; the longest property has 65,536 characters."""


@dataclass(frozen=True, slots=True)
class HubSpotHooks:
    """What the webhook needs."""

    store: Store
    tenant_id: str
    secret: str
    public_url: str
    """As HubSpot was told, since a proxy may have changed scheme, host and port."""
    portal: str
    clock: Callable[[], datetime]

    def take(self, body: bytes, signature: str, timestamp: str) -> NewsTaken | None:
        """Takes a delivery; None where it is not from HubSpot.

        Raises:
            HubSpotEventError: it is signed, and no list of events.
        """
        now = self.clock()
        uri = f"{self.public_url}{EVENTS_PATH}"
        if not is_signed(self.secret, uri, body, signature=signature, timestamp=timestamp, now=now):
            return None
        news = read_events(body, self.tenant_id, portal=self.portal, now=now)
        with self.store.begin() as tx:
            return take_news(tx, news, now=now)


def hubspot_hooks(
    settings: Settings, store: Store, *, clock: Callable[[], datetime]
) -> HubSpotHooks:
    """Returns the hooks of a workspace whose secret is set.

    Raises:
        ParleyError: there is no public address.
    """
    if not settings.public_url:
        raise ParleyError(
            "PARLEY_HUBSPOT_SECRET is set, but PARLEY_PUBLIC_URL is empty; webhooks are signed "
            "over the address that HubSpot calls, so set both."
        )
    return HubSpotHooks(
        store,
        settings.tenant_id,
        settings.hubspot_secret.get_secret_value(),
        settings.public_url.rstrip("/"),
        settings.hubspot_portal,
        clock,
    )


def hubspot_router(hooks: HubSpotHooks) -> APIRouter:
    """Returns the route; HubSpot posts to `<public_url>/hubspot/events`."""
    router = APIRouter()

    @router.post(EVENTS_PATH, include_in_schema=False)
    async def take_events(request: Request) -> Response:
        length = request.headers.get("content-length", "")
        if not length.isdecimal() or int(length) > MAX_BYTES:
            return Response(status_code=401)
        said = request.headers
        try:
            taken = await run_in_threadpool(
                hooks.take,
                await request.body(),
                said.get(SIGNATURE, ""),
                said.get(TIMESTAMP, ""),
            )
        except HubSpotEventError as error:
            return Response(str(error), status_code=400, media_type="text/plain")
        return Response(status_code=401 if taken is None else 204)

    return router
