"""Whether a confidence keeps its word: how often what was said with it turned out right."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl

from experiments.rate_intervals import Interval, rate_intervals
from experiments.warehouse import open_warehouse

JUDGED = pl.Schema({"confidence": pl.Float64, "is_right": pl.Boolean})
"""One row a judged answer."""

RIGHT_FROM = 4
"""Points for accuracy, of 5, from which a reviewer found the answer right."""

THRESHOLDS = tuple(round(0.5 + 0.05 * i, 2) for i in range(10))

_JUDGED_SQL = """
with judged as (
    select
        tenant_id,
        message_id,
        bool_and(what != 'rollback' and coalesce(accuracy >= $right_from, true)) as is_right
    from fct_reviews
    where what = 'rollback' or accuracy is not null
    group by all
),

answers as (
    select
        fct_messages.tenant_id,
        fct_messages.thread_id,
        fct_messages.occurred_at,
        judged.is_right
    from judged
    inner join fct_messages using (tenant_id, message_id)
    where fct_messages.is_by_agent
),

readings as (
    select
        tenant_id,
        thread_id,
        occurred_at,
        confidence
    from fct_turns
    where confidence is not null
)

select
    readings.confidence,
    answers.is_right
from answers
asof join readings
    on
        answers.tenant_id = readings.tenant_id
        and answers.thread_id = readings.thread_id
        and answers.occurred_at >= readings.occurred_at
order by all
"""


def judged_answers(warehouse: Path) -> pl.DataFrame:
    """Returns the agent's answers that reviewers judged, with the confidence of the reading before.

    Right is what every reviewer gave at least 4 of 5 points for accuracy and nobody took back.
    """
    with open_warehouse(warehouse) as connection:
        found = connection.sql(_JUDGED_SQL, params={"right_from": RIGHT_FROM}).pl()
    return found.cast(dict(JUDGED))


def simulated_answers(*, seed: int = 1, count: int = 2_000) -> pl.DataFrame:
    """Returns made-up judgements of an agent that is a little too sure, to show the method."""
    draw = np.random.default_rng(seed)
    confidence = draw.beta(8, 1, count)
    is_right = draw.random(count) < confidence**1.3
    return pl.DataFrame({"confidence": confidence, "is_right": is_right}, schema=JUDGED)


def reliability(judged: pl.DataFrame, *, bands: int = 10) -> pl.DataFrame:
    """Returns one row a band of confidence: what was said, what came true, its 95% interval.

    Bands hold equally many answers, so that none is too thin to say anything.

    References:
        Niculescu-Mizil & Caruana (2005), Predicting Good Probabilities with Supervised Learning.
    """
    ranked = judged.with_columns(
        (pl.col("confidence").rank("min") - 1).mul(bands).floordiv(pl.len()).alias("band")
    )
    found = (
        ranked.group_by("band")
        .agg(
            pl.col("confidence").min().alias("from"),
            pl.col("confidence").max().alias("to"),
            pl.col("confidence").mean().alias("said"),
            pl.col("is_right").sum().alias("right"),
            pl.len().alias("n"),
        )
        .sort("band")
        .drop("band")
    )
    ends = rate_intervals(found["right"].to_list(), found["n"].to_list())
    return found.with_columns(
        (pl.col("right") / pl.col("n")).alias("came_true"),
        pl.Series("ci_low", [_low(e) for e in ends], dtype=pl.Float64),
        pl.Series("ci_high", [_high(e) for e in ends], dtype=pl.Float64),
    )


def at_thresholds(judged: pl.DataFrame, thresholds: Sequence[float] = THRESHOLDS) -> pl.DataFrame:
    """Returns what is sent without a person from each threshold on, and how often it is wrong.

    `error_at_most` is the upper end of the 90% interval: with 95% certainty it is no more.
    """
    rows = [judged.filter(pl.col("confidence") >= t)["is_right"] for t in thresholds]
    wrong, sent = [len(r) - int(r.sum()) for r in rows], [len(r) for r in rows]
    ends = rate_intervals(wrong, sent, confidence=0.9)
    return pl.DataFrame(
        {
            "threshold": list(thresholds),
            "sent": sent,
            "coverage": [n / judged.height if judged.height else None for n in sent],
            "error": [w / n if n else None for w, n in zip(wrong, sent, strict=True)],
            "error_at_most": [_high(e) for e in ends],
        },
        schema_overrides={"coverage": pl.Float64, "error": pl.Float64, "error_at_most": pl.Float64},
    )


def safe_threshold(table: pl.DataFrame, *, most_errors: float) -> float | None:
    """Returns the lowest threshold that is shown to be safe; None where none is.

    From the highest down, and it stops at the first that is not shown, so that choosing costs
    nothing: the chance that the band errs more often is at most 5%.

    References:
        Angelopoulos et al. (2021), Learn then Test, section 2: fixed sequence testing.
    """
    safe = None
    for row in table.sort("threshold", descending=True).iter_rows(named=True):
        if row["sent"] and row["error_at_most"] > most_errors:
            break
        safe = row["threshold"] if row["sent"] else safe
    return safe


def answer(table: pl.DataFrame, *, most_errors: float) -> str:
    """Returns the threshold for the safe band in words."""
    threshold = safe_threshold(table, most_errors=most_errors)
    if threshold is None:
        return (
            f"No threshold is shown to keep errors at {most_errors:.0%} or less; let a person "
            "approve everything, and judge more answers."
        )
    row = table.row(by_predicate=pl.col("threshold") == threshold, named=True)
    return (
        f"Send without a person from a confidence of {threshold:.2f}: {row['coverage']:.0%} of the "
        f"answers, of which {row['error']:.1%} are wrong and, with 95% certainty, at most "
        f"{row['error_at_most']:.1%}."
    )


def _low(interval: Interval | None) -> float | None:
    return interval.low if interval else None


def _high(interval: Interval | None) -> float | None:
    return interval.high if interval else None
