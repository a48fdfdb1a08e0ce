"""A file of JSON lines that can only grow: each line holds the hash of the line before it.

Beside the file stands `<file>.head` with the number of lines and the last hash, so that a removed
last line shows as well. Who rewrites both from the start can still deceive; hashes that were
handed out earlier are the witness outside.
"""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fcntl import LOCK_EX, LOCK_SH, flock
from pathlib import Path
from typing import Any, BinaryIO

from experiments.canonical import canonical_json, sha256

GENESIS = "0" * 64
"""What the first line holds as the hash of the line before it."""


@dataclass(frozen=True, slots=True)
class Chain:
    """What a file holds: whole lines, what is wrong with them, and an unfinished last one."""

    entries: tuple[dict[str, Any], ...] = ()
    problems: tuple[str, ...] = ()
    unfinished: bytes = b""
    """Bytes after the last line end. Only a crash while appending leaves them; no caller was
    told that they are there, so the next append takes their place and keeps their hash."""

    @property
    def last_hash(self) -> str:
        """The hash that the next line holds as its `prev_hash`."""
        return self.entries[-1]["entry_hash"] if self.entries else GENESIS


class Appender:
    """An exclusively locked chain; made by `appending` only."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self.chain = _read(path, file)
        self._path = path
        self._file = file

    def append(self, content: dict[str, Any]) -> dict[str, Any]:
        """Returns the content as a chained entry, after it has reached the disk."""
        unfinished = self.chain.unfinished
        entry = content | {
            "prev_hash": self.chain.last_hash,
            "dropped_tail": hashlib.sha256(unfinished).hexdigest() if unfinished else None,
        }
        entry["entry_hash"] = sha256(canonical_json(entry))
        self._file.truncate(self._file.seek(0, os.SEEK_END) - len(unfinished))
        self._file.write(_line(entry))
        self._file.flush()
        os.fsync(self._file.fileno())
        self.chain = Chain((*self.chain.entries, entry))
        return entry


@contextmanager
def appending(path: Path) -> Iterator[Appender]:
    """Yields the only writer of a chain; others wait. The head is brought up to date at the end."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as file:
        flock(file, LOCK_EX)
        appender = Appender(path, file)
        yield appender
        _write_head(path, appender.chain)


def read_chain(path: Path) -> Chain:
    """Returns the chain in a file, with a problem for each line that is not what was written."""
    if not path.exists():
        missing = _problem_of_head(path, ())
        return Chain(problems=(missing,) if missing else ())
    with path.open("rb") as file:
        flock(file, LOCK_SH)
        return _read(path, file)


def _read(path: Path, file: BinaryIO) -> Chain:
    file.seek(0)
    *lines, unfinished = file.read().split(b"\n")
    entries: list[dict[str, Any]] = []
    prev_hash = GENESIS
    for number, line in enumerate(lines, start=1):
        entry = _parsed(line)
        if entry is None:
            return Chain(tuple(entries), (f"line {number} was changed",), unfinished)
        if entry["prev_hash"] != prev_hash:
            problem = f"line {number} does not follow the line before it: removed or reordered"
            return Chain(tuple(entries), (problem,), unfinished)
        prev_hash = entry["entry_hash"]
        entries.append(entry)
    problem = _problem_of_head(path, tuple(entries))
    return Chain(tuple(entries), (problem,) if problem else (), unfinished)


def _parsed(line: bytes) -> dict[str, Any] | None:
    """Returns the entry of a line, or None where its bytes are not those that were written."""
    try:
        entry = json.loads(line)
        content = {key: value for key, value in entry.items() if key != "entry_hash"}
        is_whole = entry["entry_hash"] == sha256(canonical_json(content)) and "prev_hash" in entry
    except (ValueError, AttributeError, KeyError):
        return None
    return entry if is_whole and _line(entry) == line + b"\n" else None


def _line(entry: dict[str, Any]) -> bytes:
    return canonical_json(entry).encode() + b"\n"


def head_of(path: Path) -> Path:
    """Returns the file beside a chain that knows how many lines it has."""
    return path.with_name(path.name + ".head")


def _write_head(path: Path, chain: Chain) -> None:
    head = head_of(path)
    content = canonical_json({"count": len(chain.entries), "entry_hash": chain.last_hash}) + "\n"
    if head.exists() and head.read_text() == content:
        return
    draft = head.with_name(head.name + ".new")
    with draft.open("w") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(head)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _problem_of_head(path: Path, entries: tuple[dict[str, Any], ...]) -> str | None:
    """Compares with the head, which a crash may leave exactly one line behind, never ahead."""
    head = head_of(path)
    try:
        known = json.loads(head.read_text()) if head.exists() else {"count": 0}
        count, entry_hash = int(known["count"]), known.get("entry_hash", GENESIS)
    except (ValueError, KeyError, TypeError, AttributeError):
        return f"{head.name} is unreadable, so removed last lines would not show"
    if count > len(entries):
        return f"{count - len(entries)} of {count} lines are missing at the end"
    if count < len(entries) - 1:
        return f"{head.name} knows {count} of {len(entries)} lines, so lines were added by hand"
    if count and entries[count - 1]["entry_hash"] != entry_hash:
        return f"line {count} is not the one that {head.name} knows"
    return None
