"""A sentence as words, numbers and marks, contractions spelt out and fixed phrases as one word."""

import re
from dataclasses import dataclass, replace

from agent_runtime.grounding.lexicon import Lexicon
from agent_runtime.grounding.phrases import word_set
from agent_runtime.hearing.sentences import without_accents

ADDRESS = re.compile(
    r"https?://[^\s,;)>\]\"']*[^\s,;.)>\]\"'?!]|\bwww\.[^\s,;)>\]]*[^\s,;.)>\]?!]"
    r"|[\w.+-]+@[\w-]+(?:\.[\w-]+)+|\b(?:[\w-]+\.)+(?:com|org|net|io|ai|example|eu|de|fr|es|it|pt|uk"
    r"|co|app|dev|cloud|info)\b(?:/[^\s,;)>\]]*[^\s,;.)>\]?!])?"
    r"|(?:\+|\b0)\d[\d\s()/-]{5,}\d"
)
_NUMBER = r"\d+(?:[.,'’\u00a0\u202f ]\d{3})+(?:[.,]\d+)?(?![\d])|\d+(?:[.,]\d+)*"
_TOKEN = re.compile(
    rf"(?P<address>{ADDRESS.pattern})|(?P<slot>\[\[\w+\]\])|(?P<clock>\b\d{{1,2}}[:h]\d{{2}}(?:h|\b)|\b\d{{1,2}}\.\d{{2}}(?=\s*(?:uhr|[ap]m)\b))"
    rf"|(?P<number>{_NUMBER})|(?P<word>[^\W\d_]+(?:\d+[^\W_]*)?|°[CF]?)|(?P<mark>[€$£¥₹%°+~µ²³]|[,;:()!?…\"“”/]|[–—-])",
    re.IGNORECASE,
)
_SPELT = (
    (re.compile(r"\b24\s*/\s*7\b"), "around the clock"),
    (re.compile(r"\bo'clock\b", re.I), "oclock"),
    (re.compile(r"\b([ap])\.m\b\.?", re.I), r"\1m"),
    (re.compile(r"\b(ca)n(?:'t|not)\b", re.I), r"\1n not"),
    (re.compile(r"\bwon't\b", re.I), "will not"),
    (re.compile(r"\bshan't\b", re.I), "shall not"),
    (re.compile(r"\b(\w+)n't\b", re.I), r"\1 not"),
    (re.compile(r"\b(i)'m\b", re.I), r"\1 am"),
    (re.compile(r"\b(\w+)'re\b", re.I), r"\1 are"),
    (re.compile(r"\b(\w+)'ll\b", re.I), r"\1 will"),
    (re.compile(r"\b(\w+)'ve\b", re.I), r"\1 have"),
    (re.compile(r"\b(i|you|we|they|he|she|it)'d\b", re.I), r"\1 would"),
    (re.compile(r"\blet's\b", re.I), "let us"),
    (
        re.compile(r"\b(it|that|there|here|what|who|he|she|where|how|everything)'s\b", re.I),
        r"\1 is",
    ),
    (re.compile(r"(\w)'s?\b(?!\w)", re.I), r"\1"),
)
_ELISION = re.compile(r"\b([ldnjcmstq]|qu|dell|nell|all|dall|sull|un)'(?=\w)", re.I)
_STRAIGHT = str.maketrans({"’": "'", "‘": "'", "`": "'", "\u00a0": " ", "\u202f": " ", "‑": "-"})
_ROMAN = {"i": "1", "ii": "2", "iii": "3", "iv": "4"}
_NUMBERED = word_set("type typ tipo tier phase level stage class")


@dataclass(frozen=True, slots=True)
class Token:
    """One word, number, address or mark of a sentence."""

    text: str
    low: str
    """In lower case without accents; the name of a fixed phrase where it stands for one."""
    kind: str
    """word, number, clock, address, slot or mark."""
    is_capital: bool = False
    is_first: bool = False


def spell_out(text: str, language: str) -> str:
    """Returns a text with straight apostrophes and without contractions."""
    plain = text.translate(_STRAIGHT)
    if language == "en":
        for pattern, spelt in _SPELT:
            plain = pattern.sub(spelt, plain)
        return plain
    return _ELISION.sub(r"\1 ", plain)


def tokenize(text: str, lexicon: Lexicon) -> tuple[Token, ...]:
    """Returns the tokens of a sentence in their order."""
    found: list[Token] = []
    for match in _TOKEN.finditer(spell_out(text, lexicon.language)):
        kind = match.lastgroup or "mark"
        raw = match[0]
        low = (
            without_accents(raw.lower().replace("ß", "ss"))
            if kind in {"word", "mark"}
            else raw.lower()
        )
        if low in _ROMAN and found and found[-1].low in _NUMBERED:
            kind, low = "number", _ROMAN[low]
        is_first = not found or all(t.kind == "mark" for t in found)
        found.append(Token(raw, low, kind, raw[:1].isupper(), is_first))
    return _without_asides(_with_phrases(tuple(found), lexicon), lexicon)


def _without_asides(tokens: tuple[Token, ...], lexicon: Lexicon) -> tuple[Token, ...]:
    """Drops the commas around an aside: `Turkey, unfortunately, is not covered`."""
    lows = [t.low for t in tokens]
    dropped: set[int] = set()
    for at in range(1, len(lows) - 2):
        length = lexicon.stance.at(lows, at + 1)[0] if lows[at] == "," else 0
        end = at + 1 + length
        if length and end < len(lows) and lows[end] == ",":
            dropped |= {at, end}
    return tuple(t for at, t in enumerate(tokens) if at not in dropped)


def _with_phrases(tokens: tuple[Token, ...], lexicon: Lexicon) -> tuple[Token, ...]:
    """Joins words that are one thing; hyphens within words disappear."""
    plain = [
        t
        for at, t in enumerate(tokens)
        if not (
            t.low == "-" and 0 < at < len(tokens) - 1 and _joins(tokens[at - 1], tokens[at + 1])
        )
    ]
    lows = [t.low for t in plain]
    joined: list[Token] = []
    at = 0
    while at < len(plain):
        length, names = lexicon.phrases.at(lows, at)
        if length and not (length == 1 and plain[at].low == "us" and plain[at].text != "US"):
            text = " ".join(t.text for t in plain[at : at + length])
            joined.append(replace(plain[at], text=text, low=names[0], kind="word"))
            at += length
        else:
            joined.append(plain[at])
            at += 1
    return tuple(joined)


def _joins(before: Token, after: Token) -> bool:
    """A hyphen between two numbers stands for a range; else it only joins."""
    return not (before.kind == "number" and after.kind == "number")
