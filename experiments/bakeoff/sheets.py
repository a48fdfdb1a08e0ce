"""Writes the review sheets of a day, a CSV each reviewer and one page, and the key to the codes."""

import csv
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from experiments.bakeoff import rubric
from experiments.bakeoff.config import BakeOff
from experiments.bakeoff.sampling import Drawn
from experiments.bakeoff.template import TEMPLATES
from experiments.errors import BakeOffError
from experiments.pages import templates_in

COLUMNS = ("code", "reviewer", *rubric.DIMENSIONS, "note")


@dataclass(frozen=True, slots=True)
class Sheets:
    """The files of one day."""

    page: Path
    sheets: tuple[Path, ...]
    key: Path


def write_sheets(plan: BakeOff, day: date, drawn: Sequence[Drawn], folder: Path) -> Sheets:
    """Writes the files of a day below `folder`; sheets that are there already stay.

    The key lies apart, in `keys/`, readable by its owner only: reviewers are not to have it.

    Raises:
        BakeOffError: The day was drawn before, with other threads.
    """
    content = json.dumps(
        {
            "bakeoff": plan.id,
            "day": day.isoformat(),
            "threads": [
                {"code": d.code, "thread_id": d.thread_id, "candidate": d.candidate}
                | {"unit_id": d.unit_id}
                for d in drawn
            ],
        },
        indent=2,
    )
    key = key_path(folder, day)
    if key.exists() and key.read_text("utf-8") != content:
        raise BakeOffError(
            f"{key}: {day} was drawn before, from other threads; keep that draw, or remove the "
            "day's files before anybody has read them"
        )
    place = folder / day.isoformat()
    key.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    place.mkdir(parents=True, exist_ok=True)
    key.touch(mode=0o600)
    key.write_text(content, encoding="utf-8")
    page = place / "threads.html"
    page.write_text(render_page(plan, day, drawn), encoding="utf-8")
    sheets = tuple(
        _write_sheet(place / f"reviewer-{number}.csv", drawn, number)
        for number in range(1, plan.review.reviewers + 1)
    )
    return Sheets(page, sheets, key)


def key_path(folder: Path, day: date) -> Path:
    """Returns where the key of a day lies."""
    return folder / "keys" / f"{day.isoformat()}.json"


def threads_read_before(folder: Path, day: date) -> set[str]:
    """Returns the threads that earlier days have drawn."""
    before = [p for p in sorted((folder / "keys").glob("*.json")) if p.stem < day.isoformat()]
    return {
        entry["thread_id"]
        for path in before
        for entry in json.loads(path.read_text("utf-8"))["threads"]
    }


def render_page(plan: BakeOff, day: date, drawn: Sequence[Drawn]) -> str:
    """Returns the page that reviewers read, print or fill; nothing on it tells a candidate."""
    environment = templates_in(TEMPLATES)
    return environment.get_template("sheet.html.j2").render(
        day=day, drawn=drawn, rubric=rubric, columns=COLUMNS, reviewers=plan.review.reviewers
    )


def _write_sheet(path: Path, drawn: Sequence[Drawn], number: int) -> Path:
    """Each reviewer has an order of their own, so that weariness falls on other threads."""
    if path.exists():
        return path
    order = sorted(drawn, key=lambda d: hashlib.sha256(f"{number}/{d.code}".encode()).digest())
    with path.open("w", encoding="utf-8", newline="") as file:
        sheet = csv.writer(file)
        sheet.writerow(COLUMNS)
        sheet.writerows((d.code, "", *("" for _ in rubric.DIMENSIONS), "") for d in order)
    return path
