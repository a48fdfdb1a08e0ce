import pytest
from hearing_lists import score_entities

from agent_runtime.hearing.entities import find_entities

NAMES = (
    *("company", "role", "person", "budget", "timeline", "requested_time", "tool", "competitor"),
)


@pytest.mark.parametrize("file", ["entities", "entities_later"])
@pytest.mark.parametrize("name", NAMES)
def test_entities_are_found_as_marked(file, name):
    """R31: spans that overlap what people marked, over six languages."""
    score = score_entities(file)[name]

    assert score.f1 >= 0.9, score.wrong


def test_spans_are_verbatim_and_in_order():
    text = "We own HubSpot and Xero, have about €40k, and Tuesday at 10 works."

    assert find_entities(text, "en") == (
        ("tool", "HubSpot"),
        ("tool", "Xero"),
        ("budget", "€40k"),
        ("requested_time", "Tuesday at 10"),
    )


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Your quote of €50k is too high.", "budget"),
        ("We sync 40k records a day.", "budget"),
        ("Your account manager told me so.", "role"),
        ("Hi Sara, thanks for the note.", "person"),
        ("Sara, can you send the price?", "person"),
        ("I spoke with you last Tuesday.", "requested_time"),
        ("We chose it in 2024.", "timeline"),
        ("Relay by Northbeam looks fine.", "company"),
        ("Ich habe Fragen zur Schnittstelle zum Zoll.", "tool"),
    ],
)
def test_what_only_looks_like_an_entity_is_none(text, name):
    assert name not in dict(find_entities(text, "de" if text.startswith("Ich") else "en"))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Can Relay connect to Salesforce?", "tool"),
        ("We use Salesforce for that already, it does the job.", "competitor"),
        ("We went with Fivetran.", "competitor"),
        ("Is there a connector for Fivetran?", "tool"),
    ],
)
def test_the_words_around_tell_a_rival_from_a_tool(text, kind):
    assert [name for name, _ in find_entities(text, "en")] == [kind]


def test_placeholders_are_spans():
    text = "[[PERSON_1]] decides at [[COMPANY]], call [[PHONE_1]]."

    assert find_entities(text, "en") == (("person", "[[PERSON_1]]"), ("company", "[[COMPANY]]"))


def test_a_signature_tells_who_writes_and_nothing_of_when():
    signature = "Anna Berg\nHead of Operations\nKranwerk GmbH\nMon-Fri 9:00-17:00"

    assert find_entities("Fine with me.", "en", signature=signature) == (
        ("person", "Anna Berg"),
        ("role", "Head of Operations"),
        ("company", "Kranwerk GmbH"),
    )
