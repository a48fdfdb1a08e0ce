from datetime import date

import pytest

from agent_runtime.knowledge.base import KnowledgeBase
from agent_runtime.knowledge.chunks import chunk
from agent_runtime.knowledge.document import SourceText
from agent_runtime.knowledge.index import LanceRetriever
from agent_runtime.knowledge.retriever import Need
from agent_runtime.knowledge.shelf import Shelf
from agent_runtime.models.embedding import HashingEmbedder


class Counting:
    version = "counting"

    def __init__(self):
        self.asked = 0

    def embed(self, texts):
        self.asked += len(texts)
        return HashingEmbedder().embed(texts)


@pytest.fixture
def embedder():
    return Counting()


@pytest.fixture
def base(tmp_path, embedder):
    shelf = Shelf(tmp_path / "knowledge")
    return KnowledgeBase(shelf, tmp_path / "index", queries=HashingEmbedder(), passages=embedder)


@pytest.fixture
def put(base):
    def write(text, document="guide", approver="R. Haas"):
        source = SourceText("Guide", text, f"{document}.md", "0")
        found, _ = base.shelf.shelve(
            source,
            chunk(text, title="Guide"),
            document_id=document,
            locale="en",
            scopes=("security",),
            approver=approver,
            approved_at=date(2026, 1, 5),
            expires_at=date(2027, 1, 5),
        )
        base.shelf.put(found)
        return found

    return write


def documents(retriever, now):
    return {f.passage.document for f in retriever.search(Need("backups", now), limit=9)}


def test_an_open_retriever_sees_what_is_added_and_removed(base, put, now):
    put("Backups are kept for a month.", "first")
    retriever = base.retriever()
    assert documents(retriever, now) == {"first"}

    put("Backups are encrypted.", "second")
    base.reindex()
    assert documents(retriever, now) == {"first", "second"}

    base.shelf.remove("first")
    base.reindex()
    assert documents(retriever, now) == {"second"}

    base.shelf.remove("second")
    base.reindex()
    assert documents(retriever, now) == set()


def test_a_proposal_is_not_indexed(base, put, now):
    put("Backups are kept for a month.", approver="")

    assert base.reindex() == 0
    assert documents(base.retriever(), now) == set()


def test_an_index_that_is_in_step_is_left_alone(base, put, embedder):
    put("Backups are kept for a month.")
    assert base.reindex() == 1
    asked = embedder.asked

    base.reindex()
    base.retriever()

    assert embedder.asked == asked


def test_a_change_of_approval_reaches_the_index(base, put, now):
    document = put("Backups are kept for a month.")
    retriever = base.retriever()
    shorter = document.model_copy(update={"expires_at": date(2026, 2, 1)})

    base.shelf.put(shorter)
    base.reindex()

    assert documents(retriever, now) == set()


def test_the_index_can_be_deleted_and_comes_back(base, put, tmp_path, now):
    import shutil

    put("Backups are kept for a month.")
    base.reindex()
    shutil.rmtree(tmp_path / "index")

    assert documents(base.retriever(), now) == {"guide"}


def test_long_work_tells_how_far_it_is(base, put):
    put("\n\n".join(f"## H{n}\n\nText number {n}." for n in range(20)))
    told = []

    base.reindex(lambda done, total: told.append((done, total)))

    assert told[-1] == (20, 20)
    assert told == sorted(told)


def test_nothing_is_found_where_nothing_was_indexed(tmp_path, now):
    retriever = LanceRetriever(tmp_path / "nowhere", queries=HashingEmbedder())

    assert retriever.search(Need("backups", now)) == ()
    assert retriever.passage("kb.guide.1") is None


def test_old_tables_do_not_pile_up(base, put, tmp_path):
    for n in range(6):
        put(f"Backups are kept for {n} months.")
        base.reindex()

    assert len(list((tmp_path / "index").glob("*.lance"))) == 2
