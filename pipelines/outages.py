"""Tries a step of a batch again after an outage, later each time; a person's mistake never."""

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

TIMES = 3
FIRST_WAIT_S = 20


@contextmanager
def again_after_outage(attempts: int) -> Iterator[None]:
    """Asks Dagster to run the step again where the database could not be reached or was locked.

    The waits are 20, 60 and 180 seconds. Only for steps that change nothing when they run twice;
    nothing that is sent goes through here.

    Args:
        attempts: How often this step of this run has been tried before.
    """
    from sqlalchemy.exc import InterfaceError, OperationalError

    try:
        yield
    except (OperationalError, InterfaceError, ConnectionError) as error:
        wait_s = FIRST_WAIT_S * 3**attempts
        raise dg.RetryRequested(max_retries=TIMES, seconds_to_wait=wait_s) from error
