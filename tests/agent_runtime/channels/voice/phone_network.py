"""A telephone network on loopback: regions of one carrier, telephones, and who picks them up.

What is spoken on its wires is in `phone_vendors`, from the vendors' published references.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Event, Thread
from typing import Literal
from uuid import uuid4

import httpx
import uvicorn
from phone_door import Door
from phone_line import talk
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

Habit = Literal["answers", "busy", "no_answer", "failed"]
Fault = Literal[
    "",
    "error",
    "error_placed",
    "too_many",
    "unauthorised",
    "bad_number",
    "dies_waiting",
    "dies_waiting_dials_later",
    "dies_ringing",
]
"""error: nothing was placed. error_placed: it was. dies_…: it answers that it took the call; then
its API is gone, and the call is never dialled, dialled after all, or rings already."""

TICK_S = 0.01


@dataclass
class SimCall:
    """One call, as the carrier has it."""

    sid: str
    region: int
    to: str
    frm: str
    answer_url: str
    status_url: str
    direction: str = "outbound-api"
    status: str = "queued"
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    started: datetime | None = None
    hidden: bool = False
    """Not yet in the log that the API shows."""
    over: asyncio.Event = field(default_factory=asyncio.Event)
    moved: asyncio.Event = field(default_factory=asyncio.Event)
    """Goes on elsewhere: its stream ends."""
    next_url: str = ""
    room: str = ""
    told: str = ""
    """What was said to them in words of the carrier's own voice."""
    pressed: list[str] = field(default_factory=list)
    seconds: int = 0


class PhoneNetwork:
    """Runs in a thread of its own.

    Args:
        vendor: Speaks as one vendor does; see `phone_vendors`.
        regions: How many.
        dial_s: From taking a call to dialling it.
        ring_s: How long it rings before it is picked up, or given up.
        log_s: Until an API shows a call that was placed in spite of an error.
        hook: Posts a webhook elsewhere than to its address; a test's own.
    """

    def __init__(self, vendor, regions=1, *, dial_s=0.05, ring_s=0.05, log_s=0.0, shares_log=True):
        self.vendor, self.dial_s, self.ring_s, self.log_s = vendor, dial_s, ring_s, log_s
        self.shares_log = shares_log
        self.count = regions
        self.habits: dict[str, Habit] = {}
        self.keys: dict[str, str] = {}
        """What who has a number presses where they are asked to."""
        self.person: Callable[[SimCall], object] = lambda call: None
        self.faults: list[deque[Fault]] = [deque() for _ in range(regions)]
        self.calls: dict[str, SimCall] = {}
        self.rings: list[SimCall] = []
        self.hooks: list[tuple[str, int]] = []
        self.requests: list[tuple[str, str]] = []
        self.talks: dict[str, object] = {}
        self.is_behind_tls = False
        """Whether addresses of ours are those of a proxy that speaks TLS; it is passed by."""
        self.clock: Callable[[], datetime] = lambda: datetime.now(UTC)
        self._tasks: set[asyncio.Task] = set()

    def __enter__(self):
        ready = Event()
        self._thread = Thread(target=lambda: asyncio.run(self._run(ready)), daemon=True)
        self._thread.start()
        assert ready.wait(20)
        return self

    def __exit__(self, *_):
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(20)

    @property
    def urls(self):
        return [f"http://127.0.0.1:{door.port}" for door in self.doors]

    def call_us(self, url, frm, to):
        """Somebody calls a number of ours; returns the call once it is over."""
        sid = self.vendor.new_id()
        call = SimCall(sid, 0, to, frm, url, "", "inbound", "ringing", self.clock())
        self.calls[sid] = call
        asyncio.run_coroutine_threadsafe(self._answered(call), self._loop).result(180)
        return call

    def settle(self, limit_s=10.0):
        """Waits until no call is under way."""

        async def wait():
            async with asyncio.timeout(limit_s):
                while self._tasks:
                    await asyncio.wait(set(self._tasks), timeout=limit_s)

        asyncio.run_coroutine_threadsafe(wait(), self._loop).result(limit_s + 1)

    def seen_by(self, region):
        """What a region's API shows."""
        return [
            c
            for c in self.calls.values()
            if not c.hidden and (self.shares_log or c.region == region)
        ]

    # Its own loop

    async def _run(self, ready):
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        self._client = httpx.AsyncClient(timeout=30)
        servers = [self._server(region) for region in range(self.count)]
        serving = [asyncio.create_task(server.serve()) for server in servers]
        while not all(server.started for server in servers):
            await asyncio.sleep(TICK_S)
        self.doors = [Door(server.servers[0].sockets[0].getsockname()[1]) for server in servers]
        for door in self.doors:
            await door.open()
        ready.set()
        await self._stop.wait()
        for call in self.calls.values():
            call.over.set()
        for task in self._tasks:
            task.cancel()
        for door in self.doors:
            await door.close()
        for server in servers:
            server.should_exit = True
        await asyncio.gather(*serving, *self._tasks, return_exceptions=True)
        await self._client.aclose()

    def _server(self, region):
        async def handle(request: Request) -> Response:
            self.requests.append((request.method, request.url.path))
            return await self.vendor.handle(self, region, request)

        methods = ["GET", "POST", "DELETE"]
        app = Starlette(routes=[Route("/{path:path}", handle, methods=methods)])
        return uvicorn.Server(
            uvicorn.Config(app, host="127.0.0.1", port=0, log_level="critical", ws="none")
        )

    def place(self, region, to, frm, answer_url, status_url):
        """Takes a call, or does what the next fault says; returns it or the fault."""
        fault = self.faults[region].popleft() if self.faults[region] else ""
        if fault in ("error", "too_many", "unauthorised", "bad_number"):
            return None, fault
        sid = self.vendor.new_id()
        call = SimCall(sid, region, to, frm, answer_url, status_url, created=self.clock())
        self.calls[sid] = call
        if fault == "error_placed" and self.log_s:
            call.hidden = True
            self._loop.call_later(self.log_s, lambda: setattr(call, "hidden", False))
        if fault != "dies_waiting":
            later = 10 * self.dial_s if fault == "dies_waiting_dials_later" else self.dial_s
            self._begin(self._dial(call, later))
        if fault.startswith("dies"):
            after = 3 * self.dial_s if fault == "dies_ringing" else 0.0
            self._begin(self._die(region, after))
        return call, fault

    async def _die(self, region, after_s):
        await asyncio.sleep(after_s + TICK_S)
        self.doors[region].is_dead = True

    async def _dial(self, call, after_s):
        await asyncio.sleep(after_s)
        if call.over.is_set():
            return
        call.started = self.clock()
        await self._becomes(call, "initiated")
        self.rings.append(call)
        await self._becomes(call, "ringing")
        await asyncio.sleep(self.ring_s)
        habit = self.habits.get(call.to, "answers")
        if call.over.is_set():
            await self._becomes(call, "canceled")
        elif habit != "answers":
            await self._becomes(call, habit.replace("_", "-"))
        else:
            await self._answered(call)

    async def _answered(self, call):
        call.started = call.started or self.clock()
        call.status = "in-progress"
        if call.status_url:
            await self._becomes(call, "in-progress")
        answer = await self._hook(call, call.answer_url, "in-progress")
        await self._follow(call, answer.text if answer.status_code == 200 else "")
        call.status = "completed"
        if call.status_url:
            await self._becomes(call, "completed")

    async def _follow(self, call, document):
        """Does what a document of ours says."""
        if url := self.vendor.stream_of(document):
            self.talks[call.sid] = self.person(call)
            await talk(self.vendor, call, self._near(url), self.talks[call.sid])
            if call.moved.is_set():
                answer = await self._hook(call, call.next_url, "in-progress")
                await self._follow(call, answer.text)
        elif asks := self.vendor.asks_in(document):
            call.told, url = asks
            if keys := self.keys.get(call.to, ""):
                answer = await self._hook(call, url, "in-progress", Digits=keys)
                await self._follow(call, answer.text)
        elif room := self.vendor.room_in(document):
            call.room = room
            await call.over.wait()

    async def _becomes(self, call, status):
        call.status = status
        if self.vendor.tells(status):
            await self._hook(call, call.status_url, status)

    async def _hook(self, call, url, status, **more):
        body, headers = self.vendor.webhook(call, url, status, self.clock(), **more)
        answer = await self._client.post(self._near(url), content=body, headers=headers)
        self.hooks.append((status, answer.status_code))
        return answer

    def _near(self, url):
        if not self.is_behind_tls:
            return url
        return url.replace("https://", "http://", 1).replace("wss://", "ws://", 1)

    def _begin(self, coroutine):
        task = self._loop.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def refusal(status, body):
    return JSONResponse(body, status_code=status)


def new_uuid():
    return str(uuid4())
