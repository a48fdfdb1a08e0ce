"""Personal data in a text: each detector knows one kind, the first to claim a place has it."""

from collections.abc import Callable, Iterable, Iterator

from agent_runtime.pii.addresses import find_addresses
from agent_runtime.pii.cards import find_cards
from agent_runtime.pii.contact_points import find_emails, find_private_urls
from agent_runtime.pii.finding import Found, Reading
from agent_runtime.pii.ibans import find_ibans
from agent_runtime.pii.introduced import find_introduced
from agent_runtime.pii.national_ids import find_national_ids
from agent_runtime.pii.network import find_network
from agent_runtime.pii.ours import is_ours
from agent_runtime.pii.people import find_people
from agent_runtime.pii.phones import find_phones, find_told_phones
from agent_runtime.pii.secrets import find_secrets

__all__ = ["Found", "find", "find_people"]

_DETECTORS: tuple[Callable[[Reading], Iterator[Found]], ...] = (
    find_emails,
    find_private_urls,
    find_secrets,
    find_ibans,
    find_cards,
    find_introduced,
    find_national_ids,
    find_network,
    find_phones,
)
"""In order of precedence; addresses follow and give way where they meet another, then what words
alone call a telephone number."""


_EDGES = " \n,;("


def find(text: str, country: str = "", *, taken: Iterable[Found] = ()) -> list[Found]:
    """Returns the personal data of a text, names apart, in the order of the text.

    What our own approved content says (where we are) is no personal data.

    Args:
        text: What a person wrote.
        country: ISO code of where they are, as far as known; telephone numbers are read as there.
        taken: Places that are spoken for already.
    """
    found = _find(Reading(text, country), list(taken))
    return [piece for piece in found if not is_ours(text, piece, _find_all)]


def _find(reading: Reading, kept: list[Found]) -> list[Found]:
    text, given = reading.text, len(kept)
    for detector in _DETECTORS:
        for found in detector(reading):
            if not any(found.overlaps(other) for other in kept):
                kept.append(found)
    for address in find_addresses(reading):
        kept += _left_of(text, address, [other for other in kept if address.overlaps(other)])
    kept += [
        found
        for found in find_told_phones(reading)
        if not any(found.overlaps(other) for other in kept)
    ]
    return sorted(kept[given:], key=lambda found: found.start)


def _left_of(text: str, address: Found, meets: list[Found]) -> list[Found]:
    """Returns the parts of an address that nothing else has claimed and that hold a number."""
    start, parts = address.start, []
    for stop, after in [*sorted((m.start, m.end) for m in meets), (address.end, 0)]:
        part = text[start : max(start, stop)]
        begin = start + len(part) - len(part.lstrip(_EDGES))
        end = start + len(part.rstrip(_EDGES))
        if end > begin and (not meets or any(map(str.isdigit, part))):
            parts.append(Found("ADDRESS", begin, end))
        start = max(start, after)
    return parts


def _find_all(text: str) -> list[Found]:
    return _find(Reading(text, ""), [])
