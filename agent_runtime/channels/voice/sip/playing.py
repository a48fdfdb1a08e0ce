"""What we say in one call, waiting in the user agent for the clock; no object of pjsua is in it."""

from collections import deque
from threading import Lock

from agent_runtime.channels.voice.sip import wire

SILENCE = bytes(wire.TICK_BYTES)
_MOST_BYTES = wire.TICK_BYTES * 500
"""Ten seconds: the bridge keeps far less waiting, so more is a fault and is not played."""


class Playing:
    """Sound of ours in the order in which it is played; any thread may use it."""

    def __init__(self) -> None:
        self.gone_bytes = 0
        """What has been played or thrown away, ever."""
        self._lock = Lock()
        self._pieces: deque[bytes] = deque()
        self._waiting_bytes = 0

    def say(self, pcm: bytes) -> None:
        """Takes sound to play after what waits already."""
        with self._lock:
            if self._waiting_bytes + len(pcm) <= _MOST_BYTES:
                self._pieces.append(pcm)
                self._waiting_bytes += len(pcm)
            else:
                self.gone_bytes += len(pcm)

    def clear(self) -> None:
        """Is silent at once; what waited counts as gone."""
        with self._lock:
            self._pieces.clear()
            self.gone_bytes += self._waiting_bytes
            self._waiting_bytes = 0

    def next(self) -> bytes:
        """Returns the next 20 ms, with silence where there is nothing to say."""
        taken = bytearray()
        with self._lock:
            while self._pieces and len(taken) < wire.TICK_BYTES:
                piece = self._pieces.popleft()
                room = wire.TICK_BYTES - len(taken)
                taken += piece[:room]
                if len(piece) > room:
                    self._pieces.appendleft(piece[room:])
            self._waiting_bytes -= len(taken)
            self.gone_bytes += len(taken)
        return bytes(taken) + SILENCE[len(taken) :]
