"""Time zones by letters, city, people or offset; and how a zone's country writes dates."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from importlib.resources import files
from zoneinfo import ZoneInfo, available_timezones

from agent_runtime.times.days import Order
from agent_runtime.words import read_words


@lru_cache(maxsize=1)
def zone_words() -> Mapping[str, dict[str, list[str]]]:
    """Returns the tables of letters, cities and peoples, each zone with its words."""
    return read_words("times/zones")


def is_zone(name: str) -> bool:
    """Says whether a name is an IANA zone."""
    return name in _zones()


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def zone_of_offset(offset: str) -> str | None:
    """Returns the zone of whole hours that an offset means; None for others.

    >>> zone_of_offset("+2"), zone_of_offset("-05:00"), zone_of_offset("+5:30")
    ('Etc/GMT-2', 'Etc/GMT+5', 'Asia/Kolkata')
    """
    match = re.fullmatch(r"([+-])\s?(\d{1,2})(?::?(\d\d))?", offset)
    if match is None:
        return None
    if match[3] == "30" and match[1] == "+" and int(match[2]) == 5:
        return "Asia/Kolkata"
    sign = "-" if match[1] == "+" else "+"
    name = f"Etc/GMT{sign}{int(match[2])}" if int(match[2]) else "UTC"
    return name if is_zone(name) and not int(match[3] or 0) else None


def zone_of_letters(letters: str, *, buyer_zone: str, now: datetime) -> str | None:
    """Returns the region that an abbreviation means to this buyer, their own zone first."""
    zones = _by_letters().get(letters.upper())
    if zones is None:
        return None
    return buyer_zone if letters.upper() in _letters_of(buyer_zone, now.year) else zones


def is_letters(word: str) -> bool:
    """Says whether a word is an abbreviation of a zone.

    >>> is_letters("CET"), is_letters("cet")
    (True, False)
    """
    return word in _by_letters()


@lru_cache(maxsize=1)
def city_zones() -> Mapping[str, str]:
    """Returns the zone of each city, by its name in small letters."""
    zones = {
        name.rpartition("/")[2].replace("_", " ").lower(): name
        for name in sorted(_zones())
        if name.startswith(("Africa/", "America/", "Asia/", "Australia/", "Europe/", "Pacific/"))
    }
    for zone, cities in zone_words()["cities"].items():
        zones |= dict.fromkeys(cities, zone)
    return zones


@lru_cache(maxsize=1024)
def date_order(zone: str, country: str = "") -> Order:
    """Returns how a buyer there writes short dates: `month_first`, `day_first`, or `either`."""
    country = country.upper() or _country_of(zone)
    return _ORDERS.get(country, "day_first")


_ORDERS: dict[str, Order] = {"US": "month_first", "CA": "either"}


def _country_of(zone: str) -> str:
    for country, prefixes in zone_words()["countries"].items():
        if zone.startswith(tuple(prefixes)):
            return country
    return _countries().get(zone, "")


@lru_cache(maxsize=1)
def _countries() -> dict[str, str]:
    table = files("tzdata").joinpath("zoneinfo/zone.tab").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in table.splitlines() if line and line[0] != "#")
    return {row[2]: row[0] for row in rows}


@lru_cache(maxsize=1)
def _by_letters() -> dict[str, str]:
    return {word: zone for zone, words in zone_words()["letters"].items() for word in words}


@lru_cache(maxsize=1024)
def _letters_of(zone: str, year: int) -> frozenset[str]:
    noon = datetime(year, 1, 1, 12, tzinfo=ZoneInfo(zone))
    days = (noon + timedelta(days=182 * half) for half in (0, 1))
    return frozenset(name for day in days if (name := day.tzname()))
