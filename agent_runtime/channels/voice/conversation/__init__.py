"""One call as a state machine: events with times go in, commands come out; it reads no clock.

`conversation` holds the class and says which part takes which event. The parts are functions over
`state`, each importing only parts that stand above it:

- `phases`, `state`, `steps`: where a call stands, what is known of it, what all parts do.
- `openers`: our first words, and leave to record asked in them.
- `saying`: words that were permitted, what was heard of them, what comes once all is said.
- `languages`: other languages than the one the call began in.
- `asides`, `answers`: words that are no turn; a turn given to be answered, and its answer.
- `recording`, `stops`: leave to record given and taken back; a stop beside any turn.
- `party`: who is there, from the line's beginning: a person, a machine, a menu, a screen.
- `turns`: what they say: a turn, an aside, a cough.
- `keys`, `failures`, `waiting`: keys they press; what goes wrong; what comes of time that passes.
"""

from agent_runtime.channels.voice.conversation.conversation import ABANDONED_S, Conversation
from agent_runtime.channels.voice.conversation.failures import LAST_WORDS
from agent_runtime.channels.voice.conversation.phases import Doing, Phase

__all__ = ["ABANDONED_S", "LAST_WORDS", "Conversation", "Doing", "Phase"]
