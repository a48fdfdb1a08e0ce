"""Section: the effect by segments that were named before anybody was assigned."""

import polars as pl

from experiments.errors import UnitsError
from experiments.sections.parts import Effect, Interaction, SegmentEffect, Segments
from experiments.sections.trial import Trial
from experiments.statistics.heterogeneity import interaction_p_value
from experiments.statistics.influence import count_of
from experiments.statistics.multiplicity import adjusted

_MOST_LEVELS = 50
_TOO_FEW = "no estimate, since an arm has fewer than two of what was randomised"


def segments(trial: Trial) -> Segments | None:
    """Returns each level's effect on the primary metric, and whether levels differ."""
    if not trial.spec.segments:
        return None
    levels: list[SegmentEffect] = []
    interactions: list[Interaction] = []
    for arm in trial.spec.treated:
        for segment in trial.spec.segments:
            rows, interaction = _of_segment(trial, arm, segment)
            levels += rows
            interactions.append(interaction)
    correction = trial.spec.analysis.correction
    of_levels = adjusted([row.effect.p_value for row in levels], correction)
    of_segments = adjusted([row.p_value for row in interactions], correction)
    return Segments(
        levels=tuple(
            row.model_copy(update={"p_adjusted": p})
            for row, p in zip(levels, of_levels, strict=True)
        ),
        interactions=tuple(
            row.model_copy(update={"p_adjusted": p, "verdict": _verdict(row.segment, p)})
            for row, p in zip(interactions, of_segments, strict=True)
        ),
    )


def _of_segment(trial: Trial, arm: str, segment: str) -> tuple[list[SegmentEffect], Interaction]:
    metric = trial.primary
    units = trial.pair(metric, arm, segment)
    names = units[segment].cast(pl.String).fill_null("missing").alias("level")
    found = sorted(names.unique())
    if len(found) > _MOST_LEVELS:
        raise UnitsError(
            f"the segment {segment!r} holds {len(found)} values, but at most {_MOST_LEVELS} can be "
            "looked at apart; group them before the trial"
        )
    rows, comparable = [], []
    for level in found:
        of_level = units.filter(names == level)
        counts = [of_level.filter(pl.col("arm") == a) for a in (arm, trial.spec.control)]
        effect = Effect.from_parts(None, None, None, _TOO_FEW)
        if all(part.height > 1 for part in counts):
            control, treated = trial.samples(of_level, metric, arm)
            if min(count_of(control), count_of(treated)) > 1:
                effect = Effect.of(trial.estimate(of_level, metric, arm))
                comparable.append((control, treated))
        rows.append(
            SegmentEffect(
                segment=segment,
                level=level,
                metric=metric,
                arm=arm,
                control=trial.spec.control,
                n_arm=counts[0].height,
                n_control=counts[1].height,
                effect=effect,
                p_adjusted=None,
            )
        )
    p_value = interaction_p_value(comparable)
    return rows, Interaction(
        segment=segment, metric=metric, arm=arm, p_value=p_value, p_adjusted=None, verdict=""
    )


def _verdict(segment: str, p_adjusted: float | None) -> str:
    if p_adjusted is None:
        return f"no test: {segment} has fewer than two levels that can be compared"
    if p_adjusted < 0.05:
        return f"shown: the effect differs by {segment} (corrected p = {p_adjusted:.2g})"
    return f"not shown that the effect differs by {segment} (corrected p = {p_adjusted:.2g})"
