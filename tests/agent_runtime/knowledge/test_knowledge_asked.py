import pytest

from agent_runtime.knowledge.asked import read_question
from agent_runtime.knowledge.synonyms import concepts_of, ways_to_say
from agent_runtime.knowledge.vocabulary import Vocabulary, stem, tokens


@pytest.fixture(scope="module")
def vocabulary(passage):
    texts = [
        "The report of Relay covers Frankfurt and the SOC 2 audit of Type II.",
        "Since last year Relay and the Watch module show the Frankfurt region in green.",
        "Ask Green Lupfig; Relay runs in Ireland, and encryption is on.",
        "Backups of Relay are kept in the Frankfurt region for 35 days.",
    ]
    return Vocabulary(
        [passage(t, title=f"Guide {n}", document=f"d{n}") for n, t in enumerate(texts)]
    )


def test_ways_to_write_a_thing_are_one():
    assert tokens("SOC2, Type II") == tokens("soc-2 type 2") == ("soc", "2", "type", "2")
    assert tokens("Straße für Café") == ("straße", "fur", "cafe")


def test_a_roman_number_counts_only_after_a_word_that_is_numbered():
    assert tokens("type I") == ("type", "1")
    assert tokens("may I ask") == ("may", "i", "ask")


def test_inflections_share_a_stem():
    assert stem("encryption") == stem("encrypted")


def test_names_and_numbers_are_wanted_exactly(vocabulary):
    asked = read_question("Does the SOC 2 report cover type II in Frankfurt?", vocabulary)

    assert {"soc", "2", "frankfurt"} <= set(asked.exact)
    assert "cover" not in asked.exact


def test_a_name_in_a_question_without_capitals_is_still_a_name(vocabulary):
    assert "frankfurt" in read_question("is frankfurt covered", vocabulary).exact


def test_a_word_that_is_also_a_name_is_none_where_the_writer_minds_capitals(vocabulary):
    assert "green" not in read_question("How green is your hosting?", vocabulary).exact
    assert "green" in read_question("Do you know Green in Lupfig?", vocabulary).exact


def test_an_unknown_name_is_wanted_exactly_too(vocabulary):
    assert "dubai" in read_question("Is there a region in Dubai?", vocabulary).exact
    assert "region" in read_question("Gibt es eine Region in Dubai?", vocabulary, locale="de").words
    assert "termin" not in read_question("Gibt es einen Termin?", vocabulary, locale="de").exact


def test_slips_of_the_finger_are_mended(vocabulary):
    assert "frankfurt" in read_question("backups in Frankfrut?", vocabulary).words
    assert "encryption" in read_question("is there encrption", vocabulary).words


def test_another_name_is_no_slip(vocabulary):
    assert vocabulary.corrected("iceland") == "iceland"


def test_placeholders_are_not_searched_for(vocabulary):
    asked = read_question("Can [[FIRST_NAME]] of [[COMPANY_2]] see backups?", vocabulary)

    assert "[[" not in asked.text
    assert set(asked.words) == {"backups"}


def test_a_rare_word_weighs_more_than_one_of_every_passage(vocabulary):
    assert vocabulary.rarity("lupfig") > vocabulary.rarity("relay") > 0


def test_words_for_one_thing_are_one_concept():
    (concept,) = concepts_of(tokens("uptime"))

    assert concept.is_said(frozenset(map(stem, tokens("the availability in a month"))))
    assert not concept.is_said(frozenset(map(stem, tokens("the price in a month"))))


def test_an_entry_of_several_words_is_matched_whole():
    concepts = concepts_of(tokens("Is there a non disclosure agreement?"))
    contract = frozenset(map(stem, tokens("confidentiality agreement")))

    assert any(concept.is_said(contract) for concept in concepts)


def test_synonyms_reach_other_languages():
    assert "datenpanne" in ways_to_say(tokens("data breach"))
    assert "breach" in ways_to_say(tokens("eine Datenpanne"))
