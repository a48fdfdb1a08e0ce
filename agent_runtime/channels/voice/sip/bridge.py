"""Joins the SIP user agent and whoever leads calls: those that come in and those that we dial."""

import asyncio
import logging
import re
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from agent_runtime.calling.dialler import CallNews, CallReceipt
from agent_runtime.channels.voice.call_start import CallStart
from agent_runtime.channels.voice.sip.agent_config import AgentConfig
from agent_runtime.channels.voice.sip.caller import number_in
from agent_runtime.channels.voice.sip.dialling import FIRST_ANSWER_S, Attempt, Dialled
from agent_runtime.channels.voice.sip.handover import Handover, Speak
from agent_runtime.channels.voice.sip.line import SipLine
from agent_runtime.channels.voice.sip.orders import DialOrder, take_orders
from agent_runtime.channels.voice.sip.setup import SipTrunk
from agent_runtime.channels.voice.sip.transport import SipTransport
from agent_runtime.channels.voice.sip.user_agent import UserAgent

Lead = Callable[[SipTransport, CallStart], Awaitable[object]]
"""Leads a call to its end; returns None where nobody of ours answers it."""

_NOBODY_HERE = 480
_REMEMBERED = 10_000
_E164 = re.compile(r"\+[1-9]\d{6,14}")
_FATES = {"busy": "busy", "no_answer": "no_answer", "failed": "failed", "never_rang": "failed"}

logger = logging.getLogger(__name__)


@dataclass
class SipBridge:
    """The SIP side of one company.

    Args:
        config: Where the user agent listens, and how many calls it takes at once.
        trunks: Carriers and exchanges, in the order in which they are tried.
        lead: Leads each call.
        report: Takes what is learnt of a call that nobody answered.
        own_numbers: Numbers of ours; a call shows no other one.
        transfers: To which address a role of ours is reached.
        speak: Tells whoever is reached there of the caller; without it nobody is put through.
        first_answer_s: How long a trunk may be mute before the next one is tried.
    """

    config: AgentConfig
    trunks: tuple[SipTrunk, ...]
    lead: Lead
    report: Callable[[CallNews], object]
    own_numbers: frozenset[str] = frozenset()
    transfers: Mapping[str, str] = field(default_factory=dict)
    speak: Speak | None = None
    first_answer_s: float = FIRST_ANSWER_S
    agent: UserAgent = field(init=False)
    _tasks: set[asyncio.Task[Any]] = field(default_factory=set, init=False)
    _lines: set[SipLine] = field(default_factory=set, init=False)
    _dialling: int = field(default=0, init=False)
    _placed: deque[tuple[str, int]] = field(
        default_factory=lambda: deque(maxlen=_REMEMBERED), init=False
    )
    _server: asyncio.Server | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.agent = UserAgent(self.config, on_call=self._rings, on_registered=_registered)

    async def start(self, orders: Path | None = None) -> None:
        """Starts the user agent and takes orders to dial.

        Raises:
            ParleyError: the user agent does not come up.
        """
        await self.agent.start()
        if orders is not None:
            self._server = await take_orders(orders, self.place)

    async def stop(self) -> None:
        """Ends every call."""
        if self._server is not None:
            self._server.close()
        for line in self._lines:
            line.do("end")
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=15.0)
            for task in late:
                task.cancel()
        await self.agent.stop()

    @property
    def calls(self) -> int:
        """How many calls are led or dialled now."""
        return len(self._tasks)

    # Calls that come in

    def _rings(self, line: SipLine, note: Mapping[str, Any]) -> None:
        trunk = next(t for t in self.trunks if t.name == note["trunk"])
        name = sha256(note["sip_call_id"].encode()).hexdigest()[:20]
        call = CallStart(
            call_id=f"call-sip-{name}",
            direction="inbound",
            number=number_in(note["from"], trunk.country),
            own_number=number_in(note["to"], trunk.country),
            carrier="sip",
            meta=self._meta(trunk.name),
        )
        logger.info("a call comes in through %s: %s", trunk.name, call.call_id)
        self._spawn(self._lead(self._transport(line, call), call))

    async def _lead(self, transport: SipTransport, call: CallStart) -> None:
        line = transport.line
        self._lines.add(line)
        try:
            if await self.lead(transport, call) is None:
                line.do("end", code=_NOBODY_HERE)
        except Exception:
            logger.exception("call %s could not be led", call.call_id)
        finally:
            if line.is_joined:
                await line.ended()
            self._lines.discard(line)
            line.do("end")

    def _transport(
        self, line: SipLine, call: CallStart, *, is_answered: bool = False
    ) -> SipTransport:
        def dial(uri: str) -> SipLine:
            return self.agent.dial(call.meta["trunk"], "", call.own_number, uri=uri)

        handover = Handover(line, dial, self.speak) if self.speak else None
        return SipTransport(
            line, transfers=self.transfers, handover=handover, is_answered=is_answered
        )

    # Calls that we dial

    async def place(self, order: DialOrder) -> CallReceipt:
        """Dials an order; returns once a trunk works on it, or it is clear that none does."""
        if (order.call_id, order.attempt) in self._placed:
            return CallReceipt("placed", provider_id=_id_of(order), code="known")
        if why := self._may_not(order):
            return CallReceipt(*why)
        by_name = {t.name: t for t in self.trunks if t.takes_calls}
        attempt = Attempt(
            dial=lambda trunk: self.agent.dial(trunk, order.number, order.own_number),
            trunks=tuple(by_name),
            ring_s=order.ring_s,
            first_answer_s=self.first_answer_s,
        )
        self._placed.append((order.call_id, order.attempt))
        self._dialling += 1
        dialling = self._spawn(attempt.run())
        dialling.add_done_callback(self._dialled)
        await attempt.taken.wait()
        if dialling.done():
            return self._at_once(order, dialling.result(), has_rung=attempt.has_rung)
        self._spawn(self._follow(order, dialling))
        return CallReceipt("placed", provider_id=_id_of(order))

    def _dialled(self, _: asyncio.Task[Dialled]) -> None:
        self._dialling -= 1

    def _may_not(self, order: DialOrder) -> tuple[Any, str, str, str] | None:
        if not _E164.fullmatch(order.number):
            return "rejected", "", "no_number", f"{order.number!r} is no number in E.164"
        if order.own_number not in self.own_numbers:
            return "rejected", "", "not_ours", f"{order.own_number!r} is no number of ours"
        if not any(trunk.takes_calls for trunk in self.trunks):
            return "rejected", "", "no_trunk", "no trunk takes calls"
        if not self.agent.is_up:
            return "retry", "", "no_user_agent", "the user agent is being started again"
        if (count := len(self._lines) + self._dialling) >= self.config.calls_at_once:
            return "retry", "", "all_lines_taken", f"{count} calls are under way"
        return None

    def _at_once(self, order: DialOrder, dialled: Dialled, *, has_rung: bool) -> CallReceipt:
        """Says what came of it where the dialler still waits for its answer."""
        about = (_id_of(order), dialled.code, dialled.trunk)
        match dialled.fate:
            case "answered":
                self._answered(order, dialled)
                return CallReceipt("placed", *about)
            case "never_rang":
                return CallReceipt("retry", *about)
            case "failed":
                return CallReceipt("unknown" if has_rung else "rejected", *about)
            case other:
                return CallReceipt(other, *about)

    async def _follow(self, order: DialOrder, dialling: asyncio.Task[Dialled]) -> None:
        dialled = await dialling
        if dialled.fate == "answered":
            self._answered(order, dialled)
        elif dialled.fate != "unknown":
            # What is unknown is left to the desk, which waits for news that never come.
            status: Any = _FATES[dialled.fate]
            code = f"sip {dialled.code}".strip()
            news = CallNews(order.call_id, order.attempt, status, code=code)
            await asyncio.to_thread(self.report, news)

    def _answered(self, order: DialOrder, dialled: Dialled) -> None:
        assert dialled.line is not None
        call = CallStart(
            call_id=order.call_id,
            direction="outbound",
            number=order.number,
            own_number=order.own_number,
            carrier="sip",
            language=order.language,
            meta={
                **self._meta(dialled.trunk),
                "message_id": order.call_id,
                "attempt": str(order.attempt),
            },
        )
        dialled.line.forget_sound()
        transport = self._transport(dialled.line, call, is_answered=True)
        self._spawn(self._lead(transport, call))

    def _meta(self, trunk: str) -> dict[str, str]:
        return {"trunk": trunk, "transfers": "1" if self.transfers else ""}

    def _spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def _id_of(order: DialOrder) -> str:
    return f"sip:{order.call_id}.{order.attempt}"


def _registered(note: Mapping[str, Any]) -> None:
    level = logging.INFO if note["code"] == 200 else logging.ERROR
    logger.log(
        level, "trunk %s answers REGISTER with %s %s", note["trunk"], note["code"], note["reason"]
    )
