"""A ready plan, and the threads, marks and answers of a small made-up bake-off."""

import csv
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from experiments.bakeoff.marks import MARKS
from experiments.bakeoff.template import write_template
from experiments.bakeoff.threads import Thread, Turn

DAY = datetime(2026, 3, 9, 8, tzinfo=UTC)


@pytest.fixture
def plan_file(tmp_path):
    """The plan as `parley bakeoff init` writes it."""
    write_template(
        tmp_path / "bo",
        candidates=["alpha", "beta"],
        kind="vendor",
        bakeoff_id="spring",
        segment="icp",
        channel="email",
        playbook="prospecting",
        seed=11,
    )
    return tmp_path / "bo/bakeoff.yaml"


@pytest.fixture
def plan(plan_file):
    from experiments.bakeoff.config import load_bakeoff

    return load_bakeoff(plan_file)


@pytest.fixture
def people():
    """A table of so many clean contacts in two segments."""

    def make(count):
        return pl.DataFrame(
            {
                "unit_id": [f"p{n}" for n in range(count)],
                "segment": ["north" if n % 3 else "south" for n in range(count)],
                "consent": ["yes"] * count,
                "owner": ["Ada"] * count,
            }
        )

    return make


@pytest.fixture
def threads():
    """So many threads of each candidate; every third buyer has answered."""

    def make(count, *, text="Hello"):
        return {name: [_thread(name, n, text) for n in range(count)] for name in ("alpha", "beta")}

    return make


def _thread(name, number, text):
    turns = [Turn(at=DAY, by="agent", text=text)]
    if number % 3 == 0:
        turns.append(Turn(at=DAY + timedelta(hours=1), by="buyer", text="Tell me more"))
    turns.append(Turn(at=DAY + timedelta(days=1), by="agent", text="Tomorrow's mail"))
    return Thread(thread_id=f"{name}-{number}", unit_id=f"{name}-p{number}", turns=tuple(turns))


@pytest.fixture
def marks():
    """Marks of two reviewers: `marks(alpha=[(accuracy, tone, adherence, objection), ...])`."""

    def make(**by_candidate):
        rows = [
            ("2026-03-09", thread, thread, f"{name}-p{n}", name, reviewer, *map(str, given), "")
            for name, threads in by_candidate.items()
            for n, given in enumerate(threads)
            for thread in (f"{name}-{n}",)
            for reviewer in ("Ada", "Ben")
        ]
        return pl.DataFrame(rows, schema=MARKS, orient="row")

    return make


@pytest.fixture
def refill():
    """Changes cells of a CSV, row by row."""

    def change(path, edit):
        with path.open(newline="") as file:
            rows = list(csv.DictReader(file))
        for number, row in enumerate(rows):
            row.update(edit(number, row) or {})
        with path.open("w", newline="") as file:
            sheet = csv.DictWriter(file, rows[0])
            sheet.writeheader()
            sheet.writerows(rows)

    return change
