"""The scores that can sway nobody any more: what figures and files are made of."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select

from agent_runtime.coaching.samples import Sample, all_samples
from agent_runtime.coaching.scoring import Agreed, Given, all_agreed, all_given, may_be_told
from agent_runtime.store.coaching_tables import agreed, samples, scores
from agent_runtime.store.sql import SqlTx


@dataclass(frozen=True, slots=True)
class Told:
    """Samples with all their scores."""

    samples: tuple[Sample, ...]
    given: tuple[Given, ...]
    settled: dict[str, Agreed]
    """By sample."""


def told_scores(tx: SqlTx, *, today: date, playbook: str = "", since: date = date.min) -> Told:
    """Returns the samples since a day to which no score can be added, with their scores."""
    by_sample: dict[str, list[Given]] = defaultdict(list)
    for one in all_given(tx, since=since, playbook=playbook):
        by_sample[one.sample_id].append(one)
    settled = all_agreed(tx)
    samples = tuple(
        sample
        for sample in all_samples(tx, playbook=playbook, since=since)
        if may_be_told(sample, by_sample[sample.sample_id], settled.get(sample.sample_id), today)
    )
    given = tuple(one for sample in samples for one in by_sample[sample.sample_id])
    return Told(samples, given, settled)


def written(tx: SqlTx) -> tuple[object, ...]:
    """Returns what changes whenever anything is drawn, scored or settled."""
    found: list[object] = []
    for table, column in ((scores, "made_at"), (agreed, "made_at"), (samples, "drawn_at")):
        c = table.c
        query = select(func.count(), func.max(c[column])).where(c.tenant_id == tx.tenant_id)
        found += tuple(tx.connection.execute(query).one())
    return tuple(found)
