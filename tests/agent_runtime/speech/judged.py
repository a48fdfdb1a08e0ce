"""Holds the judge against a start of a call: as words with their times, or as sound.

Sound goes through Silero's voice detection, Moonshine (English) and the detector of the live call.
Words come `WORDS_AFTER_S` after the voice detector's stop, in time of the call, not of the machine:
the recogniser's own p95 on two quiet cores is 0.23 s. What is said so far comes every second.
Whisper reads what the detector wants to have read once more, in as long as such a core needs.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np

from agent_runtime.speech.answer_detector import AnswerDetector, News
from agent_runtime.speech.call_tones import ToneHeard
from agent_runtime.speech.decoders import Moonshine, Whisper
from agent_runtime.speech.party_sound import READ_AT, PartySound, Unread
from agent_runtime.speech.rereading import understood
from agent_runtime.speech.sound import Samples, resample
from agent_runtime.speech.utterance import Room, Utterance
from agent_runtime.speech.who_answered import Verdict, WhoAnswered
from tests.agent_runtime.speech.starts import Start
from tests.agent_runtime.speech.voices import RATE

VAD_S = 0.2
VAD_START_S = 0.1
"""Shorter than in a conversation: a short "yes?" has no 0.2 s of voice."""
WORDS_AFTER_S = 0.3
INTERIM_AFTER_S = 0.3
_INTERIM = 50
"""Frames after which a growing utterance is decoded again."""
_FRAME = 320
"""Bytes of 20 ms."""
_LISTENS_ON_S = 2.3
_TICK_S = 0.1
_KEPT_S = 0.55
_TAIL_S = 0.15
"""As `HearingService` does it."""
_TONES = {"<beep>": "beep", "<sit>": "sit", "<busy>": "busy", "<ring>": "ring_back"}


@dataclass(frozen=True, slots=True)
class Judged:
    """All verdicts of one start, in their order, and the words that were recognised."""

    verdicts: tuple[Verdict, ...]
    words: str

    @property
    def final(self) -> str:
        return self.verdicts[-1].who if self.verdicts else "nobody_yet"

    def person_after_s(self, first_words_end_s: float) -> float:
        """Returns how long after the end of their first words a person was taken for one."""
        held = False
        for verdict in self.verdicts:
            if verdict.at_s > first_words_end_s and (held or verdict.is_person):
                return 0.0 if held else verdict.at_s - first_words_end_s
            held = verdict.is_person
        return 0.0 if held else float("inf")

    @property
    def took_for_person(self) -> bool:
        return any(verdict.is_person for verdict in self.verdicts)


class _Run:
    """Feeds one judge in the order of time and keeps the verdicts that differ."""

    def __init__(self, language: str) -> None:
        self.judge = WhoAnswered(language)
        self.verdicts: list[Verdict] = []

    def keep(self) -> None:
        verdict = self.judge.verdict
        if verdict.who != "nobody_yet" and (
            not self.verdicts or verdict.who != self.verdicts[-1].who
        ):
            self.verdicts.append(verdict)

    def judged(self) -> Judged:
        return Judged(tuple(self.verdicts), "")


def from_words(start: Start) -> Judged:
    """Judges a start by its words and times alone."""
    run = _Run(start.language)
    happenings = sorted(_happenings(start), key=lambda happening: happening[0])
    at = 0.0
    for when, what, said_end, text in happenings:
        while at + _TICK_S < when:
            at += _TICK_S
            run.judge.tick(at)
            run.keep()
        if what == "start":
            run.judge.speech_started(when - VAD_START_S)
        elif what == "stop":
            run.judge.speech_stopped(said_end, when)
        elif what == "words":
            run.judge.transcript(text, when)
        elif what == "tone":
            run.judge.tone(ToneHeard(text, when - 0.5, when), when)  # pyright: ignore
        run.keep()
    return run.judged()


def _happenings(start: Start) -> Iterator[tuple[float, str, float, str]]:
    for said in start.said:
        if said.is_tone:
            yield said.end_s + 0.2, "tone", said.end_s, _TONES[said.text]
            continue
        yield said.start_s + VAD_START_S, "start", said.end_s, ""
        yield said.end_s + VAD_S, "stop", said.end_s, ""
        yield said.end_s + VAD_S + WORDS_AFTER_S, "words", said.end_s, said.text.lstrip("*")
    yield start.ends_s + _LISTENS_ON_S, "end", start.ends_s, ""


@dataclass(frozen=True, slots=True)
class Mark:
    """What the ears of a call noticed at the end of a frame of 20 ms, counted from 0."""

    frame: int
    what: Literal["start", "stop", "interim", "words"]
    words: str = ""


def from_sound(start: Start) -> Judged:
    """Judges a start by its sound."""
    return from_marks(start, ears(start.audio))


def from_marks(start: Start, marks: Iterable[Mark]) -> Judged:
    """Judges a start by its sound, where voice and words are known already."""
    detector = AnswerDetector(start.language, RATE)
    verdicts: list[Verdict] = []
    waiting = sorted(marks, key=lambda mark: mark.frame)
    words = [mark.words for mark in waiting if mark.what == "words"]
    reading: list[tuple[float, Unread]] = []
    for number in range(len(start.audio) // _FRAME):
        news = detector.hear(start.audio[number * _FRAME : (number + 1) * _FRAME])
        while waiting and waiting[0].frame <= number:
            news += _noticed(detector, waiting.pop(0))
        if unread := detector.unread():
            reading.append((detector.now_s + _reading_takes_s(unread), unread))
        while reading and reading[0][0] <= detector.now_s:
            unread = reading.pop(0)[1]
            words.append(f"[{(text := reread(unread.sound, start.language))}]")
            news += detector.read(unread, text)
        verdicts += [one for one in news if isinstance(one, Verdict) and one.who != "nobody_yet"]
    return Judged(tuple(verdicts), " / ".join(words))


def _reading_takes_s(unread: Unread) -> float:
    return 0.2 + 0.07 * len(unread.sound) / READ_AT


def reread(sound: Samples, language: str = "en") -> str:
    """Returns what Whisper understands of 16 kHz sound of whoever answers."""
    return understood(_whisper().words(sound, language, expected="answers_heard"), language)


def _noticed(detector: AnswerDetector, mark: Mark) -> list[News]:
    if mark.what == "start":
        return detector.voice_started(VAD_START_S)
    if mark.what == "stop":
        return detector.voice_stopped(VAD_S)
    return detector.words(mark.words, is_final=mark.what == "words")


def ears(audio: bytes, *, with_interim: bool = True) -> Iterator[Mark]:
    """Yields what Silero and Moonshine notice, words as long after as a machine needs them."""
    vad, room = _vad(), Room(RATE, kept_s=_KEPT_S)
    said: Utterance | None = None
    decoded = 0
    for number in range(len(audio) // _FRAME):
        frame = audio[number * _FRAME : (number + 1) * _FRAME]
        is_voice = _is_voice(vad, frame)
        if said is None:
            room.add(frame)
            if not is_voice:
                continue
            said, decoded = room.begin(), number
            yield Mark(number, "start")
        else:
            said.add(frame)
        is_due = with_interim and number - decoded >= _INTERIM
        if is_voice and not is_due:
            continue
        words, decoded = _recognised(said), number
        if is_voice:
            yield Mark(number + round(INTERIM_AFTER_S / 0.02), "interim", words)
        else:
            said = None
            yield Mark(number, "stop")
            yield Mark(number + round(WORDS_AFTER_S / 0.02), "words", words)


def _vad():
    from pipecat.audio.vad.silero import SileroVADAnalyzer
    from pipecat.audio.vad.vad_analyzer import VADParams

    vad = SileroVADAnalyzer(
        sample_rate=RATE, params=VADParams(start_secs=VAD_START_S, stop_secs=VAD_S)
    )
    vad.set_sample_rate(RATE)
    return vad


def _is_voice(vad, frame: bytes) -> bool:
    from pipecat.audio.vad.vad_analyzer import VADState

    return vad._run_analyzer(frame) in (VADState.SPEAKING, VADState.STOPPING)


@cache
def _whisper() -> Whisper:
    return Whisper()


@cache
def _moonshine() -> Moonshine:
    return Moonshine()


def _recognised(said: Utterance) -> str:
    sound = np.pad(said.samples(), (0, round(_TAIL_S * RATE)))
    return _moonshine().decode(resample(sound, RATE, 16000))


def menu_in_sound(audio: bytes) -> Iterator[str]:
    """Yields the words of a menu, 16-bit sound at 8 kHz, as the ears of a call understand them.

    The one that is believed first, Whisper, reads all of it as one piece.
    """
    party, vad, is_speaking = PartySound(RATE), _vad(), False
    for at in range(0, len(audio) - _FRAME + 1, _FRAME):
        frame = audio[at : at + _FRAME]
        party.add(frame)
        was_speaking, is_speaking = is_speaking, _is_voice(vad, frame)
        if is_speaking and not was_speaking:
            party.begin(after_s=0.0)
        elif was_speaking and not is_speaking:
            party.end()
    unread = party.unread(least_s=0.0)
    yield reread(unread.sound) if unread else ""
    marks = ears(audio, with_interim=False)
    yield ". ".join(mark.words.rstrip(" .") for mark in marks if mark.what == "words")
