"""What the last batches did and when each table was made last, as `parley status` tells it.

Batch code writes it in one small file of the workspace; the runtime only reads. Times are real
ones, whatever clock a sandbox plays by.
"""

import json
import os
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from agent_runtime.settings import Workspace

STALE_AFTER = timedelta(hours=26)
"""A daily batch is late two hours after its time."""

Outcome = Literal["running", "done", "failed"]


@dataclass(frozen=True, slots=True)
class BatchRun:
    """One run of a batch."""

    name: str
    began_at: datetime
    ended_at: datetime | None = None
    outcome: Outcome = "running"
    failed: str = ""
    """The step that failed."""
    why: str = ""

    def said(self) -> str:
        """Returns the run in one line."""
        when = f"{self.ended_at or self.began_at:%Y-%m-%d %H:%M} UTC"
        if self.outcome == "failed":
            return f"{self.name} FAILED {when} in {self.failed or 'the run'}: {self.why}"
        if self.outcome == "running":
            return f"{self.name} runs since {when}"
        return f"{self.name} done {when}"


@dataclass(frozen=True, slots=True)
class Journal:
    """The last run, and when each asset was made last."""

    last: BatchRun | None = None
    made_at: dict[str, datetime] = field(default_factory=dict)
    """By asset, such as `crm/contacts`; only assets of scheduled batches."""

    def stale(self, now: datetime, after: timedelta = STALE_AFTER) -> dict[str, timedelta]:
        """Returns the age of each asset that should have been made since."""
        ages = {name: now - at for name, at in self.made_at.items()}
        return {name: age for name, age in sorted(ages.items()) if age > after}


def read_journal(workspace: Workspace) -> Journal:
    """Returns the journal of a workspace; an empty one where no batch has run."""
    try:
        document = json.loads(_path(workspace).read_text("utf-8"))
    except (OSError, ValueError):
        return Journal()
    last = document.get("last")
    return Journal(
        last=_run(last) if last else None,
        made_at={n: datetime.fromisoformat(at) for n, at in document.get("made_at", {}).items()},
    )


def begin(workspace: Workspace, name: str, *, now: datetime) -> None:
    """Writes that a batch has begun."""
    _write(workspace, replace(read_journal(workspace), last=BatchRun(name, now)))


def end(
    workspace: Workspace, *, now: datetime, failed: str = "", why: str = "", is_done: bool = True
) -> None:
    """Writes how the batch ended that began last."""
    journal = read_journal(workspace)
    began = journal.last or BatchRun("batch", now)
    outcome: Outcome = "done" if is_done else "failed"
    last = replace(began, ended_at=now, outcome=outcome, failed=failed, why=why)
    _write(workspace, replace(journal, last=last))


def made(workspace: Workspace, assets: list[str], *, now: datetime) -> None:
    """Writes that these assets have been made."""
    journal = read_journal(workspace)
    _write(workspace, replace(journal, made_at=journal.made_at | dict.fromkeys(assets, now)))


def _path(workspace: Workspace) -> Path:
    return workspace.lake / "batch_journal.json"


def _run(document: dict[str, str]) -> BatchRun:
    ended = document["ended_at"]
    times = {
        "began_at": datetime.fromisoformat(document["began_at"]),
        "ended_at": datetime.fromisoformat(ended) if ended else None,
    }
    return BatchRun(**{**document, **times})  # pyright: ignore[reportArgumentType]


def _write(workspace: Workspace, journal: Journal) -> None:
    path = _path(workspace)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}")
    draft.write_text(json.dumps(asdict(journal), indent=1, default=_plain) + "\n", "utf-8")
    draft.replace(path)


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
