"""Incidents with their time line: what went wrong, what people noted, and how it ended (R242).

The runtime writes incidents itself; people open others. What people say of one is only ever added.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Literal

from pydantic import TypeAdapter

from agent_runtime.contracts import TraceEvent
from agent_runtime.log import Versions, event_id
from agent_runtime.ports import Tx
from agent_runtime.steering.subjects import SteeringError

Severity = Literal["high", "medium", "low"]
_LOCK = "incidents"
_NOTES = "incident_notes:"
_LONGEST = 2000


@dataclass(frozen=True, slots=True)
class Note:
    """What somebody said of an incident."""

    at: datetime
    """By the clock of campaigns, as incidents are."""
    by: str
    text: str
    closes: bool = False


def open_incident(
    tx: Tx,
    tenant_id: str,
    *,
    what: str,
    detail: str,
    severity: Severity,
    by: str,
    versions: Versions,
    now: datetime,
) -> str:
    """Traces an incident that somebody has seen, and returns its id.

    Raises:
        SteeringError: it does not say what went wrong.
    """
    said = " ".join(what.split())[:200]
    if not said:
        raise SteeringError("what: an incident says what went wrong, in one line.")
    key = event_id(now, "incident", tenant_id, "people", by, said)
    payload = {"what": said, "detail": detail.strip()[:_LONGEST], "severity": severity, "by": by}
    tx.trace(
        TraceEvent(
            event_id=key,
            tenant_id=tenant_id,
            kind="incident",
            thread_id=None,
            person_id=None,
            contact_id=None,
            occurred_at=now,
            versions=versions,
            payload=payload,
        )
    )
    return key


def add_note(
    tx: Tx, incident_id: str, text: str, *, by: str, at: datetime, closes: bool = False
) -> None:
    """Adds what somebody says of an incident; a note that closes it says how it ended.

    Raises:
        SteeringError: it says nothing.
    """
    said = text.strip()[:_LONGEST]
    if not said:
        raise SteeringError("text: a note says something; write what was found or done.")
    tx.lock(_LOCK)
    notes = [*notes_of(tx, incident_id), Note(at, by, said, closes)]
    tx.publish(_NOTES + incident_id, _adapter().dump_json(notes).decode())


def notes_of(tx: Tx, incident_id: str) -> Sequence[Note]:
    """Returns what people said of an incident, the earliest first."""
    written = tx.published(_NOTES + incident_id)
    return _adapter().validate_json(written) if written else []


@cache
def _adapter() -> TypeAdapter[list[Note]]:
    return TypeAdapter(list[Note])
