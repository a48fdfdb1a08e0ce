"""What speech tells the pipeline beside words and sound."""

from dataclasses import dataclass, field
from typing import Literal

from pipecat.frames.frames import ControlFrame, SystemFrame

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


@dataclass
class LanguageHeardFrame(ControlFrame):
    """Goes before the transcript of what was said in another language than before.

    Parameters:
        language: Two letters.
        is_led: Whether calls are led in it, and it can be heard here.
        is_asked: Whether they asked for it in words; otherwise it is what they spoke.
        is_ready: Whether its model is loaded; otherwise the transcript comes later.
        share: How probable it is by the sound, from 0 to 1; 0 where nothing was told by it.
    """

    language: str = ""
    is_led: bool = True
    is_asked: bool = False
    is_ready: bool = True
    share: float = 0.0
    interruptible: bool = field(default=False, init=False)


@dataclass
class HeardAnewFrame(ControlFrame):
    """Goes before a transcript of their turn so far: what came before was misheard."""

    interruptible: bool = field(default=False, init=False)


@dataclass
class HeardNothingFrame(ControlFrame):
    """An utterance had no words after all, though some were guessed while it was spoken."""

    interruptible: bool = field(default=False, init=False)


@dataclass
class HeardOtherwiseFrame(ControlFrame):
    """What they said, if it was said in another language, which may be.

    It goes before the transcript, or comes late where the language was told late.

    Parameters:
        text: The words in that language.
        language: Two letters.
    """

    text: str = ""
    language: str = ""
    interruptible: bool = field(default=False, init=False)
