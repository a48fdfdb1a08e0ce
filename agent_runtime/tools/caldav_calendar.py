"""Calendars of owners on any CalDAV server (RFC 4791); bookings cannot collide."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from hashlib import blake2b
from threading import Lock
from time import sleep
from typing import Literal
from urllib.parse import quote, unquote
from zoneinfo import ZoneInfo

import niquests
from caldav.davclient import DAVClient
from caldav.response import DAVResponse

from agent_runtime.domain import NO_ROOM, Room, Slot
from agent_runtime.ports import BookingResult
from agent_runtime.tools.calendar_entries import (
    Entry,
    Stage,
    Words,
    claim_rank,
    compact,
    entries,
    event_text,
)
from agent_runtime.tools.slots import (
    MOST_ROOM,
    OfficeHours,
    candidates,
    is_full,
    offer,
    overlaps,
)

CLAIM_LASTS = timedelta(hours=1)
"""What a crash left half-booked is free again after this."""
RETRIES = 4
_CALDAV = "{urn:ietf:params:xml:ns:caldav}"
_DAV = "{DAV:}"
_DAY = timedelta(days=1)
_EVENT_QUERY = """<c:calendar-query xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav">
<d:prop><d:getetag/><c:calendar-data/></d:prop>
<c:filter><c:comp-filter name="VCALENDAR"><c:comp-filter name="VEVENT">
<c:time-range start="{start}" end="{end}"/>
</c:comp-filter></c:comp-filter></c:filter></c:calendar-query>"""
_TAKEN = BookingResult("taken", code="busy", why="somebody else has the time")


class CalendarError(RuntimeError):
    """The calendar server answered something that the protocol does not foresee."""


class CalDavCalendar:
    """Calendars at `<url>/<owner_id>/`; the path of an event is its start.

    Nothing is cached: people and other workers write to the same calendars. A booking is first a
    claim: it is written, looked around from, and confirmed only if nobody has touched it since.
    Of two claims that overlap the later one sees the earlier: the better removes the worse before
    it confirms, on condition of its ETag, so never both and never neither.
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
        self,
        owner_id: str,
        *,
        now: datetime,
        key: str,
        limit: int = 3,
        minutes: int = 30,
        held_too: bool = False,
        room: Room = NO_ROOM,
    ) -> tuple[Slot, ...]:
        """Returns free slots to offer; the same `key` is offered the same while they last."""
        hours = self._hours.get(owner_id)
        slots = candidates(owner_id, hours, now=now, minutes=minutes) if hours else ()
        if hours is None or not slots:
            return ()
        found = self._entries(owner_id, slots[0].start - _DAY, slots[-1].end + _DAY)
        busy = [
            entry.busy
            for entry in found
            if not entry.is_over(now) and not (held_too and entry.stage == "hold")
        ]
        return offer(slots, busy, hours, key=key, limit=limit, room=room)

    def meetings_ahead(self, owner_id: str, *, now: datetime) -> int:
        """Returns how many meetings with people an owner has in the coming two weeks."""
        ahead = self._entries(owner_id, now, now + timedelta(days=14))
        return sum(entry.busy.is_meeting for entry in ahead)

    def book(
        self,
        slot: Slot,
        *,
        uid: str,
        summary: str,
        description: str,
        attendee: str,
        organizer: str,
        sequence: int = 0,
        own: Collection[str] = (),
        over_hold: bool = False,
        room: Room = NO_ROOM,
    ) -> BookingResult:
        """Writes the event unless the slot is taken; asking again with one uid changes nothing."""
        words = Words(summary, description, attendee, organizer, sequence, room)
        return self._take(slot, uid, words, stage="confirmed", ignore=own, over_hold=over_hold)

    def hold(
        self,
        slot: Slot,
        *,
        uid: str,
        until: datetime,
        own: Collection[str] = (),
        room: Room = NO_ROOM,
    ) -> BookingResult:
        """Keeps a slot out of offers until then; `book` with the same uid makes it a meeting."""
        return self._take(
            slot, uid, Words("On hold", room=room), stage="hold", until=until, ignore=own
        )

    def release(self, slot: Slot, *, uid: str) -> bool:
        """Ends a hold; False where there is none, or where it has become a meeting."""
        found = self._find(slot, uid)
        return found is not None and found.stage == "hold" and self._remove(found)

    def move(
        self,
        old: Slot,
        new: Slot,
        *,
        uid: str,
        sequence: int,
        summary: str,
        description: str,
        attendee: str,
        organizer: str,
        own: Collection[str] = (),
        over_hold: bool = False,
        room: Room = NO_ROOM,
    ) -> BookingResult:
        """Gives a meeting another time; until the new one is got the old one stands.

        The new stretch is held first, then the event changes in place, then it goes to its path.
        """
        words = Words(summary, description, attendee, organizer, sequence, room)
        current = self._find(new, uid)
        is_there = current is not None and (current.busy.start, current.busy.end) == _ends(new)
        if not is_there:
            current = self._find(old, uid)
        if current is None:
            return self._take(new, uid, words, stage="confirmed", ignore=own, over_hold=over_hold)
        held = f"{uid}.move"
        if not is_there:
            beside = (uid, *own)
            got = self._take(
                new,
                held,
                Words("Moving", room=room),
                stage="moving",
                ignore=beside,
                over_hold=over_hold,
            )
            if got.status == "taken":
                return got
            text = self._text(new, uid, words, "confirmed")
            if self._put(current.href, text, {"If-Match": current.etag}).status in (404, 412):
                self.cancel(new, uid=held)
                return _TAKEN
        self.cancel(new, uid=held)
        if current.href != self._path(new):
            where = {"Destination": self._path(new), "Overwrite": "F"}
            # A server that cannot move leaves the event at its old path: its times are right.
            allowed = (201, 204, 403, 404, 405, 409, 412, 501, 502)
            self._request("MOVE", current.href, "", where, allowed=allowed)
        moved = self._find(new, uid)
        return BookingResult("booked", etag=moved.etag) if moved else _TAKEN

    def cancel(self, slot: Slot, *, uid: str) -> bool:
        """Removes our event; False when it is not there."""
        for _ in range(3):
            found = self._find(slot, uid)
            if found is None:
                return False
            if self._remove(found):
                return True
        raise CalendarError(f"{found.href} changes while it is being removed")

    def _take(  # noqa: PLR0911
        self,
        slot: Slot,
        uid: str,
        words: Words,
        *,
        stage: Stage,
        until: datetime | None = None,
        ignore: Collection[str] = (),
        over_hold: bool = False,
    ) -> BookingResult:
        beside = frozenset(ignore) - {uid}
        around = self._around(slot, beside, words.room)
        if over_hold:
            around = [e for e in around if not self._gives_way(e, uid)]
        own = next((e for e in around if e.uid == uid), None)
        if own is not None and own.stage == "confirmed":
            return BookingResult("booked", etag=own.etag)
        is_claimed = own is not None and own.stage == "claim"
        is_elsewhere = own is not None and (own.busy.start, own.busy.end) != _ends(slot)
        if is_elsewhere:
            return _TAKEN
        if (not is_claimed and any(e.uid != uid for e in around)) or self._is_full(slot, beside):
            return _TAKEN
        if own is None or own.stage == "claim":
            etag = own.etag if own else self._claim(slot, uid, words, beside)
            if etag is None or not self._wins(slot, uid, beside, words.room):
                return _TAKEN
            href = own.href if own else self._claimed_at(slot, uid)
        else:
            href, etag = own.href, own.etag
        text = self._text(slot, uid, words, stage, until)
        done = self._put(href, text, {"If-Match": etag})
        if done.status in (404, 412):
            again = self._find(slot, uid)
            if again is None or again.stage == "claim":
                return _answered("taken", done)
            return _answered("booked", done, etag=again.etag)
        return _answered("booked", done, etag=done.headers.get("ETag", ""))

    def _gives_way(self, entry: Entry, uid: str) -> bool:
        return entry.stage == "hold" and entry.uid != uid and self._remove(entry)

    def _claim(self, slot: Slot, uid: str, words: Words, beside: Collection[str]) -> str | None:
        """Writes a claim and returns its ETag; None where the path or the UID is taken."""
        text = self._text(slot, uid, words, "claim")
        for path in (self._path(slot), self._path(slot, uid)):
            created = self._put(path, text, {"If-None-Match": "*"})
            if created.status in (201, 204):
                return created.headers.get("ETag", "")
            found = self._find(slot, uid)
            if found is not None and found.stage == "claim":
                return found.etag
            if created.status == 409 or self._around(slot, beside, words.room):
                return None
        return None

    def _claimed_at(self, slot: Slot, uid: str) -> str:
        found = self._find(slot, uid)
        return found.href if found else self._path(slot)

    def _wins(self, slot: Slot, uid: str, beside: Collection[str], room: Room) -> bool:
        """Whether our claim stands: worse claims are removed, anything else makes us give way."""
        mine = claim_rank(uid, slot.start)
        for _ in range(5):
            rivals = self._around(slot, (uid, *beside), room)
            if not rivals:
                return True
            if any(e.stage != "claim" or claim_rank(e.uid, e.busy.start) <= mine for e in rivals):
                break
            for rival in rivals:
                self._remove(rival)
        self.cancel(slot, uid=uid)
        return False

    def _around(self, slot: Slot, beside: Collection[str], room: Room) -> list[Entry]:
        """Returns what else blocks the slot or its buffer; what has expired is removed."""
        hours, now = self._hours[slot.owner_id], self._clock()
        wide = max(MOST_ROOM, timedelta(minutes=max(hours.before, hours.after)))
        found = self._entries(slot.owner_id, slot.start - wide, slot.end + wide)
        blocking = [e for e in found if e.uid not in beside and overlaps(slot, e.busy, hours, room)]
        return [e for e in blocking if not (e.is_over(now) and self._remove(e))]

    def _is_full(self, slot: Slot, beside: Collection[str]) -> bool:
        hours = self._hours[slot.owner_id]
        if not hours.meetings_a_day:
            return False
        found = self._entries(slot.owner_id, slot.start - _DAY, slot.end + _DAY)
        return is_full(slot, [e.busy for e in found if e.uid not in beside], hours)

    def _find(self, slot: Slot, uid: str) -> Entry | None:
        found = self._entries(slot.owner_id, slot.start, slot.end)
        return next((entry for entry in found if entry.uid == uid), None)

    def _remove(self, entry: Entry) -> bool:
        condition = {"If-Match": entry.etag}
        allowed = (200, 204, 404, 412)
        return self._request("DELETE", entry.href, "", condition, allowed=allowed).status != 412

    def _entries(self, owner_id: str, start: datetime, end: datetime) -> list[Entry]:
        # The server takes a day for one of UTC; the owner's may begin up to 14 hours apart.
        query = _EVENT_QUERY.format(start=compact(start - _DAY), end=compact(end + _DAY))
        answer = self._request(
            "REPORT", self._home(owner_id), query, {"Depth": "1"}, allowed=(207,)
        )
        zone = ZoneInfo(self._hours[owner_id].time_zone)
        return [
            entry
            for response in (() if answer.tree is None else answer.tree.iter(f"{_DAV}response"))
            for entry in entries(
                response.findtext(f".//{_CALDAV}calendar-data") or "",
                href=self._home(owner_id) + _file_name(response.findtext(f"{_DAV}href") or ""),
                etag=response.findtext(f".//{_DAV}getetag") or "",
                zone=zone,
                start=start,
                end=end,
            )
        ]

    def _text(
        self, slot: Slot, uid: str, words: Words, stage: Stage, until: datetime | None = None
    ) -> str:
        now = self._clock()
        return event_text(slot, uid, words, stage=stage, now=now, until=until or now + CLAIM_LASTS)

    def _home(self, owner_id: str) -> str:
        return f"{self._url}/{quote(owner_id, safe='')}/"

    def _path(self, slot: Slot, uid: str = "") -> str:
        """The path of a slot; with a UID the one beside it, for when the first is in use."""
        beside = f"-{blake2b(uid.encode(), digest_size=6).hexdigest()}" if uid else ""
        return f"{self._home(slot.owner_id)}{compact(slot.start)}{beside}.ics"

    def _put(self, url: str, text: str, condition: dict[str, str]) -> DAVResponse:
        headers = {"Content-Type": "text/calendar; charset=utf-8"} | condition
        return self._request("PUT", url, text, headers, allowed=(200, 201, 204, 404, 409, 412))

    def _request(
        self, method: str, url: str, body: str, headers: dict[str, str], *, allowed: tuple[int, ...]
    ) -> DAVResponse:
        answer = self._sent(method, url, body, headers)
        if answer.status not in allowed:
            raise CalendarError(f"{method} {url} answered {answer.status}, not one of {allowed}")
        return answer

    def _sent(self, method: str, url: str, body: str, headers: dict[str, str]) -> DAVResponse:
        """Asks again where the line broke: every write has a condition, so a repeat is seen."""
        for attempt in range(RETRIES):
            try:
                with self._lock:
                    return self._client.request(url, method, body, headers)
            except niquests.exceptions.ConnectionError:
                if attempt == RETRIES - 1:
                    raise
            sleep(0.1 * 2**attempt)
        raise AssertionError("unreachable")


def _answered(
    status: Literal["booked", "taken"], answer: DAVResponse, *, etag: str = ""
) -> BookingResult:
    return BookingResult(status, etag=etag, code=str(answer.status), why=str(answer.reason or ""))


def _file_name(href: str) -> str:
    """The folder is known, and servers differ in how they escape it."""
    return quote(unquote(href.rsplit("/", 1)[-1]), safe="@")


def _ends(slot: Slot) -> tuple[datetime, datetime]:
    return slot.start, slot.end
