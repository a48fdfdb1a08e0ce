"""Which column of an export may be which canonical one: by what it is called and what it holds."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from pipelines.schemas import TABLES, Column, Parse
from pipelines.sources.profile import Profile, vocabulary

TELLING: dict[str, Parse] = {
    "email": "email",
    "phone": "phone",
    "domain": "domain",
    "country": "country_name",
    "language": "language_name",
    "time_zone": "time_zone",
}
"""Canonical kinds that values alone give away, and how these are read."""

WORDS: dict[Parse, str] = {
    "email": "addresses",
    "phone": "phone numbers",
    "domain": "web addresses",
    "country_name": "countries",
    "language_name": "languages",
    "time_zone": "time zones",
    "timestamp": "dates",
    "date": "dates",
    "float": "numbers",
    "int": "whole numbers",
    "bool": "yes or no",
}
"""What values are called in a sentence."""

_EXACT, _WITHIN, _CONTENT = 1.0, 0.7, 0.6


@dataclass(frozen=True, slots=True)
class Likeness:
    """How much one column looks like one canonical column."""

    seen: Profile
    score: float
    """From 0 to 2: the name's likeness, and the share of values that can be read."""
    because: str
    """The reason, as the end of a sentence."""


def likely(table: str, field: str, profiles: Iterable[Profile]) -> list[Likeness]:
    """Returns the columns that may be a canonical one, the likeliest first."""
    column = TABLES[table].column(field)
    if column is None:
        return []
    found = [one for seen in profiles if (one := _likeness(table, column, seen))]
    return sorted(found, key=lambda one: (-one.score, one.seen.file, one.seen.column))


def kind_of(column: Column) -> Parse:
    """Returns how a column of an unknown export is best read."""
    return TELLING.get(column.parse, column.parse)


def plain(name: str) -> str:
    """Returns a header as lower-case words without accents and signs."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    ascii_ = unicodedata.normalize("NFKD", spaced.replace("ß", "ss")).encode("ascii", "ignore")
    return " ".join(re.findall(r"[a-z0-9]+", ascii_.decode().lower()))


def table_of(file: str, profiles: Sequence[Profile]) -> str | None:
    """Returns the canonical table that a file most looks like; None where it looks like none."""
    words = set(plain(file.rpartition(".")[0]).split())
    scores: dict[str, float] = {}
    for table in vocabulary()["tables"]:
        named = 3.0 if words & set(vocabulary()["tables"][table]) else 0.0
        fields = [c.name for c in TABLES[table].columns]
        hits = [likely(table, field, profiles) for field in fields]
        exact = sum(1 for hit in hits if hit and hit[0].score >= 1.0 + _EXACT / 2)
        scores[table] = named + exact / 4
    if any(p.is_mostly("email") for p in profiles) and scores["owners"] < 3:
        scores["contacts"] += 1.5
    best = max(scores, key=lambda table: scores[table])
    return best if scores[best] >= 0.5 else None


def _likeness(table: str, column: Column, seen: Profile) -> Likeness | None:
    kind = kind_of(column)
    named = _named(f"{table}.{column.name}", seen.column)
    share = seen.shares.get(kind)
    if share is None:
        # Anything can be text; an id that repeats is none.
        is_key = column.name in TABLES[table].key
        if not is_key and any(seen.is_mostly(other) for other in ("timestamp", "email", "phone")):
            return None
        return _by_name(seen, named) if named and not (is_key and seen.unique < 1.0) else None
    if not seen.shares or (share < 0.5 and not (named == _EXACT and kind == "bool")):
        return None
    if named:
        held = f"{share:.0%} of its values are {WORDS[kind]}" if kind in WORDS else ""
        return Likeness(seen, named + share, _reason("its name says so", held))
    if column.parse in TELLING and share >= 0.9:
        return Likeness(seen, _CONTENT + share / 2, f"{share:.0%} of its values are {WORDS[kind]}")
    return None


def _by_name(seen: Profile, named: float) -> Likeness:
    return Likeness(seen, named + 0.5 * bool(seen.filled), "its name says so")


def _reason(*parts: str) -> str:
    return " and ".join(part for part in parts if part)


@cache
def _named(field: str, header: str) -> float:
    """How much a header says that it is this field: wholly, in part, or not at all."""
    said = plain(header)
    known = vocabulary()["columns"].get(field, [])
    if said in known or said == plain(field.partition(".")[2]):
        return _EXACT
    padded = f" {said} "
    return _WITHIN if any(f" {w} " in padded for w in known if len(w) > 2) else 0.0
