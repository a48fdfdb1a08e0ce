"""What a buyer's words about when mean, on lists by the conventions."""

from datetime import datetime

import pytest
from time_cases import read_cases

from agent_runtime.times.resolve import asked_words, resolve_times

LISTS = (
    "asked_times.yaml",
    "other_voices.yaml",
    "more_voices.yaml",
    "last_voices.yaml",
    "six_tongues.yaml",
    "final_voices.yaml",
    "later_voices.yaml",
)


def at(stamp):
    return datetime.fromisoformat(stamp)


def found(text, now, zone):
    return tuple((t.kind, t.start, t.end) for t in resolve_times(text, now=now, zone=zone))


def wrong(name):
    """Returns the cases of a list that are answered wrongly, and how many there are in all."""
    cases = list(read_cases(name))
    missed = [
        f"{text!r} in {zone} at {now}: {found(text, now, zone)}, not {wanted}"
        for text, now, zone, wanted in cases
        if instants(found(text, now, zone)) != instants(wanted)
    ]
    return missed, len(cases)


def instants(answers):
    return [(kind, start.timestamp(), end.timestamp()) for kind, start, end in answers]


def test_at_least_95_percent_of_authored_wishes_are_understood():
    results = [wrong(name) for name in LISTS]
    missed = [line for lines, _ in results for line in lines]
    total = sum(count for _, count in results)

    assert total >= 600
    assert len(missed) <= total * 0.05, "\n".join(missed)


def test_every_line_of_the_conventions_holds():
    missed, total = wrong("convention_lines.yaml")

    assert total >= 80
    assert not missed, "\n".join(missed)


def test_starts_and_ends_are_written_in_the_buyers_zone():
    (asked,) = resolve_times(
        "Friday at 3pm London time", now=at("2026-07-15T14:00:00+00:00"), zone="America/New_York"
    )

    assert asked.start.isoformat() == "2026-07-17T10:00:00-04:00"
    assert asked.end.isoformat() == "2026-07-17T10:30:00-04:00"


def test_a_slot_over_the_autumn_hour_keeps_its_length():
    (asked,) = resolve_times(
        "Sonntag um 2:45 Uhr nachts", now=at("2026-10-22T08:00:00+00:00"), zone="Europe/Berlin"
    )

    assert (asked.end.timestamp() - asked.start.timestamp()) / 60 == 30
    assert asked.start.isoformat() == "2026-10-25T02:45:00+02:00"
    assert asked.end.isoformat() == "2026-10-25T02:15:00+01:00"


@pytest.mark.parametrize(
    "text", ["", " ", "?!", "🙂", "日本語で話せますか", "a" * 5000, "12:99 32/13"]
)
def test_texts_without_a_time_ask_for_none(text):
    assert resolve_times(text, now=at("2026-07-15T14:00:00+00:00"), zone="Europe/Paris") == ()


def test_quoted_mail_asks_for_nothing():
    text = "Works.\n\nOn Mon, Jan 12, 2026 at 9:00 Sara <s@x> wrote:\n> Thursday at 3?"

    assert resolve_times(text, now=at("2026-01-13T14:00:00+00:00"), zone="Europe/Paris") == ()


def test_a_known_country_decides_how_dates_are_written():
    now = at("2026-01-13T14:00:00+00:00")
    said = resolve_times("03/04 at 10", now=now, zone="Europe/London", country="US")

    assert said[0].start.isoformat() == "2026-03-04T10:00:00+00:00"


@pytest.mark.parametrize(
    ("language", "text", "words"),
    [
        (
            "en",
            "I can't do Monday but how about next Tuesday after 3? Thanks",
            "next Tuesday after 3",
        ),
        ("de", "Passt Ihnen Donnerstag um halb drei?", "Donnerstag um halb drei"),
        ("es", "¿Qué tal el jueves a las 10:30?", "el jueves a las 10:30"),
        ("en", "We met on Tuesday at 3.", ""),
    ],
)
def test_the_words_that_ask_are_told_verbatim(language, text, words):
    assert asked_words(text, language=language) == words
