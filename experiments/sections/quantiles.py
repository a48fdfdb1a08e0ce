"""Section: differences of quantiles."""

from experiments.sections.parts import Effect, QuantileEffect
from experiments.sections.trial import Trial
from experiments.statistics.quantiles import difference_of_quantiles


def quantiles(trial: Trial) -> tuple[QuantileEffect, ...] | None:
    """Returns one row for each metric, quantile and treated arm that the spec names."""
    rows = []
    for metric, levels in trial.spec.quantiles.items():
        for arm in trial.spec.treated:
            if trial.is_unmeasured(metric, arm):
                continue
            control, treated = trial.samples(trial.pair(metric, arm), metric, arm)
            for level in levels:
                found = difference_of_quantiles(control, treated, level)
                rows.append(
                    QuantileEffect(
                        metric=metric,
                        quantile=level,
                        arm=arm,
                        control=trial.spec.control,
                        value_arm=found.mean_arm,
                        value_control=found.mean_control,
                        effect=Effect.of(found),
                    )
                )
    return tuple(rows) or None
