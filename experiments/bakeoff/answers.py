"""What every candidate answered and proved: a CSV that people fill, a row a question."""

import csv
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from experiments.bakeoff.config import BakeOff
from experiments.bakeoff.csv_file import read_rows
from experiments.errors import BakeOffError

COLUMNS = ("criterion", "item", "question", "candidate", "score", "by", "evidence")
MUST_HAVE = "must-have"
"""Stands in `criterion` of a must-have, whose score is yes or no."""
BEST = 5
_QUESTIONS = Path(__file__).parent / "questions.yaml"


@dataclass(frozen=True, slots=True)
class Answers:
    """Of one candidate.

    Attributes:
        scores: Points from 0 to 100 of each question of a criterion; None where nobody judged.
        must_haves: Whether each is met; None where nobody judged.
    """

    scores: dict[str, list[float | None]] = field(default_factory=dict)
    must_haves: dict[str, bool | None] = field(default_factory=dict)

    @property
    def missed(self) -> tuple[str, ...]:
        """Must-haves that were judged and are not there."""
        return tuple(name for name, met in self.must_haves.items() if met is False)

    @property
    def unanswered(self) -> tuple[str, ...]:
        """Must-haves that nobody judged."""
        return tuple(name for name, met in self.must_haves.items() if met is None)


def write_questions(plan: BakeOff, path: Path) -> None:
    """Writes the sheet of all questions, empty."""
    asked: dict[str, dict[str, str]] = yaml.safe_load(_QUESTIONS.read_text("utf-8"))
    with path.open("w", encoding="utf-8", newline="") as file:
        sheet = csv.writer(file)
        sheet.writerow(COLUMNS)
        for name, question in plan.must_haves.items():
            for candidate in plan.names:
                sheet.writerow((MUST_HAVE, name, f"{question} (yes or no)", candidate, "", "", ""))
        for criterion in plan.criteria:
            for item, question in asked.get(criterion, {}).items():
                for candidate in plan.names:
                    told = f"{question} (0 to {BEST})"
                    sheet.writerow((criterion, item, told, candidate, "", "", ""))


def read_answers(plan: BakeOff, path: Path) -> dict[str, Answers]:
    """Returns the answers of every candidate; raises `BakeOffError` on the first bad row."""
    found = {name: Answers(must_haves=dict.fromkeys(plan.must_haves, None)) for name in plan.names}
    seen: set[tuple[str, str, str]] = set()
    for line, row in read_rows(path, COLUMNS):
        where = f"{path}, line {line}"
        criterion, item, candidate = row["criterion"], row["item"], row["candidate"]
        if candidate not in found:
            raise BakeOffError(
                f"{where}: the candidate is {candidate!r}, but must be one of "
                f"{', '.join(plan.names)}"
            )
        if (criterion, item, candidate) in seen:
            raise BakeOffError(f"{where}: {candidate} answers {item!r} twice; keep one row")
        seen.add((criterion, item, candidate))
        if criterion == MUST_HAVE:
            if item not in plan.must_haves:
                raise BakeOffError(
                    f"{where}: the must-have {item!r} is unknown; the plan has "
                    f"{', '.join(plan.must_haves) or 'none'}"
                )
            found[candidate].must_haves[item] = _is_met(row, where)
        elif criterion in plan.criteria:
            found[candidate].scores.setdefault(criterion, []).append(_score(row, where))
        else:
            raise BakeOffError(
                f"{where}: the criterion {criterion!r} is unknown; the plan has "
                f"{', '.join(plan.criteria)}"
            )
    for criterion, item, _ in sorted(seen):
        if lone := [name for name in plan.names if (criterion, item, name) not in seen]:
            raise BakeOffError(
                f"{path}: {lone[0]} has no row for {item!r} ({criterion}); every candidate is "
                "asked the same, and an empty score is told as missing"
            )
    return found


def _is_met(row: dict[str, str], where: str) -> bool | None:
    told = row["score"].lower()
    if told not in ("", "yes", "no"):
        raise BakeOffError(
            f"{where}: the score of the must-have {row['item']!r} is {row['score']!r}, but must be "
            "yes, no or empty"
        )
    if told == "yes" and not row["evidence"]:
        raise BakeOffError(
            f"{where}: the must-have {row['item']!r} is met without evidence; say what was seen"
        )
    return {"yes": True, "no": False}.get(told)


def _score(row: dict[str, str], where: str) -> float | None:
    if not row["score"]:
        return None
    try:
        score = float(row["score"])
    except ValueError:
        score = -1.0
    if not 0 <= score <= BEST:
        raise BakeOffError(
            f"{where}: the score of {row['item']!r} is {row['score']!r}, but must be a number from "
            f"0 to {BEST}, or empty"
        )
    if not row["by"]:
        raise BakeOffError(f"{where}: {row['item']!r} has a score, but 'by' does not say whose")
    return score / BEST * 100
