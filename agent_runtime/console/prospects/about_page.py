"""Who writes, what is held of the reader, since when, where from, by which right and how long."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from fastapi import Request
from starlette.responses import Response

from agent_runtime.console.frame.declared import Pages
from agent_runtime.console.frame.office import TheOffice
from agent_runtime.console.prospects.seeing import Seen, Words, not_seen, see, show, words_of
from agent_runtime.data_requests.holding import held_of
from agent_runtime.domain import Consent
from agent_runtime.policies.choices import CHANNELS, topic_of
from agent_runtime.times.local_times import say_day

pages = Pages(area="prospects")


@pages.get("/{token}/about", signed=True)
def _about(request: Request, office: TheOffice, token: str) -> Response:
    seen = see(request, office, token)
    if seen is None:
        return not_seen(request, office, token)
    with office.store.begin() as tx:
        held = held_of(tx, seen.contact)
    words = words_of("about", seen.language)
    return show(
        request,
        office,
        seen,
        "about",
        held=held,
        since=_day(seen, held.known_since),
        last=_day(seen, held.last_at),
        bases=_bases(held.consents, seen, words),
        owner=seen.contact.owner_name,
    )


def _bases(consents: Iterable[Consent], seen: Seen, words: Words) -> list[dict[str, Any]]:
    """What came from one place on one day by one right is one ground, for all that it is for."""
    choices = words_of("choices", seen.language)
    ways = {channel: choices[name] for name, group in CHANNELS.items() for channel in group}
    found: dict[tuple[str, str, str], tuple[dict[str, None], dict[str, None]]] = {}
    for given in consents:
        name = given.basis if given.basis != "none" else "none_basis"
        key = (source_in(words, given.source), words[name], _day(seen, given.recorded_at))
        purposes, channels = found.setdefault(key, ({}, {}))
        topic = topic_of(given.purpose)
        purposes[choices[topic] if topic else given.purpose.replace("_", " ")] = None
        channels[ways.get(given.channel, given.channel)] = None
    return [
        {"source": source, "basis": basis, "since": since, "purposes": list(p), "ways": list(c)}
        for (source, basis, since), (p, c) in found.items()
    ]


def source_in(words: Words, source: str) -> str:
    """Returns where something comes from as a reader would say it; what we do not know, as it is.

    >>> source_in({"sources": {"form": "A form"}, "register": "Our register"}, "form demo@1")
    'A form'
    """
    known = words["sources"]
    return known.get(source) or known.get(source.partition(" ")[0]) or source or words["register"]


def _day(seen: Seen, at: datetime | None) -> str:
    return say_day(at, zone=seen.contact.time_zone, language=seen.language) if at else ""
