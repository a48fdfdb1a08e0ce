"""People on the buyer's side who are named; those who are addressed are on ours."""

import re
from collections.abc import Iterator
from functools import cache

from agent_runtime.hearing.mentions.mention import Mention, Written, flat, listed, longest
from agent_runtime.hearing.mentions.names import WORD, Names, known_names


def find_people(written: Written) -> list[Mention]:
    """Returns the names of people, with title where it is written before them."""
    words = _patterns()
    return longest(m for m in _people(written, words) if not _is_addressed(written, m, words))


def _people(written: Written, words: "_Patterns") -> Iterator[Mention]:
    for pattern in (words.placeholder, words.with_title):
        for match in pattern.finditer(written.text):
            yield Mention("person", match.start(), match.end())
    for start, end in words.names.runs(written):
        first = _first_name_in(written, start, end, words)
        if _is_person(written, first, end, words):
            yield Mention("person", first, end)


def _first_name_in(written: Written, start: int, end: int, words: "_Patterns") -> int:
    """Where a first name begins after other capitalised words, such as German nouns."""
    parts = list(_PART.finditer(written.flat, start, end))
    for part in parts:
        if part[0] in words.names.first_names and part[0] not in words.names.also_words:
            return part.start()
    return start


def _is_person(written: Written, start: int, end: int, words: "_Patterns") -> bool:
    parts = flat(written.text[start:end]).split()
    if len(parts) > _LONGEST or parts[0] in words.names.places:
        return False
    is_first_name = parts[0] in words.names.first_names
    if is_first_name and (len(parts) > 1 or parts[0] not in words.names.also_words):
        return True
    before = written.flat[:start]
    if words.surely_before.search(before):
        return True
    if not (is_first_name or len(parts) > 1):
        return False
    together = _TOGETHER.match(written.flat, end)
    if together and len(parts) > 1 and together[1] in words.names.first_names:
        return True
    return bool(words.before.search(before) or words.after.match(written.flat, end))


def _is_addressed(written: Written, person: Mention, words: "_Patterns") -> bool:
    before = written.flat[: person.start].rstrip(" ,")
    if words.greeting_before.search(before) or words.names.is_ours(written, person):
        return True
    start, _ = written.sentence(person.start)
    begins = not written.flat[start : person.start].strip(" ,-*>\n")
    is_one_word = " " not in written.text[person.start : person.end]
    return begins and is_one_word and bool(_CALLED.match(written.flat, person.end))


_PART = re.compile(r"\S+")
_TOGETHER = re.compile(r"\s(?:and|und|y|et|e|&)\s([\w'-]+)")
_LONGEST = 4
_CALLED = re.compile(
    r",\s(?!who|our|my|the |head|cfo|unser|mein|nuestr|notre|noss|nostr|[a-z]+ (?:of|de|di) )"
)


class _Patterns:
    def __init__(self) -> None:
        self.names: Names = known_names()
        words = self.names.words
        title = "|".join(f"(?i:{entry})" for entry in words["honorific"].split(" | "))
        self.placeholder = re.compile(
            r"\[\[PERSON_\d+\]\]|\[\[FIRST_NAME(?:_\d+)?\]\](?: \[\[LAST_NAME(?:_\d+)?\]\])?"
            r"|\[\[LAST_NAME(?:_\d+)?\]\]"
        )
        self.with_title = re.compile(
            rf"(?<![\w@.\[-])(?:{title}|M\.|D\.) {WORD}"
            rf"(?: (?:de |da |von |van )?{WORD})?(?![\w@\]])"
        )
        self.before = re.compile(rf"(?<![a-z]){listed(words['person_before'])}[\s:,]+$")
        self.surely_before = re.compile(
            rf"(?<![a-z]){listed(words['person_surely_before'])}[\s:,]+$"
        )
        self.after = re.compile(rf"\s*{listed(words['person_after'])}(?![a-z])")
        self.greeting_before = re.compile(
            rf"(?:^|[.!?,\n]\s*)(?:{words['greeting_before']})(?:\s\w+)?$"
        )


@cache
def _patterns() -> _Patterns:
    return _Patterns()
