"""The lists of this folder, and how much of them is heard."""

import itertools
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import yaml

from agent_runtime.domain import Observation
from agent_runtime.hearing.entities import find_entities
from agent_runtime.hearing.safety import Heard, listen
from agent_runtime.models.training import FOLDER as TRAINING

FOLDER = Path(__file__).parent
LEARNED = TRAINING / "stop"
_MARKED = re.compile(r"\{(\w+):([^{}]+)\}")
_PLACEHOLDER = re.compile(r"\[\[(PERSON|COMPANY)(?:_\d+)?\]\]")


def read(name: str):
    """Returns a list file as it stands: one of this folder, or one that the model learns from."""
    folder = FOLDER if (FOLDER / f"{name}.yaml").exists() else LEARNED
    return yaml.safe_load((folder / f"{name}.yaml").read_text(encoding="utf-8"))


def lines(block: str) -> list[str]:
    """Returns the texts of a block, one a line."""
    return [line.strip() for line in block.splitlines() if line.strip()]


def texts(name: str) -> list[str]:
    """Returns all texts of a file that lists them by language."""
    return [line for block in read(name).values() for line in lines(block)]


def heard(text: str, **more) -> Heard:
    """Returns what the rules hear in a mail with this text."""
    return listen(Observation("mail", "o", datetime(2026, 1, 12, tzinfo=UTC), text=text, **more))


def ordinary_replies() -> Iterator[str]:
    """Yields every frame of `ordinary.yaml`, filled with every value of its slots."""
    for words in read("ordinary").values():
        for frame in words["frames"]:
            names = sorted(set(re.findall(r"\{(\w+)\}", frame)))
            for values in itertools.product(*(words["slots"][name] for name in names)):
                yield frame.format(**dict(zip(names, values, strict=True)))


@dataclass
class Score:
    """Spans of one entity: found and right, found and wrong, missed."""

    right: int = 0
    false: int = 0
    missed: int = 0
    wrong: list[str] = field(default_factory=list)

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall; a span counts when it overlaps."""
        return 2 * self.right / (2 * self.right + self.false + self.missed)


def score_entities(name: str) -> dict[str, Score]:
    """Returns the score of every entity on a marked file."""
    scores: dict[str, Score] = {}
    for language, block in read(name).items():
        for line in lines(block):
            _score(line, language, scores)
    return scores


def _score(line: str, language: str, scores: dict[str, Score]) -> None:
    text, marked = _unmarked(line)
    found = []
    seen: Counter[str] = Counter()
    for kind, span in find_entities(text, language):
        start = text.find(span, seen[span])
        seen[span] = start + 1
        found.append((kind, start, start + len(span)))
    for kind, start, end in marked:
        hit = next((f for f in found if f[0] == kind and f[1] < end and start < f[2]), None)
        score = scores.setdefault(kind, Score())
        if hit:
            found.remove(hit)
            score.right += 1
        else:
            score.missed += 1
            score.wrong.append(f"missed {text[start:end]!r} in {text!r}")
    for kind, start, end in found:
        score = scores.setdefault(kind, Score())
        score.false += 1
        score.wrong.append(f"false {text[start:end]!r} in {text!r}")


def _unmarked(line: str) -> tuple[str, list[tuple[str, int, int]]]:
    text, marked, at = "", [], 0
    for match in _MARKED.finditer(line):
        text += line[at : match.start()]
        marked.append((match[1], len(text), len(text) + len(match[2])))
        text += match[2]
        at = match.end()
    text += line[at:]
    for match in _PLACEHOLDER.finditer(text):
        marked.append((match[1].lower(), match.start(), match.end()))
    return text, marked
