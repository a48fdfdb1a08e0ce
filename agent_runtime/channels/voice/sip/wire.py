"""What bridge and user agent say to each other over a socket pair: notes in JSON, and sound.

A message is `kind, call, length, body`: one byte, four bytes, four bytes, big-endian. Call 0: none.
"""

import json
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

SAMPLE_RATE = 16000
"""Both ways 16-bit mono; PCMU's 8 kHz is brought to it where the codec is."""
TICK_S = 0.02
TICK_BYTES = int(SAMPLE_RATE * TICK_S) * 2
LONGEST_BYTES = 1 << 20
"""A longer message is none of ours."""

NOTE, SOUND, PLAYED = 0, 1, 2
"""PLAYED: its body is how many bytes of what we sent have been played or thrown away, ever."""
_HEAD = struct.Struct("!BII")
_COUNT = struct.Struct("!Q")


@dataclass(frozen=True, slots=True)
class Message:
    """One message of either side."""

    kind: int
    call: int
    body: bytes

    @property
    def note(self) -> dict[str, Any]:
        """The body of a note."""
        return json.loads(self.body)

    @property
    def count(self) -> int:
        """The body of PLAYED, in bytes."""
        return _COUNT.unpack(self.body)[0]


def note(call: int, what: Mapping[str, Any]) -> bytes:
    """Returns a note as bytes."""
    return _packed(NOTE, call, json.dumps(what).encode())


def sound(call: int, pcm: bytes) -> bytes:
    """Returns sound as bytes."""
    return _packed(SOUND, call, pcm)


def played(call: int, count: int) -> bytes:
    """Returns the count of what was played as bytes."""
    return _packed(PLAYED, call, _COUNT.pack(count))


def _packed(kind: int, call: int, body: bytes) -> bytes:
    return _HEAD.pack(kind, call, len(body)) + body


class Reader:
    """Cuts a stream of bytes into messages."""

    def __init__(self) -> None:
        self._waiting = bytearray()

    def feed(self, data: bytes) -> Iterator[Message]:
        """Yields the messages that are whole now.

        Raises:
            ValueError: a message is longer than any of ours.
        """
        self._waiting += data
        while len(self._waiting) >= _HEAD.size:
            kind, call, length = _HEAD.unpack_from(self._waiting)
            if length > LONGEST_BYTES:
                raise ValueError(f"a message of {length} bytes; at most {LONGEST_BYTES} are sent")
            end = _HEAD.size + length
            if len(self._waiting) < end:
                return
            body = bytes(self._waiting[_HEAD.size : end])
            del self._waiting[:end]
            yield Message(kind, call, body)
