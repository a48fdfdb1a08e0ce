"""The sound of one call inside the user agent: a port of its conference bridge."""

import ctypes
from collections.abc import Callable
from typing import Any

from pjsua2 import pjsua2 as pj

from agent_runtime.channels.voice.sip import wire
from agent_runtime.channels.voice.sip.playing import SILENCE, Playing


class SoundPort(pj.AudioMediaPort):
    """Takes what they say and plays what we say, 20 ms at a time, on the clock of the call.

    pjmedia's clock thread calls it, also while nothing comes in: then it hears silence, since ears
    that get nothing cannot tell that somebody has stopped speaking.

    Args:
        call: Number of the call between bridge and user agent.
        playing: What we say.
        send: Hands bytes to the bridge, without waiting.
    """

    def __init__(self, call: int, playing: Playing, send: Callable[[bytes], None]) -> None:
        super().__init__()
        self._call, self._send = call, send
        self._playing = playing
        self._told_bytes = 0
        self._has_heard = True
        self.is_open = True

    def open(self, name: str) -> None:
        """Puts the port on the conference bridge."""
        form = pj.MediaFormatAudio()
        form.init(pj.PJMEDIA_FORMAT_PCM, wire.SAMPLE_RATE, 1, int(wire.TICK_S * 1_000_000), 16)
        self.createPort(name, form)

    def onFrameRequested(self, frame: pj.MediaFrame) -> None:
        """Gives the next 20 ms."""
        pcm = self._playing.next()
        frame.type = pj.PJMEDIA_FRAME_TYPE_AUDIO
        frame.buf = pj.ByteVector(pcm)
        if not self.is_open:
            return
        if not self._has_heard:
            self._send(wire.sound(self._call, SILENCE))
        self._has_heard = False
        if (gone_bytes := self._playing.gone_bytes) != self._told_bytes:
            self._told_bytes = gone_bytes
            self._send(wire.played(self._call, gone_bytes))

    def onFrameReceived(self, frame: pj.MediaFrame) -> None:
        """Takes 20 ms of theirs."""
        if self.is_open and frame.type == pj.PJMEDIA_FRAME_TYPE_AUDIO and frame.size:
            self._has_heard = True
            self._send(wire.sound(self._call, _bytes_of(frame.buf)))


def _bytes_of(vector: Any) -> bytes:
    """A vector of C++ begins with the address of its bytes; one by one they would take 500 us."""
    first = ctypes.c_void_p.from_address(int(vector.this)).value
    return ctypes.string_at(first, vector.size()) if first else b""
