"""National numbers that are told by their form and check digits, without a word before them."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module

from agent_runtime.pii.finding import Found, Reading
from agent_runtime.words import read_words

_START = re.compile(r"(?<![\w.,+/-])(?=[A-Za-z]{0,2}[ -]?\d|[A-Za-z]{1,6}\d)\w")
_CODICE = re.compile(r"(?<!\w)[A-Za-z]{3} [A-Za-z]{3} \d")


@dataclass(frozen=True, slots=True)
class _Shape:
    pattern: re.Pattern[str]
    check: str
    digits: int

    def end(self, text: str, start: int) -> int:
        """Returns where a number of this shape ends, 0 where there is none."""
        m = self.pattern.match(text, start)
        if m is None or sum(map(str.isdigit, m[0])) < self.digits:
            return 0
        return m.end() if not self.check or _checker(self.check)(m[0].upper()) else 0


def find_national_ids(reading: Reading) -> Iterator[Found]:
    """Yields numbers of the countries in `words/pii/ids.yaml`."""
    if reading.digits < 4:
        return
    text = reading.text
    starts = [m.start() for m in _START.finditer(text)]
    starts += [m.start() for m in _CODICE.finditer(text)]
    for start in starts:
        ends = (shape.end(text, start) for shape in _shapes())
        if end := next(filter(None, ends), 0):
            yield Found("NATIONAL_ID", start, end)


@cache
def _shapes() -> tuple[_Shape, ...]:
    return tuple(
        _Shape(
            re.compile(rf"{entry['shape']}(?![\w]|[-.,/]\d)", re.IGNORECASE),
            entry.get("check", ""),
            entry.get("digits", 0),
        )
        for entry in read_words("pii/ids")
    )


@cache
def _checker(name: str) -> Callable[[str], bool]:
    return import_module(f"stdnum.{name}").is_valid
