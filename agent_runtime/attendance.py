"""What became of a meeting: the attendee's answer, and afterwards whether it was held."""

from dataclasses import replace
from datetime import datetime
from typing import Literal

from agent_runtime import log
from agent_runtime.arms import binding_arm
from agent_runtime.crm_outbox import queue_meeting
from agent_runtime.errors import ParleyError
from agent_runtime.ports import Store, Tx
from agent_runtime.store.rows import HumanTask, Meeting
from agent_runtime.tools.itip import Itip


class AttendanceError(ParleyError):
    """A meeting cannot be marked so."""


def hear_itip(
    tx: Tx, itip: Itip, *, sender: str, key: str, now: datetime, versions: log.Versions
) -> Meeting | None:
    """Takes an answer to an invitation in; returns the meeting as it stands after it.

    Only the attendee of the meeting answers for it, and only about its present time; anything
    else changes nothing. A declined meeting is DECLINING until `Booker.release` has freed it.
    Another time that is proposed is for the turn of the mail where it is clear, else for a person.
    """
    meeting = answered_meeting(tx, itip, sender=sender, now=now)
    if meeting is None:
        return None
    if itip.answer == "proposes":
        if proposed_start(itip, meeting, now=now) is None:
            at = f"{itip.start:%Y-%m-%d %H:%M} UTC" if itip.start else "another time"
            tell_owner(tx, meeting, key, "time_proposed", at, now)
        return meeting
    if meeting.attendance == itip.answer:
        return meeting
    state = "DECLINING" if itip.answer == "declined" else meeting.state
    after = replace(meeting, state=state, attendance=itip.answer)
    _note(tx, after, itip.answer, now=now, versions=versions)
    if itip.answer == "declined":
        tell_owner(tx, meeting, key, "meeting_declined", "", now)
        session = tx.session_of(meeting.person_id)
        if session is not None and session.meeting_uid == meeting.uid:
            tx.save_session(replace(session, meeting_uid="", state="engaged"))
    return after


def answered_meeting(tx: Tx, itip: Itip, *, sender: str, now: datetime) -> Meeting | None:
    """Returns the meeting that an answer is about, where it comes from whom it concerns."""
    meeting = _meeting_of(tx, itip.uid)
    contact = tx.contact_of(meeting.person_id) if meeting else None
    if meeting is None or contact is None or meeting.state != "CONFIRMED":
        return None
    if not sender.lower() == itip.attendee == contact.email.lower():
        return None
    if itip.sequence < meeting.sequence or meeting.slot.end <= now:
        return None
    return meeting


def proposed_start(itip: Itip, meeting: Meeting, *, now: datetime) -> datetime | None:
    """Returns when a COUNTER would have the meeting begin; None where that is not clear.

    Another length, a whole day or a time that has passed is a question for a person.
    """
    if itip.answer != "proposes" or itip.start is None or itip.start <= now:
        return None
    length = meeting.slot.end - meeting.slot.start
    is_same_length = itip.end is None or itip.end - itip.start == length
    return itip.start if is_same_length and itip.start != meeting.slot.start else None


def mark(
    store: Store,
    uid: str,
    became: Literal["held", "no_show"],
    *,
    now: datetime,
    versions: log.Versions,
) -> Meeting:
    """Records that a meeting was held or that the buyer did not come; a repeat changes nothing.

    Raises:
        AttendanceError: there is no such meeting, it does not stand, or it has not begun.
    """
    with store.begin() as tx:
        meeting = tx.meeting(uid)
        if meeting is None:
            raise AttendanceError(f"meeting {uid!r}: there is none; see `parley meeting list`.")
        if meeting.state != "CONFIRMED":
            raise AttendanceError(
                f"meeting {uid!r} is {meeting.state.lower()}; only one that stands can be {became}."
            )
        if now < meeting.slot.start:
            raise AttendanceError(
                f"meeting {uid!r} begins {meeting.slot.start:%Y-%m-%d %H:%M} UTC, after now "
                f"({now:%Y-%m-%d %H:%M}); mark it once it has begun."
            )
        if meeting.attendance == became:
            return meeting
        if meeting.attendance in ("held", "no_show"):
            raise AttendanceError(
                f"meeting {uid!r} is marked {meeting.attendance}; a mark in the traces stays."
            )
        after = replace(meeting, attendance=became)
        _note(tx, after, became, now=now, versions=versions)
        return after


def _meeting_of(tx: Tx, ical_uid: str) -> Meeting | None:
    """A moved meeting has the UID of the one before; both are of one thread."""
    first = tx.meeting(ical_uid)
    if first is None:
        return None
    standing = tx.meetings_of(first.thread_id, "CONFIRMED")
    return next((m for m in standing if m.ical_uid == ical_uid), None)


def _note(tx: Tx, meeting: Meeting, status: str, *, now: datetime, versions: log.Versions) -> None:
    tx.save_meeting(meeting)
    queue_meeting(tx, meeting, at=now)
    session = tx.session_of(meeting.person_id)
    if session is None:
        raise LookupError(f"meeting {meeting.uid} has no thread in the store")
    experiment, arm = binding_arm(tx, meeting.person_id)
    payload = log.meeting(meeting, status=status, arm=arm, experiment_id=experiment)
    log.Journal(tx, session, now=now, versions=versions).write(
        "meeting", meeting.uid, f"{status}:{now.isoformat()}", payload=payload
    )


def tell_owner(
    tx: Tx,
    meeting: Meeting,
    key: str,
    reason: str,
    text: str,
    now: datetime,
    *,
    kind: Literal["handoff", "notice"] = "handoff",
) -> None:
    """Tells the owner what the attendee did; as a notice where nobody waits for an answer."""
    tx.save_human_task(
        HumanTask(
            tenant_id=meeting.tenant_id,
            task_id=f"{meeting.uid}:{key[:16]}:{reason}",
            thread_id=meeting.thread_id,
            person_id=meeting.person_id,
            kind=kind,
            route_to="owner",
            reason=reason,
            text=text,
            received_at=now,
        )
    )
