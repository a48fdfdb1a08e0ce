"""Calendars of owners in Google Calendar (REST API v3), through the same port."""

from __future__ import annotations

import base64
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, time, timedelta
from hashlib import blake2b
from time import sleep
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from agent_runtime.domain import NO_ROOM, Room, Slot
from agent_runtime.errors import ParleyError
from agent_runtime.ports import BookingResult
from agent_runtime.tools.calendar_entries import (
    Entry,
    Stage,
    Words,
    claim_rank,
    compact,
    read_room,
    room_text,
)
from agent_runtime.tools.slots import (
    MOST_ROOM,
    Busy,
    OfficeHours,
    candidates,
    is_full,
    offer,
    overlaps,
)

API = "https://www.googleapis.com/calendar/v3"
CLAIM_LASTS = timedelta(hours=1)
RETRIES = 4
_TAKEN = BookingResult("taken")
_DAY = timedelta(days=1)


class GoogleCalendarError(ParleyError):
    """Google Calendar refused what we may not or cannot do."""


class GoogleCalendar:
    """One calendar per owner; the id of an event comes from its start, so inserting it is the lock.

    An id stays used when its event is deleted or moved: then the old event is written over on
    condition of its ETag, or the id beside it is taken. As on CalDAV a booking is first a claim.
    """

    def __init__(
        self,
        token: Callable[[], str],
        *,
        hours: Mapping[str, OfficeHours],
        calendars: Mapping[str, str],
        clock: Callable[[], datetime],
        url: str = API,
        pause: Callable[[float], None] = sleep,
    ) -> None:
        self._token = token
        self._hours = hours
        self._calendars = calendars
        self._clock = clock
        self._pause = pause
        self._client = httpx.Client(base_url=url, timeout=30)

    def close(self) -> None:
        """Gives the connections back."""
        self._client.close()

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
        return self._take(slot, uid, words, "confirmed", ignore=own, over_hold=over_hold)

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
        return self._take(slot, uid, Words("On hold", room=room), "hold", until=until, ignore=own)

    def release(self, slot: Slot, *, uid: str) -> bool:
        """Ends a hold; False where there is none, or where it has become a meeting."""
        found = self._find(slot, uid)
        return found is not None and found.stage == "hold" and self._remove(slot.owner_id, found)

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

        To another owner's calendar the event is written anew, and then taken out of the old one.
        """
        words = Words(summary, description, attendee, organizer, sequence, room)
        beside = (uid, *own)
        if old.owner_id != new.owner_id:
            got = self._take(new, uid, words, "confirmed", ignore=own, over_hold=over_hold)
            if got.status == "booked":
                self.cancel(old, uid=uid)
            return got
        there = self._find(new, uid)
        if there and (there.busy.start, there.busy.end) == (new.start, new.end):
            self.cancel(new, uid=f"{uid}.move")
            return BookingResult("booked", etag=there.etag)
        current = self._find(old, uid)
        if current is None:
            return self._take(new, uid, words, "confirmed", ignore=own, over_hold=over_hold)
        held = f"{uid}.move"
        got = self._take(
            new, held, Words("Moving", room=room), "moving", ignore=beside, over_hold=over_hold
        )
        if got.status == "taken":
            return got
        done = self._write(new, current, uid, words, "confirmed")
        self.cancel(new, uid=f"{uid}.move")
        return BookingResult("booked", etag=done) if done else _TAKEN

    def cancel(self, slot: Slot, *, uid: str) -> bool:
        """Removes our event; False when it is not there."""
        found = self._find(slot, uid)
        return found is not None and self._remove(slot.owner_id, found)

    def _take(
        self,
        slot: Slot,
        uid: str,
        words: Words,
        stage: Stage,
        *,
        until: datetime | None = None,
        ignore: Collection[str] = (),
        over_hold: bool = False,
    ) -> BookingResult:
        beside = frozenset(ignore) - {uid}
        around = self._around(slot, beside, words.room)
        if over_hold:
            around = [e for e in around if not self._gives_way(slot.owner_id, e, uid)]
        own = next((e for e in around if e.uid == uid), None)
        if own is not None and own.stage == "confirmed":
            return BookingResult("booked", etag=own.etag)
        is_claimed = own is not None and own.stage == "claim"
        if (not is_claimed and any(e.uid != uid for e in around)) or self._is_full(slot, beside):
            return _TAKEN
        if own is None or is_claimed:
            own = own or self._claim(slot, uid, words, beside)
            if own is None or not self._wins(slot, own, beside, words.room):
                return _TAKEN
        etag = self._write(slot, own, uid, words, stage, until)
        return BookingResult("booked", etag=etag) if etag else _TAKEN

    def _gives_way(self, owner_id: str, entry: Entry, uid: str) -> bool:
        return entry.stage == "hold" and entry.uid != uid and self._remove(owner_id, entry)

    def _claim(self, slot: Slot, uid: str, words: Words, beside: Collection[str]) -> Entry | None:
        body = self._body(slot, uid, words, "claim", None)
        for event_id in (_event_id(slot), _event_id(slot, uid)):
            created = self._ask("POST", slot.owner_id, "", body | {"id": event_id}, (200, 409))
            if created.status_code == 200:
                return self._entry(created.json(), slot.owner_id)
            stands = self._ask("GET", slot.owner_id, event_id, None, (200, 404, 410))
            if stands.status_code != 200:
                continue
            event = stands.json()
            if _uid(event) == uid and event["status"] != "cancelled":
                return self._entry(event, slot.owner_id)
            if event["status"] == "cancelled":
                condition = {"If-Match": event["etag"]}
                again = self._ask("PUT", slot.owner_id, event_id, body, (200, 412), condition)
                return self._entry(again.json(), slot.owner_id) if again.is_success else None
            if self._around(slot, beside, words.room):
                return None
        return None

    def _wins(self, slot: Slot, own: Entry, beside: Collection[str], room: Room) -> bool:
        """Whether our claim stands: worse claims are removed, anything else makes us give way."""
        mine = claim_rank(own.uid, slot.start)
        for _ in range(5):
            rivals = self._around(slot, (own.uid, *beside), room)
            if not rivals:
                return True
            if any(e.stage != "claim" or claim_rank(e.uid, e.busy.start) <= mine for e in rivals):
                break
            for rival in rivals:
                self._remove(slot.owner_id, rival)
        self._remove(slot.owner_id, own)
        return False

    def _write(
        self,
        slot: Slot,
        over: Entry,
        uid: str,
        words: Words,
        stage: Stage,
        until: datetime | None = None,
    ) -> str:
        """Writes over an event that has not changed; empty where it has."""
        body = self._body(slot, uid, words, stage, until)
        condition = {"If-Match": over.etag}
        done = self._ask("PUT", slot.owner_id, over.href, body, (200, 404, 410, 412), condition)
        return str(done.json()["etag"]) if done.status_code == 200 else ""

    def _around(self, slot: Slot, beside: Collection[str], room: Room) -> list[Entry]:
        hours, now = self._hours[slot.owner_id], self._clock()
        wide = max(MOST_ROOM, timedelta(minutes=max(hours.before, hours.after)))
        found = self._entries(slot.owner_id, slot.start - wide, slot.end + wide)
        blocking = [e for e in found if e.uid not in beside and overlaps(slot, e.busy, hours, room)]
        return [e for e in blocking if not (e.is_over(now) and self._remove(slot.owner_id, e))]

    def _is_full(self, slot: Slot, beside: Collection[str]) -> bool:
        hours = self._hours[slot.owner_id]
        if not hours.meetings_a_day:
            return False
        found = self._entries(slot.owner_id, slot.start - _DAY, slot.end + _DAY)
        return is_full(slot, [e.busy for e in found if e.uid not in beside], hours)

    def _find(self, slot: Slot, uid: str) -> Entry | None:
        found = self._entries(slot.owner_id, slot.start, slot.end)
        return next((entry for entry in found if entry.uid == uid), None)

    def _remove(self, owner_id: str, entry: Entry) -> bool:
        condition = {"If-Match": entry.etag}
        gone = self._ask("DELETE", owner_id, entry.href, None, (204, 404, 410, 412), condition)
        return gone.status_code != 412

    def _entries(self, owner_id: str, start: datetime, end: datetime) -> list[Entry]:
        query = {"timeMin": _rfc3339(start), "timeMax": _rfc3339(end), "singleEvents": "true"}
        found: list[Entry] = []
        while True:
            page = self._ask("GET", owner_id, "", None, (200,), query=query).json()
            for event in page.get("items", ()):
                is_free = event.get("transparency") == "transparent"
                if event.get("status") != "cancelled" and not is_free:
                    found.append(self._entry(event, owner_id))
            if not page.get("nextPageToken"):
                return [e for e in found if e.busy.start < end and start < e.busy.end]
            query = query | {"pageToken": page["nextPageToken"]}

    def _entry(self, event: dict[str, Any], owner_id: str) -> Entry:
        zone = ZoneInfo(self._hours[owner_id].time_zone)
        ours = event.get("extendedProperties", {}).get("private", {})
        stage: Stage = ours.get("parleyStage", "confirmed")
        until = datetime.fromisoformat(ours["parleyUntil"]) if stage != "confirmed" else None
        is_meeting = stage == "confirmed" and bool(event.get("attendees"))
        start, end = _instant(event["start"], zone), _instant(event["end"], zone)
        room = read_room(ours.get("parleyRoom", ""))
        busy = Busy(start, end, is_meeting=is_meeting, room=room)
        return Entry(_uid(event), busy, event["id"], event["etag"], stage, until)

    def _body(
        self, slot: Slot, uid: str, words: Words, stage: Stage, until: datetime | None
    ) -> dict[str, Any]:
        ours = {"parleyUid": uid, "parleyStage": stage, "parleyRoom": room_text(words.room)}
        if stage != "confirmed":
            ours["parleyUntil"] = _rfc3339(until or self._clock() + CLAIM_LASTS)
        return {
            "summary": words.summary,
            "description": words.description,
            "start": {"dateTime": _rfc3339(slot.start)},
            "end": {"dateTime": _rfc3339(slot.end)},
            "status": "confirmed" if stage == "confirmed" else "tentative",
            "sequence": words.sequence,
            "attendees": [{"email": words.attendee}] if words.attendee else [],
            "extendedProperties": {"private": ours},
        }

    def _ask(
        self,
        method: str,
        owner_id: str,
        event_id: str,
        body: dict[str, Any] | None,
        allowed: tuple[int, ...],
        headers: dict[str, str] | None = None,
        *,
        query: dict[str, str] | None = None,
    ) -> httpx.Response:
        """Asks the API; waits as long as it says when it is asked too often (429)."""
        calendar = httpx.URL("").copy_with(path=f"/calendars/{self._calendars[owner_id]}/events")
        path = f"{calendar}/{event_id}" if event_id else str(calendar)
        # The buyer's invitation is our own mail, by the permit; Google must not send another.
        params = (query or {}) | ({} if method == "GET" else {"sendUpdates": "none"})
        for attempt in range(RETRIES):
            sent = {"Authorization": f"Bearer {self._token()}"} | (headers or {})
            answer = self._client.request(method, path, params=params, json=body, headers=sent)
            if answer.status_code not in (429, 500, 503) or attempt == RETRIES - 1:
                break
            self._pause(float(answer.headers.get("Retry-After", 2**attempt)))
        if answer.status_code == 401:
            raise GoogleCalendarError(
                "PARLEY_GOOGLE_TOKEN: Google answered 401, so it has expired or was revoked; "
                "set a new one."
            )
        if answer.status_code not in allowed:
            raise GoogleCalendarError(
                f"calendar {self._calendars[owner_id]!r}: {method} answered {answer.status_code}, "
                f"not one of {allowed}; see whether it is shared with the account of the token."
            )
        return answer


def _event_id(slot: Slot, uid: str = "") -> str:
    """Ids may have a-v and 0-9 only: base32hex."""
    text = compact(slot.start)
    beside = blake2b(uid.encode(), digest_size=8).digest() if uid else b""
    return base64.b32hexencode(text.encode() + beside).decode().lower().rstrip("=")


def _uid(event: dict[str, Any]) -> str:
    ours = event.get("extendedProperties", {}).get("private", {})
    return str(ours.get("parleyUid") or event.get("iCalUID") or event["id"])


def _instant(value: dict[str, str], zone: ZoneInfo) -> datetime:
    if "date" in value:
        return datetime.combine(datetime.fromisoformat(value["date"]), time(0), zone)
    return datetime.fromisoformat(value["dateTime"])


def _rfc3339(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")
