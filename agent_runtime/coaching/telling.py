"""Scores and tags of samples go into the trace only once they can sway nobody any more."""

from collections.abc import Sequence
from datetime import datetime

from agent_runtime.coaching.changes import all_changes
from agent_runtime.coaching.samples import Sample
from agent_runtime.coaching.scoring import Given
from agent_runtime.feedback import events
from agent_runtime.log import Versions
from agent_runtime.store.rows import Message
from agent_runtime.store.sql import SqlTx
from agent_runtime.store.trace_index import events_of_thread


def tell(
    tx: SqlTx, sample: Sample, given: Sequence[Given], *, versions: Versions, now: datetime
) -> None:
    """Traces the scores of a sample, and the tags that its readers gave meanwhile.

    Args:
        tx: In which they are written.
        sample: The thread.
        given: All its scores.
        versions: What runs.
        now: The time of the campaigns.
    """
    message = last_message(tx, sample)
    for one in given if message else ():
        events.score(
            tx,
            message,  # pyright: ignore[reportArgumentType]
            one.score,
            by=one.scorer,
            note=one.note,
            versions=versions,
            now=now,
            sample_id=sample.sample_id,
        )
    tagged = {
        (one.message_id, one.author): one for one in all_changes(tx, sample_id=sample.sample_id)
    }
    for change in tagged.values():
        found = tx.message(change.message_id)
        if found is not None:
            events.tag(
                tx,
                found,
                change.tags,
                by=change.author,
                note=change.why,
                versions=versions,
                now=now,
            )


def last_message(tx: SqlTx, sample: Sample) -> Message | None:
    """Returns the last message of the agent in a thread as it was sampled."""
    for event in reversed(events_of_thread(tx.connection, tx.tenant_id, sample.thread_id)):
        said = event.payload
        is_ours = event.kind == "message" and said.get("actor") == "agent"
        if is_ours and event.occurred_at.date() <= sample.day:
            return tx.message(said["message_id"])
    return None
