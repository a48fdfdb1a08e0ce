"""Headings and paragraphs in the bare text of a PDF, whose lines end where the page ends."""

import re
from collections import Counter

_PAGE = "\f"
_PAGE_NUMBER = re.compile(
    r"^(?:(?:page|seite|página|pagina)\s*)?\d{1,4}(?:\s*(?:/|of|von|de|sur|di)\s*\d{1,4})?$",
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"^(\d{1,2}(?:\.\d{1,2}){0,3})\.?\s+(\S.*)$")
_BULLET = re.compile(r"^[•●◦▪‣·–*-]\s+")
_ENDS_A_SENTENCE = re.compile(r"[.!?:;,]$")
_MAX_HEADING_WORDS = 10
_EDGE_LINES = 2
_SEEN_ON_PAGES = 3
"""A line at the edge of so many pages is a running header or footer."""


def markdown_of_pdf_text(text: str) -> str:
    """Returns Markdown: running headers gone, lines joined, short lone lines as headings.

    A numbered heading `3.2 Backups` is one level below `3 Storage`; any other is of the first. A
    lone line that no text follows stays text, so that no words are lost.
    """
    found: list[tuple[str, bool]] = []
    for lines in _paragraphs(_lines(text)):
        heading, rest = _split_heading(lines)
        found += [(heading, True)] * bool(heading)
        found += [(_joined(rest), False)] * bool(rest)
    blocks: list[str] = []
    for place, (block, is_heading) in enumerate(found):
        followed_by_text = place + 1 < len(found) and not found[place + 1][1]
        if not place and is_heading:
            blocks.append(f"# {block}")
        elif is_heading and (followed_by_text or _NUMBERED.match(block)):
            blocks.append(f"{'#' * _level(block)} {block}")
        else:
            blocks.append(block)
    return "\n\n".join(blocks)


def _lines(text: str) -> list[str]:
    pages = [[line.strip() for line in page.split("\n")] for page in text.split(_PAGE)]
    edges = Counter(
        line for page in pages for line in set(_edge(page)) if not _PAGE_NUMBER.match(line)
    )
    running = {line for line, count in edges.items() if count >= _SEEN_ON_PAGES}
    kept: list[str] = []
    for page in pages:
        edge = set(_edge(page))
        kept += [
            line
            for line in page
            if not (line in edge and (line in running or _PAGE_NUMBER.match(line)))
        ]
    return kept


def _edge(page: list[str]) -> list[str]:
    filled = [line for line in page if line]
    return filled[:_EDGE_LINES] + filled[-_EDGE_LINES:]


def _paragraphs(lines: list[str]) -> list[list[str]]:
    found: list[list[str]] = [[]]
    for line in lines:
        if not line or (found[-1] and _NUMBERED.match(line) and _is_heading(line)):
            found.append([])
        if line:
            found[-1].append(line)
    return [paragraph for paragraph in found if paragraph]


def _split_heading(lines: list[str]) -> tuple[str, list[str]]:
    first = lines[0]
    alone = len(lines) == 1 or bool(_NUMBERED.match(first))
    return (first, lines[1:]) if alone and _is_heading(first) else ("", lines)


def _is_heading(line: str) -> bool:
    numbered = _NUMBERED.match(line)
    words = (numbered[2] if numbered else line).split()
    return (
        len(words) <= _MAX_HEADING_WORDS
        and not _ENDS_A_SENTENCE.search(line)
        and not line.startswith("|")
        and not _BULLET.match(line)
        and words[0][:1].isupper()
    )


def _level(heading: str) -> int:
    numbered = _NUMBERED.match(heading)
    return min(2 + numbered[1].count("."), 6) if numbered else 2


def _joined(lines: list[str]) -> str:
    """Lines of one paragraph become one line; a word cut at the line's end becomes whole."""
    if any(line.startswith("|") for line in lines):
        return "\n".join(lines)
    text = ""
    for line in lines:
        if _BULLET.match(line):
            text += f"{chr(10) if text else ''}- {_BULLET.sub('', line)}"
        elif re.search(r"[a-zà-ÿ]-$", text) and line[:1].islower():
            text = text[:-1] + line
        else:
            text += f"{' ' if text else ''}{line}"
    return text
