"""What can go wrong while hearing and speaking, as exceptions.

SpeechFailure
├── TimedOut       the model or program did not answer in time
├── Overloaded     too much waits already
└── Died           the model or program broke
"""

from typing import Literal

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
