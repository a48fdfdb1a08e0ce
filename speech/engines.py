"""What hears and what speaks, as the server sees it, with a fake of each beside.

An engine is used by one thread at a time, and by the same one always.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]
"""Mono, from -1 to 1."""


@dataclass(frozen=True, slots=True, eq=False)
class Chunk:
    """The next sound of one utterance."""

    utterance: int
    samples: Samples
    """As many as the engine's `chunk`, fewer or none where it is the last."""
    is_first: bool
    is_last: bool
    language: str


@dataclass(frozen=True, slots=True)
class Manner:
    """How a text is to be said."""

    language: str
    voice: str = ""
    pace: float = 1.0
    warmth: float = 0.0
    emphasis: float = 0.0


class Recogniser(Protocol):
    """Hears many utterances side by side."""

    model: str
    kind: str
    rate: int
    chunk: int
    """Samples that a step takes of an utterance."""
    batch: int
    """Utterances that a step takes at most."""
    languages: tuple[str, ...]

    def step(self, chunks: Sequence[Chunk]) -> list[str]:
        """Returns for each chunk all that its utterance says so far; at most one chunk of each."""
        ...

    def forget(self, utterances: Sequence[int]) -> None:
        """Lets go of utterances whose last chunk never comes, and of unknown ones silently."""
        ...


class Synthesiser(Protocol):
    """Speaks one piece of text after the other."""

    model: str
    kind: str
    rate: int
    languages: tuple[str, ...]
    tones: tuple[str, ...]

    def synthesise(self, text: str, manner: Manner) -> Iterator[Samples]:
        """Yields the sound of a piece, as soon as there is some."""
        ...


@dataclass
class FakeRecogniser:
    """Hears levels: a chunk whose samples are 0.03 says `w3`, silence says nothing."""

    model: str = "fake"
    kind: str = "fake"
    rate: int = 16_000
    chunk: int = 1_600
    batch: int = 16
    languages: tuple[str, ...] = ("en", "es")
    batches: list[int] = field(default_factory=list)
    """How many utterances each step took."""
    open: dict[int, list[str]] = field(default_factory=dict)
    """Words of the utterances that go on."""

    def step(self, chunks: Sequence[Chunk]) -> list[str]:
        """Returns a word for each change of level."""
        self.batches.append(len(chunks))
        return [self._hear(chunk) for chunk in chunks]

    def forget(self, utterances: Sequence[int]) -> None:
        """Drops their words."""
        for utterance in utterances:
            self.open.pop(utterance, None)

    def _hear(self, chunk: Chunk) -> str:
        if chunk.is_first == (chunk.utterance in self.open):
            raise RuntimeError(f"utterance {chunk.utterance} does not begin where it should")
        words = self.open.setdefault(chunk.utterance, [])
        for level in np.unique(np.rint(chunk.samples * 100).astype(int)):
            if level > 0 and words[-1:] != [f"w{level}"]:
                words.append(f"w{level}")
        if chunk.is_last:
            del self.open[chunk.utterance]
        return " ".join(words)


@dataclass
class FakeSynthesiser:
    """Speaks levels: each word is 0.1 s whose samples are 0.01 for each of its letters."""

    model: str = "fake"
    kind: str = "fake"
    rate: int = 8_000
    languages: tuple[str, ...] = ("en",)
    tones: tuple[str, ...] = ("pace",)
    spoken: list[str] = field(default_factory=list)
    """Words whose sound was made."""

    def synthesise(self, text: str, manner: Manner) -> Iterator[Samples]:
        """Yields the sound of each word."""
        for word in text.split():
            self.spoken.append(word)
            size = int(self.rate / 10 / manner.pace)
            yield np.full(size, 0.01 * len(word), np.float32)
