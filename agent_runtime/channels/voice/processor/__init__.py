"""The one processor of a call: frames become events, commands become frames.

- `processor`: takes frames and events, and has commands carried out.
- `their_turn`: what was heard of the turn that they are in, and when.
- `pipe`: what the pipeline is told by a command.
- `threads`: where the runtime works, beside the audio loop.
- `ending`: hanging up, and what came of the call.
- `frames`: what passes between a call, its recorder and its transport.
"""

from agent_runtime.channels.voice.processor.frames import (
    CallTransferredFrame,
    RecordCallFrame,
    TransferCallFrame,
    UnrecordCallFrame,
)
from agent_runtime.channels.voice.processor.processor import CallProcessor

__all__ = [
    "CallProcessor",
    "CallTransferredFrame",
    "RecordCallFrame",
    "TransferCallFrame",
    "UnrecordCallFrame",
]
