"""Chooses, of the lines of a mail, those that its writer newly wrote."""

import re

from agent_runtime.channels.email.trimming.lines import Kind, is_ours, kinds_of
from agent_runtime.channels.email.trimming.patterns import marks
from agent_runtime.channels.email.trimming.signatures import contact_block

READ_LINES = 2000
"""People write no more; what stands below in a longer mail is quoted or made by machines."""
_SIGNATURE_LINES = 15
_QUOTED = re.compile("[bfhq]")
_MARK = re.compile("[bf]|h+")
_TRAILING = re.compile("[edq]+$")
_LEADING_QUOTE = re.compile("[edbfq]*")
_NAME = re.compile(r"-{1,2} ?[A-ZÀ-Þ][\w.'’]{1,30}(?: [A-ZÀ-Þ][\w.'’-]{0,30}){0,2}$")


def new_text(text: str) -> str:
    """Returns what the writer wrote now: lines of the text, never none where one was written.

    Where only a quote was sent, or a mail is forwarded with nothing above it, that is returned,
    without our own footer.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")[:READ_LINES]
    lines = [line.rstrip() for line in lines]
    kinds = kinds_of(lines)
    mail = _Mail(lines, kinds)
    mail.cut_signatures()
    mail.cut_quoted()
    return mail.text() or _not_ours(lines, kinds)


class _Mail:
    def __init__(self, lines: list[str], kinds: list[Kind]) -> None:
        self.lines = list(lines)
        self.kinds = "".join(kinds)

    def cut_signatures(self) -> None:
        """Cuts what follows two dashes, up to the next quoted mail, and what is added below."""
        for mark in ("s", "a"):
            at = self.kinds.find(mark)
            while at >= 0:
                quoted = _QUOTED.search(self.kinds, at + 1)
                end = quoted.start() if quoted else len(self.kinds)
                is_long = self.kinds.count("t", at, end) > _SIGNATURE_LINES
                if "t" not in self.kinds[:at] or (mark == "s" and is_long):
                    end = at + 1
                self._drop(at, end)
                at = self.kinds.find(mark, at)
        for at in range(len(self.kinds) - 1, -1, -1):
            if self.kinds[at] == "p":
                self._drop(at, at + 1)

    def cut_quoted(self) -> None:
        """Cuts from where another mail begins, or that mail's mark where text stands below."""
        mark = _MARK.search(self.kinds)
        while mark:
            above, below = self.kinds[: mark.start()], self.kinds[mark.start() :]
            if self._says_something(mark.start()) and not self._is_answered_inline(below):
                self._drop(mark.start(), len(self.kinds))
                return
            end = mark.end()
            leading = _LEADING_QUOTE.match(self.kinds)
            below_quote = leading.end() if leading else 0
            is_top = not set("tq") & set(above)
            if is_top and "q" in self.kinds[:below_quote]:
                rest = self.kinds[below_quote:]
                end = below_quote if "t" in rest and "q" not in rest else end
            self._drop(0 if is_top else mark.start(), end)
            mark = _MARK.search(self.kinds)

    def text(self) -> str:
        trailing = _TRAILING.search(self.kinds)
        if trailing and "t" in self.kinds:
            self._drop(trailing.start(), len(self.kinds))
        last = len(self.kinds) - 1
        if self.kinds.endswith("et") and "t" in self.kinds[:last] and _NAME.match(self.lines[last]):
            self._drop(last, last + 1)
        self._drop(contact_block(self.lines), len(self.lines))
        lines = [
            line
            for line, kind in zip(self.lines, self.kinds, strict=True)
            if kind != "q" or not is_ours(line)
        ]
        return "\n".join(lines).strip("\n").rstrip()

    def _says_something(self, end: int) -> bool:
        written = [n for n in range(end) if self.kinds[n] == "t"]
        greeted = len(written) == 1 and marks().greeting.match(self.lines[written[0]].strip())
        rest = self.kinds[end:].lstrip("bedq")
        answered_below = rest[:1] in set("tpsa") and "q" in self.kinds[end : -len(rest)]
        return bool(written) and not (greeted and answered_below)

    def _is_answered_inline(self, below: str) -> bool:
        """Text between quoted lines answers them; text below the last is a signature."""
        rest = below.lstrip("bedq")
        quoted = "q" in below[: len(below) - len(rest)]
        return below[0] == "b" and quoted and rest[:1] == "t" and rest.lstrip("edt")[:1] == "q"

    def _drop(self, start: int, end: int) -> None:
        del self.lines[start:end]
        self.kinds = self.kinds[:start] + self.kinds[end:]


def _not_ours(lines: list[str], kinds: list[Kind]) -> str:
    kept = [
        line
        for line, kind in zip(lines, kinds, strict=True)
        if kind not in (Kind.INTRODUCED, Kind.HEADER) and not is_ours(line)
    ]
    return "\n".join(kept).strip("\n").rstrip()
