"""The labelled drafts beside this file, judged: false ones caught, honest ones blocked."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from agent_runtime.grounding.labelled import Judged, Labelled, drafts_in, judge

FOLDER = Path(__file__).parent / "labelled"
SETS = ("tuned", "held_out", "unseen")


def drafts(name: str) -> Iterator[Labelled]:
    """Yields the drafts of one set, kind by kind."""
    return drafts_in(FOLDER / name)


@cache
def judged(name: str) -> tuple[Judged, ...]:
    """Returns the drafts of a set with their findings."""
    return tuple(map(judge, drafts(name)))
