"""Makes a `Sounded` of a call that has been played: measures its turns and its interruptions."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from agent_runtime.channels.voice.sound.sounded import RATE, Sounded, SoundEvent, SoundTurn, Span
from agent_runtime.channels.voice.sound.timing import audible, barge_ins, reply_to

if TYPE_CHECKING:
    from agent_runtime.channels.voice.sound.sound_stage import _Playing

_UTTERANCE_S = 0.6
"""Between our sentences there is less silence."""


def told_of(playing: "_Playing") -> Sounded:
    """Returns the call, measured."""
    processor, book = playing.processor, playing.book
    assert processor.outcome is not None, "the call has no outcome"
    arrived, ours, said = playing.exchange.tracks()
    theirs = audible(said)
    ours_by_utterance = audible(ours, joined_s=_UTTERANCE_S)
    return Sounded(
        scenario=playing.scenario,
        began=playing._began or playing.clock(),
        caller=arrived,
        agent=ours,
        reached=playing.exchange.reached(),
        turns=_turns(playing, audible(ours, joined_s=0.05)),
        barge_ins=barge_ins(theirs, ours_by_utterance),
        caller_voiced=theirs,
        agent_audible=ours_by_utterance,
        vad=book.vad(),
        events=tuple(book.events),
        lines=tuple(processor.hands.lines),
        outcome=processor.outcome,
        conversation=processor.talk,
        hands=processor.hands,
        pressed=book.pressed,
        whispered=playing.whispered,
    )


def _turns(playing: "_Playing", ours: Sequence[Span]) -> tuple[SoundTurn, ...]:
    uttered, events = playing.caller.uttered, playing.book.events
    stages = {
        event.payload["turn"]: event.payload["latency_ms"]
        for event in playing.stage_events()
        if event.payload.get("event") == "latency"
    }
    found: list[SoundTurn] = []
    for number, one in enumerate(uttered, 1):
        voice = Span(one.start / RATE, one.end / RATE)
        after = uttered[number].start / RATE if number < len(uttered) else float("inf")
        reply = reply_to(voice.end_s, ours, playing.book.said, before_s=after)
        asked = _first(events, "ask", voice.start_s, after)
        heard = _first(events, "user_stopped", voice.start_s, after)
        found.append(
            SoundTurn(
                number=number,
                said=one.text,
                voice=voice,
                heard_as=heard.text if heard else "",
                first_sound_ms=reply.first_sound_ms,
                first_word_ms=reply.first_word_ms,
                is_bridged=reply.is_bridged,
                text_id=reply.text_id,
                stages_ms=stages.get(asked.details["number"], {}) if asked else {},
            )
        )
    return tuple(found)


def _first(
    events: Sequence[SoundEvent], what: str, from_s: float, to_s: float
) -> SoundEvent | None:
    return next((e for e in events if e.what == what and from_s <= e.at_s < to_s), None)
