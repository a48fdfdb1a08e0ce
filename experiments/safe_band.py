"""From which confidence on messages may go without a person, category by category.

A threshold is shown to keep the error rate of what goes at or below a bound by betting against
the opposite: each judged message moves a stake, and if the true rate were above the bound the
stake could not be expected to grow. A stake that has grown twentyfold proves the bound with 95%
certainty, also where one looks at it every day.

References:
    Angelopoulos, Bates, Candès, Jordan & Lei (2021), Learn then Test, section 2 (risk of a
    threshold as a hypothesis; fixed sequence testing from several starts).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from experiments.statistics.bets import Array, at_most, log_evidence, log_evidence_above

JUDGED = pl.Schema(
    {
        "message_id": pl.String,
        "category": pl.String,
        "confidence": pl.Float64,
        "share": pl.Float64,
        "weight": pl.Float64,
        "is_wrong": pl.Boolean,
        "made_at": pl.Datetime("us", "UTC"),
    }
)
"""One row a judged message. `category` is `action/topic/language`; `share` is the probability with
which it was drawn to be judged, 1 where a person reads everything; `weight` is the probability
with which one inside the band was drawn at that time, over `share`: so of a time when the band
was open, what lay below it does not outweigh what was inside."""

SHIFT = 0.001
ENOUGH_SEEN = 30
LEVELS = 4
"""Action, topic and language; without language; without topic; all."""
ALL = "*"
CERTAINTY = 0.95
RESERVE = 0.5
"""Share of the bound at which a band is opened, so that there is room when things get worse."""
STARTS = (0.4, 0.7)
"""Shares of a category's messages at which the search for a threshold begins, each with its part
of the uncertainty; none of them looks at what was judged."""
STEPS = 40


@dataclass(frozen=True, slots=True)
class Band:
    """From where on messages of one category may go."""

    category: str
    threshold: float | None
    """None: none is shown to be safe, and a person reads all."""
    judged: int
    """Messages that count, of all confidences."""
    inside: int
    """Of these, from the threshold on."""
    wrong: int
    """Of these, wrong."""
    at_most: float | None
    """With the certainty asked for, the error rate inside is no more."""
    share: float
    """Estimated share of the category's messages that lie inside."""
    members: tuple[str, ...]
    """The finest categories whose messages count here; no other may rely on it."""


def needed(bound: float, *, certainty: float = CERTAINTY) -> int:
    """Returns how many messages must be judged, all of them right, before any band opens."""
    return int(np.ceil(np.log(len(STARTS) / (1 - certainty)) / -np.log1p(-bound * 0.95)))


def thresholds(confidence: Array) -> Array:
    """Returns the thresholds that are tried, from the one that lets most through on."""
    if len(confidence) == 0:
        return confidence
    return np.unique(np.quantile(confidence, np.linspace(0, 1, STEPS, endpoint=False)))


def widest(
    confidence: Array,
    wrong: Array,
    weight: Array,
    *,
    bound: float,
    certainty: float = CERTAINTY,
    floor: float = 0.0,
) -> float | None:
    """Returns the lowest threshold shown to keep errors at or below the bound; None for none.

    From each start downwards, until one is not shown. The chance that the rate behind the answer
    is above the bound is at most 1 - certainty, however many thresholds there are.
    """
    if len(confidence) < needed(bound, certainty=certainty):
        return None
    tried = np.unique(np.maximum(thresholds(confidence), floor))
    enough = np.log(len(STARTS) / (1 - certainty))
    found: list[float] = []
    for start in STARTS:
        first = max(float(np.quantile(confidence, 1 - start)), floor)
        for threshold in tried[tried <= first][::-1]:
            inside = confidence >= threshold
            if not inside.any() or log_evidence(wrong[inside], weight[inside], bound) < enough:
                break
            found.append(float(threshold))
    return min(found, default=None)


def calibrate(
    judged: pl.DataFrame,
    *,
    most_errors: float,
    live: Mapping[str, float] | None = None,
    reserve: float = RESERVE,
    certainty: float = CERTAINTY,
    floor: float = 0.0,
) -> tuple[Band, ...]:
    """Returns a band for each category that has one of its own, the coarsest last.

    A category has its own where its messages show a threshold to be safe, or show that it is
    unsafe and stays closed. Any other counts in the coarser one, which is without language, then
    without topic, then all together; what that one shows holds on average over its members. That
    the unsafe ones leave it by what was judged flatters the rest a little; the watch over what
    goes does not rest on this.

    Args:
        judged: As `JUDGED`; of one playbook, and since its band was last narrowed.
        most_errors: The bound on the error rate of what goes without a person.
        live: Thresholds that are in force, by category. They may stay while the bound itself is
            shown; to be lowered, `reserve` of it must be.
        reserve: Share of the bound at which a band opens.
        certainty: Of each band's claim.
        floor: Confidence below which the playbook lets nothing go.
    """
    found: list[Band] = []
    rest = judged.select(JUDGED.names()).with_columns(pl.col("category").alias("finest"))
    for level in range(LEVELS):
        names = {finest: _coarser(finest, level) for finest in rest["finest"].unique().to_list()}
        named = pl.col("finest").replace_strict(names, return_dtype=pl.String)
        rest = rest.with_columns(named.alias("category"))
        own: list[str] = []
        for (name,), part in rest.group_by("category", maintain_order=True):
            band = _band(str(name), part, most_errors, live or {}, reserve, certainty, floor)
            is_last = level == LEVELS - 1
            if is_last or band.threshold is not None or _is_unsafe(part, most_errors, certainty):
                own.append(str(name))
                found.append(band)
        rest = rest.filter(~pl.col("category").is_in(own))
    return tuple(found)


def _is_unsafe(part: pl.DataFrame, bound: float, certainty: float) -> bool:
    """Whether even the surer half is shown to be wrong more often than it may."""
    sure = part.filter(pl.col("confidence") >= pl.col("confidence").median())
    wrong = sure["is_wrong"].to_numpy().astype(float)
    return log_evidence_above(wrong, sure["weight"].to_numpy(), bound) >= -np.log(1 - certainty)


def coarser(category: str) -> Iterator[str]:
    """Yields a category and those in which it counts where it has too few messages."""
    for level in range(LEVELS):
        yield _coarser(category, level)


def _coarser(category: str, level: int) -> str:
    parts = category.split("/")
    return "/".join([*parts[: len(parts) - level], *[ALL] * level])


def _band(
    name: str,
    part: pl.DataFrame,
    most_errors: float,
    live: Mapping[str, float],
    reserve: float,
    certainty: float,
    floor: float,
) -> Band:
    confidence, wrong, weight = _columns(part)
    threshold = widest(
        confidence, wrong, weight, bound=most_errors * reserve, certainty=certainty, floor=floor
    )
    standing = live.get(name)
    if standing is not None and (threshold is None or threshold > standing):
        held = confidence >= standing
        if log_evidence(wrong[held], weight[held], most_errors) >= -np.log(1 - certainty):
            threshold = standing
    inside = confidence >= (np.inf if threshold is None else threshold)
    stands_for = 1 / part["share"].to_numpy()
    return Band(
        category=name,
        threshold=threshold,
        judged=part.height,
        inside=int(inside.sum()),
        wrong=int(wrong[inside].sum()),
        at_most=at_most(wrong[inside], weight[inside], certainty=certainty),
        share=float(stands_for[inside].sum() / stands_for.sum()) if part.height else 0.0,
        members=tuple(sorted(part["finest"].unique().to_list())),
    )


def _columns(judged: pl.DataFrame) -> tuple[Array, Array, Array]:
    wrong = judged["is_wrong"].to_numpy().astype(float)
    return judged["confidence"].to_numpy(), wrong, judged["weight"].to_numpy()


def curve(judged: pl.DataFrame, *, certainty: float = CERTAINTY) -> pl.DataFrame:
    """Returns one row a threshold: what would go, its estimated error rate, and its upper bound."""
    confidence, wrong, weight = _columns(judged)
    stands_for = 1 / judged["share"].to_numpy()
    rows: list[dict[str, float | None]] = []
    for threshold in thresholds(confidence):
        inside = confidence >= threshold
        sent = stands_for[inside].sum()
        rows.append(
            {
                "threshold": float(threshold),
                "sent": float(sent / stands_for.sum()),
                "error": float((stands_for[inside] * wrong[inside]).sum() / sent),
                "error_at_most": at_most(wrong[inside], weight[inside], certainty=certainty),
            }
        )
    schema = {name: pl.Float64 for name in ("threshold", "sent", "error", "error_at_most")}
    return pl.DataFrame(rows, schema=schema)


def is_shifted(expected: float, inside: int, seen: int) -> bool:
    """Whether new messages lie inside a band more or less often than they should.

    Args:
        expected: Share that lay inside when the band was calibrated.
        inside: New messages inside.
        seen: New messages in all; too few tell nothing.

    An exact binomial test at 0.1%, so that of bands looked at daily one a year is wrongly told.
    """
    from scipy.stats import binomtest

    if seen < ENOUGH_SEEN or not 0 < expected < 1:
        return False
    return bool(binomtest(inside, seen, expected).pvalue < SHIFT)


def threshold_of(
    judged: pl.DataFrame, *, bound: float, certainty: float = CERTAINTY
) -> float | None:
    """Returns the lowest threshold that messages of one category show to keep a bound."""
    return widest(*_columns(judged), bound=bound, certainty=certainty)


def of_answers(answers: pl.DataFrame) -> pl.DataFrame:
    """Returns answers of `calibration.judged_answers` as messages of one kind, all read."""
    return answers.select(
        pl.int_range(pl.len()).cast(pl.String).alias("message_id"),
        pl.lit("answer/any/any").alias("category"),
        "confidence",
        pl.lit(1.0).alias("share"),
        pl.lit(1.0).alias("weight"),
        (~pl.col("is_right")).alias("is_wrong"),
        pl.lit(None, JUDGED["made_at"]).alias("made_at"),
    )
