"""Who speaks in a thread: a person who takes it over silences the agent on every channel."""

from dataclasses import replace
from datetime import datetime

from agent_runtime import log
from agent_runtime.domain import Session
from agent_runtime.ports import Tx


def take_over(
    tx: Tx, person_id: str, *, by: str, now: datetime, versions: log.Versions
) -> Session | None:
    """Gives a thread to a person and withdraws what the agent wanted to say; None: no thread.

    The lock is the one under which messages are claimed, so that one is either SENDING already or
    asks the permit after this, which lets the agent say nothing more.
    """
    return _give(tx, person_id, "human", by=by, now=now, versions=versions)


def give_back(
    tx: Tx, person_id: str, *, by: str, now: datetime, versions: log.Versions
) -> Session | None:
    """Lets the agent speak again."""
    return _give(tx, person_id, "agent", by=by, now=now, versions=versions)


def _give(
    tx: Tx, person_id: str, speaker: str, *, by: str, now: datetime, versions: log.Versions
) -> Session | None:
    tx.lock(f"person:{person_id}")
    session = tx.session_of(person_id)
    if session is None:
        return None
    given = replace(session, speaker="human" if speaker == "human" else "agent")
    tx.save_session(given)
    if speaker == "human":
        tx.void_approvals(session.person_id)
    journal = log.Journal(tx, session, now=now, versions=versions)
    what = "taken_over" if speaker == "human" else "given_back"
    journal.write("review", session.thread_id, what, by, payload={"what": what, "by": by})
    return given
