"""Which free times to offer, and whether the buyer's own suggestion is one of them."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from agent_runtime.domain import Contact, Perception, Session, Slot
from agent_runtime.times.instants import AskedTime
from agent_runtime.times.local_times import zone_of
from agent_runtime.times.resolve import resolve_times

OFFERED = 3
"""Times in one offer: enough to choose from, few enough to read."""

_DAY = (8, 18)
"""Local hours in which a buyer is asked to meet."""


def accepted_slot(
    session: Session,
    perception: Perception,
    contact: Contact,
    free_slots: Sequence[Slot],
    *,
    host_id: str,
    now: datetime,
) -> Slot | None:
    """Returns the time to book: an offered one that was accepted, or a free one that was named.

    An offered time counts only while its calendar is still that of `host_id`, who meets the buyer
    by the CRM (R110).
    """
    if perception.proposes is not None:
        return next((s for s in free_slots if s.start == perception.proposes), None)
    choice = perception.slot_choice
    if choice is not None and choice < len(session.offered):
        chosen = session.offered[choice]
        return chosen if chosen.owner_id == host_id else None
    if perception.primary not in _ASK_FOR_TIME:
        return None
    starts = {asked.start for asked in wish(perception, contact, now=now) if asked.kind == "slot"}
    fits = [slot for slot in free_slots if slot.start in starts]
    return fits[0] if len(fits) == 1 else None


def slots_to_offer(
    session: Session,
    perception: Perception,
    contact: Contact,
    free_slots: Sequence[Slot],
    *,
    now: datetime,
) -> tuple[Slot, ...]:
    """Returns up to three free times in the buyer's day, new to them, on wished days if any."""
    zone = zone_of(contact.time_zone)
    usable = [
        slot
        for slot in free_slots
        if slot not in session.offered and _DAY[0] <= slot.start.astimezone(zone).hour < _DAY[1]
    ]
    wished = wish(perception, contact, now=now)
    on_wish = [slot for slot in usable if any(_fits(slot, asked) for asked in wished)]
    return _spread(on_wish or usable, contact)


def wish(perception: Perception, contact: Contact, *, now: datetime) -> tuple[AskedTime, ...]:
    """Returns the times that the buyer asked for; of a proposed time that is not free, its day."""
    if perception.proposes is not None:
        day = perception.proposes.astimezone(zone_of(contact.time_zone))
        start = day.replace(hour=0, minute=0, second=0, microsecond=0)
        return (AskedTime("window", start, start + timedelta(days=1)),)
    words = dict(reversed(perception.entities)).get("requested_time", "")
    zone = contact.time_zone or "UTC"
    return resolve_times(words, now=now, zone=zone, language=perception.language)


_ASK_FOR_TIME = ("propose_time", "book_meeting", "interested", "reschedule")


def _fits(slot: Slot, asked: AskedTime) -> bool:
    if asked.kind == "slot":
        return slot.start == asked.start
    return asked.start <= slot.start < asked.end


def _spread(slots: Sequence[Slot], contact: Contact) -> tuple[Slot, ...]:
    """One a day, early, middle and late in the stretch; more of a day only to fill up."""
    zone = zone_of(contact.time_zone)
    by_day = {slot.start.astimezone(zone).date(): slot for slot in reversed(slots)}
    days = sorted(by_day.values(), key=lambda slot: slot.start)
    if len(days) > OFFERED:
        days = [days[0], days[len(days) // 2], days[-1]]
    rest = [slot for slot in slots if slot not in days]
    return tuple(sorted([*days, *rest][:OFFERED], key=lambda slot: slot.start))
