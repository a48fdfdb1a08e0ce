"""Publishes examples of the house voice: a file a version, and none ever changes afterwards."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import yaml

from agent_runtime.contracts import TraceEvent
from agent_runtime.drafting.choosing import Said, said_of
from agent_runtime.errors import ParleyError
from agent_runtime.library.catalog import Library
from agent_runtime.library.voice_examples import TOUCH, Example, Examples, read_version
from agent_runtime.store.reading import reviews_of, turns_of
from agent_runtime.store.sql import SqlStore

VOICE = "voice"
"""The company's library in which they lie, below the workspace's `library`."""


class ExamplesError(ParleyError):
    """A version of the examples that is not there."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a new version says otherwise than the last."""

    added: tuple[Example, ...]
    removed: tuple[Example, ...]

    @property
    def is_none(self) -> bool:
        """Whether both say the same, so that nothing need be published."""
        return not (self.added or self.removed)


def change(before: Examples, after: Iterable[Example]) -> Change:
    """Returns the examples that come and go; how many reviews speak for one is no change."""
    now = {one.model_copy(update={"reviews": 0, "why": "approved_text"}): one for one in after}
    then = {
        one.model_copy(update={"reviews": 0, "why": "approved_text"}): one
        for one in before.examples
    }
    return Change(
        tuple(one for key, one in now.items() if key not in then),
        tuple(one for key, one in then.items() if key not in now),
    )


def judged(store: SqlStore) -> tuple[Said, ...]:
    """Returns the messages of a store that people have judged, with what they answered."""
    reviews = [e for e in reviews_of(store.engine, store.tenant_id) if e.payload.get("message_id")]
    turns = turns_of(store.engine, store.tenant_id, limit=100_000) if reviews else ()
    by_turn = {event.payload["turn_id"]: _heard(event) for event in turns}
    by_time = {(event.thread_id, event.occurred_at): _heard(event) for event in turns}
    messages, heard = {}, {}
    with store.begin() as tx:
        for message_id in sorted({event.payload["message_id"] for event in reviews}):
            message = tx.message(message_id)
            if message is None:
                continue
            approval = tx.approval_of(message_id)
            messages[message_id] = message
            if message.action == "send_touch":
                heard[message_id] = TOUCH
                continue
            heard[message_id] = (
                by_turn.get(approval.inbound_key, "")
                if approval is not None
                else by_time.get((message.thread_id, message.due_at), "")
            )
    return said_of(reviews, messages, heard)


def publish(
    folder: Path, library: Library, examples: Iterable[Example], *, by: str, now: datetime
) -> Path:
    """Writes the next version and returns its file.

    Args:
        folder: The company's libraries.
        library: Whose version was published last.
        examples: What the new version holds.
        by: Who answers for it.
        now: When.
    """
    version = Examples(
        version=library.examples.version + 1,
        published_by=by,
        published_at=now,
        examples=tuple(examples),
    )
    path = file_of(folder, version.version)
    path.parent.mkdir(parents=True, exist_ok=True)
    fields = version.model_dump(mode="json")
    text = yaml.dump(fields, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True)
    with path.open("x", encoding="utf-8") as file:
        file.write(text)
    return path


def published(folder: Path, version: int) -> Examples:
    """Returns an earlier version, or says which there are."""
    path = file_of(folder, version)
    if not path.exists():
        there = ", ".join(str(int(p.stem)) for p in sorted(path.parent.glob("*.yaml")))
        raise ExamplesError(
            f"version {version} of the examples was never published; "
            f"{f'there are {there}' if there else 'none has been yet'}."
        )
    return read_version(path)


def file_of(folder: Path, version: int) -> Path:
    """Returns where a version lies."""
    return folder / VOICE / "examples" / f"{version:04}.yaml"


def _heard(event: TraceEvent) -> str:
    seen = event.payload.get("perception") or {}
    return str(seen.get("primary") or "")
