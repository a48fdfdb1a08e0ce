import re
from collections import Counter

import pytest
from sandbox_conversation import AGENT, DAY0, TIMES, make_person

from agent_runtime.sandbox.letters import letter
from agent_runtime.sandbox.mail_view import MailView
from agent_runtime.sandbox.reading import new_words, read
from agent_runtime.sandbox.voices import LANGUAGES, Meaning, meaning_of, wording

FREQUENT = {
    "asks_meeting",
    "fresh_request",
    "repeats_wish",
    "accepts_number",
    "polite_no",
    "not_now",
    "opt_out",
    "wrong_person",
    "uses_competitor",
    "asks_pricing",
    "declines_times",
    "out_of_office",
}
SLOTS = {"first_name": "Ada", "company": "Firm & Söhne", "choice": ""}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_everything_in_enough_ways(language):
    kinds = wording(language)["kinds"]
    assert kinds.keys() == wording("en")["kinds"].keys()
    few = {k: len(u) for k, u in kinds.items() if len(set(u)) < (8 if k in FREQUENT else 4)}
    assert few == {}
    assert len(wording(language)["ordinals"]) == 5
    assert (len(wording(language)["weekdays"]), len(wording(language)["months"])) == (7, 12)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_said_is_understood_as_it_was_meant(language):
    words = wording(language)
    choices = {
        "accepts_ordinal": words["ordinals"][1],
        "accepts_time": TIMES[language].split(") ")[1].split(" (")[0],
    }
    for kind, utterances in words["kinds"].items():
        choice = choices.get(kind, "2")
        for utterance in utterances:
            text = f"Hallo\n\n{utterance.format(**(SLOTS | {'choice': choice}))}\n\nAda"
            expected = Meaning(kind, choice if "{choice}" in utterance else "")
            assert meaning_of(text, language) == expected


def test_unknown_words_mean_nothing():
    assert meaning_of("The quick brown fox.", "en") is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_refusal_carries_a_number_that_could_be_taken_for_a_pick(language):
    for kind in ("declines_times", "declines", "polite_no", "opt_out"):
        assert not [u for u in wording(language)["kinds"][kind] if re.search(r"\d", u)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_numbered_times_are_read_as_options(language):
    mail = MailView("<1@x>", AGENT, "a@b.example", "Hi", f"Hello,\n\n{TIMES[language]}\n\n-- \nR")
    reading = read(mail)
    assert [option.number for option in reading.options] == [1, 2]
    assert all("(" not in option.words for option in reading.options)
    assert "10:00" in reading.options[0].words
    assert not reading.asks


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("1) Tue 13 Jan, 10:00-10:30 (CET)", "Tue 13 Jan, 10:00"),
        ("2. terça-feira, 13 de janeiro, 10h30 – 11h00", "terça-feira, 13 de janeiro, 10h30"),
        ("3) 2026-01-13 10:00", "2026-01-13 10:00"),
        ("1) 9am on Tuesday", "9am on Tuesday"),
        ("2) Dienstag, 13. Januar, 10 Uhr", "Dienstag, 13. Januar, 10 Uhr"),
    ],
)
def test_option_is_the_day_and_time_without_length_and_zone(line, words):
    assert [o.words for o in read(MailView("", "", "", "", line)).options] == [words]


def test_numbered_lines_without_a_time_and_quoted_times_are_no_options():
    quoted = TIMES["en"].replace("\n", "\n> ")
    text = f"1) Connect your CRM\n2) Map fields\n\n> {quoted}\n> Could we talk?"
    reading = read(MailView("", "", "", "", text))
    assert reading.options == ()
    assert not reading.asks


def test_letters_vary_in_manners_and_quoting():
    original = MailView("<1@x>", AGENT, "a@b.example", "Hi", "Line one\nLine two", sent_at=DAY0)
    shapes = Counter()
    for number in range(200):
        person = make_person(f"buyer-{number}")
        text = letter(person, "No thanks.", seed=1, nth=0, original=original)
        assert "No thanks." in new_words(text)
        shapes["below"] += "\n> Line one\n> Line two" in text
        shapes["headers"] += "-----Original Message-----\nFrom: " + AGENT in text
        shapes["none"] += "Line one" not in text
        shapes["polite"] += "Ada Byron\nFirm" in text
        shapes["mobile"] += any(line in text for line in wording("en")["mobile"])
    assert shapes["below"] + shapes["headers"] + shapes["none"] == 200
    assert min(shapes.values()) >= 20


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_original_is_attributed_in_the_writers_language(language):
    original = MailView("<1@x>", AGENT, "a@b.example", "Hi", "Line one", sent_at=DAY0)
    people = [make_person(f"buyer-{n}", language=language) for n in range(60)]
    texts = "".join(letter(p, "x", seed=1, nth=0, original=original) for p in people)
    assert wording(language)["original"] in texts
    assert re.search(r"^.*2026.*" + re.escape(AGENT) + ".*:$", texts, re.MULTILINE)
