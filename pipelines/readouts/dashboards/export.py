"""One dashboard, for one choice of filters, as a file without script: for mail and archives."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from markupsafe import Markup

from experiments.figure_rows import Row, fill
from experiments.figure_svg import figure_svg
from experiments.figures import interval_figure
from experiments.metric_figures import define
from experiments.metric_words import group_text
from pipelines.errors import PipelineError
from pipelines.readouts.dashboards.build import Sources, common, environment
from pipelines.readouts.dashboards.cells import Cells
from pipelines.readouts.dashboards.definitions import Dashboard, Panel, page_words
from pipelines.readouts.dashboards.figures import panel_rows, panel_unit


class Drawn(NamedTuple):
    """A panel with its rows and its figure; without a figure where nothing has a value."""

    panel: Panel
    rows: tuple[Row, ...]
    svg: Markup | None
    why: str
    caveat: str


def render_static(
    dashboard: Dashboard, sources: Sources, *, chosen: Mapping[str, str], period: str
) -> str:
    """Returns a dashboard as HTML that runs no script and loads nothing.

    Args:
        dashboard: Which one.
        sources: What was published.
        chosen: Filter to value, as the metrics know it.
        period: `run`, `week 2026-01-12`, `month 2026-01-01`, or the day alone.

    Raises:
        PipelineError: A filter or a period is not among those that were published.
    """
    cells = sources.cells
    found = _period(period, cells)
    picked = {name: _value(name, value, cells) for name, value in chosen.items()}
    shown = common(dashboard, sources)
    label = next(p.label for p in cells.periods if p.key == found)
    said = [label, *(f"{name} {group_text(value, name)}" for name, value in picked.items())]
    return (
        environment()
        .get_template("dashboard_static.html.j2")
        .render(
            shown,
            said="; ".join(said),
            tile={name: cells.get(name, found, picked) for name in dashboard.metrics},
            drawn={
                section.title: [_drawn(panel, cells, found, picked) for panel in section.panels]
                for section in shown["sections"]
            },
            caveats=page_words().filtered if picked else {},
            svg=_lift(sources) if dashboard.has_lift else {},
        )
    )


def _drawn(panel: Panel, cells: Cells, period: str, chosen: Mapping[str, str]) -> Drawn:
    rows = panel_rows(panel, cells, period, chosen)
    caveat = page_words().filtered.get(panel.metrics[0], "") if len(panel.metrics) == 1 else ""
    is_broken = bool(chosen) or panel.figure == "groups"
    is_bars = panel.figure == "bars"
    if not any(row.value is not None and (row.value or not is_bars) for row in rows):
        empty = cells.get(panel.shown[0], period, chosen).said if panel.shown else ""
        why = next((row.said for row in rows if row.value is None), empty)
        return Drawn(panel, rows, None, why, "")
    figure = fill(define(panel.figure, panel_unit(panel, cells)), rows)
    title = "; ".join(f"{row.label}: {row.said}" for row in rows)
    svg = figure_svg(figure, title=title)
    return Drawn(panel, rows, svg, "", caveat if is_broken else "")


def _lift(sources: Sources) -> dict[str, Any]:
    if sources.report is None:
        return {}
    planted, primary = sources.report.planted, sources.report.readout.primary
    figure = interval_figure(primary, truth=planted.planted_effect if planted else None)
    return {"plot-lift": figure_svg(figure, title=primary.verdict)}


def _period(asked: str, cells: Cells) -> str:
    known = {period.key for period in cells.periods}
    for key in (asked, f"week {asked}", f"month {asked}", f"month {asked}-01"):
        if key in known:
            return key
    raise PipelineError(
        f"option --period, the value {asked!r}: nothing was published for it; "
        f"there are {_listed(sorted(known))}."
    )


def _value(name: str, asked: str, cells: Cells) -> str:
    """A value by its whole name, by its name without a version, or as the page writes it."""
    values = cells.filters.get(name, ())
    for value in values:
        if asked.lower() in {value.lower(), value.partition("@")[0].lower()} or (
            asked.lower() == group_text(value, name).lower()
        ):
            return value
    if not values:
        raise PipelineError(
            f"option --{name}, the value {asked!r}: the run has no two values of {name}, so there "
            "is nothing to choose; leave the option out."
        )
    raise PipelineError(
        f"option --{name}, the value {asked!r}: there is no such {name}; "
        f"there are {_listed(values)}."
    )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)
