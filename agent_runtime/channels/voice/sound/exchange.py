"""Keeps the time of a call in sound: every 20 ms one frame goes each way, in a thread of its own.

The thread shares nothing with the event loop but a buffer, so that a loop that stalls is heard as
the silence that it would be on a telephone.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from agent_runtime.channels.voice.sound.caller import FRAME_S, Caller
from agent_runtime.channels.voice.sound.sounded import Track
from agent_runtime.channels.voice.sound.wire_faults import FRAME, LatePackets, TelephoneLine
from agent_runtime.speech.sound import Samples, from_pcm, to_pcm

_BYTES = 2 * FRAME


@dataclass(slots=True)
class Exchange:
    """Two sides and the line between them.

    Args:
        caller: The other side.
        to_us: The line from them to us.
        to_them: The line back.
        arrived: Given what reaches our side every 20 ms, 16-bit PCM: one frame, several where some
            were late, or none; called in the thread.
        longest_s: The line breaks after so many seconds, whatever happens.
    """

    caller: Caller
    to_us: TelephoneLine
    to_them: TelephoneLine
    arrived: Callable[[bytes], None]
    longest_s: float = 300.0
    late: LatePackets = field(default_factory=LatePackets)
    """What comes late on its way to us."""
    late_back: int = 0
    """So many frames of ours lie in the buffer from which their telephone plays."""
    began_at: float = 0.0
    """`time.monotonic()` of the first sample."""
    _said: list[Samples] = field(default_factory=list)
    _heard: list[bytes] = field(default_factory=list)
    _ours: list[bytes] = field(default_factory=list)
    _reached: list[Samples] = field(default_factory=list)
    _buffered: deque[Samples] = field(default_factory=deque)
    _waiting: bytearray = field(default_factory=bytearray)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _over: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Begins the call."""
        self.began_at = time.monotonic()
        self._thread = threading.Thread(target=self._run, name="exchange", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends it, and waits for the thread."""
        self._over.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout=2)

    @property
    def is_over(self) -> bool:
        """Whether the line is closed."""
        return self._over.is_set()

    @property
    def now_s(self) -> float:
        """Seconds since the first sample."""
        return time.monotonic() - self.began_at if self.began_at else 0.0

    def play(self, pcm: bytes) -> None:
        """Takes sound of ours, to be heard behind what waits."""
        with self._lock:
            self._waiting += pcm

    @property
    def waiting_s(self) -> float:
        """Seconds of our sound that wait to be heard; none does once the line is closed."""
        if self.is_over:
            return 0.0
        with self._lock:
            return len(self._waiting) / _BYTES * FRAME_S

    def tracks(self) -> tuple[Track, Track, Track]:
        """Returns what arrived from them, what left our side, and what they said before the line.

        All three begin with the first sample and have one length.
        """
        arrived = np.frombuffer(b"".join(self._heard), "<i2")
        ours = np.frombuffer(b"".join(self._ours), "<i2")
        said = np.frombuffer(b"".join(map(to_pcm, self._said)), "<i2")
        length = min(len(arrived), len(ours), len(said))
        return arrived[:length], ours[:length], said[:length]

    def reached(self) -> Track:
        """Returns our side as they heard it, of the same length."""
        heard = np.frombuffer(b"".join(map(to_pcm, self._reached)), "<i2")
        return heard[: len(self.tracks()[0])]

    def _run(self) -> None:
        for number in range(round(self.longest_s / FRAME_S)):
            wait = self.began_at + number * FRAME_S - time.monotonic()
            if wait > 0 and self._over.wait(wait):
                return
            if self._over.is_set():
                return
            self._exchange()
        self.caller.tell("drops", True)

    def _exchange(self) -> None:
        with self._lock:
            ours = bytes(self._waiting[:_BYTES]).ljust(_BYTES, b"\0")
            del self._waiting[:_BYTES]
        left = from_pcm(ours)
        reached = self._buffer(self.to_them.carry(left))
        said = self.caller.tick(reached)
        heard = self.late.carry(to_pcm(self.to_us.carry(said, left)))
        self._ours.append(ours)
        self._reached.append(reached)
        self._said.append(said)
        self._heard.append(heard)
        self.arrived(heard)

    def _buffer(self, frame: Samples) -> Samples:
        self._buffered.append(frame)
        is_full = len(self._buffered) > self.late_back
        return self._buffered.popleft() if is_full else np.zeros_like(frame)
