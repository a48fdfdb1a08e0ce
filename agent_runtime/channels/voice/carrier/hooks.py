"""The routes at which a carrier calls back: who calls, what became of a call, and its sound."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from fastapi import APIRouter, Request, Response, WebSocket
from starlette.concurrency import run_in_threadpool

from agent_runtime.calling.desk import CallDesk
from agent_runtime.calling.dialler import CallNews
from agent_runtime.calling.rows import Call
from agent_runtime.channels.voice.carrier.account import CarrierAccount
from agent_runtime.channels.voice.carrier.news import is_of, news_of
from agent_runtime.channels.voice.carrier.paths import ROOT, Paths
from agent_runtime.channels.voice.carrier.rooms import Rooms
from agent_runtime.channels.voice.carrier.signatures import Received
from agent_runtime.channels.voice.carrier.tokens import CallName, Purpose, read_token
from agent_runtime.channels.voice.carrier.vendor import Told, Vendor
from agent_runtime.channels.voice.carrier.vendors import vendor_of

MAX_BYTES = 64 * 1024
SETTLES_S = 15.0
"""So long may the worker take to write what it was told when it placed a call."""
REFUSED = 1008
"""WebSocket: policy violation; before the handshake is accepted it becomes an HTTP 403."""
_POLL_S = 0.1
_OVER = ("completed", "busy", "no_answer", "failed", "canceled")
_MAY_RING = ("DIALLING", "ANSWERED", "UNKNOWN")


class Lead(Protocol):
    """Leads the call of a socket, which it accepts, to its end."""

    def __call__(self, websocket: WebSocket, name: CallName) -> Awaitable[None]:
        """Returns once the line is closed."""
        ...


@dataclass(slots=True)
class CarrierHooks:
    """What the routes of one carrier need.

    Args:
        account: What is set up at the carrier.
        desk: Knows the calls of the queue.
        clock: The runtime's.
        lead: Leads calls.
        settles_s: How long an early webhook waits for the worker's word, seconds.
    """

    account: CarrierAccount
    desk: CallDesk
    clock: Callable[[], datetime]
    lead: Lead
    settles_s: float = SETTLES_S
    rooms: Rooms = field(default_factory=Rooms)
    """Callers who wait for somebody of ours."""
    led: set[str] = field(default_factory=set)
    """Carrier's ids of the calls whose sound comes here now, each once."""
    vendor: Vendor = field(init=False)

    def __post_init__(self) -> None:
        """Finds the vendor."""
        self.vendor = vendor_of(self.account)

    def read(self, token: str, purpose: Purpose) -> CallName | None:
        """Returns whom the token of an address names."""
        return read_token(self.account.keyring, token, purpose, now=self.clock())

    async def signed(self, request: Request) -> Told | None:
        """Returns what a webhook says, None where the carrier did not send it just now."""
        length = request.headers.get("content-length", "")
        if not length.isdecimal() or int(length) > MAX_BYTES:
            return None
        query = f"?{request.url.query}" if request.url.query else ""
        received = Received(
            url=f"{self.account.public_url}{request.url.path}{query}",
            body=await request.body(),
            headers=dict(request.headers),
        )
        is_signed = self.vendor.is_signed(received, now=self.clock())
        return self.vendor.told(received) if is_signed else None

    async def take(self, name: CallName, told: Told) -> Call | None:
        """Reports what a webhook says; returns the row where the call may be led."""
        call = await self._row(name)
        if call is None or str(call.attempt) != name.attempt or not is_of(told, call):
            return None
        news = news_of(told, call, is_led=told.provider_id in self.led)
        if news is not None:
            await self.report(news)
        return call if call.state in _MAY_RING else None

    async def report(self, news: CallNews) -> None:
        """Tells the desk."""
        await run_in_threadpool(self.desk.report, news, now=self.clock())

    async def _row(self, name: CallName) -> Call | None:
        """Waits until the worker has written which call it was given, if it is about to."""
        for _ in range(round(self.settles_s / _POLL_S) + 1):
            call = await run_in_threadpool(self._read_row, name.call_id)
            if call is None or call.state != "DIALLING" or call.provider_id:
                return call
            await asyncio.sleep(_POLL_S)
        return call

    def _read_row(self, call_id: str) -> Call | None:
        with self.desk.store.begin() as tx:
            return tx.call(call_id)


def carrier_voice_router(hooks: CarrierHooks) -> APIRouter:
    """Returns the routes to mount in any app, below `<public_url>/carrier/voice/<vendor>`."""
    router = APIRouter(prefix=f"{ROOT}/{hooks.account.vendor}")
    paths, vendor = Paths(hooks.account), hooks.vendor

    def connect(name: CallName) -> Response:
        url = paths.media(name, now=hooks.clock())
        return Response(vendor.stream_xml(url), media_type="text/xml")

    @router.post("/inbound", include_in_schema=False)
    async def take_call(request: Request) -> Response:
        told = await hooks.signed(request)
        if told is None:
            return Response(status_code=403)
        if not told.provider_id or told.status not in ("", "initiated", "ringing", "answered"):
            return Response(vendor.refuse_xml(), media_type="text/xml")
        call_id = f"call-{hooks.account.vendor}-{told.provider_id}"
        ends = (told.provider_id, told.number, told.own_number)
        return connect(CallName("inbound", call_id, "1", "0", *ends))

    @router.post("/answer/{token}", include_in_schema=False)
    async def take_answer(request: Request, token: str) -> Response:
        told, name = await hooks.signed(request), hooks.read(token, "told")
        if told is None or name is None:
            return Response(status_code=403)
        call = await hooks.take(name, told)
        if call is None or not told.provider_id:
            return Response(vendor.refuse_xml(), media_type="text/xml")
        ends = (told.provider_id, call.number, call.own_number)
        return connect(CallName("outbound", call.call_id, name.attempt, name.region, *ends))

    @router.post("/status/{token}", include_in_schema=False)
    async def take_status(request: Request, token: str) -> Response:
        told, name = await hooks.signed(request), hooks.read(token, "told")
        if told is None or name is None:
            return Response(status_code=403)
        await hooks.take(name, told)
        return Response(status_code=200)

    def xml(document: str) -> Response:
        return Response(document, media_type="text/xml")

    async def room_of(request: Request, token: str) -> tuple[Told, CallName] | None:
        told, name = await hooks.signed(request), hooks.read(token, "room")
        return (told, name) if told and name else None

    @router.post("/asks/{token}", include_in_schema=False)
    async def ask_colleague(request: Request, token: str) -> Response:
        if (found := await room_of(request, token)) is None:
            return Response(status_code=403)
        room = hooks.rooms.get(found[1].call_id)
        if room is None:
            return xml(vendor.refuse_xml())
        url = paths.colleague(found[1], "takes", now=hooks.clock())
        return xml(vendor.ask_xml(room.says, url))

    @router.post("/takes/{token}", include_in_schema=False)
    async def take_over(request: Request, token: str) -> Response:
        if (found := await room_of(request, token)) is None:
            return Response(status_code=403)
        room = hooks.rooms.get(found[1].call_id)
        is_taken = room is not None and room.takes(found[0].keys)
        return xml(vendor.room_xml(room.name) if room and is_taken else vendor.refuse_xml())

    @router.post("/away/{token}", include_in_schema=False)
    async def colleague_told(request: Request, token: str) -> Response:
        if (found := await room_of(request, token)) is None:
            return Response(status_code=403)
        if (room := hooks.rooms.get(found[1].call_id)) and found[0].status in _OVER:
            room.nobody()
        return Response(status_code=200)

    @router.post("/room/{token}", include_in_schema=False)
    async def enter_room(request: Request, token: str) -> Response:
        if (found := await room_of(request, token)) is None:
            return Response(status_code=403)
        return xml(vendor.room_xml(found[1].call_id))

    @router.websocket("/media/{token}")
    async def take_sound(websocket: WebSocket, token: str) -> None:
        name = hooks.read(token, "stream")
        if name is None or name.provider_id in hooks.led:
            await websocket.close(REFUSED)
            return
        hooks.led.add(name.provider_id)
        try:
            await hooks.lead(websocket, name)
        finally:
            hooks.led.discard(name.provider_id)

    return router
