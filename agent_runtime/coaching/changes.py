"""Changes that tags propose, as files before and after: a colleague accepts or rejects each."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from pydantic import TypeAdapter

from agent_runtime.coaching.errors import CoachingError
from agent_runtime.feedback.file_changes import FileChange, Kind, text_now
from agent_runtime.library.catalog import PACKAGE, Library, own_libraries, read_library
from agent_runtime.library.checks import cross_problems
from agent_runtime.library.content import LibraryError
from agent_runtime.steering.effect import Effect
from agent_runtime.store.coaching_tables import proposed
from agent_runtime.store.sql import SqlTx

State = Literal["PROPOSED", "ACCEPTED", "REJECTED"]
"""ACCEPTED: it is part of the patch that whoever keeps the library takes over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One file that a tag would change."""

    change_id: str
    kind: Kind
    path: str
    playbook: str
    thread_id: str
    message_id: str
    sample_id: str
    tags: tuple[str, ...]
    why: str
    before: str
    after: str
    author: str
    made_at: datetime
    state: State = "PROPOSED"
    decided_by: str = ""
    decided_at: datetime | None = None
    decided_why: str = ""
    effect: Effect | None = None

    @property
    def diff(self) -> str:
        """The change as `git apply` takes it."""
        return FileChange(self.kind, self.path, self.before, self.after).diff


def keep(
    tx: SqlTx,
    changes: Iterable[FileChange],
    *,
    playbook: str,
    thread_id: str,
    message_id: str,
    sample_id: str = "",
    tags: Sequence[str],
    why: str,
    by: str,
    at: datetime,
) -> tuple[Change, ...]:
    """Writes proposed changes; the same one by the same person stands once."""
    made = []
    for one in changes:
        key = "\x1f".join((tx.tenant_id, message_id, by, one.path, one.after))
        change = Change(
            change_id=hashlib.sha256(key.encode()).hexdigest()[:12],
            kind=one.kind,
            path=one.path,
            playbook=playbook,
            thread_id=thread_id,
            message_id=message_id,
            sample_id=sample_id,
            tags=tuple(tags),
            why=" ".join(why.split())[:2000],
            before=one.before,
            after=one.after,
            author=by,
            made_at=at,
        )
        tx.insert(proposed, _row(change))
        made.append(change)
    return tuple(made)


def all_changes(tx: SqlTx, *, state: str = "", sample_id: str = "") -> tuple[Change, ...]:
    """Returns changes, the latest first."""
    keys = {"state": state, "sample_id": sample_id}
    rows = tx.rows(proposed, **{name: value for name, value in keys.items() if value})
    return tuple(sorted(map(_change, rows), key=lambda one: one.made_at, reverse=True))


def change_of(tx: SqlTx, change_id: str) -> Change:
    """Returns a change.

    Raises:
        CoachingError: there is none of this id.
    """
    row = tx.first(proposed, change_id=change_id)
    if row is None:
        raise CoachingError(f"change {change_id[:40]!r}: is unknown; the list of changes has all.")
    return _change(row)


def accept(tx: SqlTx, change_id: str, folder: Path, *, by: str, why: str, at: datetime) -> Change:
    """Takes a change into the patch.

    Raises:
        CoachingError: whoever wrote it accepts it, its file has changed, or it was decided.
    """
    change = change_of(tx, change_id)
    if change.author == by:
        raise CoachingError("you wrote this change; a colleague accepts it.")
    if text_now(folder, change.path) != change.before:
        raise CoachingError(
            f"{change.path}: has changed since this was proposed; reject it and propose it anew."
        )
    return _decide(tx, change_id, "ACCEPTED", by=by, why=why, at=at)


def reject(tx: SqlTx, change_id: str, *, by: str, why: str, at: datetime) -> Change:
    """Closes a change that nobody wants; its author may do so too."""
    return _decide(tx, change_id, "REJECTED", by=by, why=why, at=at)


def measured(tx: SqlTx, change_id: str, effect: Effect) -> Change:
    """Keeps what a change does to past turns."""
    told = _EFFECT.dump_json(effect).decode()
    if not tx.set(proposed, {"change_id": change_id, "state": "PROPOSED"}, effect=told):
        raise CoachingError("this change was decided already; look at it again.")
    return change_of(tx, change_id)


def patch_of(changes: Iterable[Change]) -> str:
    """Returns accepted changes as one patch, the oldest first."""
    accepted = [c for c in changes if c.state == "ACCEPTED" and c.before != c.after]
    return "".join(one.diff for one in sorted(accepted, key=lambda one: one.made_at))


def library_with(folder: Path, change: FileChange | Change) -> Library:
    """Returns the library as it would be.

    Raises:
        CoachingError: it could not be loaded, and why.
    """
    below = change.path.partition("/")[2]
    below = below.partition("/")[2] if change.path.startswith("library/") else below
    with TemporaryDirectory() as name:
        file = Path(name) / below
        file.parent.mkdir(parents=True)
        file.write_text(change.after, encoding="utf-8")
        try:
            library = read_library(PACKAGE, *own_libraries(folder), instead=[Path(name)])
        except LibraryError as error:
            raise CoachingError(str(error).replace(f"{name}/", "")) from None
    for problem in cross_problems(library):
        raise CoachingError(problem)
    return library


def _decide(tx: SqlTx, change_id: str, state: State, *, by: str, why: str, at: datetime) -> Change:
    is_first = tx.set(
        proposed,
        {"change_id": change_id, "state": "PROPOSED"},
        state=state,
        decided_by=by,
        decided_at=at,
        decided_why=" ".join(why.split())[:400],
    )
    found = change_of(tx, change_id)
    if not is_first:
        raise CoachingError(
            f"this change was {found.state.lower()} by {found.decided_by} already; read it again."
        )
    return found


_EFFECT: TypeAdapter[Effect] = TypeAdapter(Effect)
_COLUMNS = tuple(Change.__dataclass_fields__)


def _row(change: Change) -> dict[str, Any]:
    told = {name: getattr(change, name) for name in _COLUMNS}
    return told | {"tags": ",".join(change.tags), "effect": ""}


def _change(row: Any) -> Change:
    told = {name: row._mapping[name] for name in _COLUMNS}
    tags = tuple(told["tags"].split(",")) if told["tags"] else ()
    effect = _EFFECT.validate_json(told["effect"]) if told["effect"] else None
    return Change(**told | {"tags": tags, "effect": effect})
