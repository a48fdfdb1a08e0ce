"""Carries out what a call asks of the runtime: words, turns, records; the audio is others'."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from agent_runtime import log
from agent_runtime.act import message_id_of
from agent_runtime.channels.voice.answer import Answer
from agent_runtime.channels.voice.commands import (
    Ask,
    CallBack,
    Command,
    HandOn,
    KeepHeard,
    Overheard,
    Prepare,
    Speak,
    Transfer,
)
from agent_runtime.channels.voice.conversation import Conversation
from agent_runtime.channels.voice.dialled import Dialled
from agent_runtime.channels.voice.events import Answered, Prepared
from agent_runtime.channels.voice.outcome import Line, Outcome, outcome_of
from agent_runtime.channels.voice.turns import CallTurns
from agent_runtime.domain import Session
from agent_runtime.store.rows import HumanTask, Meeting


@dataclass(slots=True)
class CallHands:
    """The runtime's side of one call. Used by one thread at a time."""

    turns: CallTurns
    dialled: Dialled | None = None
    """The row of a call that the queue placed."""
    lines: list[Line] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    handed_on: list[str] = field(default_factory=list)
    calls_back: bool = False
    openers: int = 0
    """How often it was begun to say who calls."""
    texts_heard: tuple[str, ...] = ()
    """Ids of the texts of which something was heard, in order."""
    whispered: str = ""
    """What a person of ours was told before they took the call."""

    @property
    def is_disclosed(self) -> bool:
        """Whether the first thing of ours that can have told anything said that an AI speaks."""
        library = self.turns.runtime.outbox.library
        session = self._session()
        if session is not None and "voice" in session.disclosed_on:
            return True
        contents = (c for c in library.contents.values() if c.id in self.texts_heard)
        return any(content.discloses_ai for content in contents)

    @property
    def is_stopped(self) -> bool:
        """Whether contact with them has to stop."""
        session = self._session()
        with self.turns.runtime.store.begin() as tx:
            return session is not None and bool(tx.suppressed(session.person_id))

    @property
    def has_booked(self) -> bool:
        """Whether a meeting stands that was agreed in this call."""
        return bool(self.booked())

    def _session(self) -> Session | None:
        with self.turns.runtime.store.begin() as tx:
            return self.turns.people.session_in(tx)

    def prepare(self, wanted: Prepare, *, now: datetime) -> Prepared:
        """Has words permitted."""
        if wanted.kind == "phrase":
            phrase = self.turns.words.phrase(wanted.text_ids[0], language=wanted.language, now=now)
            return Prepared(now, wanted.key, (phrase,) if phrase else ())
        if wanted.kind in ("opener", "handed") and self.dialled is not None:
            self.dialled.answered(now=now)
        if wanted.kind == "handed":
            self.openers += 1
            return Prepared(now, wanted.key, self.turns.words.handed(now=now))
        says = self.turns.words.first_words(
            wanted.text_ids,
            cause=self._cause(wanted.kind),
            frame=wanted.frame,
            is_proactive=self.turns.call.direction == "outbound",
            now=now,
        )
        return Prepared(now, wanted.key, says)

    def _cause(self, kind: str) -> str:
        """What was begun before somebody was there was said to nobody, and is a message anew."""
        self.openers += kind == "opener"
        return kind if kind != "opener" or self.openers < 2 else f"{kind}:{self.openers}"

    def do(self, command: Command, *, now: datetime) -> None:
        """Carries out a command that asks for nothing back."""
        match command:
            case KeepHeard():
                self.keep(command, now=now)
            case HandOn():
                self.hand_on(command, now=now)
            case Overheard():
                self.overhear(command, now=now)
            case Transfer():
                self.transfer(command, now=now)
            case CallBack():
                self.calls_back = True
                self._trace("call_back", now=now, after_s=command.after_s)
            case Speak():
                self.turns.people.go_on_in(command.language)
                self._trace(
                    "speak",
                    len(self.lines),
                    now=now,
                    language=command.language,
                    why=command.why,
                    share=command.share,
                )
            case _:
                details = {name: getattr(command, name) for name in command.__slots__}
                self._trace(type(command).__name__.lower(), now=now, **details)

    def ask(
        self, wanted: Ask, *, now: datetime, is_withdrawn: Callable[[], bool] = lambda: False
    ) -> Answered:
        """Works a turn."""
        answer = self.turns.answer(
            wanted.number,
            wanted.text,
            now=now,
            is_withdrawn=is_withdrawn,
            only_stops=wanted.only_stops,
            otherwise=wanted.otherwise,
        )
        if not answer.is_withdrawn:
            self.lines.append(Line(now, "person", wanted.text))
            self.answers.append(answer)
        return Answered(now, answer)

    def asks_to_stop(self, text: str, *, now: datetime) -> bool:
        """Says whether words that were no turn ask that contact stop."""
        return self.turns.reader.asks_to_stop(text, now=now)

    def keep(self, heard: KeepHeard, *, now: datetime) -> None:
        """Writes what was heard of an utterance."""
        self.turns.heard.keep(heard.utterance, heard.heard, now=now)
        said = heard.utterance
        if heard.heard:
            self.texts_heard += said.content_ids or (said.text_id,)
            line = Line(now, "agent", heard.heard, said.text_id, is_cut=heard.is_cut)
            self.lines.append(line)
        self._trace(
            "heard",
            said.text_id,
            len(self.lines),
            now=now,
            text_id=said.text_id,
            words=len(heard.heard.split()),
            of_words=len(said.text.split()),
            is_cut=heard.is_cut,
        )

    def hand_on(self, wanted: HandOn, *, now: datetime) -> None:
        """Leaves the rest to a person of ours."""
        self.handed_on.append(wanted.reason)
        session = self.turns.people.session()
        with self.turns.runtime.store.begin() as tx:
            tx.save_human_task(
                HumanTask(
                    tenant_id=session.tenant_id,
                    task_id=message_id_of(
                        session.thread_id, self.turns.call.line_id, wanted.reason, "call"
                    ),
                    thread_id=session.thread_id,
                    person_id=session.person_id,
                    kind="handoff",
                    route_to="owner",
                    reason=f"call_{wanted.reason}",
                    text="",
                    received_at=now,
                )
            )

    def latency(self, number: int, stages: dict[str, float], *, now: datetime) -> None:
        """Traces where the time of a turn went, in milliseconds from their last sound on."""
        self._trace("latency", number, now=now, turn=number, latency_ms=stages)

    def recognised(
        self, who: str, *, now: datetime, confidence: float = 1.0, reasons: Sequence[str] = ()
    ) -> None:
        """Traces a verdict on who answered, from 0 to 1; what they said is no matter of a trace."""
        told = dict.fromkeys("telling words" if '"' in one else one for one in reasons)
        details = {"confidence": round(confidence, 2), "reasons": list(told)}
        self._trace("who_answered", who, now=now, who=who, **details)

    def sound(self, sound: dict[str, Any], *, now: datetime) -> None:
        """Traces who was heard when, without sound and without words."""
        self._trace("sound", now=now, **sound)

    def overhear(self, said: Overheard, *, now: datetime) -> None:
        """Writes what they said beside any turn; leave to record is proved by it."""
        self.lines.append(Line(now, "person", said.text))
        self._trace("overheard", len(self.lines), now=now, taken_as=said.taken_as)

    def transfer(self, wanted: Transfer, *, now: datetime) -> str:
        """Returns what a person of ours hears first, and traces that they are asked to take it."""
        summary = self.whisper(wanted.reason)
        self._trace("transfer", now=now, route_to=wanted.route_to, reason=wanted.reason)
        self.whispered = summary
        return summary

    def whisper(self, reason: str) -> str:
        """Returns what a person of ours hears before they are put through."""
        contact = self.turns.people.contact()
        name = " ".join(filter(None, (contact.first_name, contact.last_name))) or "A caller"
        firm = f" of {contact.company}" if contact.company else ""
        asked = [a.intent.replace("_", " ") for a in self.answers if a.intent]
        raised = f" They raised: {', '.join(dict.fromkeys(asked))}." if asked else ""
        return f"{name}{firm} is on the line. Reason: {reason.replace('_', ' ')}.{raised}"

    def end(self, conversation: Conversation, *, now: datetime) -> Outcome:
        """Closes the line and writes what came of the call."""
        self.turns.close()
        session = self._session()
        meetings = self.booked()
        outcome = outcome_of(
            reason=conversation.end_reason,
            who=conversation.who or "",
            has_spoken=conversation.has_spoken,
            answers=self.answers,
            session=session,
            meetings=meetings,
            calls_back=self.calls_back,
            handed_on=self.handed_on,
        )
        since = conversation.connected_at or now
        call = self.turns.call
        self._trace(
            "ended",
            now=now,
            call_id=call.call_id,
            direction="out" if call.direction == "outbound" else "in",
            actor="agent",
            answered_by=outcome.answered_by,
            outcome=outcome.ending,
            duration_s=(now - since).total_seconds(),
            language=conversation.language,
            task_id=call.meta.get("task_id", ""),
            campaign_id=session.campaign_id if session else "",
            playbook=session.playbook if session else "",
            disposition=outcome.disposition,
            reason=outcome.reason,
            summary=outcome.summary,
            next_steps=list(outcome.next_steps),
            turns=conversation.turns,
            fillers=conversation.fillers,
            interruptions=conversation.interruptions,
            recorded=conversation.has_leave_to_record,
        )
        if self.dialled is not None:
            self.dialled.ended(outcome, conversation, now=now)
        return outcome

    def booked(self) -> tuple[Meeting, ...]:
        """Returns the meetings that stand and were agreed in this call."""
        if not any(answer.action == "book" for answer in self.answers):
            return ()
        session = self.turns.people.session()
        with self.turns.runtime.store.begin() as tx:
            standing = tx.meeting(session.meeting_uid) if session.meeting_uid else None
            return (standing,) if standing and standing.state == "CONFIRMED" else ()

    def _trace(self, what: str, *key: object, now: datetime, **details: object) -> None:
        runtime = self.turns.runtime
        call = self.turns.call
        with runtime.store.begin() as tx:
            session = self.turns.people.session_in(tx)
            if session is None:
                return
            journal = log.Journal(tx, session, now=now, versions=runtime.outbox.versions)
            payload = {"of_call": call.call_id, "event": what, **details}
            journal.write("call", call.line_id, what, *key, payload=payload)
