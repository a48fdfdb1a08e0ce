"""Statements that were planned before: MetricFlow plans longer than DuckDB runs."""

import hashlib
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path


class KeptPlans:
    """SQL by question, in memory and in a folder that belongs to one manifest.

    Args:
        folder: Where the plans of all manifests lie; those of others are removed. Where nothing
            can be written, plans are kept in memory only.
        manifest: Text of the manifest from which the plans follow.
    """

    def __init__(self, folder: Path, manifest: str) -> None:
        self._folder = folder / hashlib.sha256(manifest.encode()).hexdigest()[:16]
        self._known: dict[str, str] = {}

    def get(self, question: str, plan: Callable[[], str]) -> str:
        """Returns the statement of a question, planned where it was not asked before."""
        if question not in self._known:
            self._known[question] = self._read(question) or self._write(question, plan())
        return self._known[question]

    def _path(self, question: str) -> Path:
        return self._folder / f"{hashlib.sha256(question.encode()).hexdigest()[:32]}.sql"

    def _read(self, question: str) -> str | None:
        with suppress(OSError):
            return self._path(question).read_text(encoding="utf-8")
        return None

    def _write(self, question: str, sql: str) -> str:
        path = self._path(question)
        draft = path.with_suffix(f".{os.getpid()}")
        with suppress(OSError):
            if not self._folder.exists():
                shutil.rmtree(self._folder.parent, ignore_errors=True)
                self._folder.mkdir(parents=True, exist_ok=True)
            draft.write_text(sql, encoding="utf-8")
            draft.replace(path)
        return sql
