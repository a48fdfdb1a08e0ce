"""What the agent was worth in money, in words: incremental pipeline and revenue (R151)."""

from dataclasses import dataclass

from experiments.metric_words import DASH
from experiments.readout import MetricReadout
from pipelines.readouts.report import Report

_ASKED = {"pipeline_usd": "Incremental pipeline", "revenue_usd": "Incremental revenue"}


@dataclass(frozen=True, slots=True)
class Worth:
    """One amount: `total` in US dollars over the units of the arm, and how sure that is."""

    label: str
    total: str
    said: str
    is_measured: bool


def worth(report: Report) -> tuple[Worth, ...]:
    """Returns pipeline and revenue that the first treated arm added, or why nobody knows."""
    arm = report.readout.primary.arm
    rows = {
        row.metric: row
        for row in report.readout.metrics
        if row.arm == arm and row.control == report.control
    }
    planted = report.planted.planted_pipeline_usd if report.planted else None
    return tuple(
        _of(label, rows.get(metric), planted if metric == "pipeline_usd" else None)
        for metric, label in _ASKED.items()
    )


def _of(label: str, row: MetricReadout | None, planted: float | None) -> Worth:
    if row is None:
        return _unknown(label, "not measured: the experiment does not name it among its metrics")
    if row.method == "none without values":
        return _unknown(
            label,
            "not measured: the CRM has no deals, or was read before the windows of the experiment "
            "ended; read it again and make the readout anew",
        )
    if row.total is None:
        return _unknown(label, row.verdict)
    if row.total_ci_low is None or row.total_ci_high is None:
        return Worth(label, _usd(row.total), "no interval: both arms have the same", True)
    said = f"{_usd(row.total_ci_low)} to {_usd(row.total_ci_high)}, 95% interval"
    if not row.verdict.startswith("shown"):
        said += "; not shown, it may be nothing"
    if row.n_missing:
        said += f"; without {row.n_missing:,} whose deals are of unknown worth"
    if planted is not None:
        said += f"; planted {_usd(planted * row.n_arm)}"
    return Worth(label, _usd(row.total), said, True)


def _unknown(label: str, said: str) -> Worth:
    return Worth(label, DASH, said, False)


def _usd(amount: float) -> str:
    return f"{'−' if round(amount) < 0 else ''}${abs(amount):,.0f}"
