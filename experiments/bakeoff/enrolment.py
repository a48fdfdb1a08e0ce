"""Draws the contacts of a bake-off, and says what so few can and cannot show."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl

from experiments.assigning import Assigned, assign_units
from experiments.bakeoff.config import BakeOff
from experiments.errors import BakeOffError, PowerError
from experiments.power import detectable, sample_size
from experiments.registry import current
from experiments.units import read_units

YES = ("yes", "true", "1", "granted", "opted_in")
"""What the column `consent` says of a contact who may be written to, in any case."""


@dataclass(frozen=True, slots=True)
class Reach:
    """What a comparison of two arms of this size can show.

    Attributes:
        arm: The arm that is compared.
        base: What it is compared with.
        units: Units of both.
        detectable: Smallest share of the arm that the planned power sees, where the base has
            `baseline`; None where none is seen.
        needed: Units of both that the change worth acting on would need.
        baseline: Share expected of the base.
        wanted: The share that would be worth acting on.
        power: Probability to see it.
    """

    arm: str
    base: str
    units: int
    detectable: float | None
    needed: int
    baseline: float
    wanted: float
    power: float

    @property
    def sentence(self) -> str:
        """What that means, in plain words."""
        start = f"{self.arm} against {self.base}, {self.units} contacts: "
        if self.detectable is None:
            can = f"no rise from {self.baseline:.0%} is seen {self.power:.0%} of the time"
        else:
            can = (
                f"a rise from {self.baseline:.0%} to {self.detectable:.0%} or more is seen "
                f"{self.power:.0%} of the time, a smaller one is more likely missed"
            )
        enough = self.units >= self.needed
        more = "these are enough" if enough else f"it would take {self.needed:,} contacts"
        return f"{start}{can}; for {self.wanted:.0%} {more}"


def must_be_registered(plan: BakeOff, path: Path, log: Path) -> None:
    """Raises `BakeOffError` unless exactly this plan is the current registration of its id."""
    known = current(log, plan.id)
    if known is None:
        raise BakeOffError(
            f"{plan.id} is not registered in {log}, and nobody is drawn before it is; run "
            f"parley bakeoff register {path} --registry {log} --approver NAME"
        )
    if known.spec_hash != plan.to_spec().spec_hash:
        raise BakeOffError(
            f"{path}: the plan is not the one that was registered as version {known.version}; "
            "restore the file, or raise the version and register it"
        )


def draw(
    plan: BakeOff,
    people: pl.DataFrame,
    *,
    stored: pl.DataFrame | None,
    now: datetime,
    source: str,
    any_size: bool = False,
) -> Assigned:
    """Returns the arm of every contact: permuted blocks under the registered seed.

    Args:
        plan: The registered plan.
        people: `unit_id`, `consent`, `owner`, and the plan's blocks.
        stored: An earlier draw, which stays.
        now: When newcomers are drawn.
        source: Name of the table in errors.
        any_size: Whether fewer or more contacts than the plan wants are taken.

    Raises:
        BakeOffError: A contact without consent or owner, or too few or too many contacts.
    """
    _must_be_clean(people, source)
    spec = plan.to_spec()
    found = assign_units(people, spec, stored=stored, now=now, source=source)
    count = found.rows.filter(pl.col("experiment_id") == plan.id).height
    low, high = plan.people.fewest, plan.people.most
    if not any_size and not low <= count <= high:
        raise BakeOffError(
            f"{source}: {count} contacts would be drawn, but a bake-off takes {low} to {high}; "
            f"{'add' if count < low else 'leave out'} some, or say --any-size"
        )
    return found


def reaches(plan: BakeOff, counts: dict[str, int]) -> tuple[Reach, ...]:
    """Returns what each comparison of the plan can show with so many contacts in each arm."""
    return tuple(_reach(plan, pair, counts) for pair in plan.to_spec().pairs)


def read_people(path: Path, plan: BakeOff) -> pl.DataFrame:
    """Returns a table of contacts, Parquet or CSV; ids stay text."""
    return read_units(path, plan.to_spec())


def _reach(plan: BakeOff, pair: tuple[str, str], counts: dict[str, int]) -> Reach:
    arm, base = pair
    wish = plan.power
    units = counts.get(arm, 0) + counts.get(base, 0)
    share = counts.get(arm, 0) / units if units else 0.5
    try:
        rise = detectable(
            baseline=wish.baseline, units=units, power=wish.power, alpha=wish.alpha, share=share
        )
    except PowerError:
        rise = None
    planned = plan.arms[arm] / (plan.arms[arm] + plan.arms[base])
    size = sample_size(
        baseline=wish.baseline,
        mde_relative=wish.mde_relative,
        power=wish.power,
        alpha=wish.alpha,
        share=planned,
    )
    return Reach(
        arm=arm,
        base=base,
        units=units,
        detectable=None if rise is None else wish.baseline * (1 + rise),
        needed=size.total,
        baseline=wish.baseline,
        wanted=wish.baseline * (1 + wish.mde_relative),
        power=wish.power,
    )


def _must_be_clean(people: pl.DataFrame, source: str) -> None:
    for column in ("unit_id", "consent", "owner"):
        if column not in people.columns:
            raise BakeOffError(
                f"{source}: the column {column!r} is missing; a bake-off takes contacts with "
                f"consent and an owner only; there are {', '.join(people.columns)}"
            )
    rules = {
        "consent": _text("consent").str.to_lowercase().is_in(YES),
        "owner": _text("owner").str.len_chars() > 0,
    }
    for column, is_clean in rules.items():
        bad = people.filter(~is_clean)
        if bad.height:
            raise BakeOffError(
                f"{source}: {bad.height} of {people.height} contacts have no {column}, "
                f"{bad['unit_id'][0]!r} for one; leave them out, or mend the CRM first"
            )


def _text(column: str) -> pl.Expr:
    return pl.col(column).cast(pl.String).fill_null("").str.strip_chars()


def counts_of(found: Assigned, arms: Sequence[str], bakeoff_id: str) -> dict[str, int]:
    """Returns how many contacts of the bake-off each arm has."""
    mine = found.rows.filter(pl.col("experiment_id") == bakeoff_id)
    counted = dict(mine.group_by("arm").len().iter_rows())
    return {arm: counted.get(arm, 0) for arm in arms}
