"""Segments that people write: who is in, and for everybody else the first rule that says no."""

from pathlib import Path
from typing import Any

import polars as pl
from pydantic import BaseModel, ConfigDict, Field, field_validator

from pipelines.documents import HERE, find_document, read_document
from pipelines.transforms.condition import check, describe, to_expression

SHIPPED = HERE / "segments"

MEMBER = "all rules hold"


class SegmentRule(BaseModel):
    """One condition that a member meets, with a name for the reason why somebody is out."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    must: dict[str, Any]


class Segment(BaseModel):
    """An ideal-customer profile as data: a member meets all rules."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z][a-z0-9_-]*$")
    version: int = Field(ge=1)
    description: str
    rules: tuple[SegmentRule, ...] = Field(min_length=1)

    @field_validator("rules")
    @classmethod
    def _ids_are_unique(cls, rules: tuple[SegmentRule, ...]) -> tuple[SegmentRule, ...]:
        ids = [rule.id for rule in rules]
        twice = next((name for name in ids if ids.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f"the rule id {twice!r} stands twice")
        return rules

    @property
    def label(self) -> str:
        """Id and version, as traces carry them."""
        return f"{self.id}@{self.version}"


def load_segment(name: str, own: Path | None = None) -> Segment:
    """Returns a segment by name, the workspace's own before a shipped one, or that of a file."""
    return read_document(segment_path(name, own), Segment)


def segment_path(name: str, own: Path | None = None) -> Path:
    """Returns the file of a segment.

    Args:
        name: Of a segment, or a path.
        own: The workspace's folder of segments; none asks for those that ship alone.
    """
    return find_document(name, SHIPPED, own)


def own_segments(root: Path) -> Path:
    """Returns where a workspace keeps segments of its own."""
    return root / "segments"


def segment_names(own: Path) -> tuple[str, ...]:
    """Returns the names of all segments: those of a workspace's folder and those that ship."""
    files = (*own.glob("*.yaml"), *SHIPPED.glob("*.yaml"))
    return tuple(sorted({path.stem for path in files}))


def members(facts: pl.DataFrame, segment: Segment) -> pl.DataFrame:
    """Returns one row per contact: whether it is in the segment, and why or why not.

    Args:
        facts: One row per contact, columns `table.column`; see `transforms.facts`.
        segment: The rules.

    Raises:
        ConditionFault: a rule asks for a field that is not there.
    """
    for rule in segment.rules:
        check(rule.must, facts.schema, where=f"segment {segment.label}, rule {rule.id}")
    failing = [
        pl.when(~to_expression(rule.must).fill_null(value=False)).then(pl.lit(rule.id))
        for rule in segment.rules
    ]
    words = {rule.id: describe(rule.must) for rule in segment.rules}
    return (
        facts.select(
            pl.col("contacts.contact_id").alias("contact_id"),
            pl.col("contacts.person_id").alias("person_id"),
            pl.col("contacts.account_id").alias("account_id"),
            pl.coalesce(failing).alias("failed_rule"),
        )
        .with_columns(
            pl.lit(segment.label).alias("segment"),
            pl.col("failed_rule").is_null().alias("is_member"),
            pl.coalesce(
                pl.concat_str(
                    pl.lit("must be: "),
                    pl.col("failed_rule").replace_strict(
                        words, default=None, return_dtype=pl.String
                    ),
                ),
                pl.lit(MEMBER),
            ).alias("reason"),
        )
        .select(
            "segment", "contact_id", "person_id", "account_id", "is_member", "failed_rule", "reason"
        )
    )
