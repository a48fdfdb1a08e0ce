"""Where a writer's contact block begins that no delimiter sets apart: title, company, telephone."""

import re
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from agent_runtime.channels.email.trimming.patterns import marks
from agent_runtime.words import any_of, read_words

_LONGEST_BLOCK = 15
"""Lines; nobody tells more about themselves."""
_LONGEST_LINE = 160
_LONGEST_PLAIN = 80
_MOST_WORDS = 7
_MOST_RULED = 6
_LEAST_CAPITALISED = 0.5
_PARTICLES = frozenset(
    "of and the for to de del la las los el y e i da do das dos di della du des der die und von van am im in à & - – | · / ,".split()
)
_WORD = re.compile(r"[^\s|·•/,;()]+")
_SENTENCE_ENDS = re.compile(r"[?!…]$|[^\W\d_]{4,}[.:]$")
_EVIDENT = re.compile(
    r"https?://|www\.|[\w.+-]{1,64}@[\w-]{1,64}\.\w|(?:\+|\b00|\(0?)\d[\d ()./-]{6,}\d|"
    r"\b\d{2,5}[ ./-]\d{3}[\d ./-]{2,}\d\b|\b(?:\d\d[ .]){4}\d\d\b|\S [|·•] \S|\b\w[\w-]+\.(?:com|net|org|de|es|fr|it|pt|br|in|uk|io|eu|ch|at)\b",
    re.IGNORECASE,
)
_NAME = re.compile(
    r"(?:[-–/]{1,2} ?)?(?:(?:[A-ZÀ-Þ][\w.'’-]{0,24}|[dv]e|d[aio]s?|del|della|von|van|der|la|&|y|e)[ ,]?){1,5}$"
)
_BRACKETED = re.compile(r" \([^()]{1,40}\)")
_PARTED = re.compile(r"\S [|·•–] \S")
_RULE = re.compile(r"(?:[-_=*~#] ?){3,}$")


def contact_block(lines: Sequence[str]) -> int:
    """Returns the index of the first line below the writer's name that only tells who they are.

    That is the number of lines where nothing does. A line that may say something to the reader
    is never part of a block.
    """
    bare = [" ".join(line.split()) for line in lines]
    if len(bare) > _LONGEST_BLOCK * 20:
        return len(bare)
    end = min(_legal_below(bare), _ruled_off(bare), _named_again(bare))
    start = end
    while start > 1 and (not bare[start - 1] or _may_tell_who(bare[start - 1])):
        start -= 1
    above = next((at for at in range(start - 1, -1, -1) if bare[at]), -1)
    name = _name_in(bare, start, end, above) if above >= 0 else None
    block = [line for line in bare[name + 1 : end] if line] if name is not None else []
    if name is None or len(block) > _LONGEST_BLOCK or not any(map(_is_evident, block)):
        return end
    return name + 1


def _name_in(bare: Sequence[str], start: int, end: int, above: int) -> int | None:
    """Returns the line of the name: what stands below a closing, or a paragraph's first line."""
    if _is_closing(bare[above], above):
        first = next((at for at in range(start, end) if bare[at]), None)
        is_named = first is not None and bool(_NAME.match(bare[first]))
        return first if is_named else above
    if bare[above].endswith((":", ",")):
        return None
    for at in range(start, end):
        below_blank = at == start or not bare[at - 1]
        if bare[at] and below_blank and _NAME.match(bare[at]) and not _is_evident(bare[at]):
            return at
        if _RULE.match(bare[at]):
            return at - 1
    return None


def _legal_below(bare: Sequence[str]) -> int:
    """Returns where the notices of a company begin that follow its block without a gap."""
    for at in range(1, len(bare)):
        if bare[at - 1] and marks().added.match(bare[at]) and _is_evident(bare[at - 1]):
            return at
    return len(bare)


def _named_again(bare: Sequence[str]) -> int:
    """Returns where a last paragraph begins with the name just signed: `Ana Ruiz | Ruiz Ltd`."""
    last = max((at for at in range(1, len(bare) - 1) if not bare[at]), default=0)
    if not last or not _NAME.match(bare[last - 1]) or not _PARTED.search(bare[last + 1]):
        return len(bare)
    again = bare[last + 1].split()[0] == bare[last - 1].split()[0]
    is_short = len(bare) - last <= _MOST_RULED and not any(
        marks().own_words.search(line) for line in bare[last:]
    )
    return last if again and is_short else len(bare)


def _ruled_off(bare: Sequence[str]) -> int:
    """Returns where a drawn line sets apart a last few lines that tell who writes."""
    for at in range(len(bare) - 2, 0, -1):
        if not _RULE.match(bare[at]) or not any(bare[:at]):
            continue
        below = [line for line in bare[at + 1 :] if line and not _RULE.match(line)]
        is_block = 0 < len(below) <= _MOST_RULED and not any(map(_says_something, below))
        if is_block and any(map(_is_evident, below)):
            return at
    return len(bare)


def _says_something(line: str) -> bool:
    return (
        len(line) > _LONGEST_PLAIN
        or bool(_SENTENCE_ENDS.search(line))
        or bool(marks().own_words.search(line))
    )


def _may_tell_who(line: str) -> bool:
    if len(line) > _LONGEST_LINE or line[:1] in ">*-" and not _RULE.match(line):
        return False
    if _RULE.match(line):
        return True
    if _words().says.match(line):
        return True
    if _is_closing(line, 1) or _SENTENCE_ENDS.search(line) or marks().own_words.search(line):
        return False
    if _EVIDENT.search(line) or _words().labels.match(line):
        return len(line.split()) <= 2 * _MOST_WORDS
    words = [word for word in _WORD.findall(_BRACKETED.sub("", line)) if word.lower() not in _PARTICLES]
    raised = [word for word in words if not word[0].isalpha() or word[0].isupper()]
    return (
        0 < len(words) <= _MOST_WORDS
        and len(line) <= _LONGEST_PLAIN
        and line[0] == words[0][0]
        and len(raised) > _LEAST_CAPITALISED * len(words)
    )


def _is_evident(line: str) -> bool:
    """Whether a line tells of a title, a company, a place or a way to reach somebody."""
    words = _words()
    if any(one.search(line) for one in (_EVIDENT, words.houses, words.places)):
        return True
    if words.labels.match(line) or words.says.search(line):
        return True
    from agent_runtime.hearing.mentions.companies import find_companies
    from agent_runtime.hearing.mentions.mention import Written
    from agent_runtime.hearing.mentions.roles import find_roles

    written = Written(line)
    return bool(find_roles(written) or find_companies(written))


def _is_closing(line: str, at: int) -> bool:
    if not at or not line or len(line) > _LONGEST_PLAIN:
        return False
    says_little = len(line.split()) <= _MOST_WORDS
    return says_little and (line.endswith(",") or bool(_words().closings.match(line)))


class _Words(NamedTuple):
    closings: re.Pattern[str]
    labels: re.Pattern[str]
    places: re.Pattern[str]
    houses: re.Pattern[str]
    says: re.Pattern[str]


@cache
def _words() -> _Words:
    words = read_words("signatures")
    closings = any_of((*words["closings"], *read_words("letters")["sign_off"]))
    patterns = (
        rf"{closings}(?: ?/ ?{closings})?[,.! –-]*$",
        rf"{any_of(words['labels'])}\b ?[.:)]?.{{0,3}}(?=[\d+(:]|[^\W\d_]+)",
        rf"(?<!\w){any_of(words['places'])}\b.{{0,40}}\d|\d.{{0,12}}(?<!\w){any_of(words['places'])}\b",
        rf"(?<!\w){any_of(words['houses'])}\b",
        rf"{any_of(words['says'])}",
    )
    return _Words(*(re.compile(one, re.IGNORECASE) for one in patterns))
