"""An append-only log of JSON lines that are on disk before their writer goes on."""

import asyncio
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

_Waiting = tuple[bytes, asyncio.Future[None]]


def read_journal(path: Path) -> Iterator[dict[str, Any]]:
    """Returns the entries of a log, oldest first; a line that was torn by a kill is left out."""
    if not path.exists():
        return
    with path.open("rb") as lines:
        for line in lines:
            if line.endswith(b"\n"):
                yield json.loads(line)


class Journal:
    """Appends entries; those that wait at the same time share one fsync."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("ab")
        self._file.truncate(_whole_lines(path))
        self._waiting: list[_Waiting] = []
        self._writer: asyncio.Task[None] | None = None

    async def append(self, entry: dict[str, Any]) -> None:
        """Returns when the entry is on disk; entries keep the order of the calls."""
        line = json.dumps(entry, ensure_ascii=False).encode() + b"\n"
        written = asyncio.get_running_loop().create_future()
        self._waiting.append((line, written))
        if self._writer is None:
            self._writer = asyncio.create_task(self._write_all())
        await written

    def close(self) -> None:
        """Closes the file; nothing may be waiting."""
        self._file.close()

    async def _write_all(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            batch, self._waiting = self._waiting, []
            lines = b"".join(line for line, _ in batch)
            try:
                await loop.run_in_executor(None, self._write, lines)
            except OSError as error:
                _settle(batch, lambda written, error=error: written.set_exception(error))
            else:
                _settle(batch, lambda written: written.set_result(None))
        self._writer = None

    def _write(self, lines: bytes) -> None:
        self._file.write(lines)
        self._file.flush()
        os.fsync(self._file.fileno())


def _settle(batch: list[_Waiting], how: Callable[[asyncio.Future[None]], None]) -> None:
    for _, written in batch:
        if not written.done():
            how(written)


def _whole_lines(path: Path) -> int:
    """Returns how many bytes of the file are whole lines."""
    content = path.read_bytes()
    return content.rfind(b"\n") + 1
