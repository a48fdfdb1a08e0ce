"""Hides from reviewers who wrote and to whom: marks, personal data, and names that are known."""

from collections.abc import Callable, Sequence
from pathlib import Path

from agent_runtime.lone_text import NOBODY
from agent_runtime.placeholders import redact
from experiments.bakeoff.blinding import blinding
from experiments.bakeoff.csv_file import read_rows


def hiding(marks: Sequence[str], names: Sequence[Path]) -> Callable[[str, str], str]:
    """Returns a function of a contact's id and a text that hides what would tell a candidate.

    Texts of a vendor hold real names where ours hold placeholders; that alone would tell them
    apart, so personal data is found and hidden in all of them.

    Args:
        marks: Words by which a reviewer would know a candidate.
        names: CSV files of `unit_id` and any names of that contact, company or owner.
    """
    known = _names(names)
    hide: dict[str, Callable[[str], str]] = {}

    def blind(unit_id: str, text: str) -> str:
        if unit_id not in hide:
            hide[unit_id] = blinding([*marks, *known.get(unit_id, ())])
        return hide[unit_id](redact(text, NOBODY).text)

    return blind


def _names(files: Sequence[Path]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for path in files:
        for _, row in read_rows(path, ("unit_id",)):
            cells = [cell for column, cell in row.items() if column != "unit_id" and cell]
            found.setdefault(row["unit_id"], []).extend(cells)
    return found
