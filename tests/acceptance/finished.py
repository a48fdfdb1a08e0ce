"""The cases that finished, one JSON line each, so that an interrupted run goes on."""

import json
from pathlib import Path

from tests.acceptance.check import Result
from tests.acceptance.discovery import Found

Key = tuple[str, str, str]
"""Check, case, fingerprint."""


class FinishedCases:
    """What earlier runs found; a line that a kill left unfinished does not count."""

    def __init__(self, path: Path, *, fresh: bool = False) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        if fresh:
            path.unlink(missing_ok=True)
        self._path = path
        self._results = _read(path)

    def result(self, found: Found, case: str) -> Result | None:
        """Returns what the case found with the same code, or None."""
        return self._results.get((found.name, case, found.fingerprint))

    def add(self, found: Found, case: str, result: Result, seconds: float) -> None:
        """Appends a finished case."""
        line = json.dumps(
            {
                "check": found.name,
                "case": case,
                "fingerprint": found.fingerprint,
                "seconds": seconds,
                "result": result,
            }
        )
        with self._path.open("a", encoding="utf-8") as file:
            file.write(f"\n{line}\n")
        self._results[found.name, case, found.fingerprint] = result


def _read(path: Path) -> dict[Key, Result]:
    if not path.exists():
        return {}
    results: dict[Key, Result] = {}
    for line in path.read_text("utf-8", errors="replace").splitlines():
        try:
            entry = json.loads(line)
            results[entry["check"], entry["case"], entry["fingerprint"]] = entry["result"]
        except (ValueError, KeyError, TypeError):
            continue
    return results
