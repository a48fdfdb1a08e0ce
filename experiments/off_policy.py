"""What another policy would have brought, read from logged turns; or why nobody can say.

Tables in, values out. A turn is known with the chances that its options really had; a reward is
what came after it. Estimates and their bounds are in `statistics`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from experiments.errors import ExperimentError
from experiments.statistics.features import features_of
from experiments.statistics.logged_turns import Floats, LoggedTurns, weights_of
from experiments.statistics.off_policy import PolicyEstimates, off_policy
from experiments.statistics.overlap import (
    LEAST_EVENTS,
    LEAST_SIZE,
    Overlap,
    overlap_of,
)

MOST_EXPLORED = 0.2
"""What a campaign may explore at most; the advice of a refusal stays below it."""

_SHOWN = 4
_TOLERANCE = 1e-6


class OffPolicyError(ExperimentError):
    """A table of turns from which no honest number follows."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why something cannot be estimated, and what would help."""

    rule: str
    why: str
    helps: str


@dataclass(frozen=True, slots=True)
class RewardReading:
    """One reward under the policy, or the refusal that stands in its place."""

    reward: str
    estimates: PolicyEstimates | None
    refusals: tuple[Refusal, ...] = ()


@dataclass(frozen=True, slots=True)
class PolicyReading:
    """All that logged turns tell of one policy."""

    policy: str
    turns: int
    open_threads: int
    """Left out: their window has not closed yet."""
    overlap: Overlap
    rewards: tuple[RewardReading, ...]
    refusals: tuple[Refusal, ...] = ()
    """Of the policy as a whole; where there is one, no reward is estimated."""
    chances: Floats = field(default_factory=lambda: np.empty(0), repr=False)
    """Which chance what the policy does had as logged, of each turn in which it does otherwise."""

    @property
    def is_refused(self) -> bool:
        """Whether nothing is estimated at all."""
        return all(reading.estimates is None for reading in self.rewards)

    def as_dict(self) -> dict[str, Any]:
        """Returns plain values for JSON."""
        plain = asdict(self)
        del plain["chances"]
        return plain


def read_policy(
    turns: pl.DataFrame,
    options: pl.DataFrame,
    outcomes: pl.DataFrame,
    *,
    policy: str,
    rewards: Sequence[str],
    window_days: int,
    as_of: datetime,
    known: Sequence[str] = (),
    seed: int = 1,
) -> PolicyReading:
    """Returns what a policy would have brought a thread within a window, reward by reward.

    Args:
        turns: One row a turn: `turn`, `thread`, `cluster`, `at` (UTC) and the columns of `known`.
        options: One row an option of a turn: `turn`, `action` (what is done, in a word),
            `logged` and `policy` (its chance as logged and under the policy), `is_chosen`.
        outcomes: One row an event: `thread`, `reward`, `at`.
        policy: What the policy is called.
        rewards: Which rewards are read; each is whether it came at all.
        window_days: From a thread's first turn; later turns and events do not count, and threads
            whose window is open at `as_of` are left out.
        as_of: When one looks.
        known: Columns of `turns` from before the choice, by which rewards are foretold.
        seed: Makes the forecast the same each time.

    Raises:
        OffPolicyError: chances that are none, a turn that chose nothing, or no closed thread.
    """
    _check(turns, options)
    window = timedelta(days=window_days)
    begun = turns.group_by("thread").agg(pl.col("at").min().alias("begun"))
    closed = begun.filter(pl.col("begun") + window <= as_of)
    counted = (
        turns.join(closed, on="thread")
        .filter(pl.col("at") <= pl.col("begun") + window)
        .sort("thread", "at", "turn")
    )
    if counted.is_empty():
        raise OffPolicyError(
            f"no thread is {window_days} days old at {as_of:%Y-%m-%d}, so none can be read; wait, "
            "or read a shorter window."
        )
    logged, chances, names = _logged(counted, options, known)
    weights = weights_of(logged, chances)
    overlap = overlap_of(logged, chances, weights)
    refusals = tuple(_refusal(rule, overlap, names) for rule in overlap.broken)
    readings = []
    for reward in rewards:
        if refusals:
            readings.append(RewardReading(reward, None))
            continue
        came = _came(counted, outcomes.filter(pl.col("reward") == reward), window)
        found = off_policy(logged, came, chances, weights, seed=seed)
        few = _few_events(reward, found)
        readings.append(RewardReading(reward, None if few else found, few))
    return PolicyReading(
        policy=policy,
        turns=len(counted),
        open_threads=len(begun) - len(closed),
        overlap=overlap,
        rewards=tuple(readings),
        refusals=refusals,
        chances=_seen_chances(logged, chances),
    )


def _check(turns: pl.DataFrame, options: pl.DataFrame) -> None:
    sums = options.group_by("turn").agg(
        pl.col("logged").sum(),
        pl.col("policy").sum(),
        pl.col("is_chosen").sum().alias("chosen"),
        pl.col("logged").filter(pl.col("is_chosen")).sum().alias("chance"),
    )
    for name in ("logged", "policy"):
        odd = sums.filter((pl.col(name) - 1).abs() > _TOLERANCE)
        if len(odd):
            row = odd.row(0, named=True)
            raise OffPolicyError(
                f"options: {name} of turn {row['turn']!r} sums to {row[name]:g}; the chances of a "
                "turn sum to 1."
            )
    if len(odd := sums.filter((pl.col("chosen") != 1) | (pl.col("chance") <= 0))):
        raise OffPolicyError(
            f"options: is_chosen of turn {odd['turn'][0]!r} must name one option, and one whose "
            "logged chance is above 0."
        )
    if turns["turn"].is_duplicated().any() or len(
        missing := turns.join(sums, on="turn", how="anti")
    ):
        name = (
            turns.filter(pl.col("turn").is_duplicated())["turn"].head(1).to_list()
            or missing["turn"]
        )
        raise OffPolicyError(f"turns: turn {name[0]!r} must stand once, and have options.")


def _logged(
    counted: pl.DataFrame, options: pl.DataFrame, known: Sequence[str]
) -> tuple[LoggedTurns, Floats, list[str]]:
    places = counted.select(
        "turn",
        pl.int_range(pl.len()).alias("place"),
        (pl.col("thread").rle_id()).cast(pl.Int64).alias("number"),
        pl.col("cluster").rank("dense").cast(pl.Int64).alias("group"),
    )
    rows = options.join(places.select("turn", "place"), on="turn").sort(
        "place", "is_chosen", "action", descending=[False, True, False]
    )
    names = rows["action"].unique().sort()
    features = counted.select(*known, pl.col("begun").is_null().alias("nothing"))
    turns = LoggedTurns(
        threads=places["number"].to_numpy(),
        clusters=places["group"].to_numpy(),
        features=features_of(features),
        option_turns=rows["place"].to_numpy().astype(np.int64),
        option_actions=np.asarray(names.search_sorted(rows["action"]), np.int64),
        chances=rows["logged"].to_numpy(),
        chosen=np.flatnonzero(rows["is_chosen"].to_numpy()),
    )
    return turns, rows["policy"].to_numpy().astype(np.float64), names.to_list()


def _came(counted: pl.DataFrame, events: pl.DataFrame, window: timedelta) -> Floats:
    """1 at the turn after which a thread's first event came, and 0 everywhere else."""
    first = (
        events.join(counted.select("thread", "begun").unique(), on="thread")
        .filter(
            (pl.col("at") >= pl.col("begun")) & (pl.col("at") <= pl.col("begun") + window),
        )
        .group_by("thread")
        .agg(pl.col("at").min().alias("came"))
    )
    return (
        counted.select("thread", "at")
        .join(first, on="thread", how="left", maintain_order="left")
        .select(
            (
                (pl.col("at") <= pl.col("came"))
                & (pl.col("at").shift(-1).over("thread") > pl.col("came")).fill_null(True)
            )
            .fill_null(False)
            .cast(pl.Float64)
        )
        .to_series()
        .to_numpy()
    )


def _seen_chances(turns: LoggedTurns, policy: Floats) -> Floats:
    differs = turns.by_turn(np.abs(policy - turns.chances)) > _TOLERANCE
    return turns.by_turn(policy * turns.chances)[differs]


def _few_events(reward: str, found: PolicyEstimates) -> tuple[Refusal, ...]:
    events = found.effective_events
    if events >= LEAST_EVENTS:
        return ()
    why = (
        f"{reward} came so seldom where the policy chooses otherwise that it tells as much as "
        f"{max(events, 0):.1f} events; at least {LEAST_EVENTS:g} are needed"
    )
    return (Refusal("few_events", why, "more threads, or a reward that comes more often"),)


def _refusal(rule: str, overlap: Overlap, names: Sequence[str]) -> Refusal:
    otherwise = f"{overlap.affected:,} of {overlap.threads:,} threads"
    whys: Mapping[str, str] = {
        "no_overlap": (
            f"in {overlap.lost_share:.1%} of the threads the policy does what had no chance, or "
            f"hardly any, as logged: {_actions(overlap, names)}"
        ),
        "few_threads": (
            f"the policy chooses otherwise in {otherwise}, and those in which that was tried tell "
            f"as much as {overlap.effective_size:.0f}, since one may weigh up to "
            f"{overlap.largest_weight:.0f}; at least {LEAST_SIZE:g} are needed"
        ),
        "wrong_chances": (
            f"the weights' mean is {overlap.mean_weight:.2f} ± {overlap.mean_weight_error:.2f} and "
            "must be 1: the chances that were logged are not those by which was chosen"
        ),
    }
    if rule == "wrong_chances":
        return Refusal(rule, whys[rule], "find out who chose, and by which chances")
    return Refusal(rule, whys[rule], _advice(rule, overlap))


def _actions(overlap: Overlap, names: Sequence[str]) -> str:
    shown = [f"{names[a]} ({n:,} threads)" for a, n in overlap.lost_actions[:_SHOWN]]
    rest = len(overlap.lost_actions) - _SHOWN
    return ", ".join([*shown, f"and {rest} more"] if rest > 0 else shown)


def _advice(rule: str, overlap: Overlap) -> str:
    """What would tell enough: so much exploration with as many threads, or more threads."""
    if rule != "no_overlap":
        threads = int(np.ceil(overlap.affected * overlap.needed_times))
        return (
            f"{threads:,} such threads, explored as these {overlap.affected:,} were, or a larger "
            f"share of exploration (at most {MOST_EXPLORED:.0%} of the turns)"
        )
    share = overlap.needed_share(overlap.affected)
    if share <= MOST_EXPLORED:
        rounded = max(np.ceil(share * 100), 1) / 100
        return (
            f"exploration at {rounded:.0%} of the turns (`exploration: {rounded:g}` in the "
            "campaign), with as many threads again"
        )
    return (
        f"exploration at {MOST_EXPLORED:.0%} of the turns (`exploration: {MOST_EXPLORED:g}` in the "
        f"campaign) and {overlap.needed_threads(MOST_EXPLORED):,} threads in which the policy "
        "chooses otherwise"
    )
