"""The side-by-side page of a replay: one HTML file without scripts that loads nothing."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import Literal

from markupsafe import Markup

from agent_runtime.replaying.comparison import Compared, Comparison
from agent_runtime.replaying.named import Named
from experiments.pages import templates_in
from pipelines.replays.told import remarks

TEMPLATES = Path(__file__).parent / "templates"
SHOWN = 40
"""Threads of one change that are drawn; the JSON has all."""

_PARAGRAPH = re.compile(r"(?s).+?(?:\n{2,}|\Z)")
_WORD = re.compile(r"\s+|\S+")
_ALIKE = 0.7
"""Share of words in common from which two stretches are compared word by word."""

OUTCOMES = {
    "allow": "goes out",
    "defer": "deferred",
    "escalate": "held for a person",
    "block": "stopped",
    "revise": "sent back",
    "end": "ended",
}
"""What the rules made of a proposal, as people say it."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Words that stand in both texts, or in one of them alone."""

    kind: Literal["both", "gone", "new"]
    text: str


@dataclass(frozen=True, slots=True)
class Card:
    """One thread as it is drawn."""

    thread: str
    turns: tuple[Compared, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Turns of which the same became the same other thing, with the threads that are drawn."""

    then: str
    now: str
    turns: int
    threads: int
    cards: tuple[Card, ...]


def write_page(compared: Comparison, named: Named, path: Path) -> None:
    """Writes the page; all that strangers wrote is escaped."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(render_page(compared, named), encoding="utf-8")


def render_page(compared: Comparison, named: Named) -> str:
    """Returns the page."""
    environment = templates_in(TEMPLATES)
    environment.globals.update(pieces=pieces, outcome=OUTCOMES)
    return environment.get_template("replay.html.j2").render(
        compared=compared,
        named=named,
        groups=_groups(compared),
        remarks=remarks(compared),
        css=Markup((TEMPLATES / "replay.css").read_text(encoding="utf-8")),
    )


def pieces(then: str, now: str) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """Returns two texts in pieces: what each has alone, and what both have.

    Paragraphs that say much the same are compared word by word, others as a whole.
    """
    left: list[Piece] = []
    right: list[Piece] = []
    for before, after in _paired(_PARAGRAPH.findall(then), _PARAGRAPH.findall(now)):
        one, other = _WORD.findall(before), _WORD.findall(after)
        matcher = SequenceMatcher(None, one, other, autojunk=False)
        if matcher.ratio() < _ALIKE:
            left += [Piece("gone", before)] if before else []
            right += [Piece("new", after)] if after else []
            continue
        for tag, a, b, c, d in matcher.get_opcodes():
            same = tag == "equal"
            if a < b:
                left.append(Piece("both" if same else "gone", "".join(one[a:b])))
            if c < d:
                right.append(Piece("both" if same else "new", "".join(other[c:d])))
    return tuple(left), tuple(right)


def _paired(before: list[str], after: list[str]) -> Iterator[tuple[str, str]]:
    """Stretches of paragraphs that stand in each other's place."""
    for _, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        yield "".join(before[a:b]), "".join(after[c:d])


def _groups(compared: Comparison) -> tuple[Group, ...]:
    by_thread: dict[str, list[Compared]] = {}
    for turn in compared.turns:
        by_thread.setdefault(turn.thread_id, []).append(turn)
    drawn: set[str] = set()
    return tuple(_drawn(compared, by_thread, drawn))


def _drawn(
    compared: Comparison, by_thread: dict[str, list[Compared]], drawn: set[str]
) -> Iterator[Group]:
    """A thread with several changes is drawn once, under the first of them."""
    for change in compared.changes():
        fresh = [thread for thread in change.threads if thread not in drawn][:SHOWN]
        drawn.update(fresh)
        cards = tuple(Card(thread, tuple(by_thread[thread])) for thread in fresh)
        yield Group(change.then, change.now, len(change.turns), len(change.threads), cards)
