"""Markdown into passages of some 60 to 180 words, each under the headings that give it meaning."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from agent_runtime.knowledge.sections import sections_of

TARGET_WORDS = 60
"""A passage is closed once it has so many words."""

MAX_WORDS = 180
_STUB_WORDS = 25
"""What is left under a heading with fewer words joins the passage before it."""

_SENTENCE_ENDS = re.compile(r"(?<=[.!?])\s+(?=[\"'(«„¿¡]?[A-ZÀ-Þ\d])")


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a document before anybody has approved it."""

    heading_path: tuple[str, ...]
    text: str


def chunk(markdown: str, *, title: str) -> tuple[Chunk, ...]:
    """Returns the passages of a document in its order; no passage spans two headings.

    Args:
        markdown: The document; inline marks, pictures and rules are dropped, tables become lines
            that repeat their column names.
        title: Begins every heading path.
    """
    found = [
        Chunk(section.heading_path, text)
        for section in sections_of(markdown, title=title)
        for text in _packed(section.blocks)
    ]
    return tuple(dict.fromkeys(found))


def _packed(blocks: Iterable[str]) -> list[str]:
    """Puts blocks together until a passage is long enough, and cuts those that are too long."""
    passages: list[str] = []
    current = ""
    for block in (part for whole in _introduced(blocks) for part in _cut(whole)):
        if current and _words(current) + _words(block) > MAX_WORDS:
            passages.append(current)
            current = ""
        current = f"{current}\n\n{block}" if current else block
        if _words(current) >= TARGET_WORDS:
            passages.append(current)
            current = ""
    is_stub = bool(current and passages) and _words(current) < _STUB_WORDS
    if is_stub and _words(passages[-1]) + _words(current) <= MAX_WORDS:
        passages[-1] += f"\n\n{current}"
        current = ""
    return [*passages, current] if current else passages


def _introduced(blocks: Iterable[str]) -> Iterator[str]:
    """Yields the blocks; one that ends in a colon stays with what it introduces."""
    before = ""
    for block in blocks:
        whole = f"{before}\n{block}" if before else block
        before = whole if whole.endswith(":") else ""
        if not before:
            yield whole
    if before:
        yield before


def _cut(block: str) -> Iterator[str]:
    """Yields a block, cut at its lines or sentences where it is longer than a passage."""
    if _words(block) <= MAX_WORDS:
        yield block
        return
    joint = "\n" if "\n" in block else " "
    parts = block.split("\n") if "\n" in block else _SENTENCE_ENDS.split(block)
    current = ""
    for part in (piece for long in parts for piece in _forced(long)):
        if current and _words(current) + _words(part) > MAX_WORDS:
            yield current
            current = ""
        current = f"{current}{joint}{part}" if current else part
        if _words(current) >= 2 * TARGET_WORDS:
            yield current
            current = ""
    if current:
        yield current


def _forced(sentence: str) -> Iterator[str]:
    words = sentence.split(" ")
    if len(words) <= MAX_WORDS:
        yield sentence
        return
    for start in range(0, len(words), MAX_WORDS):
        yield " ".join(words[start : start + MAX_WORDS])


def _words(text: str) -> int:
    return len(text.split())
