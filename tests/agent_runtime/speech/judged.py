"""Holds the judge against a start of a call: as words with their times, or as sound.

Sound goes through Silero's voice detection, the tone listener and Moonshine (English). Its words
come `WORDS_AFTER_S` after the voice detector's stop, in time of the call, not of the machine: the
recogniser's own p95 on two quiet cores is 0.23 s.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
import soxr

from agent_runtime.speech.call_tones import ToneHeard, ToneListener
from agent_runtime.speech.who_answered import Verdict, WhoAnswered
from tests.agent_runtime.speech.starts import Start
from tests.agent_runtime.speech.voices import RATE

VAD_S = 0.2
VAD_START_S = 0.1
"""Shorter than in a conversation: a short "yes?" has no 0.2 s of voice."""
WORDS_AFTER_S = 0.3
_LISTENS_ON_S = 2.3
_TICK_S = 0.1
_PRE_ROLL_S = 0.4
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
        self.words: list[str] = []

    def keep(self) -> None:
        verdict = self.judge.verdict
        if verdict.who != "nobody_yet" and (
            not self.verdicts or verdict.who != self.verdicts[-1].who
        ):
            self.verdicts.append(verdict)

    def judged(self) -> Judged:
        return Judged(tuple(self.verdicts), " / ".join(self.words))


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


def from_sound(start: Start) -> Judged:
    """Judges a start by its sound."""
    run = _Run(start.language)
    listener, vad = ToneListener(RATE), _vad()
    heard = np.frombuffer(start.audio, "<i2")
    waiting: list[tuple[float, str]] = []
    began: float | None = None
    for number in range(len(heard) // 160):
        frame, now = start.audio[number * 320 : (number + 1) * 320], (number + 1) * 0.02
        is_voice = _is_voice(vad, frame)
        if is_voice and began is None:
            began = now - VAD_START_S
            listener.speech_heard = True
            run.judge.speech_started(began)
        elif not is_voice and began is not None:
            run.judge.speech_stopped(now - VAD_S, now)
            segment = heard[round(max(0.0, began - _PRE_ROLL_S) * RATE) : round(now * RATE)]
            waiting.append((now + WORDS_AFTER_S, _recognised(segment)))
            began = None
        for tone in listener.feed(frame):
            run.judge.tone(tone, now)
        if waiting and waiting[0][0] <= now + 1e-9:
            _, words = waiting.pop(0)
            run.words.append(words)
            run.judge.transcript(words, now)
        if number % 5 == 0:
            run.judge.tick(now)
        run.keep()
    return run.judged()


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
def _moonshine():
    from pathlib import Path

    import moonshine_voice
    from moonshine_voice import ModelArch, Transcriber

    model = Path(moonshine_voice.__file__).parent / "assets" / "tiny-en"
    return Transcriber(model, ModelArch.TINY)


def _recognised(segment: np.ndarray) -> str:
    samples = soxr.resample(segment.astype(np.float32) / 32768, RATE, 16000)
    transcript = _moonshine().transcribe_without_streaming(samples.tolist(), 16000)
    return " ".join(line.text.strip() for line in transcript.lines)
