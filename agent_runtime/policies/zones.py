"""Time zones in which a person may be: the one that is known, or all of the country."""

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from importlib.resources import files
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


@lru_cache(maxsize=1024)
def plausible_zones(time_zone: str, country: str) -> tuple[str, ...]:
    """Returns the IANA zones to respect; empty when neither zone nor country is known.

    Args:
        time_zone: IANA name from the CRM, or empty.
        country: ISO 3166 two-letter code, or empty.
    """
    if time_zone:
        try:
            ZoneInfo(time_zone)
        except (ZoneInfoNotFoundError, ValueError):
            return _zones_of().get(country.upper(), ())
        return (time_zone,)
    return _zones_of().get(country.upper(), ())


def country_of(time_zone: str) -> str:
    """Returns the country that an IANA zone is named for; empty for none, such as UTC."""
    return next((code for code, zones in _zones_of().items() if time_zone in zones), "")


def local_hours(now: datetime, zones: Iterable[str]) -> tuple[int, ...]:
    """Returns the hour of the day in each IANA zone at an instant."""
    return tuple(now.astimezone(ZoneInfo(name)).hour for name in zones)


@lru_cache(maxsize=1)
def _zones_of() -> dict[str, tuple[str, ...]]:
    zones: dict[str, list[str]] = {}
    table = files("tzdata").joinpath("zoneinfo/zone.tab").read_text(encoding="utf-8")
    for line in table.splitlines():
        if line and not line.startswith("#"):
            code, _, name, *_ = line.split("\t")
            zones.setdefault(code, []).append(name)
    return {code: tuple(names) for code, names in zones.items()}
