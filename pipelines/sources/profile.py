"""What the columns of an export hold, seen from a sample: how full, how unique, what kind."""

from collections.abc import Mapping as Frames
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import polars as pl
import yaml

from pipelines.documents import HERE
from pipelines.schemas import Parse
from pipelines.sources.parse import Style, parse

SAMPLE_ROWS = 2_000

FORMATS = (
    "%Y-%m-%d",
    "%d.%m.%Y",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d-%m-%Y",
    "%Y/%m/%d",
    "%d.%m.%y",
    "%d-%b-%Y",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%S%.f",
    "%d.%m.%Y %H:%M",
    "%d.%m.%Y %H:%M:%S",
    "%d/%m/%Y %H:%M",
    "%m/%d/%Y %H:%M",
)
"""Ways of writing days and instants, in the order in which they are tried."""

NULLS = ("-", "n/a", "null", "none", "select", "k.a.", "keine angabe", "unbekannt", "?")
"""Words that mean that nothing is known, in lower case."""

_MOST = 0.9
"""Share of the values that must be of a kind."""


@dataclass(frozen=True, slots=True)
class Profile:
    """One column of one file."""

    file: str
    column: str
    rows: int
    filled: float
    """Share of rows with a value."""
    unique: float
    """Share of different values among the filled."""
    nulls: tuple[str, ...]
    """Spellings of nothing that occur."""
    shares: Frames[Parse, float] = field(default_factory=dict)
    """Share of values that can be read as each kind."""
    formats: tuple[str, ...] = ()
    """The formats that read the days or instants."""
    decimal: str = "."
    """The decimal sign of the numbers."""
    choices: Frames[str, bool] = field(default_factory=dict)
    """What the words of a yes-or-no column mean, where it is one."""
    values: frozenset[str] = frozenset()

    @property
    def place(self) -> str:
        """The column as a person would point at it."""
        return f"{self.column!r} of {self.file}"

    def is_mostly(self, kind: Parse) -> bool:
        """Whether nearly all values are of a kind."""
        return self.shares.get(kind, 0.0) >= _MOST


@cache
def words_of(answer: bool) -> frozenset[str]:
    """Returns the words for yes or no in the languages of the vocabulary."""
    return frozenset(vocabulary()["words"][answer])


@cache
def vocabulary() -> dict[str, Any]:
    """Returns how people call what is canonical here."""
    text = (HERE / "sources" / "vocabulary.yaml").read_text(encoding="utf-8")
    return yaml.safe_load(text)


def profile(file: str, frame: pl.DataFrame) -> list[Profile]:
    """Returns a profile of each column of a file that was read as text."""
    columns = [name for name in frame.columns if not name.startswith("_")]
    return [_column(file, name, frame[name]) for name in columns]


def _column(file: str, name: str, texts: pl.Series) -> Profile:
    trimmed = texts.str.strip_chars()
    filled = trimmed.filter(trimmed.is_not_null() & (trimmed != "")).head(SAMPLE_ROWS * 5)
    is_null = filled.str.to_lowercase().is_in(NULLS)
    nulls = tuple(sorted(filled.filter(is_null).unique()))
    filled = filled.filter(~is_null)
    there = len(trimmed.filter(trimmed.is_not_null() & (trimmed != ""))) - int(is_null.sum())
    sample = filled.head(SAMPLE_ROWS)
    base = Profile(
        file,
        name,
        len(texts),
        there / len(texts) if len(texts) else 0.0,
        filled.n_unique() / len(filled) if len(filled) else 0.0,
        nulls,
    )
    if sample.is_empty():
        return base
    decimal = _decimal(sample)
    formats = _formats(sample)
    shares: dict[Parse, float] = {
        kind: _share(sample, kind)
        for kind in ("email", "domain", "country_name", "language_name", "time_zone")
    }
    for kind in ("int", "float"):
        shares[kind] = _share(sample, kind, Style(decimal=decimal))
    shares["phone"] = _phones(sample)
    shares["timestamp"] = _share(sample, "timestamp", Style(formats)) if formats else 0.0
    shares["date"] = shares["timestamp"]
    choices = _choices(sample)
    shares["bool"] = 1.0 if choices else 0.0
    return Profile(
        file,
        name,
        base.rows,
        base.filled,
        base.unique,
        nulls,
        shares,
        formats,
        decimal,
        choices,
        frozenset(filled.unique()),
    )


def _share(values: pl.Series, kind: Parse, style: Style | None = None) -> float:
    read = values.to_frame("v").select(parse(pl.col("v"), kind, style))["v"]
    return 1 - read.null_count() / len(read)


def _decimal(values: pl.Series) -> str:
    """A comma where it reads more numbers, and where points only ever stand before thousands."""
    comma, point = _share(values, "float", Style(decimal=",")), _share(values, "float")
    is_grouped = bool(values.str.contains(r"^[+-]?\d{1,3}(\.\d{3})+$").all())
    return "," if comma > point or is_grouped else "."


def _phones(values: pl.Series) -> float:
    plain = values.str.contains(r"^[+(0-9][0-9 ()/.\-]{6,}$") & ~values.str.contains(
        r"^\d+[.,]\d+$"
    )
    digits = values.str.count_matches(r"\d").is_between(7, 15)
    is_day = values.str.contains(r"^\d{1,4}[./-]\d{1,2}[./-]\d{1,4}")
    return float((plain & digits & ~is_day).mean() or 0.0)  # pyright: ignore[reportArgumentType]


def _formats(values: pl.Series) -> tuple[str, ...]:
    """The one format that reads most, and a second where it reads what the first does not."""
    shares = {f: _share(values, "timestamp", Style((f,))) for f in FORMATS}
    best = max(shares, key=lambda f: shares[f])
    if shares[best] < 0.5:
        return ()
    if shares[best] >= 1:
        return (best,)
    pairs = {f: _share(values, "timestamp", Style((best, f))) for f in FORMATS if f != best}
    other = max(pairs, key=lambda f: pairs[f])
    return (best, other) if pairs[other] > shares[best] else (best,)


def _choices(values: pl.Series) -> dict[str, bool]:
    words = sorted({word.lower() for word in values.unique()})
    yes, no = words_of(True), words_of(False)
    if len(words) > 4 or not all(word in yes | no for word in words):
        return {}
    return {word: word in yes for word in words}
