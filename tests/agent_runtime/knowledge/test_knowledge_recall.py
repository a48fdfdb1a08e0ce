from collections import Counter

import pytest
from knowledge_base import knowledge_base, label_of
from recall import NOW, RANKINGS, build, questions, recall, served

from agent_runtime.knowledge.index import LanceRetriever
from agent_runtime.knowledge.twins import are_editions
from agent_runtime.models.embedding import CachedEmbedder, E5Embedder

ANSWERED, UNANSWERED = questions("questions.yaml")
LATER, _ = questions("later_questions.yaml")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("index")
    build(folder)
    return folder


@pytest.fixture(scope="module")
def retriever(folder):
    queries = CachedEmbedder(E5Embedder())
    return lambda kind="fused": LanceRetriever(folder, queries=queries, weights=RANKINGS[kind])


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
def test_the_right_passage_is_among_the_first_three(retriever):
    """R42, R48, R261: Recall@3 of at least 95%; recall.py compares it with either search alone."""
    fused = recall(retriever(), ANSWERED)

    assert fused.at_3 >= 0.95
    assert fused.at_1 >= 0.88


@pytest.mark.slow
def test_questions_that_were_written_after_the_search_find_their_passage_too(retriever):
    """R261: another voice, passages drawn at random; nothing was chosen by them."""
    assert recall(retriever(), LATER).at_3 >= 0.95


@pytest.mark.slow
def test_a_turn_gets_few_facts_and_the_right_one_among_them(retriever):
    """R56: at most four facts a turn at p95, the frame of the mail included."""
    figures = served(retriever(), ANSWERED, UNANSWERED)

    assert figures.facts_p95 <= 4
    assert figures.facts_mean <= 3.2
    assert figures.recall >= 0.93
    assert figures.nothing_where_nothing_answers >= 0.7
