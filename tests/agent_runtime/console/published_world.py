"""What batch code would have published: four dashboards of two weeks, and an experiment."""

import json
from datetime import UTC, datetime

from agent_runtime.readouts.board import Board, Cell
from agent_runtime.readouts.experiment import Experiment
from agent_runtime.readouts.reading import board_file, experiment_file

MADE_AT = datetime(2026, 1, 26, tzinfo=UTC)
WEEKS = ("2026-01-12", "2026-01-19")
QUESTION = "People whom the agent writes to meet more often."


def cell(value, text, *, low=None, high=None, said=""):
    interval = f"{100 * low:.1f}–{100 * high:.1f}%" if low is not None else ""
    return Cell(value, low, high, None, None, 10, text, interval, "n = 10", said or text)


NOTHING = cell(None, "–", said="nothing to count: no replies")


def board(name="leadership", *, label="=HYPERLINK(1)", made_at=MADE_AT):
    meetings = {
        "run||": cell(20.0, "20"),
        "run|0|": cell(15.0, "15"),
        "run|1|": cell(5.0, "5"),
        f"week {WEEKS[0]}||": cell(8.0, "8"),
        f"week {WEEKS[1]}||": cell(12.0, "12"),
    }
    share = {
        "run||": cell(0.5, "50.0%", low=0.4, high=0.6),
        f"week {WEEKS[1]}||": cell(0.25, "25.0%", low=0.1, high=0.5),
    }
    words = {"description": "d", "grain": "g", "owner": "o", "requirement": "", "caveat": ""}
    words |= {"formula": "f", "guard_rails": "", "null_when": ""}
    return Board.model_validate(
        {
            "name": name,
            "label": name.capitalize(),
            "question": f"What says {name}?",
            "audience": name,
            "made_at": made_at,
            "data_version": "abc",
            "filters": [
                {
                    "name": "segment",
                    "label": "Segment",
                    "values": [
                        {"value": "mid@1", "label": label},
                        {"value": "big@1", "label": "Enterprise"},
                    ],
                }
            ],
            "periods": [
                {"key": "run", "label": "Whole run", "short": "Whole run"},
                *({"key": f"week {w}", "label": f"Week of {w}", "short": w[5:]} for w in WEEKS),
            ],
            "metrics": {
                "meetings_set": words
                | {"label": "Meetings set", "unit": "persons", "able": ["segment"]}
                | {"empty": cell(0.0, "0")},
                "positive_intent_rate": words
                | {"label": "Positive intent", "unit": "share", "able": []}
                | {"empty": NOTHING},
            },
            "sections": [
                {
                    "title": "Quick success view",
                    "tiles": ["meetings_set", "positive_intent_rate"],
                    "panels": [
                        {"title": "How many?", "figure": "trend", "metrics": ["meetings_set"]},
                        {
                            "title": "Where?",
                            "figure": "groups",
                            "metrics": ["meetings_set"],
                            "by": "segment",
                            "by_label": "segment",
                        },
                    ],
                }
            ],
            "missing": [],
            "moved": {"between": "19 to 25, against 12 to 18", "findings": [], "quiet": "Calm."},
            "lift": None,
            "cells": {"meetings_set": meetings, "positive_intent_rate": share},
        }
    )


def experiment(*, agent_to_holdout=0, is_measured=True, is_shown=True):
    bar = {"label": "agent against holdout", "note": "400 / 400", "effect": "+5.69"}
    bar |= {"interval": "+3.37 to +8.02", "at": 70.0, "low": 40.0, "high": 96.0, "margin": None}
    bar |= {"excludes_zero": True, "in_words": "agent against holdout: effect +5.69 points"}
    forest = {"caption": "meeting", "unit": "percentage points", "bars": [bar], "zero": 4.0}
    forest |= {"ticks": [[4.0, "0"]], "has_margin": False}
    line = {"metric": "unsubscribed", "role": "guardrail", "arm": "agent", "control": "holdout"}
    line |= {"n_arm": 400, "n_control": 400, "value": -0.01, "low": -0.02, "high": 0.0}
    line |= {"change": None, "mean_arm": "1%", "mean_control": "2%", "effect": "−1 points"}
    line |= {"interval": "−2 to 0", "relative": "none", "p_value": "0.5"}
    line |= {"state": "Holds", "said": "unsubscribed does not rise"}
    blur = {"kind": "agent_sends_to_control", "count": agent_to_holdout}
    return Experiment.model_validate(
        {
            "id": "icp-prospecting",
            "version": 2,
            "question": QUESTION,
            "mode": "fixed",
            "unit": "person",
            "control": "holdout",
            "window": "",
            "as_registered": "As registered.",
            "deviations": [],
            "headline": "Shown" if is_shown else "Not shown yet",
            "answers": ["Agent raises meeting by 5.69 percentage points."] if is_shown else [],
            "is_shown": is_shown,
            "arms": [
                {"name": "agent", "is_control": False, "observed": 400, "expected": 400.0},
                {"name": "holdout", "is_control": True, "observed": 400, "expected": 400.0},
            ],
            "sample_ratio": "The arms have the sizes that were promised (p = 0.9).",
            "is_mismatch": False,
            "primary": forest if is_shown else None,
            "secondary": [],
            "guardrails": [],
            "segments": [],
            "lines": [line] if is_shown else [],
            "blurs": [blur | {"is_measured": is_measured, "reading": "must be 0."}],
            "money": [],
            "command": "parley experiment analyze",
            "code_version": "1",
            "data_version": "abc",
        }
    )


def publish(paths, *, answer=None, **told):
    for name in ("leadership", "sales", "revops", "learning"):
        path = board_file(paths, name)
        path.parent.mkdir(exist_ok=True)
        path.write_text(board(name, **told).model_dump_json(), encoding="utf-8")
    answer = answer or experiment()
    answered = experiment_file(paths, answer.id)
    answered.parent.mkdir(exist_ok=True)
    answered.write_text(answer.model_dump_json(), encoding="utf-8")
    promised = {"id": "later", "hypothesis": "Calls help.", "arms": [["call", 1], ["mail", 1]]}
    line = {"spec_id": "later", "version": 1, "spec": promised, "approver": "Ada"}
    line |= {"registered_at": "2026-01-12T00:00:00+00:00"}
    if not paths.registry.exists():
        paths.registry.write_text(json.dumps(line) + "\n" + '{"half', encoding="utf-8")
