"""The turns of a call, each part importing only those above it.

- `people`: whose call it is, and the thread that it is part of.
- `words`: what we may say: approved texts that the rules let be spoken now.
- `reader`, `heard`: what they say, read before it is a turn; how much of ours they heard.
- `answers`, `turns`: what a turn means for the call; a turn answered by the desk.
"""

from agent_runtime.channels.voice.turns.turns import CallTurns

__all__ = ["CallTurns"]
