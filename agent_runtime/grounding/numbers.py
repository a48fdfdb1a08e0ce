"""Numbers in a sentence, as digits or in words: their values and where they end."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from agent_runtime.grounding.lexicon import Lexicon
from agent_runtime.grounding.number_words import POINTS, SCALES, spelled
from agent_runtime.grounding.phrases import PhraseTable
from agent_runtime.grounding.tokens import Token

_SUFFIXES = {"k": 1_000, "m": 1_000_000, "bn": 10**9}
_MONEY_SIGNS = frozenset("€$£¥₹")


@dataclass(frozen=True, slots=True)
class Number:
    """A number, the token after it, and what else its words may mean."""

    value: Fraction
    end: int
    others: tuple[Fraction, ...] = ()
    is_spelled: bool = False


def number_at(tokens: Sequence[Token], place: int, lexicon: Lexicon) -> Number | None:
    """Returns the number that begins at a place, if one does."""
    token = tokens[place]
    if token.kind == "number":
        return _scaled(_digits(token.low, lexicon.language), place, tokens)
    if token.kind != "word":
        return None
    return _fraction(tokens, place, lexicon) or _words(tokens, place, lexicon)


def _digits(text: str, language: str) -> Fraction:
    plain = text.replace("'", "").replace("\u00a0", "").replace("\u202f", "").replace(" ", "")
    point, thousand = (".", ",") if language == "en" else (",", ".")
    if plain.count(point) == 0 and plain.count(thousand) == 1:
        head, _, tail = plain.partition(thousand)
        if len(tail) != 3 or head == "0":
            point, thousand = thousand, point
    plain = plain.replace(thousand, "")
    head, _, tail = plain.partition(point)
    tail = tail.replace(point, "")
    return Fraction(int(head + tail or "0"), 10 ** len(tail))


def _scaled(value: Fraction, place: int, tokens: Sequence[Token]) -> Number:
    """Reads `10k`, `1.2 million`; a letter alone is a scale only where money stands before it."""
    after = tokens[place + 1].low if place + 1 < len(tokens) else ""
    if after in SCALES and after not in {"mil", "k", "mn"}:
        return Number(value * SCALES[after], place + 2)
    if after in {"mil", "mille", "mila", "k"}:
        return Number(value * 1_000, place + 2)
    if after in {"m", "bn", "mn"} and place and tokens[place - 1].low in _MONEY_SIGNS:
        return Number(value * _SUFFIXES.get(after, 1_000_000), place + 2)
    return Number(value, place + 1)


def _words(tokens: Sequence[Token], place: int, lexicon: Lexicon) -> Number | None:
    lows = [t.low for t in tokens]
    table = _table(lexicon.language)
    total, at, was_read = Fraction(0), place, False
    last = Fraction(0)
    while at < len(tokens):
        length, values = table.at(lows, at)
        if not length and at == place and lows[at] in SCALES and lexicon.language != "en":
            length, values = 0, (1,)
        elif not length and at == place and lows[at] == "a" and _is_scale(lows, at + 1):
            length, values = 1, (1,)
        elif not length:
            break
        small, at = Fraction(values[0]), at + length
        if at < len(tokens) and lows[at] in {"hundred"} and small < 100:
            small, at = small * 100, at + 1
        if at < len(tokens) and lows[at] in SCALES:
            total, at, was_read = total + small * SCALES[lows[at]], at + 1, True
            at += (
                at < len(tokens)
                and lows[at] in {"and", "y", "e"}
                and bool(table.at(lows, at + 1)[0] if at + 1 < len(tokens) else 0)
            )
            continue
        total, last, was_read = total + small, small, True
        break
    if not was_read:
        return None
    if at < len(tokens) and lows[at] in POINTS:
        decimals, end = _decimals(lows, at + 1, table)
        if end > at + 1:
            return Number(total + decimals, end, is_spelled=True)
    if at < len(tokens) and total == last and 1 <= last < 100:
        second, values = table.at(lows, at)
        if second and 10 <= values[0] < 100:
            return _paired(last, values[0], at + second)
    return Number(total, at, is_spelled=True)


def _paired(first: Fraction, second: int, end: int) -> Number:
    """Nineteen fifty two is a year, six fifty a price: two numbers in a row."""
    whole, price = first * 100 + second, first + Fraction(second, 100)
    return Number(whole, end, (price,), is_spelled=True)


def _decimals(lows: Sequence[str], at: int, table: PhraseTable[int]) -> tuple[Fraction, int]:
    digits = ""
    while at < len(lows):
        length, values = table.at(lows, at)
        if lows[at].isdigit():
            length, values = 1, (int(lows[at]),)
        if not length or (digits and values[0] > 9):
            break
        digits, at = digits + str(values[0]), at + length
    return Fraction(int(digits or "0"), 10 ** len(digits)), at


def _fraction(tokens: Sequence[Token], place: int, lexicon: Lexicon) -> Number | None:
    """Reads a half, two thirds; `a quarter of a million`, `half a million`."""
    lows = [t.low for t in tokens]
    at = place + (lows[place] in {"a", "one"})
    if at >= len(lows) or lows[at] not in lexicon.fractions:
        return None
    if lexicon.language != "en":
        return None
    value = lexicon.fractions[lows[at]]
    rest = at + 1 + (lows[at + 1 : at + 2] == ["of"])
    if lows[rest : rest + 1] == ["a"] and _is_scale(lows, rest + 1):
        return Number(value * SCALES[lows[rest + 1]], rest + 2)
    return None


def _is_scale(lows: Sequence[str], at: int) -> bool:
    return at < len(lows) and lows[at] in SCALES and lows[at] != "mil"


_TABLES: dict[str, PhraseTable[int]] = {}


def _table(language: str) -> PhraseTable[int]:
    if language not in _TABLES:
        _TABLES[language] = PhraseTable(spelled(language).items())
    return _TABLES[language]
