"""Calendars of owners on any CalDAV server (RFC 4791); bookings cannot collide."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any
from urllib.parse import quote

from caldav.davclient import DAVClient
from caldav.response import DAVResponse
from icalendar import Calendar, Event, vCalAddress

from agent_runtime.domain import Slot
from agent_runtime.ports import BookingResult
from agent_runtime.tools.slots import Busy, OfficeHours, candidates, offer

_CALDAV = "{urn:ietf:params:xml:ns:caldav}"
_DAV = "{DAV:}"
_BUSY_QUERY = """<c:free-busy-query xmlns:c="urn:ietf:params:xml:ns:caldav">
<c:time-range start="{start}" end="{end}"/></c:free-busy-query>"""
_EVENT_QUERY = """<c:calendar-query xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav">
<d:prop><d:getetag/><c:calendar-data/></d:prop>
<c:filter><c:comp-filter name="VCALENDAR"><c:comp-filter name="VEVENT">
<c:time-range start="{start}" end="{end}"/>
</c:comp-filter></c:comp-filter></c:filter></c:calendar-query>"""


class CalendarError(RuntimeError):
    """The calendar server answered something that the protocol does not foresee."""


class CalDavCalendar:
    """Calendars at `<url>/<owner_id>/`; the path of an event is its start, which locks the slot.

    Nothing is cached: people and other workers write to the same calendars.
    """

    def __init__(
        self,
        url: str,
        *,
        hours: Mapping[str, OfficeHours],
        clock: Callable[[], datetime],
        username: str = "sandbox",
        password: str = "",
    ) -> None:
        self._url = url.rstrip("/")
        self._hours = hours
        self._clock = clock
        self._lock = Lock()
        self._client = DAVClient(
            url, username=username, password=password, auth_type="basic", enable_rfc6764=False
        )

    def free_slots(
        self, owner_id: str, *, now: datetime, key: str, limit: int = 3, minutes: int = 30
    ) -> tuple[Slot, ...]:
        """Returns free slots to offer; the same `key` is offered the same while they last."""
        hours = self._hours.get(owner_id)
        if hours is None:
            return ()
        slots = candidates(owner_id, hours, now=now, minutes=minutes)
        margin = timedelta(minutes=hours.buffer_minutes)
        reach = Busy(slots[0].start - margin, slots[-1].end + margin)
        return offer(slots, self._busy(owner_id, reach), hours, key=key, limit=limit)

    def book(
        self,
        slot: Slot,
        *,
        uid: str,
        summary: str,
        description: str,
        attendee: str,
        organizer: str,
    ) -> BookingResult:
        """Writes the event unless the slot is taken; asking again with one uid changes nothing.

        A conditional PUT lets one writer win the path. Events that overlap from another path are
        searched for before it and once more after it; who then finds one gives way.
        """
        held = self._held(slot)
        if uid in held:
            return BookingResult("booked", etag=held[uid])
        if held:
            return BookingResult("taken")
        event = _event(
            slot,
            uid=uid,
            summary=summary,
            description=description,
            attendee=attendee,
            organizer=organizer,
            now=self._clock(),
        )
        created = self._request(
            "PUT",
            self._path(slot),
            event,
            {"Content-Type": "text/calendar; charset=utf-8", "If-None-Match": "*"},
            allowed=(201, 204, 409, 412),
        )
        if created.status == 412:
            return self._ours(slot, uid)
        if created.status == 409:
            return BookingResult("taken")
        if self._held(slot).keys() - {uid}:
            self.cancel(slot, uid=uid)
            return BookingResult("taken")
        return BookingResult("booked", etag=created.headers.get("ETag", ""))

    def cancel(self, slot: Slot, *, uid: str) -> bool:
        """Removes our event; False when it is not there."""
        found = self._ours(slot, uid)
        if found.status == "taken":
            return False
        condition = {"If-Match": found.etag}
        gone = self._request("DELETE", self._path(slot), "", condition, allowed=(200, 204, 404))
        return gone.status != 404

    def _ours(self, slot: Slot, uid: str) -> BookingResult:
        answer = self._request("GET", self._path(slot), "", {}, allowed=(200, 404))
        if answer.status == 200 and uid in _blocking_uids(answer.raw):
            return BookingResult("booked", etag=answer.headers.get("ETag", ""))
        return BookingResult("taken")

    def _busy(self, owner_id: str, reach: Busy) -> tuple[Busy, ...]:
        query = _BUSY_QUERY.format(start=_compact(reach.start), end=_compact(reach.end))
        answer = self._request(
            "REPORT", self._home(owner_id), query, {"Depth": "1"}, allowed=(200,)
        )
        return tuple(
            Busy(period.start.astimezone(UTC), period.end.astimezone(UTC))
            for report in Calendar.from_ical(answer.raw).walk("VFREEBUSY")
            for period in _listed(report.get("FREEBUSY"))
            if period.params.get("FBTYPE") != "FREE"
        )

    def _held(self, slot: Slot) -> dict[str, str]:
        """Returns UID and ETag of every event that blocks the slot or its buffer."""
        margin = timedelta(minutes=self._hours[slot.owner_id].buffer_minutes)
        query = _EVENT_QUERY.format(
            start=_compact(slot.start - margin), end=_compact(slot.end + margin)
        )
        answer = self._request(
            "REPORT", self._home(slot.owner_id), query, {"Depth": "1"}, allowed=(207,)
        )
        held: dict[str, str] = {}
        entries = () if answer.tree is None else answer.tree.iter(f"{_DAV}response")
        for entry in entries:
            etag = entry.findtext(f".//{_DAV}getetag") or ""
            text = entry.findtext(f".//{_CALDAV}calendar-data") or ""
            held.update(dict.fromkeys(_blocking_uids(text), etag))
        return held

    def _home(self, owner_id: str) -> str:
        return f"{self._url}/{quote(owner_id, safe='')}/"

    def _path(self, slot: Slot) -> str:
        return f"{self._home(slot.owner_id)}{_compact(slot.start)}.ics"

    def _request(
        self, method: str, url: str, body: str, headers: dict[str, str], *, allowed: tuple[int, ...]
    ) -> DAVResponse:
        with self._lock:
            answer = self._client.request(url, method, body, headers)
        if answer.status not in allowed:
            raise CalendarError(f"{method} {url} answered {answer.status}, not one of {allowed}")
        return answer


def _event(
    slot: Slot,
    *,
    uid: str,
    summary: str,
    description: str,
    attendee: str,
    organizer: str,
    now: datetime,
) -> str:
    event = Event()
    event.add("uid", uid)
    event.add("dtstamp", now.astimezone(UTC))
    event.add("dtstart", slot.start.astimezone(UTC))
    event.add("dtend", slot.end.astimezone(UTC))
    event.add("summary", summary)
    event.add("description", description)
    event.add("organizer", vCalAddress(f"mailto:{organizer}"))
    event.add("attendee", vCalAddress(f"mailto:{attendee}"))
    calendar = Calendar()
    calendar.add("prodid", "-//Parley//Parley//EN")
    calendar.add("version", "2.0")
    calendar.add_component(event)
    return calendar.to_ical().decode()


def _blocking_uids(text: str) -> tuple[str, ...]:
    """Returns the UIDs of events in this calendar text that make their time busy."""
    if not text:
        return ()
    return tuple(
        str(event["UID"])
        for event in Calendar.from_ical(text).walk("VEVENT")
        if event.get("TRANSP") != "TRANSPARENT" and event.get("STATUS") != "CANCELLED"
    )


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _compact(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
