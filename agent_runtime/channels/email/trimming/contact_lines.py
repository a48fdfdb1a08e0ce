"""Whether a line may be part of a contact block: a title, a company, a telephone, a slogan."""

import re
from functools import cache
from typing import NamedTuple

from agent_runtime.channels.email.trimming.patterns import marks
from agent_runtime.words import any_of, read_words

LONGEST_PLAIN = 80
"""Characters; a longer line says more than who somebody is."""
_LONGEST_LINE = 160
_MOST_WORDS = 7
_LEAST_CAPITALISED = 0.5
_SENTENCE_ENDS = re.compile(r"[?!…]$|[^\W\d_]{4,}[.:]$")
_WORD = re.compile(r"[^\s|·•/,;()]+")
_ELIDED = re.compile(r"\b[dl]['’]\w+", re.IGNORECASE)
_ABBREVIATED = re.compile(r"\b\w\.")
_BRACKETED = re.compile(r" \([^()]{1,40}\)")
_RULE = re.compile(r"(?:[-_=*~#] ?){3,}$")
_PARTICLE = r"[dv]e|d[aio]s?|del|della|von|van|der|la|&|y|e"
_NAME = re.compile(rf"(?:[-–/]{{1,2}} ?)?(?:(?:[A-ZÀ-Þ][\w.'’-]{{0,24}}|{_PARTICLE})[ ,]?){{1,5}}$")
_EVIDENT = re.compile(
    r"https?://|www\.|\w\.(?:com|net|org|io|eu|de|es|fr|it|pt|br|uk|ch|at)\b|[\w.+-]{1,64}@[\w-]{1,64}\.\w"
    r"|(?:\+|\b00|\(0?)\d[\d ()./-]{6,}\d|\b\d{2,5}[ ./-]\d{3}[\d ./-]{2,}\d\b"
    r"|\b(?:\d\d[ .]){4}\d\d\b|\S [|·•] \S",
    re.IGNORECASE,
)
"""An address, a telephone number, or parts with strokes between them."""
_POSTCODE = re.compile(r"(?:^|[ ,–-])(?:[A-Z]{1,2}-)?\d{4,5} [A-ZÀ-Þ][\w-]{2,}")


def is_rule(line: str) -> bool:
    """Whether the line is drawn: `=====`."""
    return bool(_RULE.match(line))


def is_name(line: str) -> bool:
    """Whether the line is like a name that somebody signs with."""
    return bool(_NAME.match(line))


def is_of_oneself(line: str) -> bool:
    """Whether somebody speaks of themselves; the I of `S.I.` is none."""
    return bool(marks().own_words.search(_ABBREVIATED.sub("", line)))


def ends_a_sentence(line: str) -> bool:
    """Whether the line ends as sentences do; `Ltd.` does not."""
    return bool(_SENTENCE_ENDS.search(line))


def is_closing(line: str) -> bool:
    """Whether the line takes leave, and a name is to follow."""
    is_short = 0 < len(line) <= LONGEST_PLAIN and len(line.split()) <= _MOST_WORDS
    return is_short and (line.endswith(",") or bool(_words().closings.match(line)))


def may_tell_who(line: str) -> bool:
    """Whether the line may be one of a contact block; a sentence to the reader is not."""
    if is_rule(line) or _words().says.match(line):
        return True
    if len(line) > _LONGEST_LINE or line[:1] in ">*-":
        return False
    if is_closing(line) or ends_a_sentence(line) or is_of_oneself(line):
        return False
    if _EVIDENT.search(line) or _POSTCODE.search(line) or _words().labels.match(line):
        return len(line.split()) <= 2 * _MOST_WORDS
    bare = _ELIDED.sub("", _BRACKETED.sub("", line))
    words = [word for word in _WORD.findall(bare) if word.lower() not in _words().particles]
    raised = [word for word in words if not word[0].isalpha() or word[0].isupper()]
    return (
        0 < len(words) <= _MOST_WORDS
        and len(line) <= LONGEST_PLAIN
        and line[0] == words[0][0]
        and len(raised) > _LEAST_CAPITALISED * len(words)
    )


def tells_who(line: str) -> bool:
    """Whether the line surely names a title, a company, a place or a way to reach somebody."""
    words = _words()
    found = (_EVIDENT, _POSTCODE, words.houses, words.places, words.says)
    if any(one.search(line) for one in found):
        return True
    if words.labels.match(line):
        return True
    from agent_runtime.hearing.mentions.companies import find_companies
    from agent_runtime.hearing.mentions.mention import Written
    from agent_runtime.hearing.mentions.roles import find_roles

    written = Written(line)
    return bool(find_roles(written) or find_companies(written))


class _Words(NamedTuple):
    closings: re.Pattern[str]
    labels: re.Pattern[str]
    places: re.Pattern[str]
    houses: re.Pattern[str]
    says: re.Pattern[str]
    particles: frozenset[str]


@cache
def _words() -> _Words:
    words = read_words("signatures")
    closings = any_of((*words["closings"], *read_words("letters")["sign_off"]))
    labels, places, houses, says = (
        any_of(words[name]) for name in ("labels", "places", "houses", "says")
    )
    patterns = (
        rf"{closings}(?: ?/ ?{closings})?[,.! –-]*$",
        rf"{labels}\b ?[.:)]?.{{0,3}}(?=[\d+(:]|[^\W\d_]+)",
        rf"(?<!\w){places}\b.{{0,40}}\d|\d.{{0,12}}(?<!\w){places}\b",
        rf"(?<!\w){houses}\b",
        says,
    )
    compiled = (re.compile(one, re.IGNORECASE) for one in patterns)
    return _Words(*compiled, particles=frozenset(words["particles"]))
