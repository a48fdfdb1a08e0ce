"""Software that a buyer owns or would connect (`tool`), and rivals of ours (`competitor`)."""

import re
from collections.abc import Iterator
from functools import cache

from agent_runtime.hearing.mentions.mention import Mention, Written, flat, listed, longest
from agent_runtime.hearing.mentions.names import CAPITAL
from agent_runtime.words import read_words


def find_products(written: Written, language: str) -> list[Mention]:
    """Returns tools and competitors; the words around decide which of the two a name is.

    A name that no list has is taken for one only where a capital letter makes a name.
    """
    words = _patterns()
    unknown = (
        mention
        for mention in _unknown(written, words)
        if language not in _NOUNS_ARE_CAPITALISED or _looks_made_up(written.text, mention)
    )
    return longest([*_known(written, words), *unknown])


_NOUNS_ARE_CAPITALISED = ("de",)


def _looks_made_up(text: str, mention: Mention) -> bool:
    """A capital or a figure within the word, as no common noun has."""
    return bool(re.search(r"[A-Z\d.]", text[mention.start + 1 : mention.end]))


def _known(written: Written, words: "_Patterns") -> Iterator[Mention]:
    for match in words.known.finditer(written.text):
        if match[0].lower() in words.also_words and not _is_a_name(written, match):
            continue
        is_rival = match[0].lower() in words.rivals
        yield Mention(_kind(written, match, words, is_rival), match.start(), match.end())


def _is_a_name(written: Written, match: re.Match[str]) -> bool:
    """A product that is a word as well has a capital, and not because a sentence begins."""
    start, _ = written.sentence(match.start())
    begins = not written.text[start : match.start()].strip()
    return match[0][0].isupper() and not begins


def _kind(written: Written, match: re.Match[str], words: "_Patterns", is_rival: bool) -> str:
    start, end = written.sentence(match.start())
    before = written.flat[start : match.start()]
    around = before + " # " + written.flat[match.end() : end]
    is_connected = bool(words.connects_right_before.search(before))
    if is_rival:
        return "tool" if is_connected and not words.instead.search(around) else "competitor"
    if is_connected:
        return "tool"
    return "competitor" if words.does_the_job.search(around) else "tool"


def _unknown(written: Written, words: "_Patterns") -> Iterator[Mention]:
    for kind, pattern in words.cues:
        for cue in pattern.finditer(written.flat):
            name = words.name.match(written.text, cue.end())
            if name and not words.no_name.fullmatch(written.flat, name.start(), name.end()):
                if flat(name[0]).split()[0] in words.first_names:
                    continue
                found = kind
                if kind == "tool" and words.does_the_job.search(written.flat, name.end()):
                    found = "competitor"
                yield Mention(found, name.start(), name.end())


class _Patterns:
    def __init__(self) -> None:
        words, names = read_words("entities/products"), read_words("entities/names")
        self.first_names = frozenset(flat(names["first_names"]).split())
        tools = [name.strip() for name in words["tools"].split("|")]
        rivals = [name.strip() for name in words["rivals"].split("|")]
        self.rivals = frozenset(name.lower() for name in rivals)
        self.also_words = frozenset(name.lower() for name in words["also_words"])
        by_length = sorted({*tools, *rivals}, key=lambda name: (-len(name), name))
        known = "|".join(re.escape(name) for name in by_length)
        self.known = re.compile(rf"(?<![\w@.-])(?:{known})(?![\w@]|\.\w|-\w+@)", re.IGNORECASE)
        begin, end = r"(?<![a-z])", r"(?![a-z])"
        connects = listed(words["connects"])
        between = listed(words["between"])
        self.connects_right_before = re.compile(rf"{begin}{connects}\s+(?:{between}\s+)*$")
        self.instead = re.compile(rf"{begin}{listed(words['instead'])}{end}")
        self.does_the_job = re.compile(rf"{begin}{listed(words['does_the_job'])}{end}")
        article = "(?:a |an |the |el |la |il |o |den |die |das )?"
        cues = (("competitor", "rival_before"), ("tool", "we_use"), ("tool", "connects"))
        self.cues = [
            (kind, re.compile(rf"{begin}{listed(words[cue])}\s+{article}")) for kind, cue in cues
        ]
        self.name = re.compile(
            rf"{CAPITAL}[\w&+/-]*[\w](?:\.(?:io|ai|com|dev))?(?: (?:{CAPITAL}\w+|\d+|[IVX]+\b))?"
        )
        nouns = "|".join(map(re.escape, names["not_names"].split()))
        places = "|".join(map(re.escape, names["places"].split()))
        self.no_name = re.compile(rf"(?:{nouns}|{places})(?:\s\w+)?", re.IGNORECASE)


@cache
def _patterns() -> _Patterns:
    return _Patterns()
