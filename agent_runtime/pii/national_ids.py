"""National numbers that are told by their form and check digits, without a word before them."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module

from agent_runtime.pii.finding import Found, Reading
from agent_runtime.words import read_words

_START = re.compile(r"(?<![\w.,+/-])(?:(?=\d[\d ./-]*\d[\d ./-]*\d)|(?=[A-Za-z]{1,6}[ -]?\d\d))\w")
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
    if reading.digits < 5:
        return
    text = reading.text
    starts = [m.start() for m in _START.finditer(text)]
    starts += [m.start() for m in _CODICE.finditer(text)]
    for start in starts:
        numeric, lettered = _shapes()
        shapes = numeric if text[start].isdigit() else lettered
        ends = (shape.end(text, start) for shape in shapes)
        if end := next(filter(None, ends), 0):
            yield Found("NATIONAL_ID", start, end)


@cache
def _shapes() -> tuple[tuple[_Shape, ...], tuple[_Shape, ...]]:
    """Returns the shapes that begin with a digit, and those that begin with a letter."""
    numeric, lettered = [], []
    for entry in read_words("pii/ids")["shapes"]:
        pattern = re.compile(rf"{entry['shape']}(?![\w]|[-.,/]\d)", re.IGNORECASE)
        shape = _Shape(pattern, entry.get("check", ""), entry.get("digits", 0))
        begins_with_letter = entry["shape"][0] == "[" and entry["shape"][1].isalpha()
        (lettered if begins_with_letter else numeric).append(shape)
    return tuple(numeric), tuple(lettered)


@cache
def _checker(name: str) -> Callable[[str], bool]:
    return import_module(f"stdnum.{name}").is_valid
