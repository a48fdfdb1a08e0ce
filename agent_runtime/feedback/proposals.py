"""A reviewer's tag becomes files to review: a scenario, a diff of wording or playbook, a rule."""

from collections.abc import Iterable
from pathlib import Path

from agent_runtime.feedback.file_changes import FileChange

_FILES = {
    "scenario": "scenario.yaml",
    "content": "content.diff",
    "playbook": "playbook.diff",
    "rule": "rule.yaml",
}


def propose(changes: Iterable[FileChange], message_id: str, folder: Path) -> list[Path]:
    """Writes the proposals below `folder` and returns them. Nothing that is live changes.

    Args:
        changes: What the tag of a message would change.
        message_id: The message.
        folder: Proposals of the workspace; one folder a message.
    """
    place = folder / "feedback" / message_id
    place.mkdir(parents=True, exist_ok=True)
    written = []
    for change in changes:
        path = place / _FILES[change.kind]
        path.write_text(_text(change), encoding="utf-8")
        written.append(path)
    return written


def _text(change: FileChange) -> str:
    return change.diff if change.kind in ("content", "playbook") else change.after
