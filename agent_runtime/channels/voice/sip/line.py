"""One call as the bridge holds it: notes and sound in, sound and wishes out."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from agent_runtime.channels.voice.sip import wire

AHEAD_BYTES = wire.TICK_BYTES * 3
"""So much of ours may wait in the user agent: 60 ms, so that we fall silent at once and the delay
of a long call cannot grow."""
_HEARD_TICKS = 500
"""Ten seconds of theirs wait for a pipeline that starts; beyond that the oldest is lost."""


class SipLine:
    """One call between bridge and user agent.

    Args:
        number: Its number on the wire.
        write: Hands bytes to the user agent.
    """

    def __init__(self, number: int, write: Callable[[bytes], None]) -> None:
        self.number = number
        self.is_over = False
        self.is_joined = False
        """Whether they talk to somebody of ours: then nobody here ends it."""
        self.notes: asyncio.Queue[Mapping[str, Any]] = asyncio.Queue()
        """What happens to it; the last one is `ended`."""
        self.sound: asyncio.Queue[bytes] = asyncio.Queue(_HEARD_TICKS)
        """20 ms of theirs at a time."""
        self._write = write
        self._sent_bytes = self._played_bytes = 0
        self._has_room = asyncio.Event()
        self._has_room.set()

    @property
    def waiting_bytes(self) -> int:
        """How much of ours has not been played yet."""
        return self._sent_bytes - self._played_bytes

    async def say(self, pcm: bytes) -> bool:
        """Sends sound as soon as there is room; False where nobody hears us any more."""
        await self._has_room.wait()
        if self._is_deaf:
            return False
        self._sent_bytes += len(pcm)
        self._write(wire.sound(self.number, pcm))
        self._check_room()
        return True

    async def played(self, within_s: float) -> None:
        """Waits until all of ours has been played, at most so long."""
        until = asyncio.get_running_loop().time() + within_s
        while self.waiting_bytes > 0 and not self._is_deaf:
            if asyncio.get_running_loop().time() > until:
                return
            await asyncio.sleep(wire.TICK_S)

    def do(self, what: str, **more: object) -> None:
        """Asks the user agent for something: answer, end, press, join or clear."""
        if not self.is_over:
            self._write(wire.note(self.number, {"do": what, **more}))

    def join(self, other: "SipLine") -> bool:
        """Has both talk to each other until one of them ends; False where one has."""
        if self.is_over or other.is_over:
            return False
        self.is_joined = other.is_joined = True
        self.do("join", to=other.number)
        for line in (self, other):
            line._check_room()
        return True

    async def ended(self) -> None:
        """Waits for its end; whatever else happens on it is no matter any more."""
        while not self.is_over:
            await self.notes.get()

    def forget_sound(self) -> None:
        """Throws away what was heard before they picked up: ring-back of the network."""
        while not self.sound.empty():
            self.sound.get_nowait()

    def take(self, message: wire.Message) -> None:
        """Takes a message of the user agent."""
        if message.kind == wire.SOUND:
            if self.sound.full():
                self.sound.get_nowait()
            self.sound.put_nowait(message.body)
        elif message.kind == wire.PLAYED:
            self._played_bytes = message.count
            self._check_room()
        else:
            self.hear(message.note)

    def hear(self, note: Mapping[str, Any]) -> None:
        """Takes a note; after `ended` nothing is sent any more."""
        if self.is_over:
            return
        if note["on"] == "ended":
            self.is_over = True
            self._has_room.set()
        self.notes.put_nowait(note)

    @property
    def _is_deaf(self) -> bool:
        return self.is_over or self.is_joined

    def _check_room(self) -> None:
        if self.waiting_bytes < AHEAD_BYTES or self._is_deaf:
            self._has_room.set()
        else:
            self._has_room.clear()
