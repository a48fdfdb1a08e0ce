"""One line of the change log."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Kind = Literal[
    "prompt",
    "policy",
    "playbook",
    "text",
    "retrieval scope",
    "model",
    "campaign",
    "autonomy",
    "experiment",
    "in force",
]
"""What has changed. in force: from here on turns were decided by another version of something."""

NOBODY = "not recorded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change, in words that anybody can read.

    Attributes:
        at: When it was approved, decided or first seen, in UTC.
        kind: What has changed.
        name: Which of them.
        version: What holds from here on, as traces and files name it.
        says: What changed, a whole sentence.
        by: Who wrote, approved or decided it; `not recorded` where nothing names anybody.
        why: Their reason; empty where none was asked for.
        details: What is otherwise, a line each.
        effect: What was measured of it, a sentence each; empty where nothing was.
        source: The file or log that says so.
        part: By which an evaluated version that has it is found, such as `policy=8`.
    """

    at: datetime
    kind: Kind
    name: str
    version: str
    says: str
    by: str = NOBODY
    why: str = ""
    details: tuple[str, ...] = ()
    effect: tuple[str, ...] = ()
    source: str = ""
    part: str = ""
