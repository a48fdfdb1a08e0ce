"""Incremental pipeline and revenue in words, as the page and the leadership dashboard show them."""

import pytest

from pipelines.readouts.report import Report
from pipelines.readouts.worth import worth


@pytest.fixture(scope="module")
def report(ran) -> Report:
    return Report.model_validate_json(ran.report.read_text())


def changed(report, metric, /, **values):
    rows = [
        row.model_copy(update=values) if row.metric == metric else row
        for row in report.readout.metrics
    ]
    readout = report.readout.model_copy(update={"metrics": tuple(rows)})
    return report.model_copy(update={"readout": readout})


def test_the_readout_estimates_what_was_added_with_its_interval(report, ran):
    """R151: through the holdout, by intention to treat, and on the page."""
    row = next(row for row in report.readout.metrics if row.metric == "pipeline_usd")
    pipeline, revenue = worth(report)
    assert row.total == pytest.approx(row.effect * row.n_arm)
    assert row.n_missing > 0
    assert report.readout.money
    assert pipeline.is_measured
    assert pipeline.total == f"{'−' if row.total < 0 else ''}${abs(row.total):,.0f}"
    assert "95% interval" in pipeline.said
    assert f"without {row.n_missing:,} whose deals are of unknown worth" in pipeline.said
    html = ran.page.read_text()
    assert pipeline.said in html
    assert revenue.label in html


def test_what_the_sandbox_planted_stands_beside_it(report):
    planted = report.planted.model_copy(update={"planted_pipeline_usd": 100.0})
    pipeline, revenue = worth(report.model_copy(update={"planted": planted}))
    row = next(row for row in report.readout.metrics if row.metric == "pipeline_usd")
    assert pipeline.said.endswith(f"planted ${100 * row.n_arm:,.0f}")
    assert "planted" not in revenue.said


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"method": "none without values", "total": None}, "not measured: the CRM has no deals"),
        ({"total": None, "verdict": "not shown yet: wait"}, "not shown yet: wait"),
    ],
)
def test_what_is_not_known_is_a_dash_with_a_reason(report, values, said):
    pipeline, _ = worth(changed(report, "pipeline_usd", **values))
    assert (pipeline.total, pipeline.is_measured) == ("–", False)
    assert pipeline.said.startswith(said)


def test_an_experiment_that_names_no_money_says_so(report):
    pipeline, revenue = worth(changed(report, "pipeline_usd", metric="touches"))
    assert "does not name it" in pipeline.said
    assert "does not name it" not in revenue.said
