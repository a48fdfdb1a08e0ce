"""What a caller hears while somebody of ours is called for them."""

import numpy as np

from agent_runtime.speech.sound import to_pcm

RINGS_S, PAUSES_S = 2.0, 4.0
_HZ = (440, 480)
"""As in North America (ITU-T E.180)."""


def ring_tone(rate: int) -> bytes:
    """Returns one ring, 16-bit PCM at a rate in Hz."""
    times = np.arange(int(RINGS_S * rate)) / rate
    waves = np.sum([np.sin(2 * np.pi * hz * times) for hz in _HZ], axis=0)
    return to_pcm((0.05 * waves).astype(np.float32))
