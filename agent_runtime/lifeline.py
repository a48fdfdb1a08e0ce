"""One process of a kind per workspace, and none that outlives the supervisor that started it."""

import fcntl
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

VARIABLE = "PARLEY_LIFELINE"
"""Set by a supervisor that holds the other end of standard input."""


@contextmanager
def only_one(lock: Path) -> Iterator[None]:
    """Holds a lock for the block; waits while an earlier process of this kind still has it."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def one_of(lock: Path) -> Iterator[None]:
    """Holds a lock for the block that several processes of a kind may hold at once."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        yield


def at_work(workspace: Path) -> tuple[str, ...]:
    """Returns the names of the locks of a workspace that some process holds."""
    return tuple(lock.stem for lock in sorted(workspace.glob("*.lock")) if _is_held(lock))


def _is_held(lock: Path) -> bool:
    with lock.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def end_with_parent(stop: Event) -> None:
    """Sets `stop` when the supervisor is gone, however it went.

    The key that interrupts all processes of a terminal is the supervisor's: it ends the others in
    order, and starts none of them again.
    """
    if os.environ.get(VARIABLE):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        Thread(target=_watch, args=(stop,), name="lifeline", daemon=True).start()


def _watch(stop: Event) -> None:
    """Standard input ends when nobody holds its other end any more.

    It is read by its number: a reader that waits in Python's own buffer holds a lock that the
    interpreter needs when it ends.
    """
    while os.read(0, 4096):
        pass
    stop.set()
