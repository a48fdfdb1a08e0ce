"""Job titles of the writer, or of people on their side."""

import re
from collections.abc import Iterator
from functools import cache

from agent_runtime.hearing.mentions.mention import Mention, Written, listed, longest
from agent_runtime.words import read_words


def find_roles(written: Written) -> list[Mention]:
    """Returns the titles that a text gives, department included."""
    words = _patterns()
    return longest(m for m in _titles(written, words) if _is_theirs(written, m, words))


def _titles(written: Written, words: "_Patterns") -> Iterator[Mention]:
    for pattern in (words.title, words.of_something, words.department_title):
        for match in pattern.finditer(written.flat):
            yield Mention("role", match.start(), match.end())


def _is_theirs(written: Written, title: Mention, words: "_Patterns") -> bool:
    said = written.flat[title.start : title.end]
    before = written.flat[max(0, title.start - 30) : title.start]
    if words.ours.search(before):
        return False
    if words.weak.fullmatch(said):
        return bool(words.theirs.search(before))
    return True


class _Patterns:
    def __init__(self) -> None:
        words = read_words("entities/roles")
        titles, senior, weak = (listed(words[name]) for name in ("titles", "senior", "weak"))
        department, both = listed(words["departments"]), rf"\s?(?:{words['and']})\s?"
        areas = rf"(?:{department})(?:(?:{both}|\s)(?:{department})(?![a-z]))*"
        link = rf"(?:{words['link']})(?:\s|(?<='))(?:(?:{words['determiner']})(?:\s|(?<=')))?"
        begin, end = r"(?<![a-z\-])", r"(?![a-z])"
        ranks = rf"{begin}(?:{senior}\s)*"
        self.title = re.compile(rf"{ranks}{titles}{end}(?:,? (?:{link})?{areas}{end})?")
        self.of_something = re.compile(
            rf"{ranks}(?:head|director|[se]?vp|vice president|{weak})\s{link}"
            rf"(?!{listed(words['no_area'])}{end})[a-z][\w-]+(?:(?:{both}|\s)(?:{department}){end})?"
        )
        self.department_title = re.compile(
            rf"{ranks}{areas}\s{listed(words['after_department'])}{end}"
        )
        self.weak = re.compile(rf"(?:{senior}\s)*{weak}")
        self.ours = re.compile(rf"(?<![a-z]){listed(words['ours'])}\s(?:\w+\s)?$")
        self.theirs = re.compile(rf"(?<![a-z]){listed(words['theirs'])}\s?(?:\w+\s)?$")


@cache
def _patterns() -> _Patterns:
    return _Patterns()
