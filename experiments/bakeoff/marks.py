"""Takes filled review sheets: every field checked, then the codes are opened with the key."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import polars as pl

from experiments.bakeoff import rubric
from experiments.bakeoff.config import BakeOff
from experiments.bakeoff.csv_file import read_rows
from experiments.bakeoff.sheets import COLUMNS
from experiments.errors import BakeOffError

MARKS = pl.Schema(
    {name: pl.String for name in ("day", "code", "thread_id", "unit_id", "candidate", "reviewer")}
    | {name: pl.String for name in (*rubric.DIMENSIONS, "note")}
)
"""One row per thread, day and reviewer."""


def read_keys(plan: BakeOff, folder: Path) -> dict[str, dict[str, str]]:
    """Returns thread, contact, candidate and day of every code that was ever handed out."""
    found: dict[str, dict[str, str]] = {}
    for path in sorted((folder / "keys").glob("*.json")):
        key = json.loads(path.read_text("utf-8"))
        if key["bakeoff"] != plan.id:
            raise BakeOffError(
                f"{path}: the key belongs to {key['bakeoff']!r}, but the plan is {plan.id!r}"
            )
        found |= {entry["code"]: entry | {"day": key["day"]} for entry in key["threads"]}
    if not found:
        raise BakeOffError(
            f"{folder / 'keys'}: there is no key, so nothing was drawn to be read; run "
            "parley bakeoff sample first"
        )
    return found


def read_marks(
    plan: BakeOff, sheets: Sequence[Path], keys: dict[str, dict[str, str]]
) -> pl.DataFrame:
    """Returns the marks of all sheets with what the codes stand for.

    Raises:
        BakeOffError: The first field that is empty or off the scale, a code that was not handed
            out, a thread that one reviewer judged twice, or more reviewers of a thread than
            planned.
    """
    rows: list[dict[str, str]] = []
    seen: dict[tuple[str, str], str] = {}
    readers: dict[str, set[str]] = {}
    names: dict[str, str] = {}
    for sheet in sheets:
        for line, row in read_rows(sheet, COLUMNS):
            where = f"{sheet}, line {line}"
            _check(row, where, keys)
            reviewer = row["reviewer"].casefold()
            if earlier := seen.get((row["code"], reviewer)):
                raise BakeOffError(
                    f"{where}: {row['reviewer']} judged {row['code']} already ({earlier}); two "
                    "reviewers are two people, and each judges a thread once"
                )
            seen[row["code"], reviewer] = where
            readers.setdefault(row["code"], set()).add(reviewer)
            if len(readers[row["code"]]) > plan.review.reviewers:
                raise BakeOffError(
                    f"{where}: {row['code']} has {len(readers[row['code']])} reviewers, but the "
                    f"plan has {plan.review.reviewers}"
                )
            key = {name: cell for name, cell in keys[row["code"]].items() if name in MARKS}
            spelled = names.setdefault(reviewer, row["reviewer"])
            rows.append({name: row[name] for name in COLUMNS} | {"reviewer": spelled} | key)
    if not rows:
        raise BakeOffError("the sheets hold no row, so there is nothing to score")
    return pl.DataFrame(rows, schema=MARKS).sort("day", "code", "reviewer")


def read_scored(plan: BakeOff, path: Path) -> pl.DataFrame:
    """Returns the marks that `parley bakeoff score` wrote; raises `BakeOffError` if changed."""
    rows: list[dict[str, str]] = []
    for line, row in read_rows(path, tuple(MARKS)):
        where = f"{path}, line {line}"
        _check(row, where, (row["code"],))
        if row["candidate"] not in plan.candidates:
            raise BakeOffError(
                f"{where}: the candidate is {row['candidate']!r}, but must be one of "
                f"{', '.join(plan.names)}"
            )
        rows.append({name: row[name] for name in MARKS})
    return pl.DataFrame(rows, schema=MARKS)


def unread(marks: pl.DataFrame, keys: dict[str, dict[str, str]], reviewers: int) -> list[str]:
    """Returns the codes that fewer people have judged than planned."""
    counted = dict(marks.group_by("code").len().iter_rows())
    return [code for code in keys if counted.get(code, 0) < reviewers]


def filled_sheets(folder: Path) -> list[Path]:
    """Returns the sheets below a folder into which anybody has written a mark."""
    return [
        path
        for path in sorted(folder.glob("*/*.csv"))
        if any(_has_mark(row) for _, row in read_rows(path, COLUMNS))
    ]


def _has_mark(row: dict[str, str]) -> bool:
    return any(row[name] for name in ("reviewer", *rubric.DIMENSIONS))


def _check(row: dict[str, str], where: str, keys: Iterable[str]) -> None:
    if row["code"] not in keys:
        raise BakeOffError(f"{where}: the code {row['code']!r} was never handed out; keep it as is")
    if not row["reviewer"]:
        raise BakeOffError(f"{where}: the field 'reviewer' is empty; say who judged {row['code']}")
    for name in rubric.RATED:
        if row[name] not in map(str, rubric.SCALE):
            raise BakeOffError(
                f"{where}: the field {name!r} is {row[name]!r}, but must be a whole number from "
                f"{rubric.SCALE[0]} to {rubric.SCALE[-1]}"
            )
    if row[rubric.OBJECTION] not in rubric.OBJECTIONS:
        raise BakeOffError(
            f"{where}: the field 'objection' is {row[rubric.OBJECTION]!r}, but must be one of "
            f"{', '.join(rubric.OBJECTIONS)}"
        )
