"""Says in an export of the sandbox as of when it tells, since its world has a clock of its own."""

import json
from datetime import datetime
from pathlib import Path

from agent_runtime.errors import ParleyError

FILE = "sandbox_clock.json"
"""Lies beside the files of an export; an export of a real CRM has none, and tells as of today."""


def write_export_clock(exports: Path, now: datetime) -> None:
    """Notes as of when an export tells."""
    said = {"now": now.isoformat(), "clock": "sandbox"}
    (exports / FILE).write_text(json.dumps(said) + "\n", encoding="utf-8")


def read_export_clock(exports: Path) -> datetime | None:
    """Returns as of when an export of the sandbox tells; None where it is none.

    Raises:
        ParleyError: the note is there and cannot be read.
    """
    path = exports / FILE
    if not path.is_file():
        return None
    try:
        now = datetime.fromisoformat(json.loads(path.read_text("utf-8"))["now"])
    except (ValueError, KeyError, TypeError):
        now = None
    if now is None or now.tzinfo is None:
        raise ParleyError(
            f"{path}: field now is no instant with a time zone; mend or delete the file, or give "
            "--now."
        )
    return now
