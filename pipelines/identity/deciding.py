"""What follows from the pairs: which persons are merged at once, and which a colleague looks at.

Two persons are merged when a pair of their contacts is certain and no other pair speaks against it:
else a third record that looks like both would join father and son. Where many look like each other
they are namesakes rather than one person, and none of them is merged without a colleague.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import polars as pl

from pipelines.identity.levels import MERGEABLE, OWN_MAILBOXES, TIES
from pipelines.identity.matching import PAIRS, score
from pipelines.identity.model import Model, shipped

AGAINST = 0.02
"""A pair below this probability forbids that its two persons become one without a colleague."""
MOST_TOGETHER = 4
"""Identities that may become one person by probability alone: addresses, else telephones, else
contacts without either. More of them are a crowd, of which it is asked."""
MOST_QUESTIONS = 3
"""Questions about a person at once, the surest first: a crowd of 25 would bring 300."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Rows of `PAIRS` with `left_person` and `right_person`."""

    merged: pl.DataFrame
    """One pair per merge, the surest of those that join the two persons."""
    waiting: pl.DataFrame
    """One pair per two persons of whom it must be asked."""


def decide(
    pairs: pl.DataFrame,
    everybody: pl.DataFrame,
    *,
    apart: Collection[frozenset[str]] = (),
    model: Model | None = None,
) -> Outcome:
    """Returns what becomes of the pairs.

    Args:
        pairs: Rows of `matching.match`.
        everybody: Rows of `records.RECORDS`, with the persons as they are known so far.
        apart: Pairs of persons who were said not to be one; they are neither merged nor asked.
        model: Where its bounds are.
    """
    weights = model or shipped()
    person = pl.col("contact_id").alias("left_id"), pl.col("person_id").alias("left_person")
    other = pl.col("contact_id").alias("right_id"), pl.col("person_id").alias("right_person")
    told = pairs.join(everybody.select(person), on="left_id").join(
        everybody.select(other), on="right_id"
    )
    told = told.sort("probability", "left_id", "right_id", descending=[True, False, False])
    tied = pl.any_horizontal(pl.col(name).is_in(levels) for name, levels in TIES.items())
    may_merge = tied & pl.col("name").is_in(MERGEABLE) & ~_has_own_mailboxes()
    certain = told.filter(may_merge & (pl.col("probability") >= weights.certain))
    groups = _Groups(certain, everybody, apart, weights)
    merged = [row for row in certain.iter_rows(named=True) if groups.join(row)]
    rest = [row for row in told.iter_rows(named=True) if groups.is_open(row)]
    schema = PAIRS | {"left_person": pl.String(), "right_person": pl.String()}
    return Outcome(pl.DataFrame(merged, schema=schema), pl.DataFrame(rest, schema=schema))


def _has_own_mailboxes() -> pl.Expr:
    """Two mailboxes of one company speak for two people, but for a telephone of their own."""
    return pl.col("mailbox").is_in(OWN_MAILBOXES) & (pl.col("phone") != "same")


class _Groups:
    """Persons who have become one, and whether two more may."""

    def __init__(
        self,
        certain: pl.DataFrame,
        everybody: pl.DataFrame,
        apart: Collection[frozenset[str]],
        model: Model,
    ) -> None:
        self._group: dict[str, str] = {}
        self._persons: dict[str, set[str]] = {}
        self._apart = {pair: True for pair in apart}
        self._asked: set[frozenset[str]] = set()
        self._questions: Counter[str] = Counter()
        self._contacts, self._identities = _contacts_of(certain, everybody)
        few = [group for group in _components(certain) if self._count(group) <= MOST_TOGETHER]
        self._may_merge = {person for group in few for person in group}
        self._against = self._contradictions(few, certain, everybody, model)

    def join(self, row: Mapping[str, Any]) -> bool:
        """Makes one person of the two of a pair, where nothing is against it."""
        one, other = self._of(row["left_person"]), self._of(row["right_person"])
        if one == other or not self._may_join(one, other):
            return False
        mine, theirs = self._people(one), self._people(other)
        self._persons[one] = mine | theirs
        for person in theirs:
            self._group[person] = one
        return True

    def is_open(self, row: Mapping[str, Any]) -> bool:
        """Says whether two persons are still two, and nobody has answered or asks already."""
        one, other = self._of(row["left_person"]), self._of(row["right_person"])
        pair = frozenset((one, other))
        if one == other or pair in self._asked or self._is_refused(one, other):
            return False
        if min(self._questions[one], self._questions[other]) >= MOST_QUESTIONS:
            return False
        self._asked.add(pair)
        self._questions.update(pair)
        return True

    def _count(self, persons: Collection[str]) -> int:
        return len({one for person in persons for one in self._identities[person]})

    def _of(self, person: str) -> str:
        return self._group.get(person, person)

    def _people(self, group: str) -> set[str]:
        return self._persons.get(group, {group})

    def _is_refused(self, one: str, other: str) -> bool:
        if not self._apart:
            return False
        pairs = product(self._people(one), self._people(other))
        return any(frozenset(pair) in self._apart for pair in pairs)

    def _may_join(self, one: str, other: str) -> bool:
        if not {one, other} <= self._may_merge or self._is_refused(one, other):
            return False
        mine, theirs = (
            [c for person in self._people(group) for c in self._contacts[person]]
            for group in (one, other)
        )
        return not any((min(a, b), max(a, b)) in self._against for a, b in product(mine, theirs))

    def _contradictions(
        self,
        groups: Collection[Collection[str]],
        certain: pl.DataFrame,
        everybody: pl.DataFrame,
        model: Model,
    ) -> set[tuple[str, str]]:
        """Scores what the match did not: the other pairs of persons who may all become one."""
        pairs: set[tuple[str, str]] = set()
        for group in groups:
            contacts = [(c, p) for p in group for c in self._contacts[p]]
            if len(contacts) > 2:
                pairs |= {(min(a, b), max(a, b)) for a, p in contacts for b, q in contacts if p < q}
        known = certain.select("left_id", "right_id").iter_rows()
        asked = pl.DataFrame(
            sorted(pairs.difference(known)),
            schema={"left_id": pl.String(), "right_id": pl.String()},
            orient="row",
        )
        ids = pl.concat([asked["left_id"], asked["right_id"]]).unique().implode()
        few = everybody.filter(pl.col("contact_id").is_in(ids))
        scored = score(asked, few, model=model).filter(pl.col("probability") < AGAINST)
        return set(scored.select("left_id", "right_id").iter_rows())


def _contacts_of(
    certain: pl.DataFrame, everybody: pl.DataFrame
) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """The contacts of each person who may be merged, and the identities that they are."""
    persons = pl.concat([certain["left_person"], certain["right_person"]]).unique().implode()
    address = pl.concat_str("local", "domain", separator="@")
    mine = everybody.filter(pl.col("person_id").is_in(persons)).select(
        "person_id", "contact_id", pl.coalesce(address, "phone", "contact_id").alias("identity")
    )
    each = (
        mine.sort("contact_id").group_by("person_id").agg("contact_id", pl.col("identity").unique())
    )
    rows = list(each.iter_rows())
    return {p: contacts for p, contacts, _ in rows}, {p: mine for p, _, mine in rows}


def _components(certain: pl.DataFrame) -> list[list[str]]:
    root: dict[str, str] = {}

    def find(person: str) -> str:
        while (above := root.setdefault(person, person)) != person:
            root[person] = root[above]
            person = above
        return person

    for one, other in certain.select("left_person", "right_person").iter_rows():
        root[find(one)] = find(other)
    found: dict[str, list[str]] = defaultdict(list)
    for person in root:
        found[find(person)].append(person)
    return list(found.values())
