"""What the console shows of a dashboard is what its page and its export show."""

import pytest

from agent_runtime.readouts.reading import read_board, read_experiments
from experiments.metric_words import group_text
from pipelines.manifest import ensure_manifest
from pipelines.readouts.dashboards.build import common, load_sources
from pipelines.readouts.dashboards.definitions import ORDER, find_dashboard
from pipelines.readouts.dashboards.figures import panel_rows


@pytest.fixture(scope="module", autouse=True)
def manifest():
    return ensure_manifest()


@pytest.mark.parametrize("name", ORDER)
def test_every_figure_is_that_of_the_page_for_every_period_and_filter(dashboards, name):
    """R182: one set of definitions, and one set of numbers."""
    sources, board = load_sources(dashboards), read_board(dashboards, name)
    cells, dashboard = sources.cells, find_dashboard(name)
    single = [{f: value} for f, values in cells.filters.items() for value in values]
    assert [p.key for p in board.periods] == [p.key for p in cells.periods]
    sections = common(dashboard, sources)["sections"]
    pairs = [
        (ours, theirs)
        for shown, section in zip(board.sections, sections, strict=True)
        for ours, theirs in zip(shown.panels, section.panels, strict=True)
    ]
    for period in board.periods:
        for chosen in ({}, *single):
            assert board.chosen(chosen) == chosen
            for metric in dashboard.metrics:
                cell = cells.get(metric, period.key, chosen)
                assert board.cell(metric, period.key, chosen) == tuple(cell)
            for ours, theirs in pairs:
                read = [(r.label, r.said) for r in board.rows(ours, period.key, chosen)]
                made = panel_rows(theirs, cells, period.key, chosen)
                assert read == [(r.label, r.said) for r in made], (ours.title, chosen)
    assert all(
        value.label == group_text(value.value, one.name)
        for one in board.filters
        for value in one.values
    )


def test_the_answer_of_the_experiment_is_published_beside_its_page(ran):
    """R169, R176: with what was promised and whether the holdout was left alone."""
    (answer,) = read_experiments(ran)
    assert (ran.root / f"experiment_{answer.id}.html").exists()
    assert answer.as_registered.startswith("As registered: version 2, approved by Ada Roe")
    assert answer.holdout is not None
    assert answer.primary is not None
    assert answer.guards
    assert sum(arm.observed for arm in answer.arms) > 0
    board = read_board(ran, "leadership")
    if board is not None and board.lift is not None:
        assert board.lift.effect == answer.primary
