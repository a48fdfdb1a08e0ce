"""Text becomes a value, or null where it cannot be read."""

from datetime import UTC, date, datetime

import polars as pl
import pytest

from pipelines.sources.parse import Style, parse, slug


def read(kind, texts, style=None):
    frame = pl.DataFrame({"text": texts}, schema={"text": pl.String})
    return frame.select(parse(pl.col("text"), kind, style)).to_series().to_list()


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("int", "12", 12),
        ("int", "12.0", 12),
        ("int", "12.5", None),
        ("int", "10-50", None),
        ("float", "1e3", 1000.0),
        ("float", "nan", None),
        ("float", "inf", None),
        ("bool", "YES", True),
        ("bool", "0", False),
        ("bool", "maybe", None),
        ("date", "2026-01-05", date(2026, 1, 5)),
        ("date", "2026-02-30", None),
        ("timestamp", "2026-01-05T09:30:00Z", datetime(2026, 1, 5, 9, 30, tzinfo=UTC)),
        ("timestamp", "2026-01-05T09:30:00+02:00", datetime(2026, 1, 5, 7, 30, tzinfo=UTC)),
        ("timestamp", "2026-01-05 09:30:00", datetime(2026, 1, 5, 9, 30, tzinfo=UTC)),
        ("timestamp", "2026-01-05", datetime(2026, 1, 5, tzinfo=UTC)),
        ("timestamp", "2025-13-45T99:00:00Z", None),
        ("timestamp", "yesterday", None),
        ("email", "  Ada.Low@Alder.Example ", "ada.low@alder.example"),
        ("email", "mailto:ada@alder.example", "ada@alder.example"),
        ("email", "Ada Low <ada@alder.example>", "ada@alder.example"),
        ("email", "ada@@alder.example", None),
        ("email", "ada(at)alder.example", None),
        ("email", "ada @alder", None),
        ("email", "ada..low@alder.example", None),
        ("email", "ada@alder", None),
        ("domain", "https://www.alder.example/about", "alder.example"),
        ("domain", "Ada@Alder.example", "alder.example"),
        ("domain", "alder", None),
        ("country", "gb", "GB"),
        ("country", "NA", "NA"),
        ("country", "XX", None),
        ("language", "pt-BR", "pt"),
        ("language", "Portuguese", None),
        ("time_zone", "Europe/Berlin", "Europe/Berlin"),
        ("time_zone", "Europe/Atlantis", None),
        ("first_word", "Ada M. Low", "Ada"),
        ("later_words", "Ada M. Low", "M. Low"),
        ("later_words", "Ada", ""),
    ],
)
def test_a_text_has_one_meaning_or_none(kind, text, value):
    assert read(kind, [text, None]) == [value, None]


def test_dates_follow_the_formats_of_the_mapping():
    style = Style(formats=("%m/%d/%Y",))

    assert read("timestamp", ["3/1/2017", "13/1/2017"], style) == [
        datetime(2017, 3, 1, tzinfo=UTC),
        None,
    ]


def test_numbers_are_scaled_to_the_canonical_unit():
    assert read("float", ["1.5"], Style(scale=1_000_000)) == [1_500_000.0]


def test_phones_are_e164_by_the_country_of_the_row():
    frame = pl.DataFrame(
        {
            "phone": ["(415) 555-0100", "+49 30 23125-001", "12", "call me", None],
            "country": ["US", None, "US", "US", "US"],
        }
    )
    phone = parse(pl.col("phone"), "phone", Style(region=pl.col("country")))

    assert frame.select(phone).to_series().to_list() == [
        "+14155550100",
        "+493023125001",
        None,
        None,
        None,
    ]


def test_slugs_are_ascii_words():
    assert slug("Mei-Mei Johns") == "mei-mei-johns"
    assert slug("José Søren Groß", ".") == "jose.soren.gross"
