"""The sound of a call as something to look at and to listen to."""

import io
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from agent_runtime.channels.voice.timeline.model import Waves
from agent_runtime.speech.sound import Samples


@dataclass(frozen=True, slots=True)
class Tracks:
    """Both sides of a call as sound, from one instant on."""

    them: Samples
    us: Samples
    rate: int
    began_at: datetime


MOST_COLUMNS = 1_600
_LEAST_STEP_S = 0.04


def waves_of(tracks: Tracks, *, start_s: float = 0.0) -> Waves:
    """Returns the loudest sample of each step, both sides on one scale."""
    them, us, rate = tracks.them, tracks.us, tracks.rate
    length = max(len(them), len(us))
    step = max(int(_LEAST_STEP_S * rate), -(-length // MOST_COLUMNS))
    loudest = max((float(np.abs(one).max()) for one in (them, us) if len(one)), default=0.0) or 1.0
    sides = (_peaks(one, step, length) / loudest for one in (them, us))
    theirs, ours = (tuple(round(float(peak), 3) for peak in side) for side in sides)
    return Waves(start_s, step / rate, theirs, ours)


def _peaks(samples: Samples, step: int, length: int) -> Samples:
    whole = np.zeros(-(-length // step) * step, np.float32)
    whole[: len(samples)] = np.abs(samples)
    return whole.reshape(-1, step).max(axis=1)


def mixed(tracks: Tracks) -> Samples:
    """Returns both sides as one sound."""
    whole = np.zeros(max(len(tracks.them), len(tracks.us)), np.float32)
    for side in (tracks.them, tracks.us):
        whole[: len(side)] += side
    return np.clip(whole, -1.0, 1.0)


def as_mp3(samples: Samples, rate: int) -> bytes:
    """Returns a sound as MP3, which every browser plays."""
    import soundfile

    file = io.BytesIO()
    soundfile.write(file, samples, rate, format="MP3", subtype="MPEG_LAYER_III")
    return file.getvalue()
