"""A reviewer's tag becomes files to review: a scenario, a diff of wording or playbook, a rule."""

from collections.abc import Sequence
from pathlib import Path

from agent_runtime.contracts import TraceEvent
from agent_runtime.domain import Contact
from agent_runtime.feedback.file_changes import FileChange, Tagged, file_changes
from agent_runtime.library.catalog import Library

_FILES = {
    "scenario": "scenario.yaml",
    "content": "content.diff",
    "playbook": "playbook.diff",
    "rule": "rule.yaml",
}


def propose(
    tagged: Tagged,
    turns: Sequence[TraceEvent],
    contact: Contact,
    library: Library,
    folder: Path,
    *,
    own: Path = Path(),
) -> list[Path]:
    """Writes the proposals below `folder` and returns them. Nothing that is live changes.

    Args:
        tagged: The message, what is wrong with it, and better words if there are any.
        turns: The turns of its thread, oldest first.
        contact: Whose thread it is; only what is no personal data is used.
        library: Whose wording the diff is against.
        folder: Proposals of the workspace; one folder a message.
        own: Where the company's own libraries lie.
    """
    place = folder / "feedback" / tagged.message.message_id
    place.mkdir(parents=True, exist_ok=True)
    written = []
    for change in file_changes(tagged, turns, contact, library, own):
        path = place / _FILES[change.kind]
        path.write_text(_text(change), encoding="utf-8")
        written.append(path)
    return written


def _text(change: FileChange) -> str:
    return change.diff if change.kind in ("content", "playbook") else change.after
