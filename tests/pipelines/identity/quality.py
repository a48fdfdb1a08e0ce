"""Precision and recall of the whole resolution on planted contacts, pair by pair."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from math import comb

import polars as pl

from pipelines.identity.deciding import decide
from pipelines.identity.matching import match
from pipelines.identity.model import Model
from pipelines.identity.records import records
from pipelines.transforms.identity import identify
from tests.pipelines.identity.planted import Planted

NOW = datetime(2026, 1, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Quality:
    """Counts of pairs of contacts."""

    said: int
    """Pairs that are one person, by the resolution."""
    right: int
    """Of these, by the truth."""
    true: int
    waiting: int
    """Questions in the queue."""
    waiting_right: int
    wrong: dict[str, int]
    """Wrongly merged pairs by why their rows are there."""
    missed: dict[str, int]

    @property
    def precision(self) -> float:
        """Share of the merged pairs that are right."""
        return self.right / self.said

    @property
    def recall(self) -> float:
        """Share of the true pairs that are merged."""
        return self.right / self.true


def exact(planted: Planted) -> pl.DataFrame:
    """Returns the contacts with the persons that the exact keys give them."""
    found = identify(planted.contacts.select("contact_id", "email"), tenant_id="t", now=NOW)
    person_of = found.persons.select("contact_id", "person_id")
    return planted.contacts.join(person_of, on="contact_id")


def measure(planted: Planted, model: Model | None = None) -> Quality:
    """Returns how well a CRM is resolved."""
    contacts = exact(planted)
    everybody = records(contacts, planted.accounts)
    found = decide(match(contacts, everybody, model=model), everybody, model=model)
    person = _merged(contacts, found.merged)
    return _judged(contacts.with_columns(person), found.waiting)


def _merged(contacts: pl.DataFrame, merged: pl.DataFrame) -> pl.Series:
    into: dict[str, str] = {}

    def find(person: str) -> str:
        while person in into:
            person = into[person]
        return person

    for one, other in merged.select("left_person", "right_person").iter_rows():
        into[find(one)] = find(other)
    persons = [find(person) for person in contacts["person_id"]]
    return pl.Series("person_id", persons, pl.String)


def _judged(contacts: pl.DataFrame, waiting: pl.DataFrame) -> Quality:
    said, true = _pairs(contacts, ["person_id"]), _pairs(contacts, ["truth"])
    right = _pairs(contacts, ["person_id", "truth"])
    truth = dict(contacts.select("contact_id", "truth").iter_rows())
    asked = [truth[a] == truth[b] for a, b in waiting.select("left_id", "right_id").iter_rows()]
    return Quality(
        said,
        right,
        true,
        len(asked),
        sum(asked),
        _odd(contacts, "person_id", "truth"),
        _odd(contacts, "truth", "person_id"),
    )


def _pairs(contacts: pl.DataFrame, by: list[str]) -> int:
    sizes = contacts.group_by(by).len().get_column("len")
    return sum(comb(size, 2) for size in sizes)


def _odd(contacts: pl.DataFrame, one: str, two: str) -> dict[str, int]:
    """Kinds of the rows of pairs that are one by the first column and two by the second."""
    several = contacts.filter((pl.len().over(one) > 1) & (pl.col(two).n_unique().over(one) > 1))
    pairs = several.join(several, on=one).filter(
        (pl.col("contact_id") < pl.col("contact_id_right"))
        & (pl.col(two) != pl.col(f"{two}_right"))
    )
    counts: Counter[str] = Counter()
    for left, right in pairs.select("kind", "kind_right").iter_rows():
        counts[" / ".join(sorted({left, right} - {"base"}) or ["base"])] += 1
    return dict(counts.most_common())
