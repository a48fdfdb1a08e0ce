"""Markdown as sections: paragraphs, lists, tables and code under their headings, without marks."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_HEADING = re.compile(r"^(#{1,6})\s+(.*?)\s*#*$")
_UNDERLINE = re.compile(r"^(=+|-+)\s*$")
_FENCE = re.compile(r"^\s*(```|~~~)")
_LIST_ITEM = re.compile(r"^\s*(?:[-*+]|\d{1,3}[.)])\s+")
_BOLD_LINE = re.compile(r"^(\*\*|__)([^*_]+)\1:?$")
_RULE_ROW = re.compile(r"^\|?[\s:|-]+\|?$")
_BOLD_HEADING_WORDS = 10


@dataclass(frozen=True, slots=True)
class Section:
    """What stands under one heading."""

    heading_path: tuple[str, ...]
    blocks: tuple[str, ...]


def sections_of(markdown: str, *, title: str) -> Iterator[Section]:
    """Yields the sections of a document that say something, in their order.

    Args:
        markdown: The document.
        title: Begins every heading path.
    """
    headings: list[tuple[int, str]] = []
    lines: list[str] = []

    def section() -> Iterator[Section]:
        blocks = tuple(block for block in map(_plain, _blocks(lines)) if block)
        if blocks:
            path = [name for _, name in headings if name != title]
            yield Section((title, *path), blocks)
        lines.clear()

    for level, text in _marked(markdown):
        if not level:
            lines.append(text)
            continue
        yield from section()
        while headings and headings[-1][0] >= level:
            headings.pop()
        headings.append((level, _inline(text)))
    yield from section()


def _marked(markdown: str) -> Iterator[tuple[int, str]]:
    """Yields each line with its heading level; 0 is text, 7 a bold line that stands for one."""
    lines = [*markdown.split("\n"), ""]
    fenced = False
    skip = False
    for line, below in zip(lines, [*lines[1:], ""], strict=True):
        if skip:
            skip = False
            continue
        fenced ^= bool(_FENCE.match(line))
        heading = None if fenced else _HEADING.match(line)
        bold = None if fenced else _BOLD_LINE.match(line.strip())
        if heading:
            yield len(heading[1]), heading[2]
        elif not fenced and _is_underlined(line, below):
            skip = True
            yield (1 if below.startswith("=") else 2), line.strip()
        elif bold and _may_be_heading(bold[2]):
            yield 7, bold[2]
        else:
            yield 0, line


def _is_underlined(line: str, below: str) -> bool:
    is_text = bool(line.strip()) and not line.lstrip().startswith(("|", "-", "*", "+", ">"))
    return is_text and bool(_UNDERLINE.match(below)) and len(below.strip()) >= 3


def _may_be_heading(text: str) -> bool:
    return len(text.split()) <= _BOLD_HEADING_WORDS and not text.rstrip().endswith((".", "!"))


def _blocks(lines: Iterable[str]) -> Iterator[list[str]]:
    """Yields paragraphs, lists, tables and code blocks, each whole."""
    block: list[str] = []
    fenced = False
    for line in lines:
        fenced ^= bool(_FENCE.match(line))
        if line.strip() or fenced:
            block.append(line)
            continue
        if block:
            yield block
        block = []
    if block:
        yield block


def _plain(block: list[str]) -> str:
    if len(block) > 1 and "|" in block[0] and _RULE_ROW.match(block[1]):
        return _table(block)
    if _FENCE.match(block[0]):
        return "\n".join(line for line in block if not _FENCE.match(line))
    if any(_LIST_ITEM.match(line) for line in block):
        return "\n".join(_items(block))
    text = _inline(" ".join(line.strip().lstrip(">").strip() for line in block))
    return "" if re.fullmatch(r"[-*_ ]*", text) else text


def _items(block: list[str]) -> Iterator[str]:
    item = ""
    for line in block:
        if _LIST_ITEM.match(line):
            if item:
                yield item
            item = f"- {_inline(_LIST_ITEM.sub('', line))}"
        else:
            item = f"{item} {_inline(line)}".strip()
    yield item


def _table(block: list[str]) -> str:
    names, *rows = [_cells(row) for row in block if not _RULE_ROW.match(row)]
    lines = []
    for cells in rows:
        pairs = zip(names[1:], cells[1:], strict=False)
        told = "; ".join(f"{name}: {cell}" if name else cell for name, cell in pairs if cell)
        head = f"{names[0]} {cells[0]}".strip() if cells else ""
        lines.append(f"{head}: {told}" if told else head)
    return "\n".join(line for line in lines if line)


def _cells(row: str) -> list[str]:
    return [_inline(cell) for cell in row.strip().strip("|").split("|")]


def _inline(text: str) -> str:
    """Returns the words without marks; a link keeps its address, a picture leaves."""
    text = re.sub(r"!\[[^\]]*\]\([^)]*\)", "", text)
    text = re.sub(r"\[([^\]]+)\]\((https?://[^)\s]+)[^)]*\)", r"\1 (\2)", text)
    text = re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"(\*\*|__|\*|`+)(?=\S)(.+?)(?<=\S)\1", r"\2", text)
    text = re.sub(r"\\([\\`*_{}\[\]()#+.!|<>-])", r"\1", text)
    return " ".join(text.split())
