"""What stands in the owners' calendars by our doing: meetings, and times on hold for an answer."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from agent_runtime.newcomers import Owner
from agent_runtime.ports import Tx
from agent_runtime.store.rows import Hold, Meeting, MeetingState

_STATES: dict[MeetingState, str] = {
    "HOLDING": "being booked",
    "CONFIRMED": "confirmed",
    "TAKEN": "lost to somebody else",
    "CANCELLED": "cancelled",
    "DECLINING": "declined",
    "DECLINED": "declined",
}


@dataclass(frozen=True, slots=True)
class Item:
    """One time of an owner: with whom, and how sure it is. Instants are in the owner's zone."""

    uid: str
    start: datetime
    end: datetime
    owner_id: str
    owner: str
    who: str
    thread_id: str
    state: str
    attendance: str = ""
    """What the guest answered, or what became of it."""
    until: datetime | None = None
    """When a hold ends by itself."""

    @property
    def line(self) -> str:
        """The item as one line of text."""
        became = self.attendance or (f"until {self.until:%a %d %b %H:%M}" if self.until else "")
        said = f"{self.state}, {became}" if became else self.state
        when = f"{self.start:%a %Y-%m-%d %H:%M}-{self.end:%H:%M} {self.start.tzname()}"
        return f"{when}  {self.owner} with {self.who}  {said}  {self.uid}"


def agenda(
    tx: Tx, owners: Iterable[Owner], *, thread_id: str = "", owner: str = "", now: datetime
) -> tuple[Item, ...]:
    """Returns what is to come, the earliest first; of one thread also what has been.

    Args:
        tx: A transaction on the store.
        owners: Whose names and zones are known.
        thread_id: Only this thread, whatever its meetings' state and time.
        owner: Only this owner: an id, name or address.
        now: Tells what is to come.
    """
    known = {one.owner_id: one for one in owners}
    meetings = _of_thread(tx, thread_id) if thread_id else tx.meetings_standing()
    holds = [hold for hold in tx.open_holds(thread_id) if hold.until > now]
    found: list[Meeting | Hold] = [*meetings, *holds]
    items = [
        _item(tx, one, known.get(one.slot.owner_id))
        for one in found
        if (thread_id or one.slot.end > now) and _is_of(owner, one, known)
    ]
    return tuple(sorted(items, key=lambda item: (item.start, item.owner_id, item.uid)))


def _of_thread(tx: Tx, thread_id: str) -> tuple[Meeting, ...]:
    return tuple(m for state in _STATES for m in tx.meetings_of(thread_id, state))


def _is_of(owner: str, one: Meeting | Hold, known: dict[str, Owner]) -> bool:
    named = known.get(one.slot.owner_id)
    names = {one.slot.owner_id, *((named.name, named.email) if named else ())}
    return not owner or owner.lower() in {name.lower() for name in names}


def _item(tx: Tx, one: Meeting | Hold, owner: Owner | None) -> Item:
    zone = ZoneInfo(owner.time_zone) if owner else UTC
    contact = tx.contact_of(one.person_id)
    name = f"{contact.first_name} {contact.last_name}".strip() if contact else ""
    who = name or (contact.email if contact else "") or one.person_id
    is_hold = isinstance(one, Hold)
    return Item(
        uid=one.hold_id if is_hold else one.uid,
        start=one.slot.start.astimezone(zone),
        end=one.slot.end.astimezone(zone),
        owner_id=one.slot.owner_id,
        owner=owner.name if owner else one.slot.owner_id,
        who=f"{who}, {contact.company}" if contact and contact.company else who,
        thread_id=one.thread_id,
        state="on hold" if is_hold else _STATES[one.state],
        attendance="" if is_hold else one.attendance,
        until=one.until.astimezone(zone) if is_hold else None,
    )
