"""What a pull is asked for, and what it says of itself while it runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

OVERLAP = timedelta(minutes=10)
"""How far before the last change a pull looks again: the search sees an edit some moments late.
https://developers.hubspot.com/docs/api-reference/search/guide, read 2026-11."""

CHUNK = 50
"""Pages of a kind that are landed at once, so that a pull which is cut off has lost little."""

BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
"""Before HubSpot was."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What one run of the source is to bring."""

    properties: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """By kind, what a mapping takes beside what is always asked for."""
    ids: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """By kind, records that a webhook named."""
    lists: Sequence[str] = ()
    """Names of lists of contacts whose members are read."""
    whole: frozenset[str] = frozenset()
    """Kinds to read as a whole and at once, since the landed table will hold nothing else."""
    overlap: timedelta = OVERLAP
    chunk: int = CHUNK


@dataclass(slots=True)
class Progress:
    """What happened; one object for all runs of a pull."""

    behind: set[str] = field(default_factory=set)
    """Kinds of which the last run left a part for the next."""
    refused: dict[str, str] = field(default_factory=dict)
    """By table, why it was not read."""
    stopped: str = ""
    """Why the pull ended early; empty where it did not."""
    lacking: dict[str, list[str]] = field(default_factory=dict)
    """By kind, properties that were wanted and that the account does not have."""
    unread: int = 0
    """Addresses whose subscriptions are asked for again next time."""


def since(state: Mapping[str, Any], overlap: timedelta) -> datetime:
    """Returns from which change on to read, given what the last run left."""
    if not state.get("cursor"):
        return BEGINNING
    at = datetime.fromisoformat(state["cursor"])
    return at if state.get("is_behind") else at - overlap
