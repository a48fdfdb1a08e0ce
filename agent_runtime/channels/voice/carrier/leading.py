"""Leads the call of a carrier's socket, and hangs up by the carrier when it is over."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from json import JSONDecodeError, loads
from typing import Protocol

import httpx
from fastapi import WebSocket, WebSocketDisconnect
from pipecat.transports.base_transport import BaseTransport
from starlette.concurrency import run_in_threadpool

from agent_runtime.app import Runtime
from agent_runtime.calling.dialler import CallNews
from agent_runtime.channels.voice.call_start import CallStart
from agent_runtime.channels.voice.carrier.account import CarrierAccount
from agent_runtime.channels.voice.carrier.hooks import REFUSED
from agent_runtime.channels.voice.carrier.paths import Paths
from agent_runtime.channels.voice.carrier.rooms import WITHIN_S, Rooms
from agent_runtime.channels.voice.carrier.tokens import CallName
from agent_runtime.channels.voice.carrier.transport import CarrierTransport
from agent_runtime.channels.voice.carrier.vendor import Ask, Dial, Started, Vendor
from agent_runtime.channels.voice.carrier.vendors import vendor_of
from agent_runtime.channels.voice.outcome import Outcome

STARTS_WITHIN_S = 5.0
LAST_SOUND_S = 0.3
"""The carrier still plays what we sent last when we are done."""
_LONGEST_S = 2 * 60 * 60
"""What a person of ours talks after they have taken a call."""
TIMEOUT = httpx.Timeout(5.0)
_GONE = (404, 409, 410, 422)
"""It is over already: Twilio 404, Telnyx 422 with error 90018, Plivo 404."""


class Serves(Protocol):
    """Leads calls of a company: `CallService`, or `CompanyCalls` with a clock for each."""

    @property
    def runtime(self) -> Runtime:
        """The company's runtime."""
        ...

    async def serve(self, transport: BaseTransport, call: CallStart) -> Outcome | None:
        """Leads a call to its end; None where nobody of ours answers it."""
        ...


@dataclass(slots=True)
class Leading:
    """Leads calls over sockets, many at once."""

    account: CarrierAccount
    service: Serves
    clock: Callable[[], datetime]
    rooms: Rooms = field(default_factory=Rooms)
    vendor: Vendor = field(init=False)

    def __post_init__(self) -> None:
        """Finds the vendor."""
        self.vendor = vendor_of(self.account)

    async def __call__(self, websocket: WebSocket, name: CallName) -> None:
        """Leads one call; whatever happens, the carrier is told to hang up and the desk its end."""
        await websocket.accept()
        started = await self._started(websocket)
        if started is None or started.provider_id != name.provider_id:
            await websocket.close(REFUSED)
            return
        outcome: Outcome | None = None
        transport = CarrierTransport(
            websocket,
            self.vendor.serializer(started),
            press=lambda keys: self._press(name, keys),
            put_through=lambda role, why: self._put_through(transport, name, role, why),
        )
        try:
            outcome = await self.service.serve(transport, self._start(name))
        except Exception:
            logging.getLogger(__name__).exception("a call could not be led: %s", name.call_id)
        finally:
            await asyncio.sleep(LAST_SOUND_S if outcome else 0)
            if not transport.is_given_away:
                await self._hang_up(name)
            await self._report(name, outcome)

    async def _started(self, websocket: WebSocket) -> Started | None:
        """Reads up to the start of the stream; Twilio and Telnyx say `connected` before it."""
        try:
            async with asyncio.timeout(STARTS_WITHIN_S):
                for _ in range(3):
                    said = loads(await websocket.receive_text())
                    if isinstance(said, dict) and (started := self.vendor.started(said)):
                        return started
        except (TimeoutError, JSONDecodeError, KeyError, WebSocketDisconnect):
            return None
        return None

    def _start(self, name: CallName) -> CallStart:
        """What the carrier knows of the call; of one that we dialled its row knows the rest."""
        known = {"message_id": name.call_id, "attempt": name.attempt}
        may_give = {"transfers": "1"} if self.account.transfers else {}
        is_ours = name.direction == "outbound"
        return CallStart(
            name.call_id,
            "outbound" if is_ours else "inbound",
            name.number,
            name.own_number,
            self.account.vendor,
            meta=may_give | (known if is_ours else {}),
        )

    async def _report(self, name: CallName, outcome: Outcome | None) -> None:
        """The end of a call that nobody led to one; whoever led it has told the desk before."""
        if name.direction == "inbound":
            return
        news = CallNews(
            name.call_id,
            int(name.attempt),
            "ended",
            outcome="dropped",
            is_abandoned=outcome is None,
            code="not_led",
        )
        desk = self.service.runtime.calls
        await run_in_threadpool(desk.report, news, now=self.clock())

    async def _put_through(
        self, transport: CarrierTransport, name: CallName, role: str, why: str
    ) -> bool:
        """Calls who has a role; once they have taken the call both meet in a room.

        Until then the caller is with us, and stays so where nobody takes it.
        """
        number = self.account.transfers.get(role) or self.account.transfers.get("*")
        if not number:
            return False
        with self.rooms.open(why) as room:
            colleague = CallName("colleague", room.name, "1", name.region)
            called = await self._ask_one(
                name, self.vendor.place(self._dial(colleague, name, number))
            )
            if called is None:
                return False
            try:
                if not await room.is_taken():
                    return False
                enter = self._paths.colleague(colleague, "room", now=self.clock())
                # The carrier ends the stream of a call as soon as it goes elsewhere.
                transport.is_given_away = True
                ask = self.vendor.redirect(name.provider_id, enter)
                transport.is_given_away = await self._ask_one(name, ask) is not None
                return transport.is_given_away
            finally:
                if not transport.is_given_away and (sid := self.vendor.placed(called)):
                    await self._ask_one(name, self.vendor.hang_up(sid))

    def _dial(self, colleague: CallName, name: CallName, number: str) -> Dial:
        now = self.clock()
        return Dial(
            number,
            name.own_number,
            ring_s=round(WITHIN_S) - 10,
            longest_s=_LONGEST_S,
            key=colleague.call_id,
            answer_url=self._paths.colleague(colleague, "asks", now=now),
            status_url=self._paths.colleague(colleague, "away", now=now),
            since=now,
        )

    @property
    def _paths(self) -> Paths:
        return Paths(self.account)

    async def _ask_one(self, name: CallName, ask: Ask) -> httpx.Response | None:
        """Asks the region that has the call; None where it does not do it."""
        region = self.account.regions[min(int(name.region), len(self.account.regions) - 1)]
        auth = self.vendor.auth(region)
        try:
            async with httpx.AsyncClient(base_url=region.url, auth=auth, timeout=TIMEOUT) as client:
                answer = await client.send(ask.request(client))
        except httpx.HTTPError:
            return None
        return answer if answer.is_success else None

    async def _press(self, name: CallName, keys: str) -> bool:
        ask = self.vendor.press(name.provider_id, keys)
        return ask is not None and await self._asked(name, ask)

    async def _hang_up(self, name: CallName) -> None:
        if not await self._asked(name, self.vendor.hang_up(name.provider_id)):
            logging.getLogger(__name__).warning("the carrier did not hang up: %s", name.call_id)

    async def _asked(self, name: CallName, ask: Ask) -> bool:
        """Asks the region that has the call, then the others; True once one has done it."""
        regions = list(self.account.regions)
        mine = regions.pop(int(name.region)) if int(name.region) < len(regions) else None
        for region in [mine, *regions] if mine else regions:
            auth = self.vendor.auth(region)
            try:
                async with httpx.AsyncClient(
                    base_url=region.url, auth=auth, timeout=TIMEOUT
                ) as client:
                    answer = await client.send(ask.request(client))
            except httpx.HTTPError:
                continue
            if answer.is_success or answer.status_code in _GONE:
                return True
        return False
