"""The calls that browsers hold with us: how many at once, and that each of them ends."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from uuid import uuid4

from pipecat.transports.base_transport import TransportParams
from pipecat.transports.smallwebrtc.connection import SmallWebRTCConnection
from pipecat.transports.smallwebrtc.transport import SmallWebRTCTransport

from agent_runtime.channels.voice.browser.feed import Message, PageFeed
from agent_runtime.channels.voice.call_start import CallStart
from agent_runtime.channels.voice.pipeline import CallService
from agent_runtime.errors import ParleyError

AT_ONCE = 2
"""Calls that two cores can lead without anybody waiting for the other's words."""
CONNECTS_WITHIN_S = 20.0
UNWATCHED_S = 5.0
"""A page that is gone for so long has been closed: its call ends."""
ENDS_WITHIN_S = 15.0
KEPT = 20
"""Ended calls of which a page that reconnects can still read the end."""

Opens = Callable[[str], tuple[CallService, CallStart]]
"""Who leads the call with this id, and what is known of it."""


class NoLine(ParleyError):
    """All lines are taken."""


class BadOffer(ParleyError):
    """What the browser offers is no call."""


@dataclass(slots=True)
class BrowserCall:
    """One call of a page."""

    call_id: str
    connection: SmallWebRTCConnection
    feed: PageFeed = field(default_factory=PageFeed)
    watchers: int = 0
    work: asyncio.Task[None] | None = None
    """Leads the call."""
    guard: asyncio.Task[None] | None = None
    """Ends it once nobody looks on any more, or where it does not come about."""

    async def hang_up(self) -> None:
        """Ends the call as one that they have ended."""
        if self.feed.processor is not None:
            await self.feed.processor.dropped(by_them=True)
        else:
            await self.connection.disconnect()


class Lines:
    """Takes calls of browsers.

    Args:
        opens: Says who leads a call.
        at_once: How many there may be at the same time.
        unwatched_s: How long a call goes on without its page.
        connects_within_s: How long until sound can flow, or there is no call.
    """

    def __init__(
        self,
        opens: Opens,
        *,
        at_once: int = AT_ONCE,
        unwatched_s: float = UNWATCHED_S,
        connects_within_s: float = CONNECTS_WITHIN_S,
    ) -> None:
        self._opens = opens
        self._at_once = at_once
        self._unwatched_s, self._connects_within_s = unwatched_s, connects_within_s
        self._calls: dict[str, BrowserCall] = {}
        self._open = 0

    @property
    def open(self) -> int:
        """How many calls are under way."""
        return self._open

    async def offer(self, sdp: str) -> tuple[str, str]:
        """Begins a call and returns its id, known to its page alone, and the answer to its offer.

        Raises:
            NoLine: there are as many calls as there may be.
            BadOffer: nothing can come of the offer.
        """
        if self._open >= self._at_once:
            raise NoLine("all lines are taken; try again in a few minutes.")
        self._open += 1
        call = BrowserCall(f"call-webrtc-{uuid4().hex}", SmallWebRTCConnection())
        try:
            answer = await _answer(call.connection, sdp)
        except BaseException:
            self._open -= 1
            raise
        self._calls[call.call_id] = call
        call.work = asyncio.create_task(self._lead(call))
        call.guard = asyncio.create_task(self._guard(call))
        for old in list(self._calls)[:-KEPT]:
            if self._calls[old].feed.is_over:
                del self._calls[old]
        return call.call_id, answer

    def find(self, call_id: str) -> BrowserCall | None:
        """Returns a call that is under way or has ended lately."""
        return self._calls.get(call_id)

    async def watch(self, call: BrowserCall) -> AsyncGenerator[Message, None]:
        """Yields what the page of a call is told; as long as it listens, the call goes on."""
        call.watchers += 1
        try:
            async for message in call.feed.follow():
                yield message
        finally:
            call.watchers -= 1

    async def close(self) -> None:
        """Ends every call, as when the server stops."""
        await asyncio.gather(*(self._end(call) for call in self._calls.values()))
        guards = [call.guard for call in self._calls.values() if call.guard is not None]
        for guard in guards:
            guard.cancel()
        await asyncio.gather(*guards, return_exceptions=True)

    async def _lead(self, call: BrowserCall) -> None:
        try:
            service, start = self._opens(call.call_id)
            sound = TransportParams(audio_in_enabled=True, audio_out_enabled=True)
            transport = SmallWebRTCTransport(call.connection, sound)
            outcome = await service.serve(transport, start, onlooker=call.feed)
            if outcome is None or call.feed.processor is None:
                call.feed.failed("Nobody of ours can take this call.")
                return
            hands = call.feed.processor.hands
            call.feed.ended(outcome, await asyncio.to_thread(hands.booked))
        except Exception:
            logging.getLogger(__name__).exception("call %s could not be led", call.call_id)
            call.feed.failed("Something of ours failed. Please try again.")
        finally:
            self._open -= 1
            call.feed.failed("The call was broken off.")
            with contextlib.suppress(Exception):
                await call.connection.disconnect()

    async def _guard(self, call: BrowserCall) -> None:
        waited_s = connecting_s = 0.0
        step_s = min(self._unwatched_s, self._connects_within_s, 1.0) / 4
        while not call.feed.is_over:
            await asyncio.sleep(step_s)
            waited_s = 0.0 if call.watchers else waited_s + step_s
            connecting_s = connecting_s + step_s if _is_ringing(call) else 0.0
            if waited_s >= self._unwatched_s or connecting_s >= self._connects_within_s:
                await self._end(call)
                return

    async def _end(self, call: BrowserCall) -> None:
        """Hangs up, and where that does not end the call, cancels it."""
        work = call.work
        if work is None or work.done():
            return
        await call.hang_up()
        done, _ = await asyncio.wait({work}, timeout=ENDS_WITHIN_S)
        if not done:
            work.cancel()
            await asyncio.wait({work}, timeout=ENDS_WITHIN_S)


def _is_ringing(call: BrowserCall) -> bool:
    processor = call.feed.processor
    return processor is None or processor.talk.phase == "ringing"


async def _answer(connection: SmallWebRTCConnection, sdp: str) -> str:
    """Returns the answer to an offer.

    Raises:
        BadOffer: it is none, or has no sound in it.
    """
    try:
        await connection.initialize(sdp=sdp, type="offer")
        answer = connection.get_answer()
    except Exception as error:
        await connection.disconnect()
        raise BadOffer(f"sdp: it is no offer of a call with sound ({error}).") from None
    if answer is None or "m=audio" not in answer["sdp"]:
        await connection.disconnect()
        raise BadOffer("sdp: it offers no sound; a call needs a microphone.")
    return answer["sdp"]
