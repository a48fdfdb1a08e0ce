"""Days of rest, and hours in which the law lets us write first, by country (R65, R68)."""

import warnings
from collections.abc import Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from agent_runtime.authored import load_yaml

_USUAL_WEEKEND = (5, 6)
_FILE = Path(__file__).parent / "rest_days.yaml"


def rests_on(country: str, day: date) -> str:
    """Returns why a day is one of rest in a country, or empty; a weekend needs no country."""
    code = country.upper()
    if day.weekday() in _data()["weekend"].get(code, _USUAL_WEEKEND):
        return "weekend"
    return _holidays(code, day.year).get(day, "")


def lawful_hours(channel: str, country: str) -> Sequence[Sequence[int]]:
    """Returns the stretches of local hours in which a first contact is lawful; empty is all."""
    return _data()["hours"].get(channel, {}).get(country.upper(), ())


@cache
def _holidays(country: str, year: int) -> dict[date, str]:
    """Public holidays of a country in a year; none of a country that nobody has written down."""
    import holidays

    regions = holidays.list_supported_countries().get(country)
    if regions is None:
        return {}
    wanted: list[str | None] = [None]
    if country in _data()["any_region"]:
        wanted += regions
    found: dict[date, str] = {}
    for region in wanted:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            days = holidays.country_holidays(country, subdiv=region, years=year)
        for day, name in days.items():
            found.setdefault(day, name)
    return found


@cache
def _data() -> dict[str, Any]:
    return load_yaml(_FILE.read_text(encoding="utf-8"))
