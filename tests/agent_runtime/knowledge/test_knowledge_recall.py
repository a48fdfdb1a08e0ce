from collections import Counter

import pytest
from knowledge_base import knowledge_base, label_of
from recall import NOW, build, questions, recall, served

from agent_runtime.knowledge.index import LanceRetriever
from agent_runtime.knowledge.twins import are_editions
from agent_runtime.models.embedding import CachedEmbedder, E5Embedder

ANSWERED, UNANSWERED = questions("questions.yaml")
LATER, _ = questions("later_questions.yaml")


def test_the_labelled_set_is_as_large_as_it_has_to_be():
    assert len(knowledge_base()) >= 1000
    assert len(ANSWERED) >= 200
    assert len({question.text for question in ANSWERED}) == len(ANSWERED)
    assert {question.locale for question in ANSWERED} == {"en", "es", "de", "fr", "pt", "it"}


def test_every_label_names_a_live_passage_and_no_tuning_question_is_tested():
    live = [label_of(passage) for passage in knowledge_base() if passage.expires > NOW]
    tuned = {question.text for some in questions("tuning.yaml") for question in some}

    assert max(Counter(live).values()) == 1
    asked = (*ANSWERED, *LATER)
    assert [q.text for q in asked if not any(map(q.is_answered_by, live))] == []
    assert not tuned & {question.text for question in (*asked, *UNANSWERED)}


def test_the_knowledge_base_is_full_of_near_duplicates():
    passages = knowledge_base()
    headings = Counter(passage.heading_path[1:] for passage in passages)
    in_families = sum(count for count in headings.values() if count >= 3)
    expired = [passage for passage in passages if passage.expires <= NOW]
    old, new = (next(p for p in passages if p.document == f"policy-ai-{y}") for y in (2024, 2025))

    assert in_families >= 700
    assert len(expired) >= 50
    assert are_editions(old, new)


@pytest.mark.slow
def test_the_right_one_of_near_duplicates_is_among_the_first_three(tmp_path):
    """R42, R48, R56, R261: a sample; `make accept ISSUE=3` asks everything of all passages."""
    sample = [p for p in knowledge_base() if p.document.startswith(("hosting-", "plan-"))]
    labels = [label_of(passage) for passage in sample]
    asked = [q for q in (*ANSWERED, *LATER) if any(map(q.is_answered_by, labels))]
    build(tmp_path, sample)
    retriever = LanceRetriever(tmp_path, queries=CachedEmbedder(E5Embedder()))

    assert len(sample) >= 100
    assert len(asked) >= 40
    assert recall(retriever, asked).at_3 >= 0.95
    assert served(retriever, asked, UNANSWERED[:5]).facts_p95 <= 4
