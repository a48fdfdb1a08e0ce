"""Works the batch of one lane: its questions first, then row by row, and chats in between."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from agent_runtime.desk import Desk
from agent_runtime.ports import MailChannel
from agent_runtime.store.rows import Due

LOOK_EVERY_S = 0.1
"""While a model thinks about a mail, so often somebody looks who waits before a chat window."""


def work_batch(
    desk: Desk,
    rows: Sequence[Due],
    channel: MailChannel,
    *,
    waits_live: Callable[[], Iterable[Due]],
    clock: Callable[[], datetime],
) -> None:
    """Works all rows of a lane, one at a time.

    Args:
        desk: Who works them.
        rows: What was due when the batch was made.
        channel: By which messages leave.
        waits_live: Rows of the lane for which somebody waits before a chat window just now.
        clock: The runtime's.
    """
    first: set[Due] = set()

    def work_live() -> None:
        for waits in waits_live():
            if waits not in first:
                first.add(waits)
                desk.work(waits, channel, now=clock())

    for due in desk.ask_ahead(rows, now=clock()):
        work_live()
        while not desk.is_answered(due, within_s=LOOK_EVERY_S):
            work_live()
        if due not in first:
            desk.work(due, channel, now=clock())
