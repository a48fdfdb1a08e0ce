"""A dashboard as the console reads it: the same cells and words as the page, and no script."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from agent_runtime.readouts.board import Board
from agent_runtime.readouts.reading import board_file
from agent_runtime.settings import Workspace
from experiments.report.pictures import Pictures
from pipelines.readouts import words
from pipelines.readouts.dashboards.definitions import Dashboard, Panel
from pipelines.readouts.report import Report


def write_board(workspace: Workspace, board: Board) -> Path:
    """Puts a dashboard in place for the console, beside its page, and returns its file."""
    path = board_file(workspace, board.name)
    draft = path.with_suffix(".draft")
    draft.write_text(board.model_dump_json() + "\n", encoding="utf-8")
    draft.replace(path)
    return path


def board_of(dashboard: Dashboard, shown: Mapping[str, Any], payload: Mapping[str, Any]) -> Board:
    """Returns what the console shows of a dashboard.

    Args:
        dashboard: Which one.
        shown: What the page shows around its figures.
        payload: What the page's script draws from.
    """
    report: Report | None = shown["report"]
    panels = iter(payload["panels"].values())
    return Board.model_validate(
        {
            "name": dashboard.name,
            "label": dashboard.label,
            "question": dashboard.question,
            "audience": dashboard.audience,
            "made_at": report.origin.made_at if report else None,
            "data_version": report.origin.data_version if report else "",
            "filters": payload["filters"],
            "periods": payload["periods"],
            "metrics": payload["metrics"],
            "sections": [
                {
                    "title": section.title,
                    "note": section.note,
                    "tiles": section.tiles,
                    "panels": [_panel(panel, next(panels)) for panel in section.panels],
                }
                for section in shown["sections"]
            ],
            "missing": [
                {
                    "metric": definition.name,
                    "why": words.capital(why),
                    "takes": shown["takes"].get(
                        definition.name,
                        "It happens by itself, as soon as there is something to count.",
                    ),
                }
                for definition, why in shown["missing"]
            ],
            "moved": _moved(shown["moved"], shown["findings"]),
            "lift": _lift(shown["lift"]) if shown["lift"] else None,
            "cells": payload["slices"],
        }
    )


def _panel(panel: Panel, drawn: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "title": panel.title,
        "figure": panel.figure,
        "metrics": panel.metrics,
        "by": panel.by,
        "by_label": words.dimension(panel.by),
        "is_split": panel.is_split,
        "parts": drawn["parts"],
        "pairs": drawn["pairs"],
        "note": panel.note,
    }


def _moved(moved: Mapping[str, Any], findings: Any) -> dict[str, Any] | None:
    if not moved:
        return None
    period = moved.get("period")
    return {
        "between": f"{words.stretch(period['after'])}, against {words.stretch(period['before'])}"
        if period
        else "",
        "findings": [
            {
                "headline": finding["headline"],
                "evidence": [
                    {
                        "label": line["label"],
                        "before": words.measured(line["before"], line["unit"]),
                        "after": words.measured(line["after"], line["unit"]),
                        "change": words.change(line),
                    }
                    for line in finding["evidence"]
                ],
                "certainty": finding["certainty"],
                "advice": finding["advice"],
            }
            for finding in findings
        ],
        "quiet": moved.get("quiet") or "Nothing moved by more than chance would move it.",
    }


def _lift(report: Report) -> dict[str, Any]:
    verdict, sentence = words.answer(report)
    primary = report.readout.primary
    people = words.people(report.unit)
    between = f"{words.whole(primary.total_ci_low)} to {words.whole(primary.total_ci_high)}"
    told = f"{between}, 95% interval" if primary.total_ci_low is not None else ""
    is_shown = not report.readout.is_hidden and not report.readout.srm.is_mismatch
    return {
        "effect": asdict(Pictures(report.readout).primary()) if is_shown else None,
        "experiment": report.origin.experiment_id,
        "verdict": verdict,
        "sentence": sentence,
        "said": [
            ("Incremental meetings", words.whole(primary.total), told),
            *(
                (
                    f"Met, {arm}",
                    words.percent(mean, 1) if mean is not None else "–",
                    f"of {count:,} {people}",
                )
                for arm, mean, count in (
                    (primary.arm, primary.mean_arm, primary.n_arm),
                    (primary.control, primary.mean_control, primary.n_control),
                )
            ),
        ],
    }
