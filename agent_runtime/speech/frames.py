"""What speech tells the pipeline beside words and sound."""

from dataclasses import dataclass
from typing import Literal

from pipecat.frames.frames import SystemFrame

from agent_runtime.speech.failures import Why


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
