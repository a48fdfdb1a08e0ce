"""Steps that all parts of a conversation share."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from agent_runtime.channels.voice.commands import (
    Command,
    HandOn,
    HangUp,
    KeepHeard,
    Kind,
    Prepare,
    Withdraw,
)
from agent_runtime.channels.voice.conversation.phases import LISTEN, NextStep, Phase
from agent_runtime.channels.voice.conversation.state import CallState
from agent_runtime.channels.voice.utterance import Utterance


def enter(talk: CallState, phase: Phase, at: datetime) -> list[Command]:
    """Goes on in another phase, for which nothing need be done."""
    talk.phase, talk.phase_since = phase, at
    return []


def prepare(
    talk: CallState,
    kind: Kind,
    text_ids: tuple[str, ...],
    *,
    frame: str = "",
    then: NextStep = LISTEN,
    language: str = "",
) -> Prepare:
    """Has words permitted, and keeps what comes once they have been said."""
    talk.preparations += 1
    key = f"{kind}:{talk.preparations}"
    talk.preparing[key] = then
    return Prepare(key, kind, text_ids, frame, language)


def phrase(
    talk: CallState, text_id: str, then: NextStep = LISTEN, *, language: str = ""
) -> list[Command]:
    """Has a set phrase permitted."""
    return [prepare(talk, "phrase", (text_id,), then=then, language=language)]


def never_said(says: Iterable[Utterance]) -> list[Command]:
    """Settles utterances of which nothing is said."""
    return [KeepHeard(u, "", is_cut=True) for u in says]


def nothing_first(talk: CallState) -> list[Command]:
    """Gives up what was to go before the next answer."""
    first, talk.told_first = talk.told_first, ()
    return never_said(first)


def forget_answer(talk: CallState) -> list[Command]:
    """Gives up what waits to be said, and an answer that was held back."""
    done = talk.mouth.drop()
    talk.then = LISTEN
    held, talk.held = talk.held, None
    return [*done, *(never_said(held.says) if held is not None else [])]


def withdraw(talk: CallState) -> list[Command]:
    """Tells once that a turn is not wanted if it is not decided yet."""
    if talk.asking is None or talk.asking.is_withdrawn:
        return []
    talk.asking.is_withdrawn = True
    return [Withdraw(talk.asking.number)]


def give_up(talk: CallState, reason: str, text_id: str, *, language: str = "") -> list[Command]:
    """Says why, leaves the rest to a person, and hangs up."""
    talk.phase, talk.is_final = "ending", True
    talk.preparing.clear()
    done: list[Command] = [*talk.mouth.hush(), *talk.mouth.drop()]
    if talk.asking is not None:
        done.append(Withdraw(talk.asking.number))
        talk.asking = None
    told = phrase(talk, text_id, NextStep("hang_up", reason), language=language)
    return [*done, HandOn(reason), *told]


def end(talk: CallState, reason: str) -> list[Command]:
    """Hangs up; whatever was not said never is."""
    done = [*talk.mouth.hush(), *talk.mouth.drop(), *nothing_first(talk)]
    held, talk.held = talk.held, None
    talk.phase, talk.end_reason = "over", reason
    return [*done, *(never_said(held.says) if held is not None else []), HangUp(reason)]


def is_past(since: datetime, limit_s: float, at: datetime) -> bool:
    """Says whether so many seconds have gone by."""
    return at - since >= timedelta(seconds=limit_s)
