"""How text becomes a value: one Polars expression per kind; what cannot be read becomes null."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal
from zoneinfo import available_timezones

import phonenumbers
import polars as pl

from pipelines.schemas import FLAG, INSTANT, NUMBER, TEXT, WHOLE, Parse
from pipelines.tables import EMAIL

_DOMAIN = (
    r"^(?:https?://)?(?:[^@/\s]+@)?(?:www\.)?"
    r"((?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,63})(?::\d+)?(?:/.*)?$"
)
_LETTERS = str.maketrans(
    {"ß": "ss", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "æ": "ae", "œ": "oe", "ı": "i"}
)
"""Letters that Unicode does not take apart."""

_COMMA_NUMBER = r"^(?:[A-Z]{3}|[€$£])?\s*([+-]?\d[\d.\s'\u00a0]*(?:,\d+)?)\s*(?:[A-Z]{3}|[€$£])?$"
"""A number with a decimal comma, with thousands apart and a currency before or after it."""

_ISO_DAYS = ("%Y-%m-%d",)
_ISO_INSTANTS = ("%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d")
NAMED_IN = ("en", "de", "fr", "es", "it", "pt", "nl", "pl", "sv", "da")
"""Languages in which names of countries and languages are read."""

_ALSO = {"usa": "US", "u.s.a.": "US", "uk": "GB", "england": "GB", "holland": "NL", "korea": "KR"}
"""What people write that is no name of a country in any of them."""

_TRUE, _FALSE = ("true", "t", "yes", "y", "1"), ("false", "f", "no", "n", "0")

DTYPES: dict[str, pl.DataType] = {
    "int": WHOLE,
    "float": NUMBER,
    "bool": FLAG,
    "date": pl.Date(),
    "timestamp": INSTANT,
}
"""Types of the values of a kind; every other kind is text."""

FAULTS: dict[str, str] = {
    "int": "not_a_whole_number",
    "float": "not_a_number",
    "bool": "not_a_yes_or_no",
    "date": "not_a_date",
    "timestamp": "not_an_instant",
}
"""Reason codes of text that cannot be read; every other kind is `malformed`."""


def dtype_of(kind: Parse) -> pl.DataType:
    """Returns the type of the values that this kind of parsing gives."""
    return DTYPES.get(kind, TEXT)


@dataclass(frozen=True, slots=True)
class Style:
    """How the text of a column is written."""

    formats: tuple[str, ...] = ()
    """Date formats to try, in strftime letters; none means ISO 8601."""
    scale: float = 1.0
    """What one unit of the export is worth in the canonical unit."""
    separator: str = "-"
    """What a slug puts between words."""
    region: pl.Expr | None = None
    """Two-letter country of a phone number without a `+` prefix."""
    decimal: str = "."
    """Decimal sign; with a comma, points, spaces and a currency are passed over."""


def parse(text: pl.Expr, kind: Parse, style: Style | None = None) -> pl.Expr:
    """Returns the value of trimmed text; null where the text is null or cannot be read."""
    return _PARSERS[kind](text, style or Style())


def slug(name: str, separator: str = "-") -> str:
    """Returns a name as lower-case ASCII words, such as `jose-garcia`."""
    plain = (
        unicodedata.normalize("NFKD", name.translate(_LETTERS)).encode("ascii", "ignore").decode()
    )
    return separator.join(re.findall(r"[a-z0-9]+", plain.lower()))


def _text(text: pl.Expr, _: Style) -> pl.Expr:
    return text


def _lower(text: pl.Expr, _: Style) -> pl.Expr:
    return text.str.to_lowercase()


def _whole(text: pl.Expr, style: Style) -> pl.Expr:
    return _digits(text, style).str.replace(r"\.0+$", "").cast(pl.Int64, strict=False)


def _number(text: pl.Expr, style: Style) -> pl.Expr:
    value = _digits(text, style).cast(pl.Float64, strict=False)
    return pl.when(value.is_finite()).then(value * style.scale)


def _digits(text: pl.Expr, style: Style) -> pl.Expr:
    if style.decimal == ".":
        return text
    return text.str.extract(_COMMA_NUMBER, 1).str.replace_all(r"[^\d,+-]", "").str.replace(",", ".")


def _flag(text: pl.Expr, _: Style) -> pl.Expr:
    word = text.str.to_lowercase()
    return (
        pl.when(word.is_in(_TRUE)).then(pl.lit(True)).when(word.is_in(_FALSE)).then(pl.lit(False))
    )


def _day(text: pl.Expr, style: Style) -> pl.Expr:
    return _moment(text, style.formats or _ISO_DAYS).dt.date()


def _instant(text: pl.Expr, style: Style) -> pl.Expr:
    return _moment(text, style.formats or _ISO_INSTANTS)


def _moment(text: pl.Expr, formats: tuple[str, ...]) -> pl.Expr:
    plain = text.str.replace(r"(Z|[+-]00:?00)$", "")
    local = [plain.str.to_datetime(form, time_unit="us", strict=False) for form in formats]
    offset = text.str.to_datetime("%Y-%m-%dT%H:%M:%S%z", time_unit="us", strict=False)
    return pl.coalesce(*(moment.dt.replace_time_zone("UTC") for moment in local), offset)


def _email(text: pl.Expr, _: Style) -> pl.Expr:
    address = (
        text.str.normalize("NFKC")
        .str.strip_chars()
        .str.to_lowercase()
        .str.replace(r"^mailto:", "")
        .str.replace(r"^.*<([^<>]+)>$", "$1")
    )
    return pl.when(address.str.contains(EMAIL) & (address.str.len_chars() <= 254)).then(address)


def _domain(text: pl.Expr, _: Style) -> pl.Expr:
    return text.str.to_lowercase().str.extract(_DOMAIN, 1)


def _country(text: pl.Expr, _: Style) -> pl.Expr:
    return _member(text.str.to_uppercase(), sorted(phonenumbers.SUPPORTED_REGIONS))


def _country_name(text: pl.Expr, _: Style) -> pl.Expr:
    return text.str.to_lowercase().replace_strict(
        _codes("territories"), default=None, return_dtype=pl.String
    )


def _language_name(text: pl.Expr, _: Style) -> pl.Expr:
    plain = text.str.to_lowercase().str.replace(r"^([a-z]{2})[-_][a-z]+$", "$1")
    return plain.replace_strict(_codes("languages"), default=None, return_dtype=pl.String)


@cache
def _codes(what: Literal["territories", "languages"]) -> dict[str, str]:
    """Two-letter codes by name, in the languages that names are read in, and by the code itself."""
    from babel import Locale

    codes: dict[str, str] = {}
    for language in NAMED_IN:
        for code, name in getattr(Locale(language), what).items():
            if len(code) == 2 and code.isalpha():
                codes.setdefault(str(name).lower(), code)
                codes.setdefault(code.lower(), code)
    return codes | (_ALSO if what == "territories" else {})


def _language(text: pl.Expr, _: Style) -> pl.Expr:
    return text.str.to_lowercase().str.extract(r"^([a-z]{2})(?:[-_][a-z]+)?$", 1)


def _time_zone(text: pl.Expr, _: Style) -> pl.Expr:
    return _member(text, sorted(available_timezones()))


def _slug(text: pl.Expr, style: Style) -> pl.Expr:
    return text.map_elements(lambda name: slug(name, style.separator), return_dtype=pl.String)


def _first_word(text: pl.Expr, _: Style) -> pl.Expr:
    return text.str.extract(r"^(\S+)", 1)


def _later_words(text: pl.Expr, _: Style) -> pl.Expr:
    """One word has none after it, which is no fault: the value is then empty."""
    return text.str.extract(r"^\S+\s*(.*)$", 1)


def _before_comma(text: pl.Expr, _: Style) -> pl.Expr:
    return text.str.extract(r"^([^,]*?)\s*(?:,|$)", 1)


def _after_comma(text: pl.Expr, _: Style) -> pl.Expr:
    """Without a comma there is nothing after it, which is no fault: the value is then empty."""
    rest = text.str.extract(r"^[^,]*(?:,\s*(.*))?$", 1)
    return pl.when(text.is_not_null()).then(rest.fill_null(""))


def _member(text: pl.Expr, known: list[str]) -> pl.Expr:
    return pl.when(text.is_in(known)).then(text)


def _phone(text: pl.Expr, style: Style) -> pl.Expr:
    region = style.region if style.region is not None else pl.lit(None, pl.String)
    pair = pl.struct(text.alias("text"), region.alias("region"))
    return pair.map_batches(_e164_all, return_dtype=pl.String)


def _e164_all(pairs: pl.Series) -> pl.Series:
    fields = pairs.struct.unnest()
    both = zip(fields["text"], fields["region"], strict=True)
    return pl.Series([_e164(text, region) for text, region in both], dtype=pl.String)


@lru_cache(maxsize=200_000)
def _e164(text: str | None, region: str | None) -> str | None:
    if text is None:
        return None
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


_PARSERS: dict[Parse, Callable[[pl.Expr, Style], pl.Expr]] = {
    "text": _text,
    "lower": _lower,
    "int": _whole,
    "float": _number,
    "bool": _flag,
    "date": _day,
    "timestamp": _instant,
    "email": _email,
    "phone": _phone,
    "domain": _domain,
    "country": _country,
    "country_name": _country_name,
    "language": _language,
    "language_name": _language_name,
    "time_zone": _time_zone,
    "slug": _slug,
    "first_word": _first_word,
    "later_words": _later_words,
    "before_comma": _before_comma,
    "after_comma": _after_comma,
}
