"""Whether a line brings in a quoted mail: "On <date> <someone> wrote:", in many languages."""

import re
from functools import cache
from typing import NamedTuple

from agent_runtime.channels.email.trimming.patterns import READ_CHARACTERS
from agent_runtime.words import any_of, read_words

_DATED = re.compile(r"(?:19|20)\d\d|\d[:.h]\d\d|\d[./-]\d|@")
_DATE_FIRST = re.compile(r".{0,40}\b(?:19|20)\d\d\b.{0,30}\d[:.]\d\d")
_DATE_AND_ADDRESS = re.compile(
    r".{0,40}\b(?:19|20)\d\d\b.{1,160}<[^\s<>@]{1,64}@[^\s<>@]{1,90}>(?:[^<>:：.!?]{0,24}[:：])?$"
)
_ISO = re.compile(r"(?:19|20)\d\d-\d\d-\d\d \d\d:\d\d GMT[+-]\d\d:\d\d [\w ]{1,80}:?$")
_POSTED = re.compile(r"posted by .{1,100} on \d\d/\d\d/\d{4}$", re.IGNORECASE)
_VERB_AND_NAME_CHARACTERS = 150
"""A verb and the name, address or date after it: `schrieb Anna Muster <anna@…>:`."""


class _Phrases(NamedTuple):
    opens: list[tuple[re.Pattern[str], re.Pattern[str]]]
    """How an introduction begins, with its verbs, a language each."""
    any_open: re.Pattern[str]
    verb_last: re.Pattern[str]
    verb_at_end: re.Pattern[str]
    verb_named: re.Pattern[str]
    verb_dated_in_brackets: re.Pattern[str]
    verb_dated: re.Pattern[str]


@cache
def _phrases() -> _Phrases:
    languages = list(read_words("quoted_mail")["introduced"].values())
    verbs = any_of({verb: 0 for language in languages for verb in language["verb"]})
    opens = {one: 0 for language in languages for one in language["opens"]}
    return _Phrases(
        [
            (_compiled(any_of(one["opens"]) + r"\b"), _compiled(any_of(one["verb"])))
            for one in languages
            if one["opens"]
        ],
        _compiled(any_of(opens)),
        _compiled(rf"(?<!\w){verbs}[ .>\-]{{0,5}}[:：\-][ .:>\-]*$"),
        _compiled(rf"(?<!\w){verbs}$"),
        _compiled(rf"(?<!\w){verbs} .{{0,80}}@.{{0,80}}:$"),
        _compiled(rf"@.{{1,90}}(?<!\w){verbs} \(.{{0,40}}\d.{{0,40}}\) ?:$"),
        _compiled(rf"(?<!\w){verbs} (?:on|am|le|el|em|il|op|den)\b"),
    )


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


def may_end_introduction(line: str) -> bool:
    """Whether an introduction can end with this line: the cheap test."""
    return line.rstrip(" *.")[-1:] in (":", "：", ">", "-") or bool(
        len(line) < READ_CHARACTERS and _phrases().verb_at_end.search(line[-25:])
    )


def is_opened_introduction(joined: str, quoted_below: bool) -> bool:
    """Whether the words "On <date> … wrote:" stand in one language from end to end."""
    bare, phrases = joined.lstrip("-*> ").rstrip("* "), _phrases()
    ends = bare.endswith((":", "：", "-")) or (quoted_below or "@" in bare)
    if not ends or not phrases.any_open.match(bare):
        return False
    if not (quoted_below or _DATED.search(bare)):
        return False
    for opens, verb in phrases.opens:
        opened = opens.match(bare)
        if not opened:
            continue
        near_end = max(len(bare) - _VERB_AND_NAME_CHARACTERS, opened.end())
        if verb.search(bare, near_end):
            return True
    return False


def is_introduction(joined: str) -> bool:
    """Whether the line names a date or an address and who wrote, without an opening word."""
    bare, phrases = joined.lstrip("-*> ").rstrip("* "), _phrases()
    ends = bare[-40:]
    if phrases.verb_last.search(ends):
        verb_from = len(bare) - len(ends)
        before = bare[: verb_from + 30]
        return bool(_DATE_FIRST.match(bare) or "@" in before or " via " in before)
    addressed = bare.endswith((">", ":", "：")) and "@" in bare and _DATE_AND_ADDRESS.match(bare)
    if phrases.verb_dated_in_brackets.search(bare):
        return True
    if addressed or _ISO.match(bare) or _POSTED.match(bare):
        return True
    near_end = max(0, len(bare) - _VERB_AND_NAME_CHARACTERS)
    date_first = bare.endswith(">:") and _DATE_FIRST.match(bare)
    if date_first and phrases.verb_named.search(bare, near_end):
        return True
    dated = bare.endswith(":") and phrases.verb_dated.search(bare, near_end)
    return bool(dated and _DATED.search(bare, dated.end()))
