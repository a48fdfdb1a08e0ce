"""One attempt at one call over the trunks of a company: the next only where nothing has rung."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from agent_runtime.channels.voice.sip.answers import Ended, meaning_of, rings
from agent_runtime.channels.voice.sip.line import SipLine

FIRST_ANSWER_S = 4.0
"""A trunk that says nothing for so long, not even 100 Trying, is not there: UDP repeats an INVITE
after 0.5, 1.5 and 3.5 s (RFC 3261, timer A)."""
GONE_S = 3.0
"""From our CANCEL until the trunk must have confirmed it."""

Fate = Literal["answered", "busy", "no_answer", "failed", "never_rang", "unknown"]


@dataclass(frozen=True, slots=True)
class Dialled:
    """What became of an attempt."""

    fate: Fate
    trunk: str
    code: str = ""
    line: SipLine | None = None
    """The call, where somebody answered."""


@dataclass
class Attempt:
    """Dials a number through one trunk after the other.

    Args:
        dial: Begins a call through a trunk, by its name.
        trunks: In the order in which they are tried.
        ring_s: How long each may ring.
        first_answer_s: How long each may be mute.
        gone_s: How long each may take to confirm that it no longer rings.
    """

    dial: Callable[[str], SipLine]
    trunks: Sequence[str]
    ring_s: float
    first_answer_s: float = FIRST_ANSWER_S
    gone_s: float = GONE_S
    taken: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    """Set once a trunk works on it, or it is over."""
    tried: list[str] = field(default_factory=list, init=False)
    """How each trunk that did not take it answered: `name:code`."""
    has_rung: bool = field(default=False, init=False)
    _late: list[asyncio.Future[None]] = field(default_factory=list, init=False)

    async def run(self) -> Dialled:
        """Dials until somebody answers or it is clear that nobody does."""
        try:
            return await self._all()
        finally:
            self.taken.set()
            for watch in self._late:
                watch.cancel()

    async def _all(self) -> Dialled:
        last, trunk = Ended("next", "no_trunk"), ""
        for trunk in self.trunks:
            end = await self._one(self.dial(trunk), trunk)
            if isinstance(end, Dialled):
                return end
            last = end
            if last.ending != "next":
                break
            self.tried.append(f"{trunk}:{last.code}")
        fate: Fate = "never_rang" if last.ending == "next" else last.ending
        return Dialled(fate, trunk, last.code)

    async def _one(self, line: SipLine, trunk: str) -> Ended | Dialled:
        """Follows one trunk to an answer, to an end, or until it is given up."""
        loop = asyncio.get_running_loop()
        until, was_heard = loop.time() + self.first_answer_s, False
        while (note := await _next_note(line, until - loop.time())) is not None:
            if note["on"] == "provisional":
                until = until if was_heard else loop.time() + self.ring_s
                was_heard = True
                self._provisional(note)
            elif note["on"] == "answered":
                return Dialled("answered", trunk, line=line)
            elif note["on"] == "ended":
                return self._ended(note, trunk, was_heard=was_heard)
        line.do("end")
        if was_heard:
            return await self._cancelled(line, trunk)
        # Nothing came back at all: pjsip cancels as soon as anything does.
        self._watch_late(line)
        return Ended("next", "no_reply")

    def _provisional(self, note: Mapping[str, Any]) -> None:
        self.has_rung = self.has_rung or rings(note["code"])
        self.taken.set()

    def _ended(self, note: Mapping[str, Any], trunk: str, *, was_heard: bool) -> Ended | Dialled:
        if note.get("reason") == "user_agent_died":
            return Dialled("unknown", trunk, "user_agent_died")
        return meaning_of(note["code"], has_rung=self.has_rung, was_heard=was_heard)

    async def _cancelled(self, line: SipLine, trunk: str) -> Ended | Dialled:
        """We have cancelled: what rang may still be ringing until the trunk confirms it."""
        loop = asyncio.get_running_loop()
        until = loop.time() + self.gone_s
        while (note := await _next_note(line, until - loop.time())) is not None:
            if note["on"] == "ended":
                is_dead = note.get("reason") == "user_agent_died"
                fate: Fate = "unknown" if is_dead else "no_answer"
                return Dialled(fate, trunk, str(note["code"]))
        return Dialled("unknown", trunk, "cancel_unconfirmed")

    def _watch_late(self, line: SipLine) -> None:
        """A trunk that was given up and rings after all: no further one is tried."""

        async def watch() -> None:
            while (note := await line.notes.get())["on"] != "ended":
                if note["on"] == "provisional" and rings(note["code"]):
                    self.has_rung = True

        self._late.append(asyncio.ensure_future(watch()))


async def _next_note(line: SipLine, within_s: float) -> Mapping[str, Any] | None:
    try:
        return await asyncio.wait_for(line.notes.get(), max(within_s, 0.001))
    except TimeoutError:
        return None
