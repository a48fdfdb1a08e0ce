"""Builds the dashboards: one page each beside one copy of Plotly, without server or network."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
from jinja2 import Environment
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from agent_runtime.settings import Workspace
from experiments.figures import interval_figure
from experiments.metric_figures import define
from experiments.pages import templates_in
from experiments.semantic_layer import MetricDefinition, SemanticLayer, load_semantic_layer
from pipelines.errors import PipelineError
from pipelines.readouts import words
from pipelines.readouts.dashboards.board import board_of, write_board
from pipelines.readouts.dashboards.cells import Cells, choices
from pipelines.readouts.dashboards.definitions import (
    DIMENSIONS,
    Dashboard,
    Panel,
    dashboard_path,
    load_dashboards,
    page_words,
    shown_metrics,
)
from pipelines.readouts.dashboards.figures import panel_unit
from pipelines.readouts.page import build_page
from pipelines.readouts.report import Report
from pipelines.readouts.slices import slices_path
from pipelines.readouts.worth import worth

TEMPLATES = Path(__file__).parents[1] / "templates"
PLOTLY = "plotly.min.js"


@dataclass(frozen=True, slots=True)
class Sources:
    """What dashboards are made of."""

    cells: Cells
    report: Report | None
    """Of the experiment, where one was read out."""
    movements: Mapping[str, Any] | None
    """What changed between two periods, and what to do; where it was published."""


def build_dashboards(workspace: Workspace) -> tuple[Path, ...]:
    """Writes all dashboards from the published slices and returns their pages.

    Beside each lies what the console shows of it. The page of the run, where there is one, then
    links to them.

    Raises:
        PipelineError: Nothing is published yet.
    """
    sources = load_sources(workspace)
    pages = {page: dashboard_path(workspace, page.name) for page in load_dashboards()}
    for dashboard, path in pages.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        shown, payload = common(dashboard, sources), _payload(dashboard, sources)
        path.write_text(_page(shown, payload), encoding="utf-8")
        write_board(workspace, board_of(dashboard, shown, payload))
    path = dashboard_path(workspace, PLOTLY).with_name(PLOTLY)
    path.write_text(get_plotlyjs(), encoding="utf-8")
    if sources.report:
        build_page(workspace)
    return tuple(pages.values())


def load_sources(workspace: Workspace) -> Sources:
    """Returns what was published in a workspace; says which step is missing."""
    path = slices_path(workspace)
    if not path.exists():
        raise PipelineError(
            f"{path}: there is no such file; `parley dashboard build` writes it from the "
            "warehouse, and so does the asset readouts/metric_slices."
        )
    layer = load_semantic_layer()
    moved = workspace.metrics / "movements.json"
    has_report = workspace.report.exists()
    return Sources(
        cells=Cells(pl.read_parquet(path), layer.definitions, _able(layer)),
        report=Report.model_validate_json(workspace.report.read_bytes()) if has_report else None,
        movements=json.loads(moved.read_bytes()) if moved.exists() else None,
    )


def render(dashboard: Dashboard, sources: Sources) -> str:
    """Returns a dashboard as HTML; its figures need Plotly beside it."""
    return _page(common(dashboard, sources), _payload(dashboard, sources))


def environment() -> Environment:
    """Returns the templates of the readouts with the words that they use."""
    made = templates_in(TEMPLATES)
    made.globals |= {"words": words, "worth": worth}
    return made


def common(dashboard: Dashboard, sources: Sources) -> dict[str, Any]:
    """Returns what the page and its export both show."""
    cells, audience = sources.cells, dashboard.audience
    moved = sources.movements or {}
    missing = unmeasured(dashboard, cells)
    return {
        "dashboard": dashboard,
        "sections": [
            section.model_copy(
                update={
                    "tiles": tuple(
                        n for n in section.tiles if section.keeps_unmeasured or n not in missing
                    ),
                    "panels": tuple(p for p in section.panels if not {*p.shown} <= {*missing}),
                }
            )
            for section in dashboard.sections
        ],
        "others": load_dashboards(),
        "definitions": cells.definitions,
        "cells": cells,
        "lift": sources.report if dashboard.has_lift else None,
        "report": sources.report,
        "findings": [f for f in moved.get("findings", ()) if audience in f.get("audience", ())],
        "moved": moved,
        "missing": [(cells.definitions[name], why) for name, why in missing.items()],
        "takes": page_words().takes,
    }


def unmeasured(dashboard: Dashboard, cells: Cells) -> dict[str, str]:
    """Returns the metrics that have no value over everything, and why."""
    found = {name: cells.get(name, "run", {}) for name in dashboard.metrics}
    return {name: cell.said for name, cell in found.items() if cell.value is None}


def _page(shown: Mapping[str, Any], payload: Mapping[str, Any]) -> str:
    template = environment().get_template("dashboard.html.j2")
    return template.render(shown, payload=_json(payload))


def _payload(dashboard: Dashboard, sources: Sources) -> dict[str, Any]:
    cells = sources.cells
    panels = {
        f"panel-{i}-{j}": panel
        for i, section in enumerate(common(dashboard, sources)["sections"])
        for j, panel in enumerate(section.panels)
    }
    plots: dict[str, Any] = {}
    if dashboard.has_lift and sources.report:
        planted = sources.report.planted
        effect = planted.planted_effect if planted else None
        plots["plot-lift"] = _plain(interval_figure(sources.report.readout.primary, truth=effect))
    return {
        "filters": choices(cells),
        "periods": [{"key": p.key, "label": p.label, "short": p.short} for p in cells.periods],
        "metrics": {name: _metric(cells.definitions[name], cells) for name in dashboard.metrics},
        "slices": {
            name: cells.by_metric.get(name, {})
            for name in (
                *dashboard.metrics,
                *(f"{split.metric}/{split.by}" for split in dashboard.splits),
            )
        },
        "panels": {key: _panel(panel, cells) for key, panel in panels.items()},
        "plots": plots,
    }


def _able(layer: SemanticLayer) -> dict[str, frozenset[str]]:
    return {
        name: frozenset(DIMENSIONS) & layer.dimensions([name]).keys() for name in shown_metrics()
    }


def _metric(definition: MetricDefinition, cells: Cells) -> dict[str, Any]:
    return {
        "label": definition.label,
        "description": definition.description,
        "formula": definition.formula,
        "unit": definition.unit,
        "grain": definition.grain,
        "owner": definition.owner,
        "requirement": definition.requirement,
        "guard_rails": definition.guard_rails,
        "null_when": definition.null_when,
        "able": sorted(cells.able[definition.name]),
        "empty": cells.empty(definition.name),
        "caveat": page_words().filtered.get(definition.name, ""),
    }


def _panel(panel: Panel, cells: Cells) -> dict[str, Any]:
    parts = cells.parts(panel.metrics[0], panel.by) if panel.is_split else ()
    return {
        "figure": panel.figure,
        "metrics": panel.metrics,
        "by": panel.by,
        "is_split": panel.is_split,
        "parts": [{"value": p, "label": words.named(p, panel.by)} for p in parts],
        "pairs": [pair.model_dump() for pair in panel.pairs],
        "plot": _plain(define(panel.figure, panel_unit(panel, cells))),
    }


def _plain(plot: Any) -> dict[str, Any]:
    return json.loads(plot.to_json() or "{}")


def _json(content: Any) -> Markup:
    return Markup(json.dumps(content, separators=(",", ":")).replace("</", "<\\/"))
