"""Who answered and beeps, from a stream of sound with its voice activity and words."""

from collections.abc import Iterator

import numpy as np

from agent_runtime.speech.call_tones import ToneHeard, ToneListener
from agent_runtime.speech.party_sound import PartySound, Unread
from agent_runtime.speech.who_answered import Pauses, Verdict, WhoAnswered

News = Verdict | ToneHeard
"""A verdict that names somebody else than the one before, or a beep after which one may speak."""

_TICK_S = 0.1
_BEEP_LASTS_S = 3.0
"""So long after a beep words may still come that show that it was a voicemail's."""
_READ_AFTER_S, _MENU_READ_AFTER_S = 0.7, 0.8
"""Silence after which what was said is read once more; between two options of a menu is less."""
_LEAST_READ_S = 0.8
"""No short "hello?" is read again."""


class AnswerDetector:
    """Joins the judge with the tone listener. Its time is that of the sound that has come in.

    Args:
        language: In which the called side is expected to speak.
        sample_rate: 8000 or 16000 Hz.
        pauses: How long to wait for more before somebody is taken for a person.

    Raises:
        ValueError: there are no phrases for the language, or another sample rate.
    """

    def __init__(
        self, language: str = "en", sample_rate: int = 8000, pauses: Pauses | None = None
    ) -> None:
        self.judge = WhoAnswered(language, pauses)
        self.now_s = 0.0
        self._tones = ToneListener(sample_rate)
        self._bytes_per_s = 2 * sample_rate
        self._ticked_s = 0.0
        self._told = self.judge.verdict.who
        self._beep: ToneHeard | None = None
        self._said = PartySound(sample_rate)
        self._stopped_s = 0.0
        self._parties = 0

    @property
    def verdict(self) -> Verdict:
        """Who answered, as far as it is known."""
        return self.judge.verdict

    def hear(self, audio: bytes) -> list[News]:
        """Takes the next 16-bit mono audio, of any length; frames of 10 to 40 ms are meant."""
        self.now_s += len(audio) / self._bytes_per_s
        self._said.add(audio)
        news: list[News] = []
        for tone in self._tones.feed(audio):
            self.judge.tone(tone, self.now_s)
            if tone.kind == "beep":
                self._beep = tone
            news += self._news()
        return [*news, *self._tick()]

    def pass_time(self, seconds: float) -> list[News]:
        """Lets time pass for which no sound has come, as when packets are lost."""
        silence = np.zeros(round(seconds * self._bytes_per_s / 2), "<i2")
        return self.hear(silence.tobytes())

    def voice_started(self, ago_s: float) -> list[News]:
        """A voice began `ago_s` ago, and still speaks."""
        self._tones.speech_heard = True
        self._beep = None
        at_s = max(0.0, self.now_s - ago_s)
        self._said.begin(after_s=at_s - self._stopped_s)
        self.judge.speech_started(at_s)
        return list(self._news())

    def voice_stopped(self, ago_s: float) -> list[News]:
        """A voice ended `ago_s` ago."""
        self._said.end()
        self._stopped_s = max(0.0, self.now_s - ago_s)
        self.judge.speech_stopped(self._stopped_s, self.now_s)
        return list(self._news())

    def words(self, text: str, *, is_final: bool = True) -> list[News]:
        """The recogniser gave words of the utterance that ended last, or of the present one."""
        self.judge.transcript(text, self.now_s, is_final=is_final)
        return list(self._news())

    def unread(self) -> Unread | None:
        """Returns what a party has said where it is worth reading once more; each only once.

        A menu is, so that its keys are understood, and whoever is not told apart for sure.
        """
        if self.judge.parties != self._parties:
            self._forget()
        is_menu = self.verdict.who == "ivr"
        pause_s = _MENU_READ_AFTER_S if is_menu else _READ_AFTER_S
        is_due = self.now_s - self._stopped_s >= pause_s
        if not is_due or (self.judge.is_settled and not is_menu):
            return None
        return self._said.unread(least_s=_LEAST_READ_S)

    def read(self, unread: Unread, text: str) -> list[News]:
        """What was to be read says this; it counts unless somebody else has picked up since."""
        if self.is_current(unread):
            self.judge.read(text, self.now_s)
        return list(self._news())

    def is_current(self, unread: Unread) -> bool:
        """Says whether the same party still speaks, and has not begun anew."""
        return unread.part == self._said.part and self.judge.parties == self._parties

    def _forget(self) -> None:
        """Whoever spoke last has broken into what was said before, or is put through."""
        self._parties = self.judge.parties
        self._said.forget(but_last=self.judge.verdict.who != "nobody_yet")

    def put_through(self) -> list[News]:
        """We have pressed a key: whoever speaks next is somebody else."""
        self.judge.answered(self.now_s, rings=True)
        return list(self._news())

    def confirm_person(self) -> list[News]:
        """A person has conversed; nothing changes the verdict afterwards."""
        self.judge.confirm_person(self.now_s)
        return list(self._news())

    def _tick(self) -> Iterator[News]:
        if self.now_s - self._ticked_s < _TICK_S - 1e-9:
            return
        self._ticked_s = self.now_s
        self.judge.tick(self.now_s)
        yield from self._news()

    def _news(self) -> Iterator[News]:
        verdict = self.judge.verdict
        if verdict.who != self._told:
            self._told = verdict.who
            yield verdict
        if self._beep is not None and verdict.who == "voicemail":
            beep, self._beep = self._beep, None
            if self.now_s - beep.end_s <= _BEEP_LASTS_S:
                yield beep
