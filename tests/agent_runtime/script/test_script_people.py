import pytest

from agent_runtime.script.people import (
    Hiding,
    People,
    firm_of,
    greeted,
    introduced,
    says_who_speaks,
)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Hi, this is Sara from Northbeam.", "Sara"),
        ("My name is Sara Lindqvist and I work here.", "Sara Lindqvist"),
        ("Guten Tag, mein Name ist Jonas Keller von Northbeam.", "Jonas Keller"),
        ("Me llamo Marta Gil, de Northbeam.", "Marta Gil"),
        ("Je m'appelle Claire Petit.", "Claire Petit"),
        ("Chamo-me Rui Costa.", "Rui Costa"),
        ("Mi chiamo Luca Bianchi.", "Luca Bianchi"),
        ("This is important.", ""),
        ("This is Revenue data.", ""),
        ("This is Sales, isn't it.", ""),
        ("This is Northbeam calling.", ""),
        ("I'm Sorry to hear that.", ""),
        ("It is Monday, is it not?", ""),
    ],
)
def test_who_speaks_is_heard(text, name):
    assert introduced(text) == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Hi Anna, thanks.", "Anna"),
        ("Am I speaking with Anna Berg?", "Anna Berg"),
        ("Guten Tag Frau Berg, wie geht es?", "Berg"),
        ("Bonjour Monsieur Durand, merci.", "Durand"),
        ("Hello there, all good?", ""),
        ("Hi Revenue leaders, all good?", ""),
        ("Dear Customer, all good?", ""),
        ("Hallo zusammen", ""),
    ],
)
def test_who_is_spoken_to_is_heard(text, name):
    assert greeted(text) == name


def test_a_company_is_known_from_where_its_person_is_named():
    assert (
        firm_of("Anna Berg", ["Hello", "Is that Anna Berg from Kranwerk GmbH?"]) == "Kranwerk GmbH"
    )
    assert firm_of("Anna Berg", ["Anna Berg is here."]) == ""
    assert firm_of("", ["from Kranwerk"]) == ""


def test_personal_data_leaves_every_text():
    """R268: whatever a call holds of people is gone before anything is written."""
    texts = [
        "Ask Tom about it, Anna.",
        "Anna Berg of Kranwerk: my colleague Tom Hill, tom.hill@kranwerk.example, +49 30 901820.",
        "Sara, Maria Lopez will join.",
    ]
    people = People("Anna Berg", "Kranwerk GmbH", "Sara Lindqvist", ("Maria Lopez",))
    hiding = Hiding(people, texts)
    hidden = " ".join(hiding.hide(text) for text in texts)

    for secret in (
        "Anna",
        "Berg",
        "Kranwerk",
        "Tom",
        "Hill",
        "@",
        "901820",
        "Sara",
        "Maria",
        "Lopez",
    ):
        assert secret not in hidden
    assert hiding.hide(texts[0]) == "Ask [[PERSON_1]] about it, [[FIRST_NAME]]."


@pytest.mark.parametrize(
    ("sentence", "says"),
    [
        ("this is {owner_name} from Northbeam.", True),
        ("My name is [[OWNER_NAME]].", True),
        ("Am I speaking with {first_name}?", True),
        ("Thanks, {first_name}.", False),
        ("We keep figures in step.", False),
        ("{owner_name} can put it in writing.", False),
    ],
)
def test_sentences_about_who_speaks_are_recognised(sentence, says):
    assert says_who_speaks(sentence) is says
