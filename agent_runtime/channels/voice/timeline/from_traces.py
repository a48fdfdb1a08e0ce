"""A timeline from what was traced of a call, and its recording where there is one."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from agent_runtime.channels.voice.outcome import Line
from agent_runtime.channels.voice.timeline.model import (
    Decided,
    Moment,
    MomentKind,
    Permit,
    Spoken,
    Stretch,
    Timeline,
    Took,
    barge_ins,
    stages_of,
)
from agent_runtime.channels.voice.timeline.waves import Tracks, waves_of
from agent_runtime.channels.voice.trace_view import CallView
from agent_runtime.contracts import TraceEvent

TextOf = Callable[[str, str], str]
"""From id and language of an approved text to its words; empty where there is none."""
WORD_S = 0.38
_EARLY_S = 0.3
"""How much sooner voice may begin than what came before it was written."""
_SIDES = ("agent", "person")
_QUIET = frozenset({"heard", "overheard", "latency", "ended", "sound"})
"""Events of a call that are told otherwise than as moments."""
_KINDS: dict[str, MomentKind] = {
    "record": "record",
    "unrecord": "record",
    "transfer": "person",
    "handon": "person",
    "callback": "effect",
    "call_back": "effect",
    "sparevoice": "fault",
}
_LABELS = {
    "record": "Recording begins",
    "unrecord": "Recording is forgotten",
    "transfer": "Put through to a person",
    "call_back": "Will be called back",
    "sparevoice": "The other voice goes on",
    "speak": "Language",
}


def timeline_of(
    call: CallView,
    *,
    tracks: Tracks | None = None,
    text_of: TextOf = lambda text_id, language: "",
    lines: Sequence[Line] = (),
) -> Timeline:
    """Returns a call that was traced, on its time axis.

    Args:
        call: What was traced of it.
        tracks: Its sound, where it was recorded and is still there.
        text_of: Looks set phrases up, of which a trace holds the id alone.
        lines: All that was said, where the call is at hand; they hold names, as traces do not.
    """
    said = {who: deque(one.text for one in lines if one.who == who) for who in _SIDES}
    return _Reading(call, tracks, text_of, said).timeline()


@dataclass(slots=True)
class _Reading:
    call: CallView
    tracks: Tracks | None
    text_of: TextOf
    said: dict[str, deque[str]]

    def timeline(self) -> Timeline:
        end, sound = self.call.end, self._payload("sound")
        them, us = _stretches(sound.get("them", ())), _stretches(sound.get("us", ()))
        last = max(event.occurred_at for event in self.call.events)
        waves = None
        if self.tracks is not None:
            waves = waves_of(self.tracks, start_s=self._second(self.tracks.began_at))
        return Timeline(
            call_id=self.call.call_id,
            began=self.began,
            length_s=max(self._second(last), *(s.end_s for s in (*them, *us)), 1.0),
            direction=end.get("direction", ""),
            language=end.get("language", ""),
            playbook=end.get("playbook", ""),
            answered_by=end.get("answered_by", ""),
            disposition=end.get("disposition", ""),
            reason=end.get("reason", ""),
            summary=end.get("summary", ""),
            next_steps=tuple(end.get("next_steps", ())),
            spoken=self._spoken(them, us),
            decided=self._decided(),
            permits=tuple(self._permit(e) for e in self.call.turns if e.kind == "policy"),
            moments=self._moments(them, us),
            took=self._took(),
            them=them,
            us=us,
            waves=waves,
            why_silent="" if waves else self._why_silent(sound),
        )

    @property
    def began(self) -> datetime:
        if since := self._payload("sound").get("since"):
            return datetime.fromisoformat(since)
        return self.call.began

    def _second(self, at: datetime) -> float:
        return round(max((at - self.began).total_seconds(), 0.0), 3)

    def _payload(self, what: str) -> dict[str, Any]:
        found = (e.payload for e in self.call.events if e.payload["event"] == what)
        return next(found, {})

    def _why_silent(self, sound: dict[str, Any]) -> str:
        if sound.get("recorded"):
            return "The recording has been erased, or its time to be kept is over."
        if self._payload("unrecord"):
            return "They did not want a recording; what there was of it was forgotten."
        if self.call.end.get("recorded"):
            return "Leave to record was given, but recording is switched off here."
        return "This call was not recorded: nobody gave leave for it."

    # Words

    def _spoken(self, them: Sequence[Stretch], us: Sequence[Stretch]) -> tuple[Spoken, ...]:
        found: list[Spoken] = []
        reached = {"them": 0.0, "us": 0.0}
        turn = 0
        for event in sorted((*self.call.events, *self.call.turns), key=_order):
            at = self._second(event.occurred_at)
            said = event.payload
            if event.kind == "turn" and said["observation"].get("channel") == "voice":
                turn += 1
                words = self._line_of("person") or said["observation"]["text"]
                span = _span(them, reached["them"], at, words)
                found.append(Spoken("them", span.start_s, span.end_s, words, turn=turn))
            elif said.get("event") == "overheard":
                words = self._line_of("person")
                span = _span(them, reached["them"], at, words or "mhm")
                note = said["taken_as"].replace("_", " ")
                found.append(Spoken("them", span.start_s, span.end_s, words, note=note))
            elif said.get("event") == "heard":
                span = _span(us, reached["us"], at, "word " * said["words"])
                found.append(self._ours(said, span))
            else:
                continue
            reached[found[-1].who] = at
        return tuple(sorted((one for one in found if _says(one)), key=lambda one: one.start_s))

    def _line_of(self, who: str) -> str:
        return self.said[who].popleft() if self.said[who] else ""

    def _ours(self, said: dict[str, Any], span: Stretch) -> Spoken:
        heard, whole = self._words(said["text_id"])
        line = self._line_of("agent") if said["words"] else ""
        count, of = said["words"], said["of_words"]
        whole = whole or heard
        words = whole.split()
        if not heard or len(words) == of:
            heard, rest = " ".join(words[:count]), " ".join(words[count:])
        else:
            rest = ""
        heard = line or (heard if count else "")
        return Spoken("us", span.start_s, span.end_s, heard, rest, max(of - count, 0))

    def _words(self, text_id: str) -> tuple[str, str]:
        """Returns what was heard of a text, and all of it, as far as traces tell."""
        messages = [
            event.payload["text"]
            for event in self.call.turns
            if event.kind == "message" and event.payload.get("message_id") == text_id
        ]
        if not messages:
            return "", self.text_of(text_id, self.call.end.get("language", ""))
        heard = _line(messages[-1])
        drafts = (
            _line(candidate.get("draft") or "")
            for event in self.call.turns
            if event.kind == "turn"
            for candidate in event.payload.get("candidates", ())
        )
        whole = next((d for d in drafts if d.startswith(heard) and heard), "")
        return heard, whole

    # Decisions

    def _decided(self) -> tuple[Decided, ...]:
        turns = [
            event
            for event in self.call.turns
            if event.kind == "turn" and event.payload["observation"].get("channel") == "voice"
        ]
        return tuple(self._decision(number, event) for number, event in enumerate(turns, 1))

    def _decision(self, number: int, event: TraceEvent) -> Decided:
        said, chosen = event.payload, event.payload["chosen"]
        return Decided(
            number,
            self._second(event.occurred_at),
            (said.get("perception") or {}).get("primary", ""),
            chosen["action"],
            chosen["reason"],
            chosen["decision"],
            _objections(said.get("verdicts", ())),
        )

    def _permit(self, event: TraceEvent) -> Permit:
        said = event.payload
        return Permit(
            self._second(event.occurred_at),
            said["action"],
            said["decision"],
            len(said["verdicts"]),
            _objections(said["verdicts"]),
        )

    # What happened

    def _moments(self, them: Sequence[Stretch], us: Sequence[Stretch]) -> tuple[Moment, ...]:
        found = list(barge_ins(them, us))
        for event in (*self.call.events, *self.call.turns):
            told = _told(event)
            if told is not None:
                kind, label, detail = told
                found.append(Moment(self._second(event.occurred_at), kind, label, detail))
        return tuple(sorted(dict.fromkeys(found), key=lambda moment: moment.at_s))

    def _took(self) -> tuple[Took, ...]:
        return tuple(
            Took(
                event.payload["turn"],
                self._second(event.occurred_at),
                stages_of(event.payload["latency_ms"]),
            )
            for event in self.call.events
            if event.payload["event"] == "latency"
        )


def _told(event: TraceEvent) -> tuple[MomentKind, str, str] | None:
    said, kind = event.payload, event.kind
    if kind == "call":
        return None if said["event"] in _QUIET else _told_of_call(said)
    if kind == "message" and (said["direction"] != "out" or said["channel"] == "voice"):
        return None
    tell = _EFFECTS.get(kind)
    return tell(said) if tell else None


def _told_of_call(said: dict[str, Any]) -> tuple[MomentKind, str, str]:
    name = str(said["event"])
    if name == "who_answered":
        why = "; ".join((f"confidence {said['confidence']:.2f}", *said["reasons"]))
        return "who", f"Answered by: {said['who']}".replace("_", " "), why
    rest = {k: v for k, v in said.items() if k not in ("of_call", "event") and v not in ("", None)}
    detail = ", ".join(f"{key} {value}".replace("_", " ") for key, value in rest.items())
    label = _LABELS.get(name) or name.replace("_", " ").capitalize()
    return _KINDS.get(name, "other"), label, detail


def _met(said: dict[str, Any]) -> tuple[MomentKind, str, str]:
    at = str(said.get("start", ""))[:16].replace("T", " ")
    return "effect", f"Meeting {said.get('status', '')}", at


def _stopped(said: dict[str, Any]) -> tuple[MomentKind, str, str]:
    return "stop", "Contact stops", str(said.get("reason", "")).replace("_", " ")


def _wrote(said: dict[str, Any]) -> tuple[MomentKind, str, str]:
    return "effect", f"Tool: {said.get('object', 'record')}", str(said.get("status", ""))


def _sent(said: dict[str, Any]) -> tuple[MomentKind, str, str]:
    label = f"{said['channel'].capitalize()} {str(said.get('state', '')).lower()}"
    return "effect", label, str(said["subject"])


def _failed(said: dict[str, Any]) -> tuple[MomentKind, str, str]:
    return "fault", "Something failed", str(said.get("what", ""))


_EFFECTS = {
    "meeting": _met,
    "suppression": _stopped,
    "crm_write": _wrote,
    "message": _sent,
    "incident": _failed,
}


def _objections(verdicts: Sequence[dict[str, Any]]) -> tuple[str, ...]:
    return tuple(
        f"{v['rule']}: {v['decision']}{', ' + v['reason'] if v.get('reason') else ''}"
        for v in verdicts
        if v["decision"] != "allow"
    )


def _span(stretches: Sequence[Stretch], after_s: float, at: float, words: str) -> Stretch:
    """Where something was said that had ended by `at`, and what came before it by `after_s`."""
    found = [s for s in stretches if after_s - _EARLY_S <= s.start_s < at]
    if found:
        return Stretch(found[0].start_s, min(found[-1].end_s, max(at, found[0].start_s)))
    return Stretch(max(at - len(words.split()) * WORD_S, after_s, 0.0), at)


def _says(one: Spoken) -> bool:
    return bool(one.heard or one.unheard or one.note)


def _stretches(pairs: Sequence[Sequence[float]]) -> tuple[Stretch, ...]:
    return tuple(Stretch(start, end) for start, end in pairs)


def _line(text: str) -> str:
    return " ".join(text.split())


def _order(event: TraceEvent) -> tuple[datetime, int]:
    return event.occurred_at, event.seq or 0
