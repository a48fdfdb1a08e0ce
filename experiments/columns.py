"""Which columns a spec needs, and what each is for."""

from collections.abc import Iterator

from experiments.spec import Spec


def columns_of(spec: Spec, metric: str) -> tuple[str, ...]:
    """Returns the columns that hold a metric: itself, or a ratio's numerator and denominator."""
    ratio = spec.ratios.get(metric)
    return (metric,) if ratio is None else (ratio.numerator, ratio.denominator)


def randomised_as_one(spec: Spec) -> str | None:
    """Returns the column of what was put into an arm as a whole, if that is not the unit."""
    return spec.switchback.period if spec.switchback else spec.cluster


def parts_of(spec: Spec) -> dict[str, str]:
    """Returns every column that must be there, with its part in the spec."""
    parts = (
        {"unit_id": "the unit's id", "arm": "the unit's arm"}
        | ({spec.cluster: "cluster"} if spec.cluster else {})
        | {spec.primary.metric: "primary metric"}
        | dict.fromkeys(spec.secondary, "secondary metric")
        | dict.fromkeys(spec.guardrails, "guardrail")
        | dict.fromkeys(spec.covariates, "covariate")
    )
    for name in spec.ratios:
        parts.pop(name, None)
    return dict(_looked_at_besides(spec)) | parts


def numeric_columns(spec: Spec) -> tuple[str, ...]:
    """Returns every column that must hold numbers, once."""
    metrics = [column for metric in spec.metrics for column in columns_of(spec, metric)]
    contacted = [spec.contacted] if spec.contacted else []
    others = (*spec.covariates, *spec.quantiles, *spec.winsorise, *contacted)
    return tuple(dict.fromkeys((*metrics, *others)))


def may_be_unmeasured(spec: Spec) -> frozenset[str]:
    """Returns the columns without which the question is answered still: of secondary metrics."""
    decisive = (spec.primary.metric, *spec.guardrails)
    needed = [column for metric in decisive for column in columns_of(spec, metric)]
    known_before = (*spec.covariates, *spec.cupac, *spec.segments, spec.contacted)
    return frozenset(spec.secondary) - {*needed, *known_before, *spec.ratios}


def other_columns(spec: Spec) -> list[str]:
    """Returns the columns kept as they are: segments, what CUPAC learns from, periods."""
    period = [spec.switchback.period] if spec.switchback else []
    taken = {"unit_id", "arm", spec.cluster, *numeric_columns(spec)}
    return [c for c in dict.fromkeys((*spec.segments, *spec.cupac, *period)) if c not in taken]


def _looked_at_besides(spec: Spec) -> Iterator[tuple[str, str]]:
    for name, ratio in spec.ratios.items():
        yield ratio.numerator, f"numerator of {name}"
        yield ratio.denominator, f"denominator of {name}"
    yield from ((column, "quantile metric") for column in spec.quantiles)
    yield from ((column, "winsorised metric") for column in spec.winsorise)
    yield from ((column, "segment") for column in spec.segments)
    yield from ((column, "column for CUPAC") for column in spec.cupac)
    if spec.contacted:
        yield spec.contacted, "whether contacted"
    if spec.switchback:
        yield spec.switchback.period, "period"
