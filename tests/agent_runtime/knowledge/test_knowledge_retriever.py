from datetime import UTC, date, datetime, timedelta

import pytest

from agent_runtime.knowledge.retriever import Need, woven

QUESTION = "How long are backups kept in Frankfurt?"


def ids(found):
    return [one.passage.id for one in found]


@pytest.fixture
def need(now):
    def make(question=QUESTION, **more):
        return Need(question, more.pop("now", now), **more)

    return make


def test_what_answers_comes_first(retriever, passage, need):
    right = passage("Backups in Frankfurt are kept for 35 days.", heading="Backups")
    others = [passage(f"Number {n} speaks of invoices.", heading="Invoices") for n in range(9)]

    found = retriever(*others, right).search(need())

    assert found[0].passage == right


def test_an_expired_passage_is_not_found_from_its_day_on(retriever, passage, need):
    """R42: expired content is never served."""
    one = passage("Backups in Frankfurt are kept for 35 days.", expires_at=date(2026, 3, 3))
    found = retriever(one)
    last = datetime(2026, 3, 2, 23, 59, 59, 999999, tzinfo=UTC)

    assert ids(found.search(need(now=last))) == [one.id]
    assert found.search(need(now=last + timedelta(microseconds=1))) == ()


def test_only_the_scopes_asked_for_are_searched(retriever, passage, need):
    """R85: retrieval keeps to its scope."""
    security = passage("Backups are kept for 35 days.", scopes=("security", "hosting"))
    pricing = passage("Backups cost 35 euro.", scopes=("pricing",))
    found = retriever(security, pricing)

    assert ids(found.search(need(scopes=("hosting", "legal")))) == [security.id]
    assert ids(found.search(need(scopes=("pricing",)))) == [pricing.id]
    assert len(found.search(need(scopes=None))) == 2
    assert found.search(need(scopes=())) == ()
    assert found.search(need(scopes=("legal",))) == ()


def test_only_the_languages_asked_for_are_searched(retriever, passage, need):
    german = passage("Sicherungen bleiben 35 Tage in Frankfurt.", locale="de")
    english = passage("Backups stay 35 days in Frankfurt.")
    found = retriever(german, english)

    assert ids(found.search(need(locales=("de",)))) == [german.id]
    assert ids(found.search(need(locales=("en",)))) == [english.id]
    both = found.search(need("Wie lange bleiben Sicherungen?", locales=("de", "en")))
    assert ids(both)[0] == german.id
    assert found.search(need(locales=("fr",))) == ()


def test_filters_run_before_the_search_so_that_nothing_crowds_out(retriever, passage, need):
    right = passage("A word on backups.", scopes=("legal",))
    crowd = [
        passage(f"Backups in Frankfurt are kept for {n} days.", document=f"d{n}") for n in range(80)
    ]

    assert ids(retriever(*crowd, right).search(need(scopes=("legal",)))) == [right.id]


def test_a_name_that_was_asked_for_beats_a_near_duplicate(retriever, passage, need):
    cities = ["Dublin", "Frankfurt", "Paris", "Milan", "Madrid", "Tokyo"]
    same = (
        "Backups are kept for 35 days and are encrypted with a key that differs from that of the "
        "live systems; a restore is rehearsed every quarter, and customers may read the result."
    )
    passages = [
        passage(same, title=f"Hosting guide for {city}", heading="Backups", document=city.lower())
        for city in cities
    ]

    found = retriever(*passages).search(need(), limit=6)

    assert found[0].passage.document == "frankfurt"
    assert all(one.twin_of == found[0].passage.id for one in found[1:])


def test_of_two_editions_the_newer_is_served_unless_the_older_is_named(retriever, passage, need):
    def edition(year, days):
        return passage(
            f"Backups are kept for {days} days.",
            title=f"Retention policy {year}",
            document=f"retention-{year}",
            approved_at=date(year, 1, 5),
        )

    old, new = edition(2024, 90), edition(2025, 30)
    found = retriever(old, new)

    newest = found.search(need("How long are backups kept?"))
    named = found.search(need("How long were backups kept in 2024?"))

    assert ids(newest) == [new.id, old.id]
    assert [one.twin_of for one in newest] == ["", new.id]
    assert ids(named)[0] == old.id


def test_the_same_question_gets_the_same_answer(retriever, passage, need):
    passages = [passage(f"Backups of kind {n} are kept.", document=f"d{n}") for n in range(50)]
    found = retriever(*passages)

    assert found.search(need(), limit=9) == found.search(need(), limit=9)


def test_a_passage_is_found_by_its_id_even_when_it_has_expired(retriever, passage):
    one = passage("Backups are kept.", expires_at=date(2020, 1, 1))

    assert retriever(one).passage(one.id) == one
    assert retriever(one).passage("kb.unknown") is None


def test_a_passage_comes_back_whole(retriever, passage, need):
    one = passage(
        "Backups:\n- 'daily', kept \"35\" days",
        heading="It's backups",
        scopes=("security", "hosting"),
        version=4,
        approver="D'Arcy, Security",
    )

    assert retriever(one).search(need())[0].passage == one


@pytest.mark.parametrize("question", ["", "  ", "[[FIRST_NAME]]", "???", "'; drop table --", '"a'])
def test_no_question_breaks_the_search(retriever, passage, need, question):
    found = retriever(passage("Backups are kept.")).search(need(question))

    assert len(found) <= 1


def test_lists_are_woven_place_by_place():
    assert woven([["a", "b", "c"], ["x", "a"], []]) == ["a", "x", "b", "c"]
    assert woven([]) == []
