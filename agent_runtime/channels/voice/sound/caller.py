"""A caller who listens as people do: waits for our silence, speaks, breaks in, presses on.

It knows nothing of our side but its sound and the keys that we press. Fed with 20 ms of ours it
gives 20 ms of its own; it reads no clock.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from agent_runtime.channels.voice.sound import noises
from agent_runtime.channels.voice.sound.caller_voice import speak
from agent_runtime.channels.voice.sound.timing import AUDIBLE
from agent_runtime.channels.voice.sound.wire_faults import FRAME
from agent_runtime.library.call_scenario import CallScenario, Step
from agent_runtime.speech.sound import Samples

FRAME_S = 0.02
TURN_S = 0.9
"""Silence of ours after which it is their turn; between our sentences there is less."""
ANSWER_S = 12.0
"""Who has said something and hears nothing for so long goes on."""
LEAVES_S = 2.0
"""Who is about to hang up waits longer, until it is sure that we have ended."""
WORD_S = 0.28
"""A word of our voice, without the pauses."""
_REPEAT_S = 4.0
_REPEATS = 3
"""A menu that is not answered hangs up after as many."""
_SILENCE = np.zeros(FRAME, np.float32)


@dataclass(frozen=True, slots=True)
class Part:
    """One step of a scenario with its sound."""

    step: Step
    sound: Samples
    owes: bool
    """Whether we are to say something to it."""


@dataclass(frozen=True, slots=True)
class Uttered:
    """Something that the caller has said, with its first and last sample in the call."""

    text: str
    start: int
    end: int


def parts_of(scenario: CallScenario) -> tuple[Part, ...]:
    """Returns the steps of a scenario with their sounds; this is what takes long."""
    rng = np.random.default_rng(scenario.sound.seed)
    return tuple(_part(step, scenario, rng) for step in scenario.call)


def _part(step: Step, scenario: CallScenario, rng: np.random.Generator) -> Part:
    sounds: list[Samples] = []
    if step.plays:
        sounds.append(noises.network_tone(step.plays, step.plays_s, rng))
    if step.cough:
        sounds.append(noises.cough(rng))
    if step.noise_s:
        sounds.append(noises.mumble(step.noise_s, rng))
    # A recogniser that is to fail needs something to fail on.
    says = step.says or ("Sorry, what did you say?" if step.stt_fails else "")
    if says:
        language = step.language or scenario.language
        sounds.append(speak(says, scenario.sound, language=language, voice=step.voice))
    if step.beep:
        sounds += [np.zeros(FRAME * 15, np.float32), noises.beep()]
    made = np.concatenate(sounds) if sounds else _SILENCE[:0]
    is_machine = bool(step.beep or step.keys) or step.who in ("voicemail", "ivr")
    owes = bool(says or step.noise_s) and not is_machine
    return Part(step, made, owes)


@dataclass(slots=True)
class Caller:
    """One caller on one call. Used by one thread.

    Args:
        parts: What they do, in order.
        tell: Told what is no sound: `hangs_up`, `drops`, `takes_call`, `presses`, `stt_fails`,
            `tts_fails`, `turn_takes`, with its value.
        speaks_first: Whether they do, as people who are called.
    """

    parts: Sequence[Part]
    tell: Callable[[str, object], None]
    speaks_first: bool = True
    uttered: list[Uttered] = field(default_factory=list)
    is_asked_to_take: bool = False
    """Whether somebody of ours has been told why the call comes to them."""
    pressed: str = ""
    _at: int = 0
    _quiet_s: float = 0.0
    _spoken_s: float = 0.0
    """So long have we spoken since they last finished or we last fell silent."""
    _owes: bool = False
    _has_begun: bool = False
    """Whether it is not the first thing that happens."""
    _since_s: float = 0.0
    """Seconds since they last finished anything."""
    _now: Part | None = None
    _played: int = 0
    _pressed_before: int = 0
    _repeats: int = 0
    _rest_s: float = 0.0
    """Of a silence that they keep."""

    def __post_init__(self) -> None:
        """Who is called speaks first; who calls waits for us."""
        self.parts = list(self.parts)
        self._owes = self._has_begun = not self.speaks_first

    def tick(self, ours: Samples) -> Samples:
        """Hears 20 ms of ours and gives 20 ms of theirs."""
        self._listen(ours)
        self._at += FRAME
        if self._now is not None:
            return self._go_on(self._now)
        self._since_s += FRAME_S
        if self._rest_s > 0:
            self._rest_s -= FRAME_S
            return _SILENCE
        part = self.parts[0] if self.parts else None
        if part is not None and self._may_begin(part.step):
            return self._begin(part)
        return _SILENCE

    def _listen(self, ours: Samples) -> None:
        if float(np.sqrt(np.mean(np.square(ours)))) <= AUDIBLE:
            self._quiet_s += FRAME_S
            if self._quiet_s > TURN_S:
                self._spoken_s = 0.0
            return
        self._quiet_s = 0.0
        self._spoken_s += FRAME_S
        if self._now is None and self._spoken_s > 0.2:
            self._owes = False

    def _may_begin(self, step: Step) -> bool:
        if step.goes_on:
            return self._since_s >= step.after_s
        if step.barge_in_after is not None or step.tts_fails:
            after = 3 if step.barge_in_after is None else step.barge_in_after
            return self._spoken_s >= max(after, 0.5) * WORD_S
        if step.takes_call is not None and not self.is_asked_to_take:
            return False
        if self._owes and self._since_s < ANSWER_S:
            return False
        waits = step.after_s if step.silence == 0 else 0.0
        if step.hangs_up or step.drops:
            waits = max(waits, LEAVES_S)
        quiet = max(TURN_S, waits) if self._has_begun and not step.plays else waits
        return self._quiet_s >= quiet - 1e-6 and self._since_s >= waits

    def _begin(self, part: Part) -> Samples:
        self.parts = self.parts[1:]
        self._has_begun = True
        step = part.step
        if step.stt_fails:
            self.tell("stt_fails", True)
        if step.turn_takes_s:
            self.tell("turn_takes", step.turn_takes_s)
        self._now, self._played = part, 0
        self._pressed_before = len(self.pressed)
        return self._go_on(part) if len(part.sound) else self._finish(part)

    def _go_on(self, part: Part) -> Samples:
        piece = part.sound[self._played : self._played + FRAME]
        self._played += FRAME
        if part.step.keys and part.step.keys in self.pressed[self._pressed_before :]:
            return self._finish(part)
        if self._played >= len(part.sound) + _again(part):
            return self._finish(part) if not part.step.keys else self._say_again(part)
        return np.pad(piece, (0, FRAME - len(piece))) if len(piece) < FRAME else piece

    def _say_again(self, part: Part) -> Samples:
        self._played = 0
        self._repeats += 1
        if self._repeats > _REPEATS:
            self._now, self.parts = None, []
            self.tell("hangs_up", True)
        return _SILENCE

    def _finish(self, part: Part) -> Samples:
        step = part.step
        last = part.sound[self._played - FRAME : self._played] if self._played else _SILENCE[:0]
        if len(part.sound):
            start = self._at - self._played
            end = start + min(len(part.sound), self._played)
            self.uttered.append(Uttered(step.says, start, end))
        self._now, self._since_s, self._spoken_s = None, 0.0, 0.0
        self._owes, self._rest_s = part.owes, step.silence
        if self.parts and self.parts[0].step.tts_fails:
            # A voice is ahead of what is heard of it: in mid-sentence it would long be done.
            self.tell("tts_fails", True)
        if step.takes_call is not None:
            self.tell("takes_call", step.takes_call)
        if step.presses:
            self.tell("presses", step.presses)
        if step.hangs_up or step.drops:
            self.tell("hangs_up" if step.hangs_up else "drops", True)
        return np.pad(last, (0, FRAME - len(last))) if len(last) < FRAME else last


def _again(part: Part) -> int:
    """Samples of waiting for keys behind what a menu says."""
    return round(_REPEAT_S / FRAME_S) * FRAME if part.step.keys else 0
