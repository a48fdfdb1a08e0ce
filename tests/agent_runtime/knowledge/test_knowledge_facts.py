from datetime import UTC, date, datetime

import pytest

from agent_runtime.domain import Slot
from agent_runtime.knowledge.facts import crm_facts, find_facts, thread_facts
from agent_runtime.knowledge.retriever import MemoryRetriever
from agent_runtime.models.embedding import HashingEmbedder

SLOT = Slot("o-1", datetime(2026, 3, 5, 9, 0, tzinfo=UTC), datetime(2026, 3, 5, 9, 30, tzinfo=UTC))


@pytest.fixture
def find(passage, contact, session, now):
    passages = (
        passage("Backups are kept for 35 days and are encrypted.", heading="Backups"),
        passage("Restores of backups are rehearsed every quarter.", heading="Restores"),
        passage("Data at rest is encrypted with AES-256.", heading="Encryption"),
        passage("The Team plan costs 720 euro a month.", heading="Price", scopes=("pricing",)),
        passage("Sicherungen bleiben 35 Tage erhalten.", heading="Sicherungen", locale="de"),
        passage("Backups were kept for 90 days.", heading="Old", expires_at=date(2026, 1, 1)),
    )
    embedder = HashingEmbedder()
    vectors = embedder.embed([one.searchable for one in passages])
    retriever = MemoryRetriever(passages, queries=embedder, vectors=vectors)

    def ask(question, **more):
        fields = {
            "retriever": retriever,
            "contact": contact,
            "session": session,
            "scopes": ("security", "pricing"),
            "locale": "en",
            "now": now,
        }
        return find_facts(question, **(fields | more))

    return ask


def test_a_question_gets_the_passage_that_answers_it(find):
    """R42, R48, R52: approved knowledge with id, version and expiry."""
    fact = find("How long are backups kept?")[0]

    assert fact.kind == "content"
    assert fact.fact_id.startswith("kb.guide.")
    assert fact.version == 1
    assert fact.text == "Backups are kept for 35 days and are encrypted."
    assert fact.expires_at == datetime(2027, 1, 5, tzinfo=UTC)


def test_where_nothing_is_asked_nothing_is_looked_up(find):
    """R56: no fact that the turn does not need."""
    assert find("Thanks, backups sound fine to me.") == ()


def test_a_message_that_perception_heard_as_a_question_is_one(find):
    fragment = "backups 35 days please"

    assert find(fragment) == ()
    assert find(fragment, is_question=True) != ()


def test_a_question_about_something_that_no_passage_names_gets_nothing(find):
    assert find("How long are backups kept in Dubai?") == ()


def test_where_nothing_answers_nothing_is_served(find):
    assert find("What is the capital of Mongolia?") == ()


def test_a_playbook_without_scopes_looks_nothing_up(find):
    assert find("How long are backups kept?", scopes=()) == ()


def test_another_scope_is_never_served(find):
    """R85."""
    assert find("What does the Team plan cost a month?", scopes=("security",)) == ()
    assert find("What does the Team plan cost a month?", scopes=("pricing",)) != ()


def test_expired_knowledge_is_never_served(find):
    texts = [fact.text for fact in find("How long were backups kept, 90 days?")]

    assert "Backups were kept for 90 days." not in texts


def test_two_questions_each_get_their_best_answer(find):
    facts = find("How long are backups kept? What does the Team plan cost?")

    assert [fact.text.split()[0] for fact in facts[:2]] == ["Backups", "The"]


def test_there_are_never_more_facts_than_there_is_room_for(find):
    question = "How long are backups kept? What is encrypted? What does the Team plan cost?"

    assert len(find(question)) <= 3
    assert len(find(question, limit=1)) == 1
    assert find(question, limit=0) == ()


def test_the_facts_of_a_question_are_in_one_language(find):
    facts = find("Wie lange bleiben Sicherungen erhalten?", locale="de")

    assert [fact.text for fact in facts] == ["Sicherungen bleiben 35 Tage erhalten."]


def test_another_language_serves_only_where_it_will_do(find):
    question = "Was kostet Team im Monat, 720 Euro?"

    assert [f.text for f in find(question, locale="de")] == [
        "The Team plan costs 720 euro a month."
    ]
    assert find(question, locale="de", fallback="") == ()


def test_the_crm_is_served_field_by_field_with_personal_data_held_back(contact):
    """R51."""
    facts = {fact.fact_id: fact.text for fact in crm_facts(contact)}

    assert facts["crm.title"] == "title: Head of Revenue Operations"
    assert facts["crm.company"] == "company: [[COMPANY]]"
    assert facts["crm.owner_name"] == "owner_name: [[OWNER_NAME]]"
    told = " ".join(facts.values())
    assert not any(name in told for name in ("Anna", "Berg", "Kranwerk", "Lindqvist", "@"))


def test_a_redlined_field_is_never_served(find, contact):
    """R113."""
    names = {fact.fact_id for fact in crm_facts(contact, frozenset({"title", "owner_name"}))}
    question = "Who is our account manager?"

    assert names.isdisjoint({"crm.title", "crm.owner_name"})
    assert [f.fact_id for f in find(question)] == ["crm.owner_name"]
    assert find(question, redlined=frozenset({"owner_name"})) == ()


def test_an_empty_field_of_the_crm_is_no_fact(contact, change):
    names = {fact.fact_id for fact in crm_facts(change(contact, title="", time_zone=""))}

    assert names.isdisjoint({"crm.title", "crm.time_zone"})


def test_the_thread_tells_what_was_said_offered_and_answered(session, contact, change):
    """R53."""
    spoken = change(
        session,
        facts_known=(("tool", "HubSpot"), ("budget", "20k")),
        offered=(SLOT,),
        contents_used=("icp.opener", "answer.too_dear"),
        buyer_turns=2,
        agent_turns=1,
    )

    facts = {fact.fact_id: fact for fact in thread_facts(spoken, contact, "en")}

    assert facts["thread.tool"].text == "tool: HubSpot"
    assert "10:00" in facts["thread.offered"].text
    assert facts["thread.answered"].text == "answered before: answer.too_dear"
    assert {fact.version for fact in facts.values()} == {4}


def test_a_fact_of_the_thread_is_served_when_the_question_speaks_of_it(find, session, change):
    spoken = change(session, facts_known=(("tool", "HubSpot"), ("budget", "20k")), offered=(SLOT,))

    about_tool = find("Will it read HubSpot?", session=spoken)
    about_times = find("Which times did you offer again?", session=spoken)

    assert [fact.fact_id for fact in about_tool if fact.kind == "thread"] == ["thread.tool"]
    assert [fact.fact_id for fact in about_times] == ["thread.offered"]
