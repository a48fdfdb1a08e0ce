"""One sample: a scenario that was led, as files that a browser opens without a server."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from agent_runtime.channels.voice.outcome import Line
from agent_runtime.channels.voice.samples.spoken import Spoken
from agent_runtime.channels.voice.stage import play_call
from agent_runtime.channels.voice.timeline.from_traces import timeline_of
from agent_runtime.channels.voice.timeline.model import Timeline
from agent_runtime.channels.voice.timeline.page import page_of
from agent_runtime.channels.voice.timeline.reporting import text_in
from agent_runtime.channels.voice.timeline.waves import Tracks, as_mp3, mixed
from agent_runtime.channels.voice.trace_view import CallView, with_thread
from agent_runtime.contracts import TraceEvent
from agent_runtime.library.call_scenario import CallScenario
from agent_runtime.library.catalog import Library
from agent_runtime.models.language import LanguageModel
from agent_runtime.speech.sound import from_pcm

SYNTHETIC = (
    "Synthetic: both voices are a computer's, person and company are made up, and nobody was "
    "called. Turns, rules, bookings and traces are those of the real program."
)
ON_ITS_OWN_CLOCK = (
    "The call was rehearsed on a clock of its own: how soon we answer is not measured here."
)
SHIPPED = (
    "books_a_meeting",
    "interrupts_with_a_question",
    "soc2_question",
    "are_you_a_robot",
    "voicemail_after_the_beep",
    "stop_calling_me",
)
"""What is published unless others are named: a booking, a barge-in, an answer from documents, the
disclosure, a voicemail, a stop."""
ANSWERED_AT = datetime(2026, 12, 1, 10, tzinfo=UTC)
"""When a rehearsed sample is answered, a Tuesday: so that it says the same each time."""

Told = Callable[[float, str], None]


@dataclass(frozen=True, slots=True)
class Led:
    """A scenario that was led, with its sound."""

    scenario: CallScenario
    call: CallView
    tracks: Tracks
    lines: Sequence[Line]
    problems: tuple[str, ...]
    note: str


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample that has been written."""

    name: str
    about: str
    timeline: Timeline
    problems: tuple[str, ...]
    """What went otherwise than the scenario's author expects; an honest sample says so."""


def rehearsed(
    scenario: CallScenario,
    library: Library,
    model: LanguageModel,
    *,
    now: datetime = ANSWERED_AT,
    told: Told = lambda at_s, what: None,
) -> Led:
    """Leads a scenario on a clock of its own; the same call sounds and reads the same each time."""
    voices = Spoken(scenario, now, told)
    played = play_call(scenario, library, model, now=now, pace=voices)
    end = now + timedelta(seconds=played.length_s)
    played.hands.sound(voices.log.as_payload(end), now=end)
    call = _view(played.hands)
    problems = tuple(played.problems())
    note = f"{SYNTHETIC} {ON_ITS_OWN_CLOCK}"
    return Led(scenario, call, voices.tracks(end), played.lines, problems, note)


def led_in_sound(
    scenario: CallScenario,
    library: Library,
    model: LanguageModel,
    *,
    clock: Callable[[], datetime],
    told: Told = lambda at_s, what: None,
) -> Led:
    """Leads a scenario through the whole pipeline, in real time; its answers are timed."""
    from agent_runtime.channels.voice.sound.sound_stage import play_call_in_sound
    from agent_runtime.channels.voice.sound.sounded import RATE

    played = play_call_in_sound(scenario, library, model, clock=clock, progress=told)
    them, us = (from_pcm(track.tobytes()) for track in (played.caller, played.agent))
    tracks = Tracks(them, us, RATE, played.began)
    problems = tuple(played.problems())
    return Led(scenario, _view(played.hands), tracks, played.lines, problems, SYNTHETIC)


def write_sample(led: Led, library: Library, folder: Path) -> Sample:
    """Writes page, sound, transcript and trace of a call below its name.

    Args:
        led: The call.
        library: The company's, for the words of set phrases.
        folder: Of all samples.
    """
    name = led.scenario.id.removeprefix("call.")
    place = folder / name
    place.mkdir(parents=True, exist_ok=True)
    timeline = timeline_of(led.call, tracks=led.tracks, text_of=text_in(library), lines=led.lines)
    page = page_of(timeline, audio="call.mp3", about=led.scenario.about, note=led.note)
    (place / "call.mp3").write_bytes(as_mp3(mixed(led.tracks), led.tracks.rate))
    (place / "call.html").write_text(page, encoding="utf-8")
    (place / "transcript.txt").write_text(_transcript(timeline, led.note), encoding="utf-8")
    trace = _trace((*led.call.events, *led.call.turns))
    (place / "trace.jsonl").write_text(trace, encoding="utf-8")
    return Sample(name, led.scenario.about, timeline, led.problems)


def _view(hands: Any) -> CallView:
    events = getattr(hands.turns.runtime.store, "events", ())
    call_id = hands.turns.call.call_id
    own = tuple(e for e in events if e.kind == "call" and e.payload.get("of_call") == call_id)
    return with_thread(CallView(call_id, own), events)


def _transcript(call: Timeline, note: str) -> str:
    lines = [note, ""]
    for one in call.spoken:
        who = "We" if one.who == "us" else "They"
        cut = " [cut off]" if one.unheard_words else ""
        lines.append(f"{who}: {one.heard or '(nothing of it was heard)'}{cut}")
    return "\n".join([*lines, "", call.summary, *(f"Next: {s}" for s in call.next_steps)]) + "\n"


def _trace(events: tuple[TraceEvent, ...]) -> str:
    in_order = sorted(events, key=lambda event: (event.occurred_at, event.seq or 0))
    return "".join(
        json.dumps(e.model_dump(mode="json"), ensure_ascii=False) + "\n" for e in in_order
    )
