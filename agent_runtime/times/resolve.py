"""The times that a text asks for, as instants in the buyer's zone."""

from dataclasses import replace
from datetime import UTC, date, datetime
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from agent_runtime.hearing.new_text import unquoted
from agent_runtime.times.asked import asked_for
from agent_runtime.times.days import Calendar
from agent_runtime.times.entries import put_together
from agent_runtime.times.hours import Hours
from agent_runtime.times.instants import AskedTime, Buyer, Placed, place
from agent_runtime.times.lengths import Length
from agent_runtime.times.lexicon import tag_text
from agent_runtime.times.sayings import Saying, hear_all, is_when
from agent_runtime.times.spoken_language import likely_languages
from agent_runtime.times.tokens import Atoms
from agent_runtime.times.zone_phrases import NamedZone, ZoneContext
from agent_runtime.times.zones_named import date_order


@lru_cache(maxsize=4096)
def resolve_times(
    text: str, *, now: datetime, zone: str, language: str = "", country: str = ""
) -> tuple[AskedTime, ...]:
    """Returns the times that a text asks for, earliest first; none means to ask back.

    Args:
        text: What a buyer wrote or said; quoted mail below it is left out, and what comes after
            some pages.
        now: When they did.
        zone: IANA name of where they are.
        language: Two letters, where known; else it is told from the words.
        country: Two letters, for the order of day and month; else it is told from the zone.
    """
    own = unquoted(text)[:_LONGEST_TEXT]
    now = now.astimezone(UTC)
    local = now.astimezone(ZoneInfo(zone))
    calendar = Calendar(local.date(), date_order(zone, country))
    buyer = Buyer(now, zone, calendar)
    for spoken in likely_languages(own, zone=zone, known=language):
        atoms = tag_text(own, spoken)
        said = hear_all(atoms, calendar, ZoneContext(zone, now))
        if said:
            return _times(atoms, said, buyer)
    return ()


@lru_cache(maxsize=8192)
def asked_words(text: str, *, language: str) -> str:
    """Returns the stretch of a text that asks for a time, word for word; empty when none does."""
    for spoken in likely_languages(text, known=language):
        atoms = tag_text(text[:_LONGEST_TEXT], spoken)
        kept = asked_for(atoms, hear_all(atoms, _SOME_CALENDAR, _SOME_ZONE)).said
        if any(map(is_when, kept)):
            start = atoms[kept[0].first].start
            ends = [atoms[saying.end - 1].end for saying in kept]
            return text[
                start : max(end for end in ends if end - start <= _LONGEST or end == ends[0])
            ]
    return ""


_LONGEST_TEXT = 4000
_LONGEST = 80
"""Characters of one stretch; times further on are another wish."""
_SOME_CALENDAR = Calendar(date(2026, 1, 5), "day_first")
_SOME_ZONE = ZoneContext("UTC", datetime(2026, 1, 5, tzinfo=UTC))
"""Words are the same whenever they are said."""


def _times(atoms: Atoms, said: list[Saying], buyer: Buyer) -> tuple[AskedTime, ...]:
    kept, refused = asked_for(atoms, _zoned(atoms, said))
    length = next((s.what.minutes for s in kept if isinstance(s.what, Length)), None)
    zones = {s.what.name for s in said if isinstance(s.what, NamedZone)}
    zone = zones.pop() if len(zones) == 1 else ""
    placed = [
        found
        for entry in put_together(atoms, kept, refused, buyer.calendar)
        for found in place(entry, length=length, zone=zone, buyer=buyer)
    ]
    return tuple(sorted(_most_exact(placed), key=lambda a: (a.start, a.end, a.kind)))


def _zoned(atoms: Atoms, said: list[Saying]) -> list[Saying]:
    """Sayings with each zone put to the hours before it, and to others of its sentence."""
    zoned = list(said)
    for n, (before, saying) in enumerate(pairwise(said)):
        hours = zoned[n].what
        if isinstance(saying.what, NamedZone) and isinstance(hours, Hours) and not hours.zone:
            zoned[n] = replace(before, what=replace(hours, zone=saying.what.name))
    pauses = [n for n in range(len(atoms)) if atoms.has(n, "pause")]

    def sentence(saying: Saying) -> int:
        return sum(pause < saying.first for pause in pauses)

    spoken = {sentence(s): s.what.name for s in reversed(said) if isinstance(s.what, NamedZone)}
    for n, saying in enumerate(zoned):
        name = spoken.get(sentence(saying))
        if name and isinstance(saying.what, Hours) and not saying.what.zone:
            zoned[n] = replace(saying, what=replace(saying.what, zone=name))
    return zoned


def _most_exact(placed: list[Placed]) -> set[AskedTime]:
    """Without whole days of which hours were asked as well."""
    exact = {found.asked.start.date() for found in placed if not found.is_whole_day}
    return {
        found.asked
        for found in placed
        if not (found.is_whole_day and found.asked.start.date() in exact)
    }
