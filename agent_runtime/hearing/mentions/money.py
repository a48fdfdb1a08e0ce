"""What a buyer says they can spend; what we ask, and what else costs money, is not it."""

import re
from collections.abc import Iterator
from functools import cache

from agent_runtime.hearing.mentions.mention import Mention, Written, listed, longest
from agent_runtime.words import read_words


def find_budgets(written: Written) -> list[Mention]:
    """Returns the amounts that are the buyer's to spend."""
    words = _patterns()
    found = [m for m in _amounts(written, words) if _is_theirs(written, m, words)]
    return longest(found)


def _amounts(written: Written, words: "_Patterns") -> Iterator[Mention]:
    for pattern in (words.range, words.amount, words.in_words, words.bare):
        for match in pattern.finditer(written.flat):
            group = 1 if pattern is words.bare else 0
            yield Mention("budget", match.start(group), match.end(group))


def _is_theirs(written: Written, amount: Mention, words: "_Patterns") -> bool:
    start, end = written.sentence(amount.start)
    theirs = _distance(words.theirs, written.flat, amount, start, end)
    other = _distance(words.not_theirs, written.flat, amount, start, end)
    if theirs is None and other is None:
        names_money = words.sign.search(written.flat, amount.start, amount.end)
        return bool(names_money) and not written.flat[start:end].rstrip().endswith("?")
    return other is None or (theirs is not None and theirs < other)


def _distance(cue: re.Pattern[str], text: str, amount: Mention, start: int, end: int) -> int | None:
    gaps = [
        max(amount.start - m.end(), m.start() - amount.end, 0)
        for m in cue.finditer(text, start, end)
    ]
    return min(gaps, default=None)


class _Patterns:
    def __init__(self) -> None:
        words = read_words("entities/budget")
        sign, unit = words["amount"]["sign"], words["amount"]["unit"]
        number = r"(?:\d{1,3}(?:[ .,']\d{3})+(?:[.,]\d{1,2})?(?!\d)|\d+(?:[.,]\d{1,2})?)"
        some = rf"{number}(?:\s?(?:{unit})(?![a-z]))?"
        thousands = r"(?:k|mil|mille|mila|grand|thousand|tausend|tsd)(?![a-z])"
        money = (
            rf"(?:(?:{sign})\s?{some}|{some}\s?(?:(?:de )?(?:{sign})(?![a-z]))"
            rf"|{number}\s?{thousands}(?!\s+{listed(words['counted'])}(?![a-z])))"
        )
        to = r"\s?(?:-|–|to|and|or|bis|und|oder|a|y|o|et|ou|e|ate)\s?"
        between = r"(?:(?:between|from|zwischen|entre|tra|fra) )?"
        begin = r"(?<![\w.,])"
        self.sign = re.compile(sign)
        self.amount = re.compile(begin + money)
        self.range = re.compile(rf"{begin}{between}(?:(?:{sign})\s?)?{some}{to}{money}")
        self.in_words = re.compile(rf"{begin}{listed(words['amount']['words'])}(?![a-z])")
        self.bare = re.compile(
            r"(?:budget|presupuesto|orcamento|etat)\w*\W+(?:\w+\s+){0,3}?"
            r"(\d[\d.,' ]{2,}\d)(?![\d%])"
        )
        self.theirs = re.compile(rf"(?<![a-z]){listed(words['theirs'])}(?![a-z])")
        self.not_theirs = re.compile(rf"(?<![a-z]){listed(words['not_theirs'])}(?![a-z])")


@cache
def _patterns() -> _Patterns:
    return _Patterns()
