"""Lines of a document as blocks: headings, entries, paragraphs and rows of tables."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal

from agent_runtime.hearing.safety import plain
from agent_runtime.words import any_of, read_words

Section = Literal[
    "opener", "follow_up", "questions", "objections", "faq", "handoff", "closing", "notes"
]
"""What stands below a heading."""

Label = Literal["asked", "answered", "agent", "buyer", "subject"]
"""Who speaks a line, or what it is, by the word before its colon."""

Kind = Literal["heading", "entry", "paragraph", "row"]


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a document that says one thing."""

    kind: Kind
    text: str
    level: int = 0
    """Depth of a heading, 1 is the highest; of an entry, how far it is indented."""
    cells: tuple[str, ...] = ()
    """Of a row of a table; its text is empty."""
    is_bold: bool = False
    """Whether all of it is set in bold, as authors do for what a buyer says."""
    label: Label | None = None


_MARKED = re.compile(r"^(#{1,6})\s+(.+?)\s*#*$")
_UNDERLINED = re.compile(r"^(=+|-{3,})$")
_ENTRY = re.compile(r"^\s*(?:[-*+•●◦▪‣·–]|\d{1,3}[.)]|[a-z]\))\s+(?=\S)")
_NUMBER = re.compile(r"^\d{1,2}(?:\.\d{1,2})*[.)]?\s+")
_BOLD = re.compile(r"^(\*\*|__)(.+?)\1:?$")
_RULE = re.compile(r"^\|?[\s:|-]+\|?$")
_CITED = re.compile(r"^\s*(?:>\s?)+")
_LINK = re.compile(r"\[([^\]]+)\]\(([^)]+)\)")
_QUOTED = re.compile(r"^[\"“„«»'‘].+[\"”“»«'’][.:]?$")
_LEADS = re.compile(r"^(?:(\*\*|__).+?\1|[\"“„«].+?[\"”“»]\s*(?:[:–—-]|→|->|$))")
_LABEL = re.compile(r"^([^\W\d_][\w' .-]{0,24}?)\s*:\s*(.*)$")
_MAX_HEADING_WORDS = 7
_MAX_LONE_LINE = 48
"""Characters of a line that a page did not have to break."""


def blocks_of(markdown: str) -> tuple[Block, ...]:
    """Returns the blocks of a Markdown text, or of the bare text of a PDF."""
    return tuple(_blocks([_CITED.sub("", line) for line in markdown.splitlines()]))


def section_of(heading: str) -> Section | None:
    """Returns what stands below a heading, by the word that ends last in it; notes come last."""
    found: list[tuple[bool, int, int, Section]] = [
        (section != "notes", match.end(), match.end() - match.start(), section)
        for section, pattern in _headings().items()
        for match in pattern.finditer(plain(heading))
    ]
    return max(found)[-1] if found else None


def unmarked(text: str) -> str:
    """Returns a text without the marks of Markdown; links keep their address."""
    text = _LINK.sub(lambda m: m[1] if m[1] == m[2] else f"{m[1]} ({m[2]})", text)
    text = re.sub(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1", r"\2", text)
    text = re.sub(r"(?<![\w*])([*_])(?=\S)([^*_]+)(?<=\S)\1(?![\w*])", r"\2", text)
    return re.sub(r"\\([\\`*_{}\[\]()#+.!-])", r"\1", text).strip()


def labelled(text: str) -> tuple[Label | None, str]:
    """Returns what the word before a colon says of a line, and the rest of the line."""
    match = _LABEL.match(unmarked(text).lstrip("*_ "))
    label = label_of(match[1]) if match else None
    return (label, match[2].lstrip("*_ ")) if match and label else (None, text)


def label_of(word: str) -> Label | None:
    """Returns what a word before a colon says of its line, if anything."""
    known = plain(word.strip())
    return next((name for name, form in _labels().items() if form.fullmatch(known)), None)


def _blocks(lines: list[str]) -> Iterator[Block]:
    held: list[str] = []
    for number, line in enumerate(lines):
        bare = line.strip()
        following = lines[number + 1].strip() if number + 1 < len(lines) else ""
        heading = _heading(bare, following, is_alone=not held)
        if _UNDERLINED.match(bare) and (not held or len(held) == 1):
            yield from _flush(held)
        elif heading:
            yield from _flush(held)
            yield heading
        elif bare.startswith("|") and bare.count("|") > 1:
            yield from _flush(held)
            if not _RULE.match(bare):
                cells = re.split(r"(?<!\\)\|", bare.strip("|"))
                yield Block("row", "", cells=tuple(unmarked(cell) for cell in cells))
        elif not bare:
            yield from _flush(held)
        else:
            begins = _ENTRY.match(line) or _LEADS.match(bare) or labelled(bare)[0]
            if begins or _QUOTED.match(unmarked(bare)) or _stands_alone(held, bare):
                yield from _flush(held)
            held.append(line if _ENTRY.match(line) else bare)
    yield from _flush(held)


def _heading(line: str, following: str, *, is_alone: bool) -> Block | None:
    marked = _MARKED.match(line)
    if marked:
        return Block("heading", unmarked(marked[2]), level=len(marked[1]))
    if line and re.fullmatch(r"=+|-{3,}", following) and is_alone and not _ENTRY.match(line):
        return Block("heading", unmarked(line), level=1 if "=" in following else 2)
    bold = _BOLD.match(line)
    words = _NUMBER.sub("", unmarked(bold[2] if bold else line)).rstrip(":")
    is_short = 0 < len(words.split()) <= _MAX_HEADING_WORDS and not re.search(r"[.!?,;]$", words)
    is_named = words[:1].isupper() and section_of(words) is not None
    if is_short and is_named and ":" not in words and not _QUOTED.match(words):
        return Block("heading", words, level=3 if bold else 2)
    return None


def _stands_alone(held: list[str], following: str) -> bool:
    """A quote, a line in bold and a short line without an end are complete in themselves."""
    if len(held) != 1:
        return False
    line = held[0].strip()
    if _QUOTED.match(unmarked(line)) or _BOLD.match(line):
        return True
    is_short = len(line) <= _MAX_LONE_LINE and not _ENTRY.match(line)
    return is_short and line[-1] not in ".,;:!-" and following[:1].isupper()


def _flush(held: list[str]) -> Iterator[Block]:
    if not held:
        return
    entry = _ENTRY.match(held[0])
    text = _ENTRY.sub("", " ".join(line.strip() for line in held))
    text = re.sub(r"(?<=[^\W\d_])- (?=[a-zß-ÿ])", "", text)
    label, rest = labelled(text)
    yield Block(
        "entry" if entry else "paragraph",
        unmarked(rest),
        level=len(held[0]) - len(held[0].lstrip()),
        is_bold=bool(_BOLD.match(text.strip())),
        label=label,
    )
    held.clear()


@cache
def _headings() -> dict[Section, re.Pattern[str]]:
    words = read_words("script")["headings"]
    return {name: re.compile(rf"(?<!\w){any_of(these)}(?!\w)") for name, these in words.items()}


@cache
def _labels() -> dict[Label, re.Pattern[str]]:
    words = read_words("script")
    names: tuple[Label, ...] = ("asked", "answered", "agent", "buyer", "subject")
    return {name: re.compile(any_of(words[name])) for name in names}
