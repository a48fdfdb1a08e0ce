"""The company that the buyer speaks for, where a text names it."""

import re
from collections.abc import Iterator
from functools import cache

from agent_runtime.hearing.mentions.mention import Mention, Written, listed, longest
from agent_runtime.hearing.mentions.names import CAPITAL, WORD, Names, known_names


def find_companies(written: Written) -> list[Mention]:
    """Returns names that have the form of a firm's, or that the writer speaks for."""
    words = _patterns()
    return longest(m for m in _companies(written, words) if not words.names.is_ours(written, m))


def _companies(written: Written, words: "_Patterns") -> Iterator[Mention]:
    for match in words.placeholder.finditer(written.text):
        yield Mention("company", match.start(), match.end())
    for pattern in (words.with_legal_form, words.firm):
        for match in pattern.finditer(written.text):
            start = _start_of_name(written, match, words)
            if " " in written.text[start : match.end()].strip():
                end = _without_full_stop(written.text, start, match.end())
                yield Mention("company", start, end)
    for cue in words.before.finditer(written.flat):
        match = words.name.match(written.text, cue.end())
        if match and not _is_something_else(written, match, words):
            yield Mention("company", match.start(), match.end())
    for match in words.several_words.finditer(written.text):
        begins = not written.text[written.sentence(match.start())[0] : match.start()].strip()
        followed = words.after.match(written.flat, match.end())
        if begins and followed and not _is_something_else(written, match, words):
            yield Mention("company", match.start(), match.end())


def _without_full_stop(text: str, start: int, end: int) -> int:
    """A full stop that ends the sentence belongs to no `SARL`; the one of `S.p.A.` stays."""
    is_last = _SENTENCE_GOES_ON.match(text, end) is None
    return end - 1 if is_last and text[start:end].count(".") == 1 and text[end - 1] == "." else end


def _start_of_name(written: Written, match: re.Match[str], words: "_Patterns") -> int:
    """Leaves out capitalised words that only begin the sentence."""
    start = match.start()
    while (word := _FIRST.match(written.flat, start, match.end())) and words.names.is_no_name(
        word[0].strip()
    ):
        start = word.end()
    return start


def _is_something_else(written: Written, match: re.Match[str], words: "_Patterns") -> bool:
    first = written.flat[match.start() : match.end()].split()[0]
    names = words.names
    return (
        names.is_no_name(first)
        or first in names.places
        or (first in names.first_names and not words.is_firm.search(match[0]))
    )


_SENTENCE_GOES_ON = re.compile(r"\s?[,;)]|\s[a-z\d]")
_FIRST = re.compile(r"[\w'’-]+\s*")


class _Patterns:
    def __init__(self) -> None:
        self.names: Names = known_names()
        words = self.names.words
        begin, end = r"(?<![\w@.\[-])", r"(?![\w@\]])"
        form = rf"(?=[A-Z]{{2}}|[A-Z][a-z]{{2}}|[A-Za-z]\.|Co\b|mbH)(?i:{words['legal_form']})"
        self.placeholder = re.compile(r"\[\[COMPANY(?:_\d+)?\]\]")
        self.with_legal_form = re.compile(
            rf"{begin}{WORD}(?: (?:& |und |y |e |et |de |do |di )?{WORD}){{0,3}},? {form}{end}"
        )
        firm = listed(words["firm_words"])
        self.firm = re.compile(
            rf"{begin}(?:{WORD} (?:& )?){{1,3}}(?=[{CAPITAL[1:-1]}&])(?i:{firm}){end}"
        )
        self.is_firm = re.compile(rf" (?:(?i:{firm})|{form}|&)")
        self.before = re.compile(rf"(?<![a-z]){listed(words['company_before'])}\s+")
        more = rf"(?: (?:& |(?:de|del|di|da|do|of) )?{CAPITAL}[\w&'’-]*\w)"
        self.name = re.compile(rf"{CAPITAL}[\w&'’-]*\w{more}*")
        self.several_words = re.compile(rf"{begin}{CAPITAL}[\w&'’-]*\w{more}+")
        self.after = re.compile(rf",?\s{listed(words['company_after'])}(?![a-z])")


@cache
def _patterns() -> _Patterns:
    return _Patterns()
