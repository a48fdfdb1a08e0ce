"""Places where a test may kill this process, to prove that the next one mends what it finds."""

import os
import signal
from typing import Literal

VARIABLE = "PARLEY_CRASH_AT"

Place = Literal[
    "asked",
    "before_launch",
    "claimed",
    "accepted",
    "stored_inbound",
    "decided",
    "booked",
    "pushed",
    "dialling",
    "dialled",
]
"""claimed: SENDING is committed, nothing is on the wire; accepted: the server has the mail, we
have not written so; stored_inbound: a mail is stored and not yet marked as read; asked: the
language model's answer is kept, and its turn has not begun; decided: the decision to book is
committed; booked: the calendar has the event, we have not written so; pushed: the CRM has the row,
we have not written so; dialling: DIALLING is committed, nothing rings; dialled: it rings, and we
have not written what the carrier calls it."""


def crash_point(place: Place) -> None:
    """Kills this process at once if a test asked for it; does nothing otherwise."""
    if os.environ.get(VARIABLE) == place:
        os.kill(os.getpid(), signal.SIGKILL)
