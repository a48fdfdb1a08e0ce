"""All latest samples as one reviewer may see them: counted by the database, since they are many."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from sqlalchemy import case, func, select

from agent_runtime.coaching.rubric import APART, RATED
from agent_runtime.coaching.scoring import OPEN_FOR, WANTED
from agent_runtime.store.coaching_tables import agreed, samples, scores
from agent_runtime.store.sql import SqlTx

Stage = Literal["score", "waiting", "apart", "done"]
"""score: it waits for their marks; waiting: for a colleague's; apart: two differ and nothing is
settled; done: all else."""


@dataclass(frozen=True, slots=True)
class Line:
    """One thread of a sample, as far as somebody may know of it."""

    sample_id: str
    day: date
    number: int
    playbook: str
    language: str
    is_answered: bool
    is_for_all: bool
    stage: Stage
    apart: tuple[str, ...] = ()


def lines_for(tx: SqlTx, name: str, *, today: date, since: date) -> tuple[Line, ...]:
    """Returns samples, the latest day first; of scores that are hidden from somebody, nothing."""
    s, g, a = samples.c, scores.c, agreed.c
    spread = [func.max(g[one]) - func.min(g[one]) for one in RATED]
    shown = (s.sample_id, s.day, s.number, s.playbook, s.language, s.is_answered, s.is_for_all)
    query = (
        select(
            *shown,
            func.count(g.scorer),
            func.max(case((g.scorer == name, 1), else_=0)),
            func.count(a.sample_id),
            *spread,
            func.count(func.distinct(g.objection)),
        )
        .select_from(
            samples.outerjoin(
                scores, (g.tenant_id == s.tenant_id) & (g.sample_id == s.sample_id)
            ).outerjoin(agreed, (a.tenant_id == s.tenant_id) & (a.sample_id == s.sample_id))
        )
        .where(s.tenant_id == tx.tenant_id, s.day >= since.isoformat())
        .group_by(*shown)
        .order_by(s.day.desc(), s.number)
    )
    oldest = (today - OPEN_FOR).isoformat()
    return tuple(_line(row, oldest) for row in tx.connection.execute(query))


def _line(row: Any, oldest: str) -> Line:
    *shown, given, is_own, settled, accuracy, tone, adherence, objections = row
    sample_id, day, number, playbook, language, is_answered, is_for_all = shown
    is_open = not settled and (given < WANTED or (is_for_all and day >= oldest))
    apart: tuple[str, ...] = ()
    stage: Stage = "done"
    if is_open and not is_own:
        stage = "score"
    elif given < WANTED:
        stage = "waiting"
    elif not settled:
        spreads = zip(RATED, (accuracy, tone, adherence), strict=True)
        apart = tuple(name for name, spread in spreads if spread >= APART)
        apart += ("objection",) if objections > 1 else ()
        stage = "apart" if apart else "done"
    at = date.fromisoformat(day)
    told = (sample_id, at, number, playbook, language, bool(is_answered), bool(is_for_all))
    return Line(*told, stage, apart)
