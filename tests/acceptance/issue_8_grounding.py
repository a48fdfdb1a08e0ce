"""Grounding on the labelled drafts: false claims caught, honest drafts blocked, set by set."""

import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from tests.acceptance.check import Check, Result, Verdict

FOLDER = Path(__file__).parents[1] / "agent_runtime" / "grounding"
SETS = ["tuned", "held_out", "unseen"]
BLIND = [f"set_{number:02d}" for number in range(1, 11)]


def _judge_set(name: str) -> Result:
    sys.path.insert(0, str(FOLDER))
    if name in BLIND:
        return _judge_blind(name)
    from labelled_drafts import judged

    every, right = Counter(), Counter()
    for one in judged(name):
        every[one.draft.kind] += 1
        right[one.draft.kind] += one.is_right
    return {"drafts": dict(every), "right": {kind: right[kind] for kind in every}}


def _judge_blind(name: str) -> Result:
    """Counts sentences, and once more with the model of entailment where one is configured."""
    from blind_drafts import judged_sentences

    from agent_runtime.grounding.entailment import HttpEntailment
    from agent_runtime.settings import load_settings

    url = load_settings().entailment_url
    without = _counted(judged_sentences(name))
    return {
        "without": without,
        "with": _counted(judged_sentences(name, HttpEntailment(url))) if url else None,
    }


def _counted(sentences) -> dict[str, int]:
    false = [s for s in sentences if s.kind]
    return {
        "false": len(false),
        "caught": sum(s.is_blocked for s in false),
        "true": len(sentences) - len(false),
        "blocked": sum(s.is_blocked for s in sentences if not s.kind),
    }


def _judge(results: Mapping[str, Result]) -> Verdict:
    every, right = Counter(), Counter()
    for name in SETS:
        every.update(results[name]["drafts"])
        right.update(results[name]["right"])
    false = every.total() - every["honest"]
    recall = (right.total() - right["honest"]) / false
    blocked = 1 - right["honest"] / every["honest"]
    kinds = ", ".join(f"{kind} {right[kind]}/{every[kind]}" for kind in sorted(every))
    blind = {name: results[name]["without"] for name in BLIND if name in results}
    total = sum((Counter(one) for one in blind.values()), Counter())
    asked = [results[name]["with"] for name in blind]
    model = sum((Counter(one) for one in asked if one), Counter())
    sets = "; ".join(
        f"{name} {one['caught']}/{one['false']} caught, {one['blocked']}/{one['true']} blocked"
        for name, one in blind.items()
    )
    with_model = (
        f"with the model {model['caught']}/{model['false']} caught, "
        f"{model['blocked']}/{model['true']} blocked"
        if model
        else "no model of entailment is configured"
    )
    figure = (
        f"{every.total()} drafts, {false} false: recall {recall:.3f}, honest blocked "
        f"{blocked:.3f}; right by kind: {kinds}. Blind sets, by sentence, after mending (first "
        f"sight: labelled/README.md): recall {total['caught'] / total['false']:.3f}, true ones "
        f"blocked {total['blocked'] / total['true']:.3f} without a model, {with_model}: {sets}"
    )
    is_caught = recall >= 0.99 and total["caught"] >= 0.99 * total["false"]
    return Verdict(
        every.total() >= 400 and is_caught and blocked <= 0.03,
        figure,
        "400 drafts, recall at least 0.99 in both, honest drafts blocked at most 0.03; true "
        "sentences of the blind sets are above that without a model, and only reported",
    )


CHECKS = {
    "grounding": Check(
        cases=[*SETS, *BLIND], sample=[*SETS, *BLIND[:2]], run=_judge_set, judge=_judge
    )
}
