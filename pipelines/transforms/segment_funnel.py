"""How many each rule of a segment takes out, and why one record is in or out."""

from dataclasses import dataclass
from typing import Any

import polars as pl

from pipelines.transforms.condition import check, describe, fields_of, to_expression
from pipelines.transforms.segment import Segment


@dataclass(frozen=True, slots=True)
class RuleCount:
    """What one rule does to the contacts of a segment."""

    rule: str
    words: str
    takes_out: int
    """Contacts that pass every rule before this one and fail here."""
    left: int
    """Contacts that pass this rule and all before it."""
    alone: int
    """Contacts that fail this rule, whatever the others say."""
    only: int
    """Contacts that fail this rule and no other: who would come in without it."""
    unknown: int
    """Of `alone`, those of whom the rule cannot be asked because a fact is missing."""


@dataclass(frozen=True, slots=True)
class Funnel:
    """A segment's way from all contacts to its members."""

    segment: str
    description: str
    contacts: int
    members: int
    rules: tuple[RuleCount, ...]


@dataclass(frozen=True, slots=True)
class RuleVerdict:
    """What one rule says of one contact, with the contact's own values by field."""

    rule: str
    words: str
    holds: bool
    is_unknown: bool
    values: dict[str, Any]

    @property
    def said(self) -> str:
        """The verdict in one line."""
        own = ", ".join(
            f"{name} is {'not known' if value is None else value}"
            for name, value in self.values.items()
        )
        missing = ", and a missing fact is not enough" if self.is_unknown else ""
        return f"must be: {self.words}; {own}{missing}"


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why one contact is in a segment or out of it."""

    segment: str
    contact_id: str
    is_member: bool
    rules: tuple[RuleVerdict, ...]


def funnel(facts: pl.DataFrame, segment: Segment) -> Funnel:
    """Returns the counts of a segment and of each of its rules.

    Args:
        facts: One row per contact, columns `table.column`; see `transforms.facts`.
        segment: The rules.

    Raises:
        ConditionFault: a rule asks for a field that is not there.
    """
    held = _held(facts, segment)
    names = [rule.id for rule in segment.rules]
    passes = held.fill_null(value=False)
    in_order = passes.select(
        pl.all_horizontal(names[: place + 1]).sum().alias(name) for place, name in enumerate(names)
    )
    left = [facts.height, *(int(in_order.get_column(name).item()) for name in names)]
    failing = passes.select(pl.sum_horizontal(~pl.col(name) for name in names)).to_series()
    rules = tuple(
        RuleCount(
            rule=rule.id,
            words=describe(rule.must),
            takes_out=left[place] - left[place + 1],
            left=left[place + 1],
            alone=int((~passes[rule.id]).sum()),
            only=int((~passes[rule.id] & (failing == 1)).sum()),
            unknown=held[rule.id].null_count(),
        )
        for place, rule in enumerate(segment.rules)
    )
    return Funnel(segment.label, segment.description, facts.height, left[-1], rules)


def explain(facts: pl.DataFrame, segment: Segment, contact_id: str) -> Explanation:
    """Returns what every rule of a segment says of one contact.

    Args:
        facts: One row per contact; see `funnel`.
        segment: The rules.
        contact_id: A contact that stands in `facts` once.
    """
    row = facts.filter(pl.col("contacts.contact_id") == contact_id)
    held = _held(row, segment).row(0, named=True)
    rules = tuple(
        RuleVerdict(
            rule=rule.id,
            words=describe(rule.must),
            holds=held[rule.id] is True,
            is_unknown=held[rule.id] is None,
            values={name: row.get_column(name).item() for name in fields_of(rule.must)},
        )
        for rule in segment.rules
    )
    return Explanation(segment.label, contact_id, all(r.holds for r in rules), rules)


def _held(facts: pl.DataFrame, segment: Segment) -> pl.DataFrame:
    """One column a rule: true, false, or unknown (null)."""
    for rule in segment.rules:
        check(rule.must, facts.schema, where=f"segment {segment.label}, rule {rule.id}")
    return facts.select(to_expression(rule.must).alias(rule.id) for rule in segment.rules)
