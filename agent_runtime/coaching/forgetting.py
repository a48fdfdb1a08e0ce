"""Words of reviews go with the words that they are about; marks stay as figures."""

from collections.abc import Collection

from agent_runtime.store.coaching_tables import agreed, proposed, samples, scores
from agent_runtime.store.sql import SqlTx


def forget_threads(tx: SqlTx, threads: Collection[str], note: str) -> int:
    """Empties notes and closes proposed changes of threads; returns how many rows lost words.

    What was accepted is part of the library by then, and its words have been read by two people.

    Args:
        tx: In which it happens.
        threads: Ids of the threads.
        note: By which rule, for whoever looks for the words.
    """
    said = f"[removed {note}]"
    c = proposed.c
    ours = (c.thread_id.in_(threads), c.why != said)
    words = {"why": said, "before": "", "after": "", "decided_why": ""}
    count = tx.set(proposed, {"state": "PROPOSED"}, *ours, **words, state="REJECTED")
    count += tx.set(proposed, {}, *ours, **words)
    of_threads = tx.rows(samples, samples.c.thread_id.in_(threads)).all()
    for sample_id in (row.sample_id for row in of_threads):
        for table in (scores, agreed):
            count += tx.set(table, {"sample_id": sample_id}, table.c.note != "", note="")
    return count
