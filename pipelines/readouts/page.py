"""The page of a run: one HTML file that opens without a server and without a network."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment
from markupsafe import Markup
from plotly.graph_objects import Figure as Plot
from plotly.offline import get_plotlyjs

from agent_runtime.settings import Workspace
from experiments.figures import daily_figure, interval_figure
from experiments.pages import templates_in
from pipelines.errors import PipelineError
from pipelines.readouts import words
from pipelines.readouts.dashboards.definitions import dashboard_path, load_dashboards
from pipelines.readouts.report import Report
from pipelines.readouts.worth import worth

TEMPLATES = Path(__file__).parent / "templates"


def build_page(workspace: Workspace) -> Path:
    """Writes the page from the report of a workspace and returns its path.

    Raises:
        PipelineError: There is no report yet.
    """
    if not workspace.report.exists():
        raise PipelineError(
            f"{workspace.report}: there is no such file; the asset group `readouts` writes it."
        )
    report = Report.model_validate_json(workspace.report.read_text(encoding="utf-8"))
    links = [
        (page.name, page.label)
        for page in load_dashboards()
        if dashboard_path(workspace, page.name).exists()
    ]
    workspace.page.write_text(render_page(report, links), encoding="utf-8")
    return workspace.page


def render_page(report: Report, dashboards: Sequence[tuple[str, str]] = ()) -> str:
    """Returns the page as HTML; scripts, styles and figures are inside.

    Args:
        report: All figures of the run.
        dashboards: Name and label of those that lie beside the page.
    """
    verdict, sentence = words.answer(report)
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            report=report,
            verdict=verdict,
            sentence=sentence,
            treated=report.lift.arm,
            plots=_plots(report),
            dashboards=dashboards,
            plotly=Markup(get_plotlyjs()),
        )
    )


def _environment() -> Environment:
    environment = templates_in(TEMPLATES)
    environment.globals |= {"words": words, "worth": worth}
    return environment


def _plots(report: Report) -> Markup:
    """Figures by the id of the element that shows them, as JSON that may stand in a script."""
    truth = report.planted.planted_effect if report.planted else None
    plots: dict[str, Any] = {
        "plot-lift": _plain(interval_figure(report.readout.primary, truth=truth))
    }
    for daily in report.daily:
        plots[f"plot-{daily.metric}"] = _plain(
            daily_figure(daily.days, daily.by_arm, control=report.control)
        )
    return Markup(json.dumps(plots).replace("</", "<\\/"))


def _plain(plot: Plot) -> dict[str, Any]:
    return json.loads(plot.to_json() or "{}")
