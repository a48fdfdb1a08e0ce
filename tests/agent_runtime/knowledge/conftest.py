from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from agent_runtime.domain import Contact, Session
from agent_runtime.knowledge.index import LanceRetriever
from agent_runtime.knowledge.passage import Passage, passage_id
from agent_runtime.knowledge.retriever import MemoryRetriever
from agent_runtime.knowledge.table import build_index, table_name
from agent_runtime.models.embedding import HashingEmbedder

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

CONTACT = Contact(
    tenant_id="northbeam",
    contact_id="c-1",
    person_id="p-1",
    account_id="a-1",
    email="anna.berg@kranwerk.example",
    first_name="Anna",
    last_name="Berg",
    title="Head of Revenue Operations",
    company="Kranwerk GmbH",
    country="DE",
    language="en",
    time_zone="Europe/Berlin",
    owner_id="o-1",
    owner_name="Sara Lindqvist",
    mailbox="relay-sara-lindqvist@mail.northbeam.example",
)

SESSION = Session(
    tenant_id="northbeam",
    thread_id="t-1",
    person_id="p-1",
    contact_id="c-1",
    playbook="inbound_response",
    state="new",
)


@pytest.fixture(scope="session")
def now():
    return NOW


@pytest.fixture(scope="session")
def contact():
    return CONTACT


@pytest.fixture(scope="session")
def session():
    return SESSION


@pytest.fixture(scope="session")
def change():
    return replace


@pytest.fixture(scope="session")
def passage():
    """Returns a function that makes a passage; only what matters has to be said."""

    def make(text, *, title="Guide", heading="Topic", document="guide", locale="en", **more):
        path = (title, heading)
        fields = {
            "version": 1,
            "source": f"{document}.md",
            "scopes": ("security",),
            "approver": "R. Haas",
            "approved_at": date(2026, 1, 5),
            "expires_at": date(2027, 1, 5),
        }
        return Passage(
            id=passage_id(document, path, text, locale=locale),
            document=document,
            heading_path=path,
            text=text,
            locale=locale,
            **(fields | more),
        )

    return make


@pytest.fixture(params=["lance", "memory"])
def retriever(request, tmp_path):
    """Returns a function that makes a retriever of passages: the real index, then its fake."""
    embedder = HashingEmbedder()

    def make(*passages):
        vectors = embedder.embed([one.searchable for one in passages])
        if request.param == "memory":
            return MemoryRetriever(passages, queries=embedder, vectors=vectors)
        name = table_name(passages, embedder=embedder.version)
        build_index(tmp_path / "index", passages, vectors, name=name)
        return LanceRetriever(tmp_path / "index", queries=embedder)

    return make
