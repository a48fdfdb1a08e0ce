"""What each line of a mail is: text, a quote, or a mark that a mail program sets."""

import re
import unicodedata
from collections.abc import Callable
from enum import StrEnum

from agent_runtime.channels.email.trimming.introductions import (
    is_introduction,
    is_opened_introduction,
    may_end_introduction,
)
from agent_runtime.channels.email.trimming.patterns import READ_CHARACTERS, marks


class Kind(StrEnum):
    """One letter a line, so that a mail reads as a word."""

    TEXT = "t"
    EMPTY = "e"
    QUOTE = "q"
    """Begins with `>` or `|`."""
    INTRODUCED = "b"
    """Brings in a quoted mail: "On … wrote:"."""
    ANNOUNCED = "f"
    """Brings in a whole mail: "Original Message"."""
    HEADER = "h"
    """One of several lines From, Sent, To, Subject."""
    DELIMITER = "d"
    SIGNATURE = "s"
    """Two dashes: the signature follows."""
    DEVICE = "p"
    """Sent from my telephone."""
    ADDED = "a"
    """A footer of a list, a company or our own begins."""


_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u200e\u200f\ufeff\u2060\u00ad"))
_DELIMITER = re.compile(r"[-_,=+~#*ᐧ—– ]{2,}$|[_—ᐧ]$")
_SIGNATURE = re.compile(r"(?:--|__|—) ?$")
_LINK = re.compile(r"\[([^\]]{1,200})\]\([^)]{0,300}\)")
_URL = re.compile(r"[<(]?https?://\S+[>)]?")
_CLOSED_BELOW = re.compile(r"> ?\w{0,20} ?:$")
"""The end of an introduction that was wrapped within an address."""
_GROUPWISE = re.compile(
    r">>> ?[^>]{1,150}(?:<[^<>]{1,90}@[^<>]{1,90}> ?)?[^>]{0,60}\d[^>]{0,30}>>>$"
)
"""`>>> Anna <anna@…> 03.06.2026 17:52 >>>`: what stands below is not quoted line by line."""
_CODE = re.compile(r"[ \t]*```")
_DEVICE_CHARACTERS = 140
_WRAPPED_LINES = 6
_TRIED_LINES = 300
"""Few lines of a real mail end like an introduction and are none."""
_FEWEST_HEADERS = 2


def kinds_of(lines: list[str]) -> list[Kind]:
    """Returns the kind of each line."""
    folded = [_folded(line) for line in lines]
    kinds = [_kind(line) for line in folded]
    _find_introductions(folded, kinds)
    _find_headers(folded, kinds)
    _keep_what_people_say(folded, kinds)
    _keep_code(lines, kinds)
    return kinds


def _folded(line: str) -> str:
    short = line[:READ_CHARACTERS]
    if not short.isascii():
        short = unicodedata.normalize("NFC", short.translate(_INVISIBLE))
    return " ".join(short.split())


def _kind(line: str) -> Kind:
    if not line:
        return Kind.EMPTY
    if line[0] in ">|":
        return Kind.ANNOUNCED if _GROUPWISE.match(line) else Kind.QUOTE
    return next((kind for kind, found in _MARKED.items() if found(line)), Kind.TEXT)


def _is_device(line: str) -> bool:
    bare = _URL.sub("", _LINK.sub(r"\1", line)).strip()
    found = marks()
    return (
        len(bare) <= _DEVICE_CHARACTERS
        and not bare.endswith(":")
        and bool(found.device.match(bare))
        and not found.told.search(bare)
    )


def is_ours(line: str) -> bool:
    """Whether the line is what our own mails say below each text."""
    short = line[:READ_CHARACTERS]
    return "stop" in short.lower() and bool(marks().ours.match(short))


def _is_added(line: str) -> bool:
    found = marks()
    return bool(found.added.match(line)) and not found.own_words.search(line)


_MARKED: dict[Kind, Callable[[str], object]] = {
    Kind.SIGNATURE: _SIGNATURE.match,
    Kind.DELIMITER: _DELIMITER.match,
    Kind.ANNOUNCED: lambda line: bool(marks().announced.match(line)),
    Kind.DEVICE: _is_device,
    Kind.ADDED: lambda line: is_ours(line) or _is_added(line),
}


def _find_introductions(folded: list[str], kinds: list[Kind]) -> None:
    """Marks the lines that bring in a quote; the nearest beginning counts, over wrapped lines."""
    first, tries = 0, _TRIED_LINES
    for last, line in enumerate(folded):
        if last and _CLOSED_BELOW.match(line) and "<" in folded[last - 1]:
            kinds[last] = Kind.TEXT
        if kinds[last] is not Kind.TEXT or not may_end_introduction(line):
            continue
        quoted_below = any(kind is Kind.QUOTE for kind in kinds[last + 1 : last + 3])
        start = _start_of_introduction(folded, kinds, first, last, quoted_below)
        if start is not None:
            kinds[start : last + 1] = [Kind.INTRODUCED] * (last + 1 - start)
            first = last + 1
        else:
            tries -= 1
            if not tries:
                return


def _start_of_introduction(
    folded: list[str], kinds: list[Kind], first: int, last: int, quoted_below: bool
) -> int | None:
    joined, found = "", None
    for start in range(last, max(first, last - _WRAPPED_LINES) - 1, -1):
        cut_open = joined.startswith("<") or joined.count("<") < joined.count(">")
        if kinds[start] is Kind.EMPTY and not (cut_open and _goes_on(folded[:start])):
            break
        if kinds[start] not in (Kind.TEXT, Kind.EMPTY):
            break
        joined = f"{folded[start]} {joined}".strip().replace("< ", "<").replace(" >", ">")
        if len(joined) > READ_CHARACTERS:
            break
        if not folded[start]:
            continue
        if is_opened_introduction(joined, quoted_below):
            above = folded[start - 1] if start > first else ""
            wrapped = above.endswith(",") and is_opened_introduction(f"{above} {joined}", False)
            return start - 1 if wrapped and kinds[start - 1] is Kind.TEXT else start
        whole = not joined.startswith("<") and joined.count("<") >= joined.count(">")
        if found is None and whole and is_introduction(joined):
            found = start
    return found


def _goes_on(above: list[str]) -> bool:
    """Whether the last line of text is no whole sentence."""
    last = next((line for line in reversed(above) if line), "")
    return not last.endswith((".", "?", "!"))


def _find_headers(folded: list[str], kinds: list[Kind]) -> None:
    """Marks blocks of header lines; an address, a copied name or a long subject may wrap."""
    header = marks().header
    named = [
        kind in (Kind.TEXT, Kind.DEVICE, Kind.INTRODUCED) and bool(header.match(line))
        for line, kind in zip(folded, kinds, strict=True)
    ]
    start = 0
    while start < len(folded):
        if not named[start]:
            start += 1
            continue
        last, end, count = start, start + 1, 1
        while (
            end < len(folded) and end - last <= 3 and (folded[end] or any(named[end + 1 : end + 2]))
        ):
            if named[end]:
                last, count = end, count + 1
            end += 1
        if count > _FEWEST_HEADERS or (
            count == _FEWEST_HEADERS and _looks_like_mail(folded[start : last + 1])
        ):
            if count > _FEWEST_HEADERS and end - last <= 2:
                last = end - 1
            kinds[start : last + 1] = [Kind.HEADER] * (last + 1 - start)
        start = end


def _looks_like_mail(block: list[str]) -> bool:
    joined = " ".join(block)
    return "@" in joined and any(character.isdigit() for character in joined)


def _keep_what_people_say(folded: list[str], kinds: list[Kind]) -> None:
    """A mark amid a paragraph is a sentence that a person wrote."""
    for place, kind in enumerate(kinds):
        above = kinds[place - 1] if place else Kind.EMPTY
        below = kinds[place + 1] if place + 1 < len(kinds) else Kind.EMPTY
        amid = above is Kind.TEXT and (below is Kind.TEXT or kind is Kind.ADDED)
        goes_on = above is Kind.TEXT and folded[place][:1].islower()
        if kind in (Kind.DEVICE, Kind.ADDED) and (amid or goes_on) and not is_ours(folded[place]):
            kinds[place] = Kind.TEXT


def _keep_code(lines: list[str], kinds: list[Kind]) -> None:
    fences = [at for at, line in enumerate(lines) if _CODE.match(line) and kinds[at] is Kind.TEXT]
    for opened, closed in zip(fences[::2], fences[1::2], strict=False):
        for at in range(opened, closed + 1):
            if not is_ours(" ".join(lines[at].lstrip(" \t>|").split())):
                kinds[at] = Kind.TEXT
