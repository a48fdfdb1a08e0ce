"""The meeting that somebody has ahead: another time for it, or none."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated

from fastapi import Form, Request
from starlette.responses import Response

from agent_runtime.booking import Booker
from agent_runtime.console.frame.declared import Pages
from agent_runtime.console.frame.office import Office, TheOffice
from agent_runtime.console.prospects.seeing import Seen, back_to, by_reader, not_seen, see, show
from agent_runtime.domain import Slot
from agent_runtime.endpoints import known_endpoints
from agent_runtime.errors import ParleyError
from agent_runtime.meetings.moving import Ahead, Mover, meeting_ahead
from agent_runtime.neighbours import open_calendar
from agent_runtime.newcomers import read_newcomers
from agent_runtime.ports import Calendar
from agent_runtime.times.local_times import say_time
from agent_runtime.tools.caldav_calendar import CalendarError

_UNREACHABLE = (OSError, ParleyError, CalendarError)
_SAID = {"moved": "good", "pending": "good", "cancelled": "good", "taken": "warn", "choose": "warn"}

pages = Pages(area="prospects")


@pages.get("/{token}/meeting", signed=True)
def _meeting(request: Request, office: TheOffice, token: str) -> Response:
    seen = see(request, office, token)
    if seen is None:
        return not_seen(request, office, token)
    return _page(request, office, seen, request.query_params.get("said", ""))


@pages.post("/{token}/meeting/move", signed=True)
def _move(
    request: Request, office: TheOffice, token: str, start: Annotated[str, Form()] = ""
) -> Response:
    seen = see(request, office, token)
    if seen is None:
        return not_seen(request, office, token)
    wanted = _instant(start)
    mover = _mover(office) if seen.is_recent else None
    if wanted is None or mover is None:
        return back_to(seen, "meeting", "choose" if wanted is None else "unreachable")
    try:
        outcome = mover.move(seen.contact.person_id, wanted, now=office.clock())
    except _UNREACHABLE:
        # What was decided stands on hold, and a worker writes it; else nothing has changed.
        outcome = "pending" if _is_on_hold(office, seen) else "unreachable"
    by_reader(request, seen, f"meeting: {outcome}")
    return back_to(seen, "meeting", outcome)


@pages.post("/{token}/meeting/cancel", signed=True)
def _cancel(request: Request, office: TheOffice, token: str) -> Response:
    seen = see(request, office, token)
    if seen is None:
        return not_seen(request, office, token)
    mover = _mover(office) if seen.is_recent else None
    if mover is None:
        return back_to(seen, "meeting", "unreachable")
    try:
        done = mover.call_off(seen.contact.person_id, now=office.clock())
        outcome = "cancelled" if done else "none"
    except _UNREACHABLE:
        outcome = "unreachable"
    by_reader(request, seen, f"meeting: {outcome}")
    return back_to(seen, "meeting", outcome)


def _page(request: Request, office: Office, seen: Seen, outcome: str) -> Response:
    mover, now = _mover(office), office.clock()
    with office.store.begin() as tx:
        ahead = meeting_ahead(tx, office.library, seen.contact.person_id, now=now)
    free = _free(mover, ahead, now) if ahead and seen.is_recent else ()
    zone = seen.contact.time_zone
    return show(
        request,
        office,
        seen,
        "meeting",
        ahead=ahead,
        whom=_name_of(office, seen, ahead) if ahead else "",
        when=_say(ahead.meeting.slot, seen) if ahead else "",
        free=None if free is None else [(_iso(slot), _say(slot, seen)) for slot in free],
        zone=zone or "UTC",
        said=outcome if outcome in _SAID else "",
        said_kind=_SAID.get(outcome, ""),
    )


def _free(mover: Mover | None, ahead: Ahead, now: datetime) -> tuple[Slot, ...] | None:
    """The times to choose from; None where the calendar cannot be asked."""
    try:
        return mover.free(ahead, now=now) if mover else None
    except _UNREACHABLE:
        return None


def _mover(office: Office) -> Mover | None:
    """Moves in the real calendar; None where no calendar is known."""
    endpoints = known_endpoints(office.settings)
    if endpoints is None:
        return None
    with office.store.begin() as tx:
        owners = read_newcomers(tx, office.settings.tenant_id).owners
    calendar = open_calendar(office.settings, endpoints, owners, office.clock)
    return Mover(_booker(office, calendar))


def _booker(office: Office, calendar: Calendar) -> Booker:
    library = replace(office.library, has_pages=office.settings.has_pages)
    return Booker(office.store, calendar, library, office.versions)


def _is_on_hold(office: Office, seen: Seen) -> bool:
    with office.store.begin() as tx:
        session = tx.session_of(seen.contact.person_id)
        return bool(session and tx.meetings_of(session.thread_id, "HOLDING"))


def _name_of(office: Office, seen: Seen, ahead: Ahead) -> str:
    with office.store.begin() as tx:
        owners = read_newcomers(tx, office.settings.tenant_id).owners
    names = {owner.owner_id: owner.name for owner in owners}
    return names.get(ahead.meeting.slot.owner_id) or seen.contact.owner_name


def _say(slot: Slot, seen: Seen) -> str:
    told = say_time(slot.start, zone=seen.contact.time_zone, language=seen.language)
    return told.rpartition(" (")[0]


def _iso(slot: Slot) -> str:
    return slot.start.isoformat()


def _instant(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None
