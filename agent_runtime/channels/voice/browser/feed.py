"""What a page is told of its call: messages in order, kept so that one that comes late has all."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict
from typing import Any

from agent_runtime.channels.voice import commands as do
from agent_runtime.channels.voice import events as on
from agent_runtime.channels.voice.browser.stages import stages_of
from agent_runtime.channels.voice.onlooker import Happened, Measured, SoFar
from agent_runtime.channels.voice.outcome import Outcome
from agent_runtime.channels.voice.processor import CallProcessor
from agent_runtime.channels.voice.utterance import Utterance
from agent_runtime.store.rows import Meeting

Message = dict[str, Any]


class PageFeed:
    """Listens to one call and writes what its page shows.

    Messages have a `type`: `state`; `line`, which replaces an earlier one of its `key`; `hearing`,
    what they are saying; `turn`, where the time of one went; and last `ended` or `failed`.
    """

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.processor: CallProcessor | None = None
        """Of the call; None until its pipeline runs."""
        self.is_over = False
        self._news = asyncio.Event()
        self._state = self._hearing = ""
        self._ours: list[tuple[str, Utterance]] = []
        """What was said by us and is not settled yet, with the key of its line."""
        self._count = 0
        self._heard = ""

    def __call__(self, processor: CallProcessor, happened: Happened) -> None:
        """Takes note of what happens in the call."""
        self.processor = processor
        match happened:
            case do.Say():
                self._said(happened.utterance)
            case do.KeepHeard():
                self._kept(happened)
            case do.Ask():
                self._line(f"turn {happened.number}", "person", happened.text)
            case do.Overheard():
                self._line(self._key(), "person", happened.text, taken_as=happened.taken_as)
            case on.Answered() if happened.answer.is_withdrawn:
                self._put({"type": "line", "key": f"turn {happened.answer.number}", "gone": True})
            case on.Tick():
                self._going_on(processor)
            case SoFar():
                self._hears(happened.text)
            case on.UserStopped():
                self._hears("")
            case Measured():
                stages = [asdict(stage) for stage in stages_of(happened.stages_ms)]
                self._put({"type": "turn", "number": happened.number, "stages": stages})
            case _:
                pass
        self._doing(processor)

    def ended(self, outcome: Outcome, meetings: Sequence[Meeting]) -> None:
        """Tells what came of the call; nothing comes after it."""
        told = asdict(outcome)
        booked = [
            {"start": m.slot.start.isoformat(), "end": m.slot.end.isoformat()} for m in meetings
        ]
        self._last({"type": "ended", **told, "meetings": booked})

    def failed(self, sentence: str) -> None:
        """Tells why there is no call; nothing comes after it."""
        self._last({"type": "failed", "why": sentence})

    async def follow(self) -> AsyncIterator[Message]:
        """Yields every message from the first to the last, each as soon as it is there."""
        sent = 0
        while True:
            while sent < len(self.messages):
                yield self.messages[sent]
                sent += 1
            if self.is_over:
                return
            self._news.clear()
            await self._news.wait()

    def _said(self, utterance: Utterance) -> None:
        if not any(one is utterance for _, one in self._ours):
            self._ours.append((self._key(), utterance))
        self._heard = ""

    def _going_on(self, processor: CallProcessor) -> None:
        """How far the listener has come in what we are saying."""
        saying = processor.talk.mouth.saying
        if saying is None or not saying.has_begun:
            return
        heard = saying.so_far(processor.playout.heard)
        if heard != self._heard:
            self._heard = heard
            self._ours_line(saying.utterance, heard)

    def _kept(self, kept: do.KeepHeard) -> None:
        self._ours_line(kept.utterance, kept.heard, is_done=True, is_cut=kept.is_cut)
        self._ours = [pair for pair in self._ours if pair[1] is not kept.utterance]

    def _ours_line(
        self, utterance: Utterance, heard: str, *, is_done: bool = False, is_cut: bool = False
    ) -> None:
        key = next((key for key, one in self._ours if one is utterance), "")
        if not key:
            return
        unheard = utterance.text[len(heard) :]
        self._line(key, "agent", heard, unheard=unheard, is_done=is_done, is_cut=is_cut)

    def _line(self, key: str, who: str, text: str, **more: object) -> None:
        self._put({"type": "line", "key": key, "who": who, "text": text, **more})

    def _hears(self, text: str) -> None:
        if text != self._hearing:
            self._hearing = text
            self._put({"type": "hearing", "text": text})

    def _doing(self, processor: CallProcessor) -> None:
        state = processor.talk.doing
        if state != self._state:
            self._state = state
            self._put({"type": "state", "state": state})

    def _key(self) -> str:
        self._count += 1
        return f"line {self._count}"

    def _last(self, message: Message) -> None:
        if not self.is_over:
            self.is_over = True
            self._put(message)

    def _put(self, message: Message) -> None:
        self.messages.append(message)
        self._news.set()
