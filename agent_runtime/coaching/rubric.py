"""The rubric by which people judge a thread: what is asked, and what each mark means."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from agent_runtime import spreadsheet

Rated = Literal["accuracy", "tone", "adherence"]
Objection = Literal["handled", "missed", "none"]
SCALE = (1, 2, 3, 4, 5)
RATED: tuple[Rated, ...] = ("accuracy", "tone", "adherence")
OBJECTIONS: tuple[Objection, ...] = ("handled", "missed", "none")
OBJECTION = "objection"
DIMENSIONS: tuple[str, ...] = (*RATED, OBJECTION)
APART = 2
"""Marks that differ by so much are talked over."""
LINES = 10
"""Threads for which the printed sheet has room."""


@dataclass(frozen=True, slots=True)
class Question:
    """One field of the rubric."""

    name: str
    title: str
    asks: str
    anchors: tuple[tuple[str, str], ...]
    """Each mark with what it means, the best first."""


QUESTIONS: tuple[Question, ...] = (
    Question(
        "accuracy",
        "Accuracy",
        "Is everything that the agent says true and approved?",
        (
            ("5", "Every word holds and stands on an approved text"),
            ("4", "True, with one thing that could be put more exactly"),
            ("3", "A detail is imprecise; nobody is misled"),
            ("2", "Something is wrong, or said without a basis"),
            ("1", "False on a point that matters: price, security, a date, a name"),
        ),
    ),
    Question(
        "tone",
        "Tone",
        "Does it sound as our style guide wants?",
        (
            ("5", "As one of our best people would write"),
            ("4", "Right, with a phrase that is a little stiff or long"),
            ("3", "Correct, but it could be from anybody"),
            ("2", "Pushy, wordy or cold in places"),
            ("1", "We would be ashamed to have sent it"),
        ),
    ),
    Question(
        "adherence",
        "Adherence",
        "Did it do what the playbook wants next, and hand over when it should?",
        (
            ("5", "Exactly what the playbook wants, at the right moment"),
            ("4", "The right step, with a small detour"),
            ("3", "A step that the playbook allows, but not the best one"),
            ("2", "Missed the step, or asked what was known already"),
            ("1", "Did what the playbook rules out, or kept what was a person's"),
        ),
    ),
    Question(
        OBJECTION,
        "Objection handling",
        "Did the buyer object, and was the objection met?",
        (
            ("handled", "They objected; it was answered, without argument, and went on"),
            ("missed", "They objected; it was not answered, or argued with"),
            ("none", "They did not object"),
        ),
    ),
)


def as_markdown() -> str:
    """Returns the rubric as a page to print or hand round, with a sheet to fill in at its end."""
    parts = [
        "# Rubric",
        "Each thread is read by two people who do not see each other's marks. "
        f"Marks that are {APART} or more apart are talked over, and one mark is agreed.",
    ]
    for question in QUESTIONS:
        parts.append(
            f"## {question.title}\n\n{question.asks}\n\n"
            + _table(("Mark", "Means"), question.anchors)
        )
    columns = ("Thread", *(question.title for question in QUESTIONS), "Why")
    parts.append("## Sheet\n\n" + _table(columns, [("",) * len(columns)] * LINES))
    return "\n\n".join(parts) + "\n"


def as_csv() -> str:
    """Returns the rubric for a spreadsheet: a row for each mark, and a column to tick it in."""
    rows = [
        (question.title, question.asks, mark, means, "")
        for question in QUESTIONS
        for mark, means in question.anchors
    ]
    return spreadsheet.as_csv(("field", "asks", "mark", "means", "given"), rows)


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = (columns, ("---",) * len(columns), *rows)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
