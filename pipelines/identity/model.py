"""The weights of the match: what each level adds to the odds that two records are one person."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from math import exp
from pathlib import Path
from typing import Any

from pipelines.errors import PipelineError
from pipelines.identity.levels import COMPARISONS, KINDS, Comparison

SHIPPED = Path(__file__).with_name("model.json")


@dataclass(frozen=True, slots=True)
class Weights:
    """Natural log odds of pairs of one kind."""

    prior: float
    by_level: Mapping[str, Mapping[str, float]]
    """By comparison and level."""


@dataclass(frozen=True, slots=True)
class Model:
    """From `certain` on two persons are merged, from `possible` on a colleague is asked."""

    by_kind: Mapping[str, Weights]
    """By kind of pair; see `levels.KINDS`."""
    certain: float
    """Probability."""
    possible: float
    """Probability."""
    version: str


@cache
def shipped() -> Model:
    """Returns the model of this version."""
    return read(SHIPPED)


def read(path: Path) -> Model:
    """Returns a model from its file.

    Raises:
        PipelineError: a level has no weight, or a weight has no level.
    """
    text = path.read_text("utf-8")
    raw: dict[str, Any] = json.loads(text)
    levels = {c.name: {level.name for level in c.levels} for c in COMPARISONS}
    by_kind = {kind: Weights(**weights) for kind, weights in raw["by_kind"].items()}
    known = [{name: set(x) for name, x in w.by_level.items()} for w in by_kind.values()]
    if set(by_kind) != set(KINDS) or any(levels != one for one in known):
        raise PipelineError(
            f"{path.name}: the weights are not those of the levels that are compared; train it "
            "again with `python -m tests.pipelines.identity.train`."
        )
    version = hashlib.sha256(text.encode()).hexdigest()[:12]
    return Model(by_kind, raw["certain"], raw["possible"], version)


def splink_settings(weights: Weights) -> dict[str, Any]:
    """Returns weights as settings of Splink, which scores pairs by them.

    A weight w is written as m / u = e^w, with the larger of the two at 1: the weights come from a
    regression over labelled pairs, since the fields depend on each other (an address is made of
    a name), so that m and u by themselves are no frequencies.
    """
    return {
        "link_type": "dedupe_only",
        "unique_id_column_name": "rid",
        "probability_two_random_records_match": 1 / (1 + exp(-weights.prior)),
        # Without them Splink leaves the levels out as well.
        "retain_matching_columns": True,
        "blocking_rules_to_generate_predictions": [],
        "comparisons": [_comparison(comparison, weights) for comparison in COMPARISONS],
    }


def _comparison(comparison: Comparison, weights: Weights) -> dict[str, Any]:
    of_level = weights.by_level[comparison.name]
    levels = [
        {
            "sql_condition": level.condition or "ELSE",
            "label_for_charts": level.name,
            "m_probability": min(1.0, exp(of_level[level.name])),
            "u_probability": min(1.0, exp(-of_level[level.name])),
        }
        for level in comparison.levels
    ]
    return {"output_column_name": comparison.name, "comparison_levels": levels}
