"""The voices of a rehearsal: each utterance lasts as long as its sound, which is kept."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache

import numpy as np

from agent_runtime.channels.voice.pace import Pace
from agent_runtime.channels.voice.recording.sound_log import SoundLog
from agent_runtime.channels.voice.sound.caller_voice import speak
from agent_runtime.channels.voice.sound.noises import beep, cough, mumble
from agent_runtime.channels.voice.sound.sounded import RATE
from agent_runtime.channels.voice.timeline.waves import Tracks
from agent_runtime.library.call_scenario import CallScenario, Sound, Step
from agent_runtime.speech.sound import Samples

_GAP_S = 0.18
"""Between two sentences of ours."""
_OURS = Sound()
_THEIRS = {"voice": "gb", "pitch": 0.88}
"""Where a scenario does not say how they sound, they do not sound as we do."""


@dataclass(slots=True)
class Spoken(Pace):
    """Speaks both sides of a rehearsal.

    Args:
        scenario: The call.
        began: Its first instant.
        told: Told of each utterance, with its second.
    """

    scenario: CallScenario
    began: datetime
    told: Callable[[float, str], None] = lambda at_s, what: None
    log: SoundLog = field(init=False)
    _them: list[tuple[float, Samples]] = field(default_factory=list)
    _us: list[tuple[float, Samples]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.log = SoundLog(self.began)

    def ours(self, pieces: Sequence[str], language: str) -> float:
        """Returns how long our voice needs for sentences."""
        return sum(len(_said(one, language)) / RATE + _GAP_S for one in pieces) - _GAP_S

    def theirs(self, step: Step) -> float:
        """Returns how long their sound lasts."""
        return len(self._sound_of(step)) / RATE

    def we_said(
        self, pieces: Sequence[str], language: str, *, since: datetime, until: datetime
    ) -> None:
        """Keeps our sound up to where it was cut."""
        at, end = self.log.second(since), self.log.second(until)
        self.told(at, " ".join(pieces))
        for piece in pieces:
            sound = _said(piece, language)[: max(int((end - at) * RATE), 0)]
            if len(sound):
                self._us.append((at, sound))
                self.log.us.begin(at)
                self.log.us.end(at + len(sound) / RATE)
            at += len(sound) / RATE + _GAP_S

    def they_did(self, step: Step, *, since: datetime, until: datetime) -> None:
        """Keeps their sound, and the beep of their voicemail."""
        at, sound = self.log.second(since), self._sound_of(step)
        if len(sound):
            self.told(at, step.says or "(a sound)")
            self._them.append((at, sound))
            self.log.them.begin(at)
            self.log.them.end(at + (len(sound) - self._tail(step)) / RATE)
        if step.beep and not step.says:
            tone = beep()
            self._them.append((self.log.second(until) - len(tone) / RATE, tone))

    def tracks(self, until: datetime) -> Tracks:
        """Returns both sides from the first instant to the last."""
        length = int((until - self.began + timedelta(seconds=0.3)).total_seconds() * RATE)
        return Tracks(_laid(self._them, length), _laid(self._us, length), RATE, self.began)

    def _sound_of(self, step: Step) -> Samples:
        rng = np.random.default_rng(self.scenario.sound.seed)
        if step.cough:
            return cough(rng)
        if step.noise_s:
            return mumble(step.noise_s, rng)
        if not step.says:
            return _NONE
        voice = self._their_voice
        language = self.scenario.language
        words = _heard(step.says, voice.voice, voice.pitch, voice.speed, language)
        if not step.beep:
            return words
        return np.concatenate([words, np.zeros(_BEFORE_BEEP, np.float32), beep()])

    def _tail(self, step: Step) -> int:
        """How many samples come behind their words: a pause and the beep."""
        return _BEFORE_BEEP + len(beep()) if step.beep else 0

    @property
    def _their_voice(self) -> Sound:
        sound = self.scenario.sound
        is_ours = (sound.voice, sound.pitch) == (_OURS.voice, _OURS.pitch)
        return sound.model_copy(update=_THEIRS) if is_ours else sound


_BEFORE_BEEP = RATE // 3
_NONE = np.zeros(0, np.float32)


@cache
def _said(text: str, language: str) -> Samples:
    return speak(text, _OURS, language=language)


@cache
def _heard(text: str, voice: str, pitch: float, speed: float, language: str) -> Samples:
    return speak(text, Sound(voice=voice, pitch=pitch, speed=speed), language=language)


def _laid(sounds: Sequence[tuple[float, Samples]], length: int) -> Samples:
    track = np.zeros(max([length, *(int(at * RATE) + len(s) for at, s in sounds)]), np.float32)
    for at, sound in sounds:
        start = int(at * RATE)
        track[start : start + len(sound)] += sound
    return track
