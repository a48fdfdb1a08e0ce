"""Four dashboards from the published slices: what they hold, and their export for mail."""

import re
from dataclasses import replace

import polars as pl
import pytest
from embedded import cell, embedded

from experiments.metrics import list_metrics
from experiments.semantic_layer import Question, load_semantic_layer
from pipelines.cli import main
from pipelines.manifest import ensure_manifest
from pipelines.readouts.dashboards.definitions import (
    load_dashboards,
    page_words,
    shown_metrics,
    shown_splits,
)
from pipelines.readouts.slices import slices_path

AUDIENCES = ("sales", "revops", "learning", "leadership")


@pytest.fixture(scope="module", autouse=True)
def manifest():
    return ensure_manifest()


@pytest.fixture
def parley(monkeypatch, capsys):
    """Runs `parley` with arguments; returns its exit code, output and complaint."""

    def run(*arguments):
        monkeypatch.setattr("sys.argv", ["parley", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return ended.value.code, said.out, said.err

    return run


def test_each_of_four_readers_has_a_dashboard():
    """R181: sales, RevOps, learning and leadership."""
    assert tuple(page.name for page in load_dashboards()) == AUDIENCES


def test_dashboards_name_only_metrics_and_dimensions_that_the_semantic_layer_defines():
    """R182: no dashboard defines anything."""
    layer = load_semantic_layer()
    assert {*shown_metrics(), *page_words().takes, *page_words().filtered} <= {*layer.definitions}
    for split in shown_splits():
        assert split.by in layer.dimensions([split.metric])


def test_the_quick_view_pairs_success_with_compliance_and_accuracy():
    """R221, R243: and keeps them where nobody has measured them yet."""
    leadership = load_dashboards()[-1]
    quick = next(s for s in leadership.sections if s.title == "Quick success view")
    assert {"compliance_pass_rate", "accuracy_score"} <= {*quick.tiles}
    assert {"first_response_minutes", "positive_intent_rate", "meetings_set"} <= {*quick.tiles}
    assert quick.keeps_unmeasured


def test_every_metric_that_the_guide_asks_for_is_on_a_dashboard():
    """R140-R165 and R208: but for the share of units that met, which is the lift itself."""
    asked = {
        d.name
        for d in list_metrics()
        if d.requirement and 140 <= int(d.requirement[1:]) <= 165 and d.name != "persons_complained"
    }
    assert asked <= {*shown_metrics()}


def test_what_is_not_measured_says_why_and_is_no_zero(dashboards):
    """R153: nobody scored accuracy, so it has no value, but a reason and what it takes."""
    page = embedded(dashboards, "leadership")
    held = cell(page, "accuracy_score")
    assert held[0] is None
    assert held[-1] == "nothing to count: no scores for accuracy"
    html = (dashboards.root / "dashboards/leadership.html").read_text(encoding="utf-8")
    assert "Not measured yet, and what it takes" in html
    assert "<code>parley review score</code>" in html


def test_every_share_has_an_interval_around_it(dashboards):
    slices = pl.read_parquet(slices_path(dashboards))
    rates = slices.filter(
        pl.col("metric").is_in(["positive_intent_rate", "compliance_pass_rate"]),
        pl.col("value").is_not_null(),
    )
    assert rates.height > 10
    inside = (pl.col("ci_low") <= pl.col("value") + 1e-12) & (
        pl.col("value") <= pl.col("ci_high") + 1e-12
    )
    assert rates.select(inside.all()).item()


def test_pages_link_to_each_other_and_share_one_script(dashboards):
    folder = dashboards.root / "dashboards"
    assert (folder / "plotly.min.js").stat().st_size > 1_000_000
    for name in AUDIENCES:
        html = (folder / f"{name}.html").read_text(encoding="utf-8")
        assert len(html) < 1_000_000
        assert all(f'href="{other}.html"' in html for other in AUDIENCES)
        assert html.count('<script src="plotly.min.js">') == 1
        assert not re.search(r'(?:src|href)="(?:https?:)?//', html)
    assert 'href="dashboards/sales.html"' in dashboards.page.read_text(encoding="utf-8")


def test_the_export_runs_no_script_and_holds_the_numbers_of_the_choice(
    dashboards, parley, tmp_path
):
    """R181: for mail, where no script runs; figures are inside, definitions one link away."""
    page = embedded(dashboards, "leadership")
    known = page["filters"][0]
    chosen = known["values"][0]
    out = tmp_path / "mail.html"
    code, *_ = parley(
        *("dashboard", "export", "leadership", "--out", out, "-w", dashboards.root),
        *(f"--{known['name']}", chosen["value"]),
    )
    assert not code
    html = out.read_text(encoding="utf-8")
    assert "<script" not in html
    assert html.count("<svg") >= 4
    assert chosen["label"] in html
    held = cell(page, "positive_intent_rate", **{known["name"]: chosen["value"]})
    assert held[6] in html
    assert 'href="#def-meetings_set"' in html
    assert 'id="def-meetings_set"' in html
    assert not re.search(r'(?:src|href)="(?:https?:)?//', html)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("export", "board", "--out", "x.html"), "argument NAME, the value 'board'"),
        (("export", "sales", "--out", "x.html", "--period", "1999-01"), "option --period"),
        (("export", "sales", "--out", "no/where/x.html"), "option --out"),
    ],
)
def test_a_wrong_choice_is_one_sentence_that_says_what_there_is(
    arguments, said, dashboards, parley, monkeypatch, tmp_path
):
    monkeypatch.chdir(tmp_path)
    code, _, complaint = parley("dashboard", *arguments, "-w", dashboards.root)
    assert code == 2
    assert said in complaint
    assert complaint.count("\n") == 1


def test_a_workspace_without_numbers_says_how_to_get_them(parley, tmp_path):
    code, _, complaint = parley(
        "dashboard", "export", "sales", "--out", tmp_path / "x.html", "-w", tmp_path
    )
    assert code == 2
    assert "`parley dashboard build`" in complaint
    code, out, _ = parley("dashboard", "list", "-w", tmp_path)
    assert not code
    assert out.count("not built yet") == 4


@pytest.mark.parametrize("grain", ["month", "quarter", "year"])
def test_the_statement_of_a_coarse_grain_is_the_one_that_metricflow_plans(grain):
    layer = load_semantic_layer()
    question = Question(metrics=("positive_intent_rate", "meetings_set"), grain=grain, by=("arm",))
    assert layer.sql(question) == layer._planned(question)


def test_what_changed_is_shown_to_whom_it_concerns_and_silence_is_said(dashboards):
    """R183-R186: the findings that were published, for their audience only."""
    from pipelines.readouts.dashboards.build import load_sources, render

    line = {"label": "Show rate", "unit": "share", "before": 0.8, "after": 0.6, "change": -0.2}
    moved = {
        "period": {"before": ["2026-01-12", "2026-01-18"], "after": ["2026-01-19", "2026-01-25"]},
        "findings": [
            {
                "audience": ["sales"],
                "headline": "Fewer buyers <come>",
                "evidence": [line | {"ci_low": -0.3, "ci_high": -0.1}],
                "certainty": "Shown.",
                "advice": "Remind them.",
            }
        ],
        "quiet": "Nothing moved.",
    }
    sales, revops, *_ = load_dashboards()
    sources = replace(load_sources(dashboards), movements=moved)
    assert "Fewer buyers &lt;come&gt;" in (html := render(sales, sources))
    assert "−20.0 points (−30.0 to −10.0)" in html
    assert "Fewer buyers" not in (quiet := render(revops, sources))
    assert "Nothing moved." in quiet
    assert "What changed" not in render(sales, replace(sources, movements=None))
