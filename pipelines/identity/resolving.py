"""One batch of identity: exact keys, what was decided, and what the match finds anew."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from pipelines.identity import decisions
from pipelines.identity.deciding import Outcome, decide
from pipelines.identity.decisions import MATCHER, Decision
from pipelines.identity.kept_parts import kept_records
from pipelines.identity.matching import PAIRS, match
from pipelines.identity.model import Model, shipped
from pipelines.identity.reasons import in_one_line
from pipelines.identity.records import COUNTS, RECORDS
from pipelines.lake import Lake, read_or_empty, write
from pipelines.transforms.consent import SUPPRESSIONS
from pipelines.transforms.identity import Identity, aliases, resolve
from pipelines.transforms.tenant import own_rows

QUESTIONS = pl.Schema(PAIRS | {"left_person": pl.String(), "right_person": pl.String()})
"""One row per two persons of whom a colleague is asked, with the surest pair of their contacts."""

SEEN = pl.Schema({"contact_id": pl.String(), "looks": pl.UInt64(), "model": pl.String()})
"""What each contact was compared by; whoever looks as before is not looked for again."""

_SIDES, _PERSONS = ("_left", "_right"), ("left_person", "right_person")

_COMPARED = [name for name in RECORDS if name not in ("person_id", *COUNTS)]


@dataclass(frozen=True, slots=True)
class Resolved:
    """Persons after this batch, and what the match did."""

    identity: Identity
    looked_for: int
    """Contacts that were new or had changed."""
    merged: int
    questions: int


def resolve_batch(
    lake: Lake,
    exact: Identity,
    tables: Mapping[str, pl.DataFrame],
    *,
    tenant_id: str,
    now: datetime,
    model: Model | None = None,
) -> Resolved:
    """Matches what is new, writes decisions and questions, and returns the persons.

    Args:
        lake: Where decisions, questions and the records of the last batch are.
        exact: Persons by exact keys.
        tables: Canonical tables; contacts and accounts are read.
        tenant_id: Whose people they are.
        now: When this batch runs.
        model: Weights; the shipped ones where none are given.
    """
    known = model or shipped()
    stood = decisions.standing(own_rows(decisions.read(lake.identity_decisions), tenant_id))
    before = resolve(exact, stood.links, tenant_id=tenant_id, now=now)
    contacts = own_rows(tables["contacts"], tenant_id).drop("person_id", strict=False)
    person_of = before.persons.select("contact_id", "person_id")
    told = contacts.join(person_of, on="contact_id", maintain_order="left")
    everybody = kept_records(lake, told, own_rows(tables["accounts"], tenant_id))
    changed, seen = _changed(everybody, read_or_empty(lake.identity_records, SEEN), known)
    survivors = aliases(before.events)
    apart = {frozenset(survivors.get(p, p) for p in pair) for pair in stood.apart}
    found = decide(match(changed, everybody, model=known), everybody, apart=apart, model=known)
    merged = pl.concat([found.merged["left_id"], found.merged["right_id"]])
    theirs = exact.persons.filter(pl.col("contact_id").is_in(merged.implode()))
    exactly = dict(theirs.select("contact_id", "person_id").iter_rows())
    made = [
        Decision(
            tenant_id=tenant_id,
            kind="merge",
            person_id=exactly[row["left_id"]],
            other_person_id=exactly[row["right_id"]],
            left_id=row["left_id"],
            right_id=row["right_id"],
            probability=row["probability"],
            reasons=in_one_line(row, known),
            decided_by=MATCHER,
            decided_at=now,
            model=known.version,
        )
        for row in found.merged.iter_rows(named=True)
    ]
    decisions.append(lake.identity_decisions, made)
    links = [*stood.links, *((d.person_id, d.other_person_id) for d in made)]
    after = resolve(exact, links, tenant_id=tenant_id, now=now)
    questions = _questions(lake, found, changed, after, stood.apart, exact)
    write(questions, lake.identity_questions)
    write(seen, lake.identity_records)
    return Resolved(after, changed.height, len(made), questions.height)


def keep_stops(
    lake: Lake, refusals: pl.DataFrame, before: pl.DataFrame, after: Identity
) -> pl.DataFrame:
    """Returns the refusals with those that stay from when persons were one.

    Args:
        lake: Where refusals of the last batch and those kept so far are.
        refusals: Rows of `consent.suppressions` of this batch.
        before: Events before this batch.
        after: Persons and events after it.
    """
    kept = read_or_empty(lake.kept_stops, SUPPRESSIONS)
    had, has = aliases(before), aliases(after.events)
    parted = _parted(had, has, after.events.tail(after.events.height - before.height))
    if parted:
        last = read_or_empty(lake.suppressions, SUPPRESSIONS)
        said = pl.concat([last.select(list(SUPPRESSIONS)), refusals, kept])
        rows = [
            row | {"person_id": person}
            for group in parted
            for row in said.filter(pl.col("person_id").is_in(list(group))).iter_rows(named=True)
            for person in sorted({has.get(member, member) for member in group})
        ]
        more = pl.DataFrame(rows, schema=SUPPRESSIONS)
        kept = pl.concat([kept, more]).unique(maintain_order=True)
        write(kept, lake.kept_stops)
    person = pl.col("person_id").replace(has)
    together = pl.concat([refusals, kept.with_columns(person)]).unique(maintain_order=True)
    return together.sort("person_id", "reason", "source_key")


def _changed(
    everybody: pl.DataFrame, seen: pl.DataFrame, model: Model
) -> tuple[pl.DataFrame, pl.DataFrame]:
    looks = everybody.select(
        "contact_id",
        pl.struct(_COMPARED).hash(seed=0).alias("looks"),
        pl.lit(model.version).alias("model"),
    )
    return looks.join(seen, on=list(SEEN), how="anti").select("contact_id"), looks


def _questions(
    lake: Lake,
    found: Outcome,
    changed: pl.DataFrame,
    after: Identity,
    apart: Iterable[frozenset[str]],
    exact: Identity,
) -> pl.DataFrame:
    """Old questions whose contacts are as they were, and the new ones; answered ones are gone."""
    old = read_or_empty(lake.identity_questions, QUESTIONS)
    news = changed.get_column("contact_id").implode()
    stale = pl.col("left_id").is_in(news) | pl.col("right_id").is_in(news)
    rows = pl.concat([found.waiting.select(list(QUESTIONS)), old.filter(~stale)])
    rows = rows.drop("left_person", "right_person")
    for side in ("left", "right"):
        for identity, name in ((after, f"{side}_person"), (exact, f"_{side}")):
            person_of = identity.persons.select("contact_id", pl.col("person_id").alias(name))
            rows = rows.join(person_of, left_on=f"{side}_id", right_on="contact_id")
    refused = pl.DataFrame(
        [(min(pair), max(pair)) for pair in apart],
        schema={"_low": pl.String(), "_high": pl.String()},
        orient="row",
    )
    return (
        rows.filter(pl.col("left_person") != pl.col("right_person"))
        .with_columns(_low=pl.min_horizontal(_SIDES), _high=pl.max_horizontal(_SIDES))
        .join(refused, on=["_low", "_high"], how="anti")
        .with_columns(_low=pl.min_horizontal(_PERSONS), _high=pl.max_horizontal(_PERSONS))
        .sort("probability", "left_id", "right_id", descending=[True, False, False])
        .unique(["_low", "_high"], keep="first", maintain_order=True)
        .select(list(QUESTIONS))
    )


def _parted(
    had: Mapping[str, str], has: Mapping[str, str], news: pl.DataFrame
) -> list[frozenset[str]]:
    """Groups that were one person before the batch, and hold a merge that was taken back."""
    split = news.filter(pl.col("kind") == "split").get_column("person_id")
    roots = {had.get(person, person) for person in split}
    groups = [frozenset({root, *(p for p, into in had.items() if into == root)}) for root in roots]
    return [group for group in groups if len({has.get(p, p) for p in group}) > 1]
