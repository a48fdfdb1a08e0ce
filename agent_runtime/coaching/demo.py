"""Reviews of a demo: its days are drawn, and invented colleagues score the earlier ones."""

from datetime import datetime, timedelta

from agent_runtime.coaching.rubric import RATED
from agent_runtime.coaching.samples import Sample, all_samples, days_to_draw, draw_day
from agent_runtime.coaching.scoring import Given, agree, all_given, are_apart, give
from agent_runtime.coaching.telling import tell
from agent_runtime.feedback.events import Score
from agent_runtime.log import Versions
from agent_runtime.store.sql import SqlStore, SqlTx
from agent_runtime.store.trace_index import events_of_thread
from experiments.assignment import bucket

PRIYA, JONAS = "priya.nair@demo.parley.example", "jonas.falk@demo.parley.example"
LENA = "lena.brandt@demo.parley.example"
"""They have no account. Jonas is strict on tone, as a calibration should show."""
OPEN = 8
"""Threads that are left for whoever looks at the demo, the latest."""


def fill_demo(store: SqlStore, *, versions: Versions, now: datetime, at: datetime) -> int:
    """Draws what is not drawn and gives the invented scores, once; returns how many were given.

    Args:
        store: Of a demo, whose people are invented.
        versions: What runs.
        now: The time of its campaigns.
        at: Real time.
    """
    with store.begin() as tx:
        if all_given(tx):
            return 0
    for day in days_to_draw(store, now=now):
        draw_day(store, day, by="demo", now=now, at=at)
    with store.begin() as tx:
        samples = all_samples(tx)
        count = 0
        for number, sample in enumerate(reversed(samples[OPEN:])):
            made = at - timedelta(hours=12 * (len(samples) - number))
            who = (PRIYA, JONAS, LENA) if sample.is_for_all else (PRIYA, JONAS)
            given = [_give(tx, sample, one, made, now) for one in who]
            count += len(given)
            if number % 3 and are_apart(given):
                agree(tx, sample, _truth(tx, sample), by=PRIYA, note="", at=made)
            if not sample.is_for_all:
                tell(tx, sample, given, versions=versions, now=now)
        for sample in samples[OPEN // 2 : OPEN]:
            # A visitor who scores one of these sees both scores at once.
            _give(tx, sample, PRIYA, at - timedelta(hours=2), now)
            count += 1
    return count


def _give(tx: SqlTx, sample: Sample, who: str, at: datetime, now: datetime) -> Given:
    score = _score(sample, _truth(tx, sample), who)
    return give(tx, sample, score, by=who, note="", at=at, today=min(now.date(), sample.day))


def _truth(tx: SqlTx, sample: Sample) -> Score:
    """What the traces say of a thread: how sure its readings were, and whether it objected."""
    sure, objected, was_met = [], False, True
    for event in events_of_thread(tx.connection, tx.tenant_id, sample.thread_id):
        if event.kind != "turn" or event.occurred_at.date() > sample.day:
            continue
        seen = event.payload.get("perception") or {}
        sure.append(float(seen.get("confidence", 1.0)))
        if seen.get("objections") or str(seen.get("primary", "")).startswith("objection"):
            objected = True
            was_met = event.payload["chosen"]["action"] not in ("none", "pause")
    least = min(sure, default=1.0)
    mark = 5 if least > 0.9 else 4 if least > 0.7 else 3
    own = bucket("demo/thread", sample.sample_id)
    marks = (max(2, mark - (own < 0.12)), 4 - (own > 0.7), max(2, mark - (0.3 < own < 0.5)))
    return Score(*marks, ("handled" if was_met else "missed") if objected else "none")


def _score(sample: Sample, truth: Score, who: str) -> Score:
    """A reading of a thread: the truth, with a point of noise now and then, and one's leanings."""

    def read(name: str) -> int:
        chance = bucket(f"demo/{who}/{name}", sample.sample_id)
        step = -1 if chance < 0.12 else 1 if chance > 0.88 else 0
        leaning = -1 if who == JONAS and name == "tone" and 0.2 < chance < 0.75 else 0
        return min(5, max(1, int(getattr(truth, name)) + step + leaning))

    objection = truth.objection
    if objection == "handled" and bucket(f"demo/{who}/objection", sample.sample_id) < 0.15:
        objection = "missed"
    accuracy, tone, adherence = (read(name) for name in RATED)
    return Score(accuracy, tone, adherence, objection)
