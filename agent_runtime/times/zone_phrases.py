"""Zones as a text names them: ET, London time, hora de Madrid, deutsche Zeit, UTC+2."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from agent_runtime.times.tokens import Atoms
from agent_runtime.times.zones_named import is_letters, zone_of_letters

UNKNOWN = "?"
"""The zone of "your time": that of whoever reads, which the text does not tell."""


@dataclass(frozen=True, slots=True)
class NamedZone:
    """The IANA name of a zone that the text names, or `UNKNOWN`."""

    name: str


@dataclass(frozen=True, slots=True)
class ZoneContext:
    """Whose zone decides what letters like IST mean."""

    buyer_zone: str
    now: datetime


class HeardZone(NamedTuple):
    """A zone and where it ends."""

    zone: NamedZone
    end: int


def hear_zone(
    atoms: Atoms, at: int, context: ZoneContext, *, follows_hours: bool
) -> HeardZone | None:
    """Returns the zone named at a position; right after hours a city or "Pacific" is enough."""
    if zone := atoms.tag(at, "zone"):
        return HeardZone(NamedZone(zone), atoms.skip(at + 1, "time_word"))
    if atoms.has(at, "yours"):
        return HeardZone(NamedZone(UNKNOWN), at + 1)
    if atoms.has(at, "mine") and (follows_hours or atoms.tag(at, "mine") == "always"):
        return HeardZone(NamedZone(context.buyer_zone), at + 1)
    return _letters(atoms, at, context, follows_hours) or _place(atoms, at, follows_hours)


def names_zone(atoms: Atoms, at: int) -> bool:
    """Says whether a zone stands here, so that a number before it is an hour."""
    if atoms.has(at, "zone", "yours") or (atoms.has(at + 1, "time_word") and _zone_at(atoms, at)):
        return True
    raw = atoms.raw(at)
    return is_letters(raw if atoms.language != "en" else raw.upper())


_LEAST_LETTERS = 3
_TIME_WORD_LAST = ("en", "de")
"""Languages that say "London time"; the others say "hora de Londres"."""


def _letters(atoms: Atoms, at: int, context: ZoneContext, follows_hours: bool) -> HeardZone | None:
    raw = atoms.raw(at)
    if not 2 <= len(raw) <= 5 or not raw.isascii():
        return None
    is_small = atoms.language == "en" and follows_hours and raw.islower()
    if not raw.isupper() and not is_small:
        return None
    is_sure = follows_hours or atoms.has(at + 1, "time_word") or atoms.has(at - 1, "in", "of")
    if not is_sure and len(raw) < _LEAST_LETTERS:
        return None
    zone = zone_of_letters(raw, buyer_zone=context.buyer_zone, now=context.now)
    return HeardZone(NamedZone(zone), atoms.skip(at + 1, "time_word")) if zone else None


def _place(atoms: Atoms, at: int, follows_hours: bool) -> HeardZone | None:
    """A place or people with the word for time before or after, or right after hours."""
    if atoms.has(at, "time_word") and atoms.language not in _TIME_WORD_LAST:
        start = atoms.skip(at + 1, "filler", "of", "in", "daymark")
        zone = _zone_at(atoms, start)
        return HeardZone(NamedZone(zone), start + 1) if zone else None
    start = atoms.skip(at, "in", "comma", "filler") if follows_hours else at
    zone = _zone_at(atoms, start)
    if zone is None:
        return None
    if atoms.has(start + 1, "time_word"):
        return HeardZone(NamedZone(zone), start + 2)
    return HeardZone(NamedZone(zone), start + 1) if follows_hours else None


def _zone_at(atoms: Atoms, at: int) -> str | None:
    return atoms.tag(at, "city") or atoms.tag(at, "people")
