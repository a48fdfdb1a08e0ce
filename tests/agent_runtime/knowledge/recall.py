"""How well retrieval finds what it should, on the labelled questions; run it to see the figures.

python tests/agent_runtime/knowledge/recall.py
"""

import json
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path

import numpy as np
import yaml
from knowledge_base import knowledge_base, label_of

from agent_runtime.domain import Contact, Session
from agent_runtime.knowledge.facts import find_facts
from agent_runtime.knowledge.found import Signs
from agent_runtime.knowledge.index import LanceRetriever
from agent_runtime.knowledge.passage import Passage
from agent_runtime.knowledge.ranking import WEIGHTS
from agent_runtime.knowledge.retriever import Need, Retriever
from agent_runtime.knowledge.table import build_index, table_name
from agent_runtime.models.embedding import CachedEmbedder, E5Embedder, Embedder

HERE = Path(__file__).parent
CACHE = Path("out/cache/vectors.db")
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ALL_SCOPES = tuple(sorted({scope for p in knowledge_base() for scope in p.scopes}))

RANKINGS = {
    "fused": WEIGHTS,
    "vectors only": Signs(vectors=1.0),
    "full text only": Signs(words=1.0),
    "the two lists fused, nothing else": Signs(vectors=0.5, words=0.5),
}

NOBODY = Contact("t", "c", "p", None, "", "", "", "", "", "DE", "en", "Europe/Berlin", "", "", "")
NOTHING_SAID = Session("t", "t", "p", "c", "inbound_response", "new")


@dataclass(frozen=True)
class Question:
    text: str
    answers: tuple[str, ...]
    """Patterns of labels; none where nothing in the knowledge base answers."""
    locale: str

    def is_answered_by(self, label: str) -> bool:
        return any(fnmatchcase(label, answer) for answer in self.answers)


@dataclass(frozen=True)
class Recall:
    questions: int
    at_1: float
    at_3: float


@dataclass(frozen=True)
class Served:
    """What `find_facts` hands to a turn, each question taken as a whole message."""

    recall: float
    facts_mean: float
    facts_p95: float
    """With the frame of the mail, which is one of the facts of a turn."""
    nothing_where_nothing_answers: float


def questions(name: str) -> tuple[list[Question], list[Question]]:
    """Those that something answers, and those that nothing answers."""
    content = yaml.safe_load((HERE / name).read_text(encoding="utf-8"))

    def read(one: dict) -> Question:
        answers = one.get("a", ())
        answers = (answers,) if isinstance(answers, str) else tuple(answers)
        return Question(one["q"], answers, one.get("locale", "en"))

    return [read(q) for q in content["answered"]], [read(q) for q in content["unanswered"]]


def build(folder: Path, passages: Sequence[Passage] = ()) -> None:
    """Indexes passages, or all; three minutes for all unless their vectors are in the cache."""
    embedder = CachedEmbedder(E5Embedder(reads="passage"), CACHE)
    passages = passages or knowledge_base()
    texts = [passage.searchable for passage in passages]
    for start in range(0, len(texts), 16):
        embedder.embed(texts[start : start + 16])
    name = table_name(passages, embedder=embedder.version)
    build_index(folder, passages, embedder.embed(texts), name=name)


def recall(retriever: Retriever, asked: Sequence[Question]) -> Recall:
    first = third = 0
    for question in asked:
        labels = [label_of(f.passage) for f in retriever.search(need(question), limit=3)]
        hits = [question.is_answered_by(label) for label in labels]
        first += any(hits[:1])
        third += any(hits)
    return Recall(len(asked), first / len(asked), third / len(asked))


def served(
    retriever: Retriever, answered: Sequence[Question], unanswered: Sequence[Question]
) -> Served:
    def facts(question: Question) -> list[str]:
        found = find_facts(
            question.text,
            retriever=retriever,
            contact=NOBODY,
            session=NOTHING_SAID,
            scopes=ALL_SCOPES,
            locale=question.locale,
            now=NOW,
            is_question=True,
        )
        passages = [retriever.passage(fact.fact_id) for fact in found]
        return [label_of(passage) for passage in passages if passage]

    all_facts = [facts(question) for question in answered]
    hits = [any(map(q.is_answered_by, f)) for q, f in zip(answered, all_facts, strict=True)]
    counts = [len(found) + 1 for found in all_facts]
    silent = [not facts(question) for question in unanswered]
    return Served(
        recall=float(np.mean(hits)),
        facts_mean=float(np.mean(counts)),
        facts_p95=float(np.percentile(counts, 95)),
        nothing_where_nothing_answers=float(np.mean(silent)),
    )


def need(question: Question) -> Need:
    locales = tuple(dict.fromkeys((question.locale, "en")))
    return Need(question.text, NOW, locales=locales, scopes=ALL_SCOPES)


def cpu_ms(folder: Path, asked: Sequence[Question]) -> list[float]:
    """Processor time of each search with its embedding, once the index is warm."""
    retriever = LanceRetriever(folder, queries=E5Embedder())
    for question in asked[:10]:
        retriever.search(need(question))
    times = []
    for question in asked[10:]:
        start = time.process_time()
        retriever.search(need(question))
        times.append((time.process_time() - start) * 1000)
    return times


def _main() -> None:
    queries: Embedder = CachedEmbedder(E5Embedder())
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        build(folder)
        print(json.dumps({"passages": len(knowledge_base())}))
        for name in ("questions.yaml", "later_questions.yaml", "tuning.yaml"):
            answered, unanswered = questions(name)
            for kind, weights in RANKINGS.items():
                retriever = LanceRetriever(folder, queries=queries, weights=weights)
                print(json.dumps({"set": name, "by": kind, **asdict(recall(retriever, answered))}))
            retriever = LanceRetriever(folder, queries=queries)
            figures = asdict(served(retriever, answered, unanswered))
            print(json.dumps({"set": name, "served": figures}))
        times = cpu_ms(folder, questions("questions.yaml")[0][:110])
        median, late = np.percentile(times, [50, 95]).round(1)
        print(json.dumps({"cpu_ms_p50": median, "cpu_ms_p95": late}))


if __name__ == "__main__":
    _main()
