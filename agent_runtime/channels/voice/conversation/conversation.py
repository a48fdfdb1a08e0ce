"""A call as whoever leads it sees it: what happens goes in, what is to be done comes out."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from agent_runtime.channels.voice.commands import Command
from agent_runtime.channels.voice.conversation.answers import answered
from agent_runtime.channels.voice.conversation.failures import (
    broken,
    cannot_hear,
    cannot_speak,
    dropped,
)
from agent_runtime.channels.voice.conversation.keys import key_pressed
from agent_runtime.channels.voice.conversation.languages import in_language, language_heard
from agent_runtime.channels.voice.conversation.party import (
    beeped,
    connected,
    menu_reread,
    recognised,
    transferred,
)
from agent_runtime.channels.voice.conversation.phases import Doing
from agent_runtime.channels.voice.conversation.saying import prepared, voice_begun, voice_ended
from agent_runtime.channels.voice.conversation.state import CallState
from agent_runtime.channels.voice.conversation.steps import is_past, never_said
from agent_runtime.channels.voice.conversation.stops import stop_heard
from agent_runtime.channels.voice.conversation.turns import user_started, user_stopped
from agent_runtime.channels.voice.conversation.waiting import tick
from agent_runtime.channels.voice.events import (
    Answered,
    Beep,
    BotStarted,
    BotStopped,
    Broken,
    Connected,
    Dropped,
    Event,
    KeyPressed,
    LanguageHeard,
    MenuReread,
    Prepared,
    StopHeard,
    SttFailed,
    Tick,
    Transferred,
    TtsFailed,
    UserStarted,
    UserStopped,
    WhoAnswered,
)

ABANDONED_S = 2.0
"""Whoever has greeted and hears nothing for so long was called by a machine that had no time."""


class Conversation(CallState):
    """One call. `on` takes what happened and returns what is to be done about it, in order.

    Args:
        call: The call.
        limits: How long it waits, and what it may do.
        language: In which it begins, two letters.
        navigate: Which keys lead on, in a menu that says this, and whether it has fallen quiet
            after it; empty: none yet; None: none will.
        reread: Takes what another ear has read of a menu, and whether it has done so.
        spoken: Languages that some voice here speaks, for a word of goodbye at least.
    """

    __slots__ = ()

    @property
    def is_over(self) -> bool:
        """Whether nothing more happens."""
        return self.phase == "over"

    @property
    def waits_for_answer(self) -> bool:
        """Whether a turn is being worked that has not been given up."""
        return self.asking is not None

    def is_abandoned(self, now: datetime) -> bool:
        """Whether a person greeted and heard nothing of us in time (47 CFR 64.1200(a)(7))."""
        is_no_person = self.who not in (None, "person", "uncertain")
        if self.call.direction == "inbound" or self.greeted_at is None or is_no_person:
            return False
        return is_past(self.greeted_at, ABANDONED_S, self.heard_us_at or now)

    @property
    def doing(self) -> Doing:
        """What is going on."""
        if self.phase in ("ringing", "over"):
            return "ringing" if self.phase == "ringing" else "over"
        if self.user_since is not None:
            return "hearing"
        if self.mouth.saying is not None and self.mouth.saying.has_begun:
            return "speaking"
        is_busy = self.mouth.is_speaking or self.asking is not None or self.preparing
        return "thinking" if is_busy else "listening"

    def on(self, event: Event) -> tuple[Command, ...]:
        """Takes one event; after the end of the call only what had been said is still written."""
        if self.is_over:
            return tuple(self._too_late(event))
        return tuple(in_language(self, _TAKES[type(event)](self, event)))

    def _too_late(self, event: Event) -> list[Command]:
        """What comes too late to be said was never said."""
        if isinstance(event, BotStopped):
            return [*self.mouth.ended(event.heard, is_cut=event.is_cut), *self.mouth.drop()]
        if isinstance(event, Prepared):
            return never_said(event.says)
        return never_said(event.answer.says) if isinstance(event, Answered) else []


_TAKES: dict[type[Event], Callable[[CallState, Any], list[Command]]] = {
    Connected: connected,
    UserStarted: user_started,
    UserStopped: user_stopped,
    StopHeard: stop_heard,
    BotStarted: voice_begun,
    BotStopped: voice_ended,
    Prepared: prepared,
    Answered: answered,
    WhoAnswered: recognised,
    LanguageHeard: language_heard,
    MenuReread: menu_reread,
    Beep: beeped,
    KeyPressed: key_pressed,
    Transferred: transferred,
    SttFailed: cannot_hear,
    TtsFailed: cannot_speak,
    Dropped: dropped,
    Broken: broken,
    Tick: tick,
}
