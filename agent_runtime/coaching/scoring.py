"""Scores of samples: each reviewer writes a row of their own, and sees no other's before it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from agent_runtime.coaching.errors import CoachingError
from agent_runtime.coaching.rubric import APART, OBJECTIONS, RATED
from agent_runtime.coaching.samples import Sample
from agent_runtime.feedback.events import Score
from agent_runtime.store.coaching_tables import agreed, samples, scores
from agent_runtime.store.sql import SqlTx
from agent_runtime.store.thread_rows import Traced

WANTED = 2
"""So many people score each thread."""
OPEN_FOR = timedelta(days=14)
"""So long after its day a thread that all reviewers read takes further scores."""
MAX_NOTE = 2000


@dataclass(frozen=True, slots=True)
class Given:
    """What one reviewer gave one sample."""

    sample_id: str
    scorer: str
    slot: int
    """Who was first, second and so on."""
    score: Score
    note: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Agreed:
    """What the scorers of a sample settled on."""

    sample_id: str
    score: Score
    note: str
    made_by: str
    made_at: datetime


def is_open(sample: Sample, given: Sequence[Given], settled: Agreed | None, today: date) -> bool:
    """Says whether somebody who has not scored a sample may still do so."""
    if settled is not None:
        return False
    is_still = sample.is_for_all and today - sample.day <= OPEN_FOR
    return len(given) < WANTED or is_still


def give(
    tx: SqlTx, sample: Sample, score: Score, *, by: str, note: str, at: datetime, today: date
) -> Given:
    """Writes a reviewer's own marks; whoever is alone so far may still correct them.

    Args:
        tx: In which they are written.
        sample: The thread.
        score: All four marks.
        by: The reviewer.
        note: Why, in words.
        at: Real time.
        today: The day of the campaigns.

    Raises:
        CoachingError: a mark is missing, the sample has all the scores that it needs, or the marks
            of others can be seen already.
    """
    _complete_marks(score)
    tx.lock(f"coaching:{sample.sample_id}")
    standing = given_to(tx, sample.sample_id)
    own = next((one for one in standing if one.scorer == by), None)
    if own is not None and len(standing) >= WANTED:
        raise CoachingError(
            "your marks stand: a colleague has scored this thread as well, and their marks can be "
            "seen; settle what differs under them."
        )
    settled = agreed_on(tx, sample.sample_id)
    if settled is not None:
        raise CoachingError("this thread is settled; take the next one.")
    if own is None and not is_open(sample, standing, settled, today):
        raise CoachingError("this thread has the scores that it needs; take the next one.")
    made = Given(
        sample.sample_id,
        by,
        own.slot if own else len(standing) + 1,
        score,
        " ".join(note.split())[:MAX_NOTE],
        at,
    )
    tx.upsert(scores, _row(made))
    return made


def agree(tx: SqlTx, sample: Sample, score: Score, *, by: str, note: str, at: datetime) -> Agreed:
    """Writes once what the scorers of a sample settled on.

    Raises:
        CoachingError: too few have scored it, whoever writes is none of them, or it was settled.
    """
    _complete_marks(score)
    tx.lock(f"coaching:{sample.sample_id}")
    standing = given_to(tx, sample.sample_id)
    if len(standing) < WANTED:
        raise CoachingError("there is nothing to settle before two people have scored the thread.")
    if by not in {one.scorer for one in standing}:
        raise CoachingError("only those who scored this thread settle its marks.")
    made = Agreed(sample.sample_id, score, " ".join(note.split())[:MAX_NOTE], by, at)
    row = _marks(score) | {"sample_id": sample.sample_id, "note": made.note}
    if not tx.insert(agreed, row | {"made_by": by, "made_at": at}):
        raise CoachingError("a colleague has settled this thread just now; look at it again.")
    return made


def given_to(tx: SqlTx, sample_id: str) -> tuple[Given, ...]:
    """Returns all scores of a sample, the first first. Only for whoever may see them: `seen_by`."""
    return _sorted(tx.rows(scores, sample_id=sample_id))


def all_given(tx: SqlTx, *, since: date = date.min, playbook: str = "") -> tuple[Given, ...]:
    """Returns the scores of samples of a day and all later ones, by sample and slot."""
    c = samples.c
    of_time = select(c.sample_id).where(c.tenant_id == tx.tenant_id, c.day >= since.isoformat())
    of_time = of_time.where(c.playbook == playbook) if playbook else of_time
    return _sorted(tx.rows(scores, scores.c.sample_id.in_(of_time)))


def all_agreed(tx: SqlTx) -> dict[str, Agreed]:
    """Returns what was settled, by sample."""
    return {row.sample_id: _agreed(row) for row in tx.rows(agreed)}


def agreed_on(tx: SqlTx, sample_id: str) -> Agreed | None:
    """Returns what was settled of a sample, or nothing."""
    row = tx.first(agreed, sample_id=sample_id)
    return None if row is None else _agreed(row)


def seen_by(
    sample: Sample, given: Sequence[Given], settled: Agreed | None, name: str, *, today: date
) -> tuple[Given, ...]:
    """Returns the scores that somebody may see: their own; all once nothing can be swayed by it."""
    own = tuple(one for one in given if one.scorer == name)
    if may_be_told(sample, given, settled, today):
        return tuple(given)
    return tuple(given) if own and len(given) >= WANTED else own


def may_be_told(
    sample: Sample, given: Sequence[Given], settled: Agreed | None, today: date
) -> bool:
    """Says whether the scores of a sample may go where everybody reads: into the trace."""
    return len(given) >= WANTED and not is_open(sample, given, settled, today)


def are_apart(given: Iterable[Given]) -> tuple[str, ...]:
    """Returns the fields on which scores differ so much that people talk them over."""
    found = list(given)
    if len(found) < WANTED:
        return ()
    named = [
        name
        for name in RATED
        if max(_mark(g, name) for g in found) - min(_mark(g, name) for g in found) >= APART
    ]
    if len({one.score.objection for one in found}) > 1:
        named.append("objection")
    return tuple(named)


def worked_on(events: Iterable[Traced], name: str) -> bool:
    """Says whether somebody decided on a message of a thread: they do not score their own work."""
    return any(
        event.kind == "review"
        and event.payload.get("by") == name
        and event.payload.get("decision") is not None
        for event in events
    )


def _mark(given: Given, name: str) -> int:
    return int(getattr(given.score, name) or 0)


def _complete_marks(score: Score) -> None:
    for name in RATED:
        if getattr(score, name) is None:
            raise CoachingError(f"{name}: has no mark; give one from 1 to 5.")
    if score.objection not in OBJECTIONS:
        raise CoachingError(
            f"objection {score.objection!r}: is none of {', '.join(OBJECTIONS)}; choose one."
        )


def _marks(score: Score) -> dict[str, Any]:
    return {name: getattr(score, name) for name in (*RATED, "objection")}


def _row(given: Given) -> dict[str, Any]:
    return _marks(given.score) | {
        "sample_id": given.sample_id,
        "scorer": given.scorer,
        "slot": given.slot,
        "note": given.note,
        "made_at": given.made_at,
    }


def _sorted(rows: Any) -> tuple[Given, ...]:
    found = (
        Given(row.sample_id, row.scorer, row.slot, _score(row), row.note, row.made_at)
        for row in rows
    )
    return tuple(sorted(found, key=lambda one: (one.sample_id, one.slot)))


def _agreed(row: Any) -> Agreed:
    return Agreed(row.sample_id, _score(row), row.note, row.made_by, row.made_at)


def _score(row: Any) -> Score:
    return Score(row.accuracy, row.tone, row.adherence, row.objection)
