"""What a line does to a voice, 20 ms at a time: noise, G.711, lost and late packets, echo."""

from collections import deque
from typing import TYPE_CHECKING

import numpy as np

from agent_runtime.channels.voice.sound.noises import noise
from agent_runtime.channels.voice.sound.sounded import RATE
from agent_runtime.speech.sound import Samples

if TYPE_CHECKING:
    from agent_runtime.library.call_scenario import Sound

FRAME = RATE // 50
VOICE_LEVEL = 0.1
"""Root mean square of a voice while it speaks; noise is measured against it."""
_FRAME_MS = 20
_ECHO_FRAMES = 6
_NOISE_S = 20.0
_TAPS = 31
_MU = 255.0


class TelephoneLine:
    """Carries one side's sound to the other. It holds state: one object a call and direction.

    Args:
        sound: Of the scenario.
        with_noise: False for the way back, from us to them.
    """

    def __init__(self, sound: "Sound", *, with_noise: bool = True) -> None:
        self._codec = sound.codec
        self._loss = sound.loss if with_noise else sound.loss_back
        self._burst, self._is_losing = sound.burst, False
        self._rng = np.random.default_rng(sound.seed)
        self._noise = np.zeros(FRAME, np.float32)
        if with_noise and sound.noise:
            made = noise(sound.noise, _NOISE_S, self._rng)
            self._noise = made * np.float32(VOICE_LEVEL * 10 ** (-sound.snr_db / 20))
        self._at = 0
        self._echo: deque[Samples] = deque(maxlen=_ECHO_FRAMES)
        self._echo_gain = 10 ** (-sound.echo_db / 20) if sound.echo_db and with_noise else 0.0
        self._down, self._up = _LowPass(), _LowPass()
        self._last = np.zeros(FRAME, np.float32)

    def carry(self, frame: Samples, other: Samples | None = None) -> Samples:
        """Returns 20 ms as they arrive.

        Args:
            frame: What was said, `FRAME` samples.
            other: What was said on the far side in the same 20 ms, for its echo.
        """
        mixed = frame + self._noise_now() + self._echo_of(other)
        if self._codec == "ulaw":
            thin = self._down.feed(mixed)[::2]
            coded = _ulaw(np.clip(thin, -1, 1))
            wide = np.zeros(FRAME, np.float32)
            wide[::2] = 2 * coded
            mixed = self._up.feed(wide)
        if self._is_lost():
            return self._last
        self._last = mixed.astype(np.float32)
        return self._last

    def _is_lost(self) -> bool:
        """Gilbert's chain; lost one by one, 5% of packets have 1.05 in a row on average."""
        if not self._loss:
            return False
        length = max(self._burst, 1 / (1 - self._loss))
        begins = self._loss / (1 - self._loss) / length
        chance = 1 - 1 / length if self._is_losing else begins
        self._is_losing = bool(self._rng.random() < chance)
        return self._is_losing

    def _noise_now(self) -> Samples:
        start = self._at % len(self._noise)
        self._at += FRAME
        return self._noise[start : start + FRAME]

    def _echo_of(self, other: Samples | None) -> Samples | float:
        if not self._echo_gain or other is None:
            return 0.0
        late = self._echo[0] if len(self._echo) == _ECHO_FRAMES else np.zeros_like(other)
        self._echo.append(other)
        return (late * self._echo_gain).astype(np.float32)


class LatePackets:
    """Packets on their way, one given and any number taken each 20 ms; none overtakes another.

    Args:
        jitter_ms: So much later may one arrive; what lies between two ticks is late by the next.
        seed: Of the delays.
    """

    def __init__(self, jitter_ms: int = 0, *, seed: int = 1) -> None:
        self._jitter = jitter_ms / _FRAME_MS
        self._rng = np.random.default_rng(seed)
        self._under_way: deque[tuple[int, bytes]] = deque()
        self._now = self._last_due = 0

    def carry(self, packet: bytes) -> bytes:
        """Returns what arrives in the 20 ms in which a packet was sent; empty: nothing does."""
        delay = int(np.ceil(self._rng.uniform(0, self._jitter))) if self._jitter else 0
        self._last_due = max(self._last_due, self._now + delay)
        self._under_way.append((self._last_due, packet))
        arrived = b""
        while self._under_way and self._under_way[0][0] <= self._now:
            arrived += self._under_way.popleft()[1]
        self._now += 1
        return arrived


class _LowPass:
    """Lets pass what a telephone does, up to 3.6 kHz; 1 ms late."""

    def __init__(self) -> None:
        at = np.arange(_TAPS) - _TAPS // 2
        taps = np.sinc(2 * 3600 / RATE * at) * np.hamming(_TAPS)
        self._taps = taps / taps.sum()
        self._past = np.zeros(_TAPS - 1)

    def feed(self, frame: Samples) -> Samples:
        whole = np.concatenate([self._past, frame])
        self._past = whole[-(_TAPS - 1) :]
        return np.convolve(whole, self._taps, "valid").astype(np.float32)


def _ulaw(samples: Samples) -> Samples:
    """Returns samples after G.711 mu-law: 8 bits, on a logarithmic scale."""
    squeezed = np.sign(samples) * np.log1p(_MU * np.abs(samples)) / np.log1p(_MU)
    steps = np.round(squeezed * 127) / 127
    return (np.sign(steps) * np.expm1(np.abs(steps) * np.log1p(_MU)) / _MU).astype(np.float32)
