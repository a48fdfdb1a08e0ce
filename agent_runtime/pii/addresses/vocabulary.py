"""The words of `words/pii/addresses.yaml`, as sets."""

from dataclasses import dataclass
from functools import cache

from agent_runtime.pii.finding import Phrases, flat
from agent_runtime.times.calendar_words import MONTHS, WEEKDAYS
from agent_runtime.words import read_words


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What a word of an address may be; all in lower case."""

    leading: frozenset[str]
    leading_doubtful: frozenset[str]
    trailing: frozenset[str]
    trailing_doubtful: frozenset[str]
    trailing_numbered: frozenset[str]
    glued: tuple[str, ...]
    glued_doubtful: frozenset[str]
    units: frozenset[str]
    abbreviations: frozenset[str]
    connectors: frozenset[str]
    no_places: frozenset[str]
    common: frozenset[str]
    """Words of every day: (part of) a name only beside a name."""
    regions: frozenset[str]
    no_regions: frozenset[str]
    corners: frozenset[str]
    corner_words: frozenset[str]
    months: frozenset[str]
    measures: frozenset[str]
    """What counts or times after a number, so that the number is no house number."""


@cache
def vocabulary() -> Vocabulary:
    """Returns the words of all languages."""
    words = read_words("pii/addresses")
    before, after = words["before_the_name"], words["after_the_name"]
    connectors = _set(words["connectors"])
    common = {
        word for listed in read_words("languages").values() for word in listed.split()
    } - connectors
    calendar = {name.lower() for days in (WEEKDAYS, MONTHS) for n in days.values() for name in n}
    short_days = set(["mon", "tue", "tues", "wed", "thu", "thur", "thurs", "fri", "sat", "sun"])
    leading = _set(before["sure"])
    return Vocabulary(
        leading=leading,
        leading_doubtful=_set(before["doubtful"]),
        trailing=_set(after["sure"]),
        trailing_doubtful=_set(after["doubtful"]) | leading,
        trailing_numbered=_set(after["number_after"]),
        glued=(*words["glued"].split(), *words["glued_doubtful"].split()),
        glued_doubtful=_set(words["glued_doubtful"]),
        units=_set(words["units"]),
        abbreviations=_set(words["abbreviations"]),
        connectors=connectors,
        no_places=frozenset(_set(words["not_a_place"]) | calendar | short_days),
        common=frozenset(common),
        regions=_set(words["regions_besides"]),
        no_regions=_set(words["no_regions"]),
        corners=_set(words["corners"]),
        corner_words=_set(words["corner_words"]),
        months=frozenset(name.lower() for n in MONTHS.values() for name in n),
        measures=_set(words["not_after_a_number"]),
    )


@cache
def spots() -> Phrases:
    """Returns the phrases after which an address is to be expected: sure or doubtful."""
    lists = read_words("pii/addresses")["spots"]
    return Phrases({"sure": flat(lists["sure"]), "doubtful": flat(lists["doubtful"])})


def _set(text: str) -> frozenset[str]:
    return frozenset(str(text).split())
