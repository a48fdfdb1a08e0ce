"""What the page says before a call, and the names of what comes of one."""

from dataclasses import dataclass
from typing import get_args

from agent_runtime.channels.voice.outcome import Disposition


@dataclass(frozen=True, slots=True)
class PageWords:
    """Who is on the other side, and what is kept."""

    caller: str = ""
    """Who the page's visitor is taken for; empty: nobody we know."""
    is_ours: bool = False
    """Whether we call them."""
    is_kept: bool = True
    """False: all of it takes place in memory, and nothing stays."""
    is_recorded: bool = False
    """Whether sound is kept, where that may be."""


_SAID: dict[Disposition, str] = {
    "meeting_booked": "A meeting is booked",
    "stopped": "You will not be contacted again",
    "transferred": "You were put through to a person",
    "handed_over": "A person will get back to you",
    "not_interested": "Not interested",
    "not_now": "Not now",
    "interested": "Interested, no meeting yet",
    "talked": "You talked",
    "voicemail_left": "A message was left",
    "voicemail": "Voicemail answered",
    "menu": "A telephone menu answered",
    "screened": "The call was screened",
    "unavailable": "The line was dead",
    "no_words": "Nobody said anything",
    "dropped": "The line broke",
    "not_permitted": "The rules do not allow this call",
    "failed": "The call failed",
}
LABELS = {name: _SAID[name] for name in get_args(Disposition)}
"""By disposition."""
