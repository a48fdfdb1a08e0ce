"""What can go wrong while hearing and speaking, as exceptions and as one frame for a pipeline.

SpeechFailure
├── TimedOut       the model or program did not answer in time
├── Overloaded     too much waits already
└── Died           the model or program broke
"""

from dataclasses import dataclass
from typing import Literal

from pipecat.frames.frames import SystemFrame

Why = Literal["timed_out", "overloaded", "died"]
"""timed_out: no answer in time; overloaded: too much waits already; died: it broke."""


class SpeechFailure(Exception):
    """Base of what a model or program for speech does wrong."""

    why: Why = "died"


class TimedOut(SpeechFailure):
    """It did not answer in time."""

    why: Why = "timed_out"


class Overloaded(SpeechFailure):
    """Too much waits for it already."""

    why: Why = "overloaded"


class Died(SpeechFailure):
    """It broke."""

    why: Why = "died"


@dataclass
class SpeechFailedFrame(SystemFrame):
    """Tells the pipeline that something said was not heard, or not spoken.

    The service goes on with the next utterance. It travels downstream from hearing and upstream
    from speaking, since what decides on the conversation lies between the two; an `ErrorFrame`
    with the same sentence goes to the worker.

    Parameters:
        part: Which of the two failed.
        why: What happened.
        detail: One sentence for the trace.
        lost_s: Seconds of a person's speech that were not understood.
        spoken: What of the text had been given out when a voice failed.
        unspoken: What had not, for another voice to say.
    """

    part: Literal["hearing", "speaking"]
    why: Why
    detail: str
    lost_s: float = 0.0
    spoken: str = ""
    unspoken: str = ""
