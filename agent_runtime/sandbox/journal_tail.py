"""Reads a journal as it grows, each whole line once."""

import json
from pathlib import Path
from typing import Any


class JournalTail:
    """A reader at a place in a journal; it begins at the first line."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0

    def read(self) -> list[dict[str, Any]]:
        """Returns the whole lines that came since the last call."""
        if not self.has_more():
            return []
        with self._path.open("rb") as journal:
            journal.seek(self._offset)
            content = journal.read()
        whole = content[: content.rfind(b"\n") + 1]
        self._offset += len(whole)
        return [json.loads(line) for line in whole.splitlines()]

    def has_more(self) -> bool:
        """Whether anything has been written since the last call of `read`."""
        return self._path.exists() and self._path.stat().st_size > self._offset
