"""The sound of a call: 20 ms at a time, mu-law, both ways, as a carrier streams it."""

import asyncio
import json
from contextlib import suppress

import numpy as np
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

FRAME_S = 0.02
FRAME = 160
GATHERED = 40
"""Frames; a telephone network has a twentieth of that, on machines that are not as busy."""
QUIET = np.zeros(FRAME, np.int16)
_BIAS, _CLIP = 0x84, 32635
"""ITU-T G.711, mu-law."""


def to_ulaw(pcm):
    """Returns 16-bit samples as mu-law bytes."""
    value = pcm.astype(np.int32)
    sign = np.where(value < 0, 0x80, 0)
    value = np.minimum(np.abs(value), _CLIP) + _BIAS
    exponent = np.floor(np.log2(value)).astype(np.int32) - 7
    mantissa = (value >> (exponent + 3)) & 0x0F
    return (~(sign | (exponent << 4) | mantissa) & 0xFF).astype(np.uint8).tobytes()


def from_ulaw(data):
    """Returns mu-law bytes as 16-bit samples."""
    value = ~np.frombuffer(data, np.uint8).astype(np.int32) & 0xFF
    exponent, mantissa = (value >> 4) & 0x07, value & 0x0F
    linear = ((mantissa << 3) + _BIAS << exponent) - _BIAS
    return np.where(value & 0x80, -linear, linear).astype(np.int16)


class Idle:
    """Nobody says anything, and the line is given up after a while."""

    def __init__(self, frames=5):
        self.left = frames
        self.heard = []

    def next_frame(self, heard, *, is_sound):
        self.heard.append(heard)
        self.left -= 1

    @property
    def is_done(self):
        return self.left <= 0


class Jitter:
    """Plays once some sound has gathered, so that a late frame is no gap in a word."""

    def __init__(self):
        self._is_playing, self._waited, self._had = False, 0, 0

    def take(self, played):
        """Takes 20 ms from what is to be played; silence while it gathers or there is none."""
        self._waited = 0 if len(played) != self._had else self._waited + 1
        is_enough = len(played) >= GATHERED * FRAME or self._waited > GATHERED
        self._is_playing = len(played) > 0 and (self._is_playing or is_enough)
        frame = bytes(played[:FRAME]) if self._is_playing else b""
        del played[: len(frame)]
        self._had = len(played)
        return frame.ljust(FRAME, b"\xff")


async def talk(vendor, call, url, person):
    """Streams a call until one side ends it; `person` may be None for nobody."""
    person = person or Idle()
    try:
        socket = await connect(url, max_size=2**20, proxy=None)
    except (InvalidStatus, OSError):
        person.refused = True
        return
    wire = vendor.wire(call)
    played = bytearray()
    marks = []

    async def listen():
        async for text in socket:
            kind, value = wire.heard(json.loads(text))
            if kind == "media":
                played.extend(value)
            elif kind == "clear":
                played.clear()
                for name in marks:
                    await socket.send(json.dumps(wire.marked(name[1])))
                marks.clear()
            elif kind == "mark":
                marks.append((len(played), value))

    listening = asyncio.create_task(listen())
    try:
        for message in wire.hello():
            await socket.send(json.dumps(message))
        loop, jitter = asyncio.get_running_loop(), Jitter()
        due = loop.time()
        while not (person.is_done or call.over.is_set() or call.moved.is_set() or listening.done()):
            waiting = len(played)
            sound = jitter.take(played)
            taken = waiting - len(played)
            said = person.next_frame(from_ulaw(sound), is_sound=taken > 0)
            for key in getattr(person, "keys", ())[:1]:
                person.keys = person.keys[1:]
                await socket.send(json.dumps(wire.key(key)))
            frame = QUIET if said is None else said
            await socket.send(json.dumps(wire.media(to_ulaw(frame))))
            marks[:] = [(at - taken, name) for at, name in marks]
            while marks and marks[0][0] <= 0:
                await socket.send(json.dumps(wire.marked(marks.pop(0)[1])))
            due += FRAME_S
            await asyncio.sleep(max(0.0, due - loop.time()))
        if getattr(person, "breaks", False):
            socket.transport.abort()
        elif (stop := wire.stop()) and not listening.done():
            await socket.send(json.dumps(stop))
    except ConnectionClosed:
        pass
    finally:
        listening.cancel()
        with suppress(asyncio.CancelledError, ConnectionClosed):
            await listening
        await socket.close()
