"""The one rubric by which every thread is judged: the same as `parley review score` asks for."""

import math
from typing import Literal

SCALE = (1, 2, 3, 4, 5)
RATED = ("accuracy", "tone", "adherence")
"""Judged from 1 (wrong) to 5 (as it should be)."""
OBJECTION = "objection"
OBJECTIONS = ("handled", "missed", "none")
"""How an objection was met; `none` where the buyer made none, which counts for nobody."""
DIMENSIONS = (*RATED, OBJECTION)
Dimension = Literal["accuracy", "tone", "adherence", "objection"]

ASKED = {
    "accuracy": "Is all that it says true and approved? 1 = false, 5 = every word holds",
    "tone": "Does it sound like us? 1 = we would be ashamed, 5 = as our style guide wants",
    "adherence": "Did it do what the playbook wants next? 1 = something else, 5 = exactly that",
    "objection": "Did the buyer object? handled = answered and moved on, missed = not, none = no",
}
"""What a reviewer reads beside each field."""


def points(dimension: str, mark: str) -> float:
    """Returns a mark as points from 0 to 100; NaN where there was no objection to handle."""
    if dimension == OBJECTION:
        return {"handled": 100.0, "missed": 0.0}.get(mark, math.nan)
    return (int(mark) - SCALE[0]) / (SCALE[-1] - SCALE[0]) * 100
