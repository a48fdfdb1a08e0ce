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
        titles, senior = listed(words["titles"]), listed(words["senior"])
        department, both = listed(words["departments"]), rf"\s?(?:{words['and']})\s?"
        areas = rf"(?:{department})(?:(?:{both}|\s)(?:{department})(?![a-z]))*"
        link = rf"(?:(?:{words['link']})\s?(?:the |la |le |l'|las |los |les |der |den |dem |die )?)"
        begin, end = r"(?<![a-z\-])", r"(?![a-z])"
        self.title = re.compile(rf"{begin}(?:{senior}\s)*{titles}{end}(?:,? {link}?{areas}{end})?")
        self.of_something = re.compile(
            rf"{begin}(?:{senior}\s)*(?:head|director|[se]?vp|vice president|{listed(words['weak'])})"
            rf"\s(?:{words['link']})\s?(?:the |la |le |l'|der |den )?(?!{_NO_AREA})[a-z][\w-]+"
            rf"(?:{both}(?:{department}){end}|\s(?:{department}){end})?"
        )
        self.department_title = re.compile(
            rf"{begin}(?:{senior}\s)*{areas}\s{listed(words['after_department'])}{end}"
        )
        self.weak = re.compile(rf"(?:{senior}\s)*{listed(words['weak'])}")
        self.ours = re.compile(rf"(?<![a-z]){listed(words['ours'])}\s(?:\w+\s)?$")
        self.theirs = re.compile(rf"(?<![a-z]){listed(words['theirs'])}\s?(?:\w+\s)?$")


_NO_AREA = (
    r"(?:our|your|this|that|it|all|which|what|the|my|a|an|course|unsere|ihr|meine|diese|nuestr\w+|"
    r"mi|est[ea]|eso|todo|que|lo|notre|votre|mon|ma|cette|ce|tout|nosso|nossa|isto|isso|tudo|"
    r"nostr[oa]|questo|questa|tutto|il|los|les|contact|contacto|contato|project\?|proyecto\?)(?![a-z])"
)


@cache
def _patterns() -> _Patterns:
    return _Patterns()
