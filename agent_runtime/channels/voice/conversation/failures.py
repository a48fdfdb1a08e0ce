"""What goes wrong: an ear, a voice, a line, or something of ours."""

from agent_runtime.channels.voice.commands import CallBack, Command, HandOn, SpareVoice, Withdraw
from agent_runtime.channels.voice.conversation.phases import MEETS_PEOPLE, NextStep
from agent_runtime.channels.voice.conversation.state import CallState
from agent_runtime.channels.voice.conversation.steps import end, give_up, phrase
from agent_runtime.channels.voice.events import Broken, Dropped, SttFailed, TtsFailed

LAST_WORDS = "call.no_voice"
"""Their sound is made before a voice can fail; they say that an AI speaks, for the opener may not
have been heard."""


def cannot_hear(talk: CallState, event: SttFailed) -> list[Command]:
    """Asks them to say it again; after a second failure in a row the call is given up."""
    talk.user_since, talk.deaf = None, talk.deaf + 1
    if talk.phase in ("greeting", "machine", "menu", "ringing"):
        return end(talk, "stt_failed") if talk.deaf > 1 else []
    if talk.phase == "opening":
        # Until it is told that an AI speaks, no other words of ours are permitted.
        return talk.mouth.go_on(event.at) or talk.mouth.next(event.at)
    if talk.deaf > 1:
        return give_up(talk, "stt_failed", "call.bad_line")
    return [*talk.mouth.hush(), *talk.mouth.drop(), *phrase(talk, "call.could_not_hear")]


def cannot_speak(talk: CallState, event: TtsFailed) -> list[Command]:
    """Goes on with the other voice; once that fails too only last words are left."""
    done = talk.mouth.ended(event.heard, is_cut=True)
    talk.mute += 1
    if talk.mute == 1:
        return [*done, SpareVoice(), *talk.mouth.go_on(event.at)]
    if talk.mute == 2:
        return [*done, *_speechless(talk)]
    return [*done, *talk.mouth.drop(), *end(talk, "tts_failed")]


def broken(talk: CallState, event: Broken) -> list[Command]:
    """Says so once; where even that cannot be done, the line is closed."""
    talk.asking, talk.words = None, None
    return end(talk, "failed") if talk.is_final else give_up(talk, "failed", "call.trouble")


def dropped(talk: CallState, event: Dropped) -> list[Command]:
    """Ends what has no line any more; one that broke may be taken up again."""
    done: list[Command] = []
    if talk.asking is not None:
        done.append(Withdraw(talk.asking.number))
    is_met = talk.phase in MEETS_PEOPLE and not event.by_them
    if is_met and talk.limits.calls_back:
        done.append(CallBack(talk.limits.back_after_s))
    reason = "hung_up" if event.by_them else "dropped"
    if talk.phase == "ending":
        reason = "completed" if not talk.is_final else "stopped"
    return [*done, *end(talk, reason)]


def _speechless(talk: CallState) -> list[Command]:
    """No voice works: what is still said was made before, if its rules let it be said."""
    talk.phase, talk.is_final = "ending", True
    talk.preparing.clear()
    done = talk.mouth.drop()
    if talk.asking is not None:
        done.append(Withdraw(talk.asking.number))
        talk.asking = None
    told = phrase(talk, LAST_WORDS, NextStep("hang_up", "tts_failed"))
    return [*done, HandOn("voice_failed"), *told]
