"""The sentences of a draft, as they stand there; spoken text without full stops is one sentence."""

import re

_END = re.compile(r"[.!?…]+[\"'”’)\]]*(?=\s|$)|\n+")
_ABBREVIATIONS = re.compile(
    r"(?:^|[\s(])(?:mr|mrs|ms|dr|prof|st|no|nr|inc|ltd|co|sr|jr|vs|e\.g|i\.e|approx|ca|bzw|z\.b|hr|fr"
    r"|sra|sig|dott|mme|m|p\.ej|art|std|tel|inkl|zzgl|max|min|jan|feb|aug|sept|oct|nov|dec|[a-z])\.$",
    re.IGNORECASE,
)
_BULLET = re.compile(r"^\s*(?:[-*•–]|\d{1,2}[.)])\s+")
_CONTINUES = re.compile(r"\s*[a-zà-ÿ]")
_LONG_LINE = 50
"""Characters from which on a single line break within a sentence is a mail program's."""


def split_sentences(text: str) -> tuple[str, ...]:
    """Returns the sentences of a text in their order, without bullets and blank ones."""
    found: list[str] = []
    start = 0
    for end in _END.finditer(text):
        so_far = text[start : end.end()]
        if not _ends_here(so_far, text[end.end() :], end[0]):
            continue
        found.append(so_far)
        start = end.end()
    found.append(text[start:])
    plain = (" ".join(_BULLET.sub("", part).split()) for part in found)
    return tuple(part for part in plain if any(c.isalnum() for c in part))


def _ends_here(so_far: str, after: str, mark: str) -> bool:
    if mark.startswith("\n"):
        line = so_far.rstrip("\n").rsplit("\n", 1)[-1].strip()
        is_wrapped = len(mark) == 1 and len(line) > _LONG_LINE and _CONTINUES.match(after)
        return not is_wrapped
    if mark != "." or not after.strip():
        return True
    if _ABBREVIATIONS.search(so_far):
        return False
    return not (so_far[-2:-1].isdigit() and _CONTINUES.match(after))
