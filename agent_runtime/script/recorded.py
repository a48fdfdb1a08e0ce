"""A recorded call as the lines of a transcript: who spoke when, and what was understood (R268)."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from agent_runtime.script.parts import ScriptError

if TYPE_CHECKING:
    from agent_runtime.speech.sound import Samples
    from agent_runtime.speech.spurts import Spurt

SUFFIXES = (".wav", ".flac", ".mp3", ".ogg", ".opus")
LONGEST_S = 2 * 3600.0
_SAME = 0.98
"""Correlation from which two channels are one sound, twice."""
_PATIENCE_S = 60.0
"""Nobody waits on the line for a file."""


@dataclass(frozen=True, slots=True)
class HeardLine:
    """What was understood of one stretch of speech."""

    start_s: float
    speaker: str
    text: str


@dataclass(frozen=True, slots=True)
class HeardCall:
    """A recording, written down. The ears of this program tell no confidence of their words."""

    lines: tuple[HeardLine, ...]
    channels: int
    """1 where nothing tells the speakers apart."""
    length_s: float
    lost: int
    """Stretches of speech of which nothing was understood."""

    @property
    def text(self) -> str:
        """The lines, as `[1:05] Speaker 1: words`."""
        told = (f"[{_clock(line.start_s)}] {line.speaker}: {line.text}" for line in self.lines)
        return "\n".join(told) + "\n"

    @property
    def remarks(self) -> tuple[str, ...]:
        """What whoever reads the proposal must know of how it was heard."""
        lost = f", and {self.lost} stretches of speech were not understood" if self.lost else ""
        return (
            f"{self.length_s / 60:.1f} minutes were written down by a machine, which errs{lost}: "
            "read every text against the recording.",
        )


def is_recording(path: Path) -> bool:
    """Says whether a file is sound, by its name."""
    return path.suffix.lower() in SUFFIXES


def hear_call(
    path: Path, *, language: str = "en", step: Callable[[str], None] = lambda doing: None
) -> HeardCall:
    """Returns what a recording says; two channels are two speakers, one channel is one.

    Args:
        path: WAV, FLAC, MP3 or OGG.
        language: In which it is spoken, two letters.
        step: Is told what is being done.

    Raises:
        ScriptError: the file cannot be read, is too long, has more channels, or nobody speaks.
    """
    from agent_runtime.speech.decoders import RATE
    from agent_runtime.speech.languages import what_is_missing
    from agent_runtime.speech.sound import resample
    from agent_runtime.speech.spurts import spurts_in

    if missing := what_is_missing(language, "hearing"):
        raise ScriptError(f"{path}: --language {language!r}: {missing.why}")
    tracks, rate = _read(path)
    length_s = len(tracks[0]) / rate
    found: list[tuple[Spurt, str, Samples]] = []
    for number, track in enumerate(tracks, 1):
        name = f"Speaker {number}" if len(tracks) > 1 else "Speaker"
        step(f"finding where {name} speaks")
        samples = resample(track, rate, RATE)
        for spurt in spurts_in(samples):
            sound = samples[int(spurt.start_s * RATE) : int(spurt.end_s * RATE)]
            found.append((spurt, name, sound))
    if not found:
        raise ScriptError(f"{path}: nobody speaks in it; is it the right file?")
    found.sort(key=lambda one: one[0].start_s)
    words = asyncio.run(_decoded([sound for *_, sound in found], language, path, step))
    lines = tuple(
        HeardLine(spurt.start_s, name, said)
        for (spurt, name, _), said in zip(found, words, strict=True)
        if said
    )
    return HeardCall(lines, len(tracks), length_s, sum(not said for said in words))


def _read(path: Path) -> "tuple[list[Samples], int]":
    """Returns one track a speaker; two channels of the same sound are one."""
    import numpy as np
    import soundfile

    if not path.is_file():
        raise ScriptError(f"{path}: there is no such file; mend the path.")
    try:
        info = soundfile.info(path)
        if info.duration > LONGEST_S:
            raise ScriptError(
                f"{path}: {info.duration / 3600:.1f} hours are more than the "
                f"{LONGEST_S / 3600:.0f} that a recording may last; cut it into several."
            )
        sound, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except (OSError, soundfile.LibsndfileError) as error:
        raise ScriptError(f"{path}: the sound cannot be read ({error}); export it again.") from None
    if sound.shape[1] > 2:
        raise ScriptError(
            f"{path}: it has {sound.shape[1]} channels; export it with one, or two, a speaker each."
        )
    tracks = [np.ascontiguousarray(track) for track in sound.T]
    if len(tracks) == 2 and _is_same(*tracks):
        tracks = tracks[:1]
    if not len(tracks[0]):
        raise ScriptError(f"{path}: there is no sound in it; export it again.")
    return tracks, rate


def _is_same(left: "Samples", right: "Samples") -> bool:
    import numpy as np

    power = float(np.sqrt(np.dot(left, left) * np.dot(right, right)))
    return power > 0 and float(np.dot(left, right)) / power > _SAME


async def _decoded(
    sounds: "list[Samples]", language: str, path: Path, step: Callable[[str], None]
) -> list[str]:
    import numpy as np

    from agent_runtime.speech.decoders import RATE
    from agent_runtime.speech.failures import SpeechFailure
    from agent_runtime.speech.languages import base_language
    from agent_runtime.speech.services import decoders_for

    engines = decoders_for(base_language(language))
    words: list[str] = []
    try:
        await engines.warm()
        for number, sound in enumerate(sounds, 1):
            step(f"writing down {number} of {len(sounds)} stretches of speech")
            padded = np.pad(sound, RATE // 5)
            said = await engines.run(lambda d, s=padded: d.decode(s), limit_s=_PATIENCE_S)
            words.append(" ".join(said.split()))
    except SpeechFailure as failure:
        raise ScriptError(f"{path}: it cannot be written down: {failure}.") from None
    return words


def _clock(seconds: float) -> str:
    whole = int(seconds)
    hours = f"{whole // 3600}:" if whole >= 3600 else ""
    return f"{hours}{whole % 3600 // 60:02d}:{whole % 60:02d}"
