"""Frames between a call, its recorder and its transport."""

from dataclasses import dataclass, field

from pipecat.frames.frames import ControlFrame, SystemFrame


@dataclass
class RecordCallFrame(ControlFrame):
    """They have given leave to record, from here on."""

    interruptible: bool = field(default=False, init=False)


@dataclass
class UnrecordCallFrame(SystemFrame):
    """They do not want a recording: it ends at once, and is forgotten."""


@dataclass
class TransferCallFrame(ControlFrame):
    """Asks the transport to put the call through; it answers with `CallTransferredFrame`."""

    route_to: str = ""
    summary: str = ""
    """What the person of ours is told first."""
    interruptible: bool = field(default=False, init=False)


@dataclass
class CallTransferredFrame(ControlFrame):
    """The transport's answer, upstream: whether a person of ours has taken the call."""

    is_taken: bool = False
    interruptible: bool = field(default=False, init=False)


@dataclass
class TurnOverFrame(ControlFrame):
    """Comes behind the transcripts of a turn that has ended."""

    interruptible: bool = field(default=False, init=False)
