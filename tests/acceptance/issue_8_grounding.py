"""Grounding on the labelled drafts: false claims caught, honest drafts blocked."""

import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from tests.acceptance.check import Check, Result, Verdict

FOLDER = Path(__file__).parents[1] / "agent_runtime" / "grounding"
SETS = ["tuned", "held_out", "unseen"]


def _judge_set(name: str) -> Result:
    sys.path.insert(0, str(FOLDER))
    from labelled_drafts import judged

    every, right = Counter(), Counter()
    for one in judged(name):
        every[one.draft.kind] += 1
        right[one.draft.kind] += one.is_right
    return {"drafts": dict(every), "right": {kind: right[kind] for kind in every}}


def _judge(results: Mapping[str, Result]) -> Verdict:
    every, right = Counter(), Counter()
    for result in results.values():
        every.update(result["drafts"])
        right.update(result["right"])
    false = every.total() - every["honest"]
    recall = (right.total() - right["honest"]) / false
    blocked = 1 - right["honest"] / every["honest"]
    kinds = ", ".join(f"{kind} {right[kind]}/{every[kind]}" for kind in sorted(every))
    figure = (
        f"{every.total()} drafts, {false} false: recall {recall:.3f}, honest blocked "
        f"{blocked:.3f}, without a model of entailment; right by kind: {kinds}"
    )
    passed = every.total() >= 400 and recall >= 0.99 and blocked <= 0.03
    return Verdict(passed, figure, "400 drafts, recall at least 0.99, honest blocked at most 0.03")


CHECKS = {"grounding": Check(cases=SETS, sample=SETS, run=_judge_set, judge=_judge)}
