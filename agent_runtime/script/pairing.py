"""Pairs what a buyer says with the answer that stands beside it or below it."""

import re
from functools import cache
from typing import Literal

from agent_runtime.script.blocks import Block, label_of, section_of
from agent_runtime.script.parts import Exchange
from agent_runtime.words import read_words

Kind = Literal["objection", "question"]

_QUOTES = "\"“„«»”'‘’ "
_ARROW = r"(?:→|->|=>)"
_BESIDE = re.compile(
    rf"^(?:[\"“„«‘](?P<quoted>.+?)[\"”“»’]\s*(?:{_ARROW}|[-–—:])*|(?P<asked>.{{2,160}}?)\s*{_ARROW})"
    r"\s*(?P<answered>\w.*)$",
    re.DOTALL,
)
_AFTER_COLON = re.compile(
    r"^(?P<asked>(?:[^\s:]+ ){0,9}[^\s:]+?)(?::| [–—-]) (?P<answered>\S.*)$", re.DOTALL
)
_AFTER_QUESTION = re.compile(r"^(?P<asked>[^?]{3,200}\?)[\"”»]?\s+(?P<answered>\S.*)$", re.DOTALL)
_QUOTED = re.compile(r"^[\"“„«‘'].+[\"”“»’'][.:]?$", re.DOTALL)


class Pairing:
    """Reads the blocks of a section one by one; `close` says that there are no more."""

    def __init__(self, kind: Kind | None = None) -> None:
        """Begins a section; without a kind nothing says what it is, and only labels count."""
        self.exchanges: list[Exchange] = []
        self.unanswered: list[str] = []
        self.unplaced: list[str] = []
        self._kind: Kind | None = kind
        self._asked = ""
        self._answers: list[str] = []
        self._depth = -1

    def read(self, block: Block) -> None:
        """Takes one block in."""
        if block.kind == "row":
            self._row(block)
        elif block.label in ("asked", "buyer"):
            self._begin(block)
        elif block.label in ("answered", "agent") and self._asked:
            self._answers.append(bare(block.text))
        elif self._kind is None:
            self.close()
            self.unplaced.append(block.text)
        elif self._asked and not self._answers and not self._interrupts(block):
            self._answers.append(bare(block.text))
        elif pair := self._pair(block):
            self.close()
            self._depth = block.level if block.kind == "entry" else -1
            self.exchanges.append(Exchange(*pair, self._kind))
        elif self._interrupts(block) or self._is_asked(block):
            self._begin(block)
        elif self._asked:
            self._answers.append(bare(block.text))
        else:
            self.unplaced.append(block.text)

    def close(self) -> None:
        """Ends what is being read."""
        if self._asked and self._answers:
            kind: Kind = self._kind or ("question" if self._asked.endswith("?") else "objection")
            self.exchanges.append(Exchange(self._asked, "\n\n".join(self._answers), kind))
        elif self._asked:
            self.unanswered.append(self._asked)
        self._asked, self._answers = "", []

    def _begin(self, block: Block) -> None:
        self.close()
        self._asked = bare(block.text)
        self._depth = block.level if block.kind == "entry" else -1

    def _interrupts(self, block: Block) -> bool:
        """A heading, words in bold and an entry of the same depth begin the next exchange."""
        if block.kind == "entry" and self._asked:
            return 0 <= block.level <= self._depth
        return block.kind == "heading" or (block.is_bold and len(block.text.split()) < 20)

    def _is_asked(self, block: Block) -> bool:
        if self._kind == "question":
            return bool(re.fullmatch(r"[^?]+\?[\"”»]?", block.text))
        return bool(_QUOTED.match(block.text)) or (block.kind == "entry" and not self._asked)

    def _pair(self, block: Block) -> tuple[str, str] | None:
        forms = [*_spoken_rules(), _BESIDE]
        forms += [_AFTER_QUESTION] if self._kind == "question" else []
        forms += [_AFTER_COLON] if block.kind == "entry" and not self._answers else []
        for form in forms:
            if block.kind != "heading" and (match := form.match(block.text)):
                parts = match.groupdict()
                asked = bare(parts.get("quoted") or parts.get("asked") or "")
                return asked, bare(parts["answered"])
        return None

    def _row(self, block: Block) -> None:
        self.close()
        cells = [bare(cell) for cell in block.cells if cell.strip()]
        is_head = bool(cells) and all(label_of(c) or section_of(c) for c in cells[:1])
        if self._kind is None or not cells or (is_head and len(cells[0].split()) < 5):
            return
        if len(cells) > 1:
            self.exchanges.append(Exchange(cells[0], cells[1], self._kind))
        else:
            self.unanswered.append(cells[0])


def bare(text: str) -> str:
    """Returns a text without the quotation marks around all of it."""
    stripped = text.strip()
    if len(stripped) > 1 and _QUOTED.match(stripped) and not re.search(r"[\"“”»«]", stripped[1:-2]):
        stripped = stripped.rstrip(".:").strip(_QUOTES)
    return stripped


@cache
def _spoken_rules() -> tuple[re.Pattern[str], ...]:
    words = read_words("script")["if_they_say"]
    return tuple(re.compile(form, re.IGNORECASE | re.DOTALL) for form in words)
