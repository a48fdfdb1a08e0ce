"""How long a call waits for what, and what it may do."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class CallLimits:
    """Times in seconds; every wait of a call has one, so that none stays open."""

    hello_s: float = 3.0
    """Who has picked up and says nothing is spoken to first."""
    judges: bool = False
    """Whether somebody tells who answered; then a greeting alone is no reason to speak."""
    verdict_s: float = 1.5
    """Quiet after a greeting without a verdict on it: then it was a person."""
    silence_s: float = 7.0
    prompts: int = 2
    """How often we ask into a silence before we say goodbye."""
    hold_s: float = 60.0
    """Silence after "hold on"."""
    filler_s: float = 1.5
    """A turn that takes longer is bridged with a word, once."""
    turn_s: float = 8.0
    """A turn that takes longer is given up."""
    words_s: float = 4.0
    """From the end of what was longer than a cough to its words, before there are none."""
    voice_s: float = 4.0
    """From words to their first sound."""
    monologue_s: float = 90.0
    """Voice without an end: the recogniser hangs, or it is no voice."""
    transfer_s: float = 40.0
    longest_s: float = 900.0
    cough_s: float = 1.0
    """A sound without words that is no longer is no turn."""
    keys_s: float = 1.5
    """From the last key of theirs to our word that it has to be said."""
    beep_s: float = 2.5
    """Quiet after a voicemail's greeting without a beep: then we speak all the same."""
    greeting_s: float = 45.0
    """A voicemail, menu or screen that goes on for longer is given up."""
    menu_s: float = 2.0
    """Quiet after which a menu has said all its options."""
    screening_s: float = 45.0
    back_after_s: float = 120.0
    voicemail: Literal["hang_up", "leave_message"] = "hang_up"
    records: bool = False
    """Whether leave to record is asked for."""
    records_at_once: bool = False
    """Whether it is recorded without asking, where the law of the place wants no leave."""
    transfers: bool = False
    """Whether somebody of ours can take a call now."""
    calls_back: bool = False
    """Whether a call that broke is taken up again."""
