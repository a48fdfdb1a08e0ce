"""The companies beside this file: facts, with sentences that they support and that they do not."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent_runtime.authored import load_yaml

FOLDER = Path(__file__).parent / "pairs"
HELD_OUT = Path(__file__).parent / "held_out"
"""Companies that the model never learns from."""


@dataclass(frozen=True)
class Written:
    """One sentence with all facts of its company, of which `fact` is the one it was written for."""

    company: str
    facts: tuple[str, ...]
    fact: str
    sentence: str
    is_supported: bool


def written(folder: Path = FOLDER) -> Iterator[Written]:
    """Yields every sentence of every company, file by file."""
    for path in sorted(folder.glob("*.yaml")):
        for company in load_yaml(path.read_text("utf-8")):
            yield from _of(company)


def _of(company: dict[str, Any]) -> Iterator[Written]:
    facts = tuple(one["fact"] for one in company["facts"])
    for one in company["facts"]:
        for label in ("supported", "unsupported"):
            for sentence in one[label]:
                is_supported = label == "supported"
                yield Written(company["company"], facts, one["fact"], sentence, is_supported)
