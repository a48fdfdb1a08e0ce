"""The opinions that ship: does a message ask that contact stop, did a machine write it?"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np

from agent_runtime.hearing.new_text import message_of
from agent_runtime.hearing.sentences import fold
from agent_runtime.models.embedding import E5Embedder, Embedder, Vectors
from agent_runtime.models.letter_runs import BUCKETS
from agent_runtime.models.opinion import Opinion
from agent_runtime.models.reading_text import reading_text
from agent_runtime.models.training import FOLDER, read_stop_wishes, read_training

Matter = Literal["opt_out", "auto_reply"]
"""What an opinion is about: a wish that contact stop, or an automatic answer."""

MATTERS: tuple[Matter, ...] = ("opt_out", "auto_reply")
_OF_INTENT = {"unsubscribe": "opt_out", "out_of_office": "auto_reply"}
_LETTERS = 3.0
"""How much a text counts that was written as a whole answer, beside a labelled utterance."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """One text, what it is, and how much it counts."""

    text: str
    kind: str
    """A matter, `reply`, or `no_stop` where nobody said whether a machine wrote it."""
    weight: float


def shipped_at(matter: Matter, folder: Path = FOLDER) -> Path:
    """Returns where the weights of an opinion lie."""
    return folder / "opinion" / f"{matter}.npz"


@cache
def opinion_on(matter: Matter) -> Opinion:
    """Returns the opinion that ships."""
    return read_opinion(shipped_at(matter))


def read_opinion(path: Path) -> Opinion:
    """Returns the opinion of a file."""
    with np.load(path, allow_pickle=False) as file:
        rarity = np.zeros((2, BUCKETS), dtype=np.float16)
        weights = np.zeros((2, BUCKETS), dtype=np.float16)
        for kind in range(2):
            rarity[kind, file[f"runs_{kind}"]] = file[f"rarity_{kind}"]
            weights[kind, file[f"runs_{kind}"]] = file[f"weights_{kind}"]
        start, offset = file["numbers"].tolist()
        return Opinion(rarity, weights, start, file["support"], file["sides"], offset)


def lessons_of(folder: Path = FOLDER) -> tuple[Lesson, ...]:
    """Returns all labelled texts of a training folder, in a fixed order, each once."""
    found: dict[str, Lesson] = {}
    for lesson in _lessons(folder):
        if lesson.kind != "no_stop" or lesson.text not in found:
            found[lesson.text] = lesson
    return tuple(found.values())


def fingerprint_of(lessons: tuple[Lesson, ...]) -> str:
    """Returns a hash of what an opinion was learnt from."""
    told = (f"{lesson.kind}\x1f{lesson.weight}\x1f{lesson.text}" for lesson in lessons)
    return hashlib.sha256("\x1e".join(told).encode()).hexdigest()[:16]


def shipped_fingerprint(matter: Matter) -> str:
    """Returns the hash of what the shipped opinion was learnt from."""
    with np.load(shipped_at(matter), allow_pickle=False) as file:
        return str(file["learnt_from"])


def plain(text: str) -> str:
    """Returns a message as an opinion reads its wording."""
    return fold(reading_text(text))


def meaning_of(message: str) -> Vectors:
    """Returns the vector of one message, as an opinion reads its meaning."""
    return _embedder().embed([reading_text(message)])


def learn(matter: Matter, lessons: tuple[Lesson, ...], embedder: Embedder) -> Opinion:
    """Returns the opinion that texts teach; takes a minute."""
    lessons = tuple(x for x in lessons if matter == "opt_out" or x.kind != "no_stop")
    messages = [message_of(lesson.text) for lesson in lessons]
    return Opinion.learned(
        [plain(message) for message in messages],
        embedder.embed([reading_text(message) for message in messages]),
        np.array([lesson.kind == matter for lesson in lessons]),
        np.array([lesson.weight for lesson in lessons]),
    )


def ship_opinion(matter: Matter, embedder: Embedder, folder: Path = FOLDER) -> bool:
    """Writes an opinion where its texts have changed, and says whether they have."""
    lessons = lessons_of(folder)
    path = shipped_at(matter, folder)
    if path.exists() and shipped_fingerprint(matter) == fingerprint_of(lessons):
        return False
    learnt = learn(matter, lessons, embedder)
    runs = [np.flatnonzero(learnt.rarity[kind]).astype(np.uint32) for kind in range(2)]
    np.savez_compressed(
        path,
        numbers=np.array([learnt.start, learnt.offset]),
        support=learnt.support,
        sides=learnt.sides,
        learnt_from=np.array(fingerprint_of(lessons)),
        **{f"runs_{kind}": runs[kind] for kind in range(2)},
        **{f"rarity_{kind}": learnt.rarity[kind, runs[kind]] for kind in range(2)},
        **{f"weights_{kind}": learnt.weights[kind, runs[kind]] for kind in range(2)},
    )
    return True


@cache
def _embedder() -> Embedder:
    return E5Embedder()


def _lessons(folder: Path) -> Iterator[Lesson]:
    for example in read_training(folder):
        said = (_OF_INTENT.get(name, "") for name in (example.intent, *example.also))
        yield Lesson(example.text, next(filter(None, said), "reply"), 1.0)
    asks, others = read_stop_wishes(folder)
    yield from (Lesson(text, "opt_out", 1.0) for text in asks)
    yield from (Lesson(text, "no_stop", 1.0) for text in others)
    for path in sorted((folder / "opinion").glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            yield Lesson(row["text"], row["kind"], _LETTERS)
