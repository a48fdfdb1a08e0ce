"""Offered times are kept in the owner's calendar while their buyer decides (R37)."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from agent_runtime import act, log
from agent_runtime.domain import NO_ROOM, Action, Room, Session, Slot
from agent_runtime.library.catalog import Library
from agent_runtime.library.playbook import Playbook
from agent_runtime.meetings.template import room_of, template_of
from agent_runtime.ports import Calendar, Store, Tx
from agent_runtime.store.rows import Due, Hold, Message, ended

ASK_AGAIN_AFTER = timedelta(minutes=30)
MAX_ATTEMPTS = 5
_DAY = timedelta(days=1)
_GOES_ON = frozenset({"answer", "ask", "share_asset", "explain", "none", "hand_off", "escalate"})
"""What may be done beside an offer that stands; everything else answers or replaces it."""
_DECLINES = frozenset(
    {"not_interested", "not_now", "cancel_meeting", "wrong_person", "already_customer"}
    | {"book_meeting", "propose_time", "reschedule", "unsubscribe", "uses_competitor"}
)
"""What does not leave an offer open, said by somebody who took none of its times."""


@dataclass(frozen=True, slots=True)
class Keeper:
    """Writes holds into calendars and takes them out; safe to run again at any point."""

    store: Store
    calendar: Calendar
    library: Library

    def settle(self, thread_id: str, *, now: datetime) -> None:
        """Works what is due of the holds of a thread."""
        with self.store.begin() as tx:
            due = [hold for hold in tx.open_holds(thread_id) if hold.due_at <= now]
        for hold in due:
            self.work(hold.hold_id, now=now)

    def work(self, hold_id: str, *, now: datetime) -> None:
        """Writes a hold that is wanted into its calendar, or takes out one that has ended."""
        with self.store.begin() as tx:
            hold = tx.hold(hold_id)
            if hold is None or hold.state != "OPEN" or hold.due_at > now:
                return
            own, session = uids(tx.open_holds(hold.thread_id)), tx.session_of(hold.person_id)
        if hold.until > now:
            playbook = self.library.playbook(session.playbook) if session else None
            room = room_of(playbook.meeting) if playbook else NO_ROOM
            self._write(hold, own, room, now=now)
        else:
            self._take_out(hold, now=now)

    def _write(self, hold: Hold, own: Collection[str], room: Room, *, now: datetime) -> None:
        """A calendar that cannot be asked keeps nobody from the offer, which is out already."""
        failed = None
        try:
            got = self.calendar.hold(
                hold.slot, uid=hold.hold_id, until=hold.until, own=own, room=room
            )
            is_free = got.status == "booked"
        except Exception as error:
            failed, is_free = error, True
        with self.store.begin() as tx:
            if failed is not None:
                due = Due("hold", hold.hold_id)
                tx.trace(log.incident(due, failed, self.store.tenant_id, now=now))
            current = tx.hold(hold.hold_id)
            if current is not None and current.state == "OPEN" and current.until > now:
                kept = replace(current, due_at=current.until)
                tx.save_hold(kept if is_free else replace(current, state="RELEASED"))

    def _take_out(self, hold: Hold, *, now: datetime) -> None:
        try:
            self.calendar.release(hold.slot, uid=hold.hold_id)
        except Exception:
            if hold.attempts + 1 >= MAX_ATTEMPTS:
                raise
            with self.store.begin() as tx:
                again = replace(hold, attempts=hold.attempts + 1, due_at=now + ASK_AGAIN_AFTER)
                tx.save_hold(again)
            return
        with self.store.begin() as tx:
            current = tx.hold(hold.hold_id)
            if current is not None and current.state == "OPEN" and current.until <= now:
                tx.save_hold(replace(current, state="RELEASED"))


def want_holds(
    tx: Tx, message: Message, session: Session, playbook: Playbook, *, now: datetime
) -> bool:
    """Writes that the times of an offer that has left are to be held; says whether any are.

    Only an answer to a buyer is an offer of this kind: holding what every first touch proposes
    would empty the calendars.
    """
    template = template_of(playbook.meeting)
    hours = template.hold_hours if playbook.hold_hours is None else playbook.hold_hours
    contact = tx.contact_of(message.person_id)
    if not hours or contact is None or session.closed or tx.suppressed(message.person_id):
        return False
    if message.action != "propose_times" or message.touch_class == "proactive":
        return False
    is_wanted = False
    for slot in message.slots:
        if slot not in session.offered or slot.start <= now:
            continue
        if tx.holds_made(slot.owner_id, since=now - _DAY) >= template.holds_a_day:
            break
        hold = Hold(
            tenant_id=message.tenant_id,
            hold_id=act.meeting_uid(tx, message.thread_id, slot),
            thread_id=message.thread_id,
            person_id=message.person_id,
            lane=contact.mailbox,
            slot=slot,
            made_at=now,
            until=min(now + timedelta(hours=hours), slot.start),
            due_at=now,
        )
        tx.save_hold(hold)
        is_wanted = True
    return is_wanted


def end_holds(
    tx: Tx, thread_id: str, *, keep: Collection[Slot] = (), booked: str = "", now: datetime
) -> None:
    """Ends the holds of a thread: the one that became a meeting, and all that are not kept."""
    for hold in tx.open_holds(thread_id):
        if hold.hold_id == booked:
            tx.save_hold(replace(hold, state="BOOKED"))
        elif hold.slot not in keep:
            tx.save_hold(ended(hold, now))


def still_offered(session: Session, action: Action) -> tuple[Slot, ...]:
    """Returns the times that a buyer may still choose from after a turn."""
    if action.candidate.action == "propose_times":
        return session.offered if action.decision == "allow" else ()
    seen = action.perception
    is_declined = seen is not None and not seen.abstain and seen.primary in _DECLINES
    goes_on = action.candidate.action in _GOES_ON and not session.closed
    waits = action.candidate.wants is not None
    return session.offered if goes_on and (waits or not is_declined) else ()


def free_or_held(
    calendar: Calendar,
    owner_id: str,
    *,
    now: datetime,
    key: str,
    minutes: int,
    room: Room,
    limit: int = 3,
) -> tuple[Slot, ...]:
    """Returns free times to offer; what is held for others too where nothing else is left."""
    free = calendar.free_slots(owner_id, now=now, key=key, limit=limit, minutes=minutes, room=room)
    return free or calendar.free_slots(
        owner_id, now=now, key=key, limit=limit, minutes=minutes, held_too=True, room=room
    )


def uids(holds: Collection[Hold]) -> tuple[str, ...]:
    """Returns by what names a calendar knows these holds."""
    return tuple(hold.hold_id for hold in holds)
