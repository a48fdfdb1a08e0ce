"""A stop that is said on the line: obeyed at once, on every channel, before anything else."""

from datetime import datetime

from agent_runtime import log
from agent_runtime.calling.rows import OWN_LIST, Call
from agent_runtime.hearing.spoken import asks_to_stop_on_the_line
from agent_runtime.intake import opened_by_buyer, stop
from agent_runtime.ports import Tx


def spoken_stop(
    tx: Tx, call: Call, text: str, *, turn: str, versions: log.Versions, now: datetime
) -> bool:
    """Obeys a wish that contact stop, and says whether what was said is one.

    The person is suppressed on all channels and the number goes on our own do-not-call list; a
    turn that is heard again changes nothing.

    Args:
        tx: The transaction of the turn.
        call: The call in which it was said.
        text: What the person said, in placeholder text.
        turn: Names the turn within the call.
        versions: Of what decides, for the trace.
        now: When it was said.
    """
    if not asks_to_stop_on_the_line(text):
        return False
    tx.lock(f"person:{call.person_id}")
    contact = tx.contact_of(call.person_id)
    session = tx.session_of(call.person_id)
    if session is None and contact is not None:
        session = opened_by_buyer(contact)
        tx.save_session(session)
    if session is not None:
        stop(tx, session, f"{call.call_id}:{turn}", versions=versions, now=now)
    if call.number:
        tx.add_dnc(OWN_LIST, call.number)
    return True
