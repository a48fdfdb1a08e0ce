"""Retrieval over a thousand near-duplicate passages: is the right one found, in how few facts?"""

import sys
from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from tests.acceptance.check import Check, Result, Verdict

KNOWLEDGE = Path(__file__).parents[1] / "agent_runtime" / "knowledge"
SETS = ["questions.yaml", "later_questions.yaml"]
"""By the author of the search, never used to choose anything; and by a stranger, afterwards."""


@cache
def _index():
    sys.path.insert(0, str(KNOWLEDGE))
    from recall import build

    folder = Path(mkdtemp())
    build(folder)
    return folder


def _ask(name: str) -> Result:
    folder = _index()
    from recall import RANKINGS, questions, recall, served

    from agent_runtime.knowledge.index import LanceRetriever
    from agent_runtime.models.embedding import CachedEmbedder, E5Embedder

    queries = CachedEmbedder(E5Embedder())
    answered, unanswered = questions(name)
    found = {
        kind: recall(LanceRetriever(folder, queries=queries, weights=weights), answered).at_3
        for kind, weights in RANKINGS.items()
    }
    figures = asdict(served(LanceRetriever(folder, queries=queries), answered, unanswered))
    return {"questions": len(answered), "recall_at_3": found, **figures}


def _judge(results: Mapping[str, Result]) -> Verdict:
    figure = "; ".join(
        f"{name}: {r['questions']} questions, Recall@3 {r['recall_at_3']['fused']:.3f} (vectors "
        f"{r['recall_at_3']['vectors only']:.3f}, words {r['recall_at_3']['full text only']:.3f}), "
        f"facts p95 {r['facts_p95']:.0f}, nothing where nothing answers "
        f"{r['nothing_where_nothing_answers']:.2f}"
        for name, r in results.items()
    )
    passed = all(
        r["recall_at_3"]["fused"] >= 0.95
        and r["recall_at_3"]["fused"] > r["recall_at_3"]["vectors only"]
        and r["recall_at_3"]["fused"] > r["recall_at_3"]["full text only"]
        and r["facts_p95"] <= 4
        for r in results.values()
    )
    return Verdict(passed, figure, "Recall@3 0.95 and better than either alone, 4 facts")


CHECKS = {"retrieval": Check(cases=SETS, sample=[], run=_ask, judge=_judge)}
