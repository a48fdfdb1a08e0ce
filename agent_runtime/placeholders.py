"""Typed placeholders: personal data leaves a text before it is stored, and comes back at the wire.

`redact` is deterministic and loses nothing: `fill(redact(x)) == x` for every text.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from agent_runtime import pii
from agent_runtime.domain import Contact

TOKEN = re.compile(r"\[\[[A-Z]+(?:_[A-Z]+)*(?:_\d+)?\]\]")
"""What a placeholder looks like: `[[EMAIL_1]]`, `[[FIRST_NAME]]`."""


_PLACES = {
    "PAGES_LINK": "the link to their pages",
    "SURVEY_LINK": "the link to one question about the conversation",
    "CHAT_LINK": "the link to the chat",
    "CONFIRM_LINK": "the link by which they confirm",
    "REQUEST_LINK": "the link by which they confirm",
    "AGREED_WORDS": "the words they agreed to",
}
"""What a mail fills by itself as it leaves, for its reader alone."""


@dataclass(frozen=True, slots=True)
class Redacted:
    """A text without personal data, and what every placeholder of its thread stands for."""

    text: str
    originals: dict[str, str]
    """Those that were known before, and the new ones."""


@dataclass(frozen=True, slots=True)
class _Span:
    start: int
    end: int
    kind: str
    value: str


def redact(text: str, contact: Contact, *, known: Mapping[str, str] | None = None) -> Redacted:
    """Returns the text with placeholders for what `pii` finds, names and the company.

    Args:
        text: What a person wrote.
        contact: Who wrote it; their names and company are known from the CRM.
        known: Originals of the same thread so far; numbering goes on from them, so that one
            placeholder means one thing in the whole thread.
    """
    taken: list[_Span] = []
    for span in _found(text, contact):
        if all(span.end <= other.start or span.start >= other.end for other in taken):
            taken.append(span)
    originals = dict(known or {})
    tokens = {(_kind(token), value): token for token, value in originals.items()}
    fields = _fields(contact)
    parts: list[str] = []
    at = 0
    for span in sorted(taken, key=lambda s: s.start):
        token = tokens.get((span.kind, span.value))
        if token is None:
            token = tokens[span.kind, span.value] = _new_token(span, fields, originals)
        originals[token] = span.value
        parts += [text[at : span.start], token]
        at = span.end
    return Redacted("".join((*parts, text[at:])), originals)


def fill(text: str, contact: Contact, originals: Mapping[str, str]) -> str:
    """Returns the text with every known placeholder replaced by what it stands for."""
    fields = _fields(contact)

    def value(match: re.Match[str]) -> str:
        token = match[0]
        return originals.get(token) or fields.get(token[2:-2]) or token

    return TOKEN.sub(value, text)


def stands_for(token: str) -> str:
    """Returns in words what a placeholder stands for: `[[FIRST_NAME]]` for a first name."""
    kind = _kind(token)
    return _PLACES.get(kind) or kind.replace("_", " ").lower()


@lru_cache(maxsize=4096)
def _fields(contact: Contact) -> dict[str, str]:
    return {
        "FIRST_NAME": contact.first_name,
        "LAST_NAME": contact.last_name,
        "COMPANY": contact.company,
        "OWNER_NAME": contact.owner_name,
        "OWNER_FIRST_NAME": contact.owner_name.split(" ")[0],
        **{name.upper(): value for name, value in contact.facts},
    }


def _kind(token: str) -> str:
    return re.sub(r"_\d+$", "", token[2:-2])


def _new_token(span: _Span, fields: Mapping[str, str], originals: Mapping[str, str]) -> str:
    """The CRM's own spelling of a field needs no number; everything else is counted."""
    plain = f"[[{span.kind}]]"
    if fields.get(span.kind) == originals.get(plain, span.value) == span.value:
        return plain
    number = 2 if span.kind in fields else 1
    while f"[[{span.kind}_{number}]]" in originals:
        number += 1
    return f"[[{span.kind}_{number}]]"


_LEGAL_FORM = re.compile(
    r",?\s+(?:GmbH|AG|KG|UG|SE|Inc\.?|LLC|Ltd\.?|Limited|PLC|Corp\.?|Co\.?|S\.?A\.?S?\.?|S\.?L\.?"
    r"|S\.?p\.?A\.?|S\.?r\.?l\.?|SARL|Lda\.?|B\.?V\.?)$",
    re.IGNORECASE,
)
_ALSO_WORDS = frozenset(
    {
        *(
            "art",
            "bill",
            "chance",
            "drew",
            "faith",
            "frank",
            "gene",
            "grace",
            "grant",
            "guy",
            "hope",
        ),
        *(
            "iris",
            "jack",
            "joy",
            "mark",
            "max",
            "may",
            "miles",
            "norm",
            "pat",
            "ray",
            "rich",
            "rob",
        ),
        *("rose", "sandy", "sol", "sue", "victor", "will", "clara", "rosa", "luz", "paz", "pilar"),
        *("angel", "salvador", "pascal", "pierre", "felix", "ernst", "wolf", "franco", "fiore"),
    }
)
"""First names that are words as well: only their capitalised spelling is a name."""


def _found(text: str, contact: Contact) -> Iterator[_Span]:
    """Spans in order of precedence; where two overlap, the earlier kind wins."""
    literals = list(TOKEN.finditer(text)) if "[[" in text else []
    yield from (_Span(m.start(), m.end(), "LITERAL", m[0]) for m in literals)
    taken = [pii.Found("LITERAL", m.start(), m.end()) for m in literals]
    for found in pii.find(text, contact.country, taken=taken):
        yield _span(text, found)
    for kind, spelling in _spellings(contact):
        yield from _words(text, spelling, kind)
    yield from (_span(text, found) for found in pii.find_people(text))


def _span(text: str, found: pii.Found) -> _Span:
    return _Span(found.start, found.end, found.kind, text[found.start : found.end])


@lru_cache(maxsize=4096)
def _spellings(contact: Contact) -> tuple[tuple[str, str], ...]:
    """Every spelling by which a text may name the contact, their company or its owner here."""
    owner_first = contact.owner_name.split(" ")[0]
    short = _LEGAL_FORM.sub("", contact.company)
    pairs = [("COMPANY", contact.company), ("COMPANY", short), ("OWNER_NAME", contact.owner_name)]
    names = [
        ("FIRST_NAME", contact.first_name),
        ("LAST_NAME", contact.last_name),
        ("OWNER_FIRST_NAME", owner_first),
    ]
    found: dict[str, str] = {}
    for kind, value in pairs:
        for spelling in (value, value.upper(), value.lower() if " " in value else value):
            if len(spelling) > 1:
                found.setdefault(spelling, kind)
    for kind, value in names:
        common = value.lower() in _ALSO_WORDS or len(value) < 4
        for spelling in (value, value.upper(), value if common else value.lower()):
            if len(spelling) > 1:
                found.setdefault(spelling, kind)
    return tuple((kind, spelling) for spelling, kind in found.items())


def _words(text: str, spelling: str, kind: str) -> Iterator[_Span]:
    start = text.find(spelling)
    while start >= 0:
        end = start + len(spelling)
        is_word = not (start and text[start - 1].isalnum()) and not text[end : end + 1].isalnum()
        if is_word:
            yield _Span(start, end, kind, spelling)
        start = text.find(spelling, end)
