"""The fast path and the real processes: the same people, arms, mails and outcomes."""

import os
from dataclasses import dataclass

import pytest

from agent_runtime.library.catalog import load_library
from agent_runtime.models.embedded import load_embedded_model
from agent_runtime.sandbox.fast import play
from agent_runtime.sandbox.simulation import read_simulation
from agent_runtime.store.engine import open_engine
from agent_runtime.store.memory import MemoryStore
from agent_runtime.store.sql import SqlStore
from tests.processes import Processes, prepare

SEEDS = [int(seed) for seed in os.environ.get("PARLEY_PATH_SEEDS", "11").split(",")]
"""One costs a minute; `make accept ISSUE=2 ONLY=both-paths` plays ten."""


@dataclass(frozen=True)
class Outcome:
    arms: frozenset
    mails: frozenset
    meetings: frozenset
    stopped: frozenset


@pytest.mark.real
@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_both_paths_play_the_same_campaign(seed, tmp_path):
    """R83: what is simulated hundreds of times is what really happens."""
    settings = prepare(tmp_path, seed=seed, size=260, days=14, hold_250_s=0.0)
    processes = Processes(settings)
    try:
        processes.start("sandbox")
        processes.start("worker")
        assert processes.wait(processes.ended_well, seconds=300), processes.log("sandbox")
    finally:
        processes.stop()
    fast = play(
        settings.paths,
        read_simulation(settings.paths),
        tenant_id=settings.tenant_id,
        library=load_library(),
        model=load_embedded_model(cache=settings.cache),
    )
    full = real_outcome(settings)
    simulated = simulated_outcome(fast)
    assert len(simulated.mails) > 50
    assert simulated.meetings
    assert full.arms == simulated.arms
    assert full.mails - simulated.mails == frozenset()
    assert simulated.mails - full.mails == frozenset()
    assert full.meetings == simulated.meetings
    assert full.stopped == simulated.stopped


def real_outcome(settings):
    from agent_runtime.contracts import Assignment
    from agent_runtime.store import tables as t
    from agent_runtime.store.rows import Meeting

    engine = open_engine(f"sqlite:///{settings.paths.store}")
    with SqlStore(engine, settings.tenant_id).begin() as tx:
        ids = [row.message_id for row in tx.rows(t.messages)]
        outcome = Outcome(
            arms=arms(tx.all(Assignment, t.assignments)),
            mails=mails(tx.message(message_id) for message_id in ids),
            meetings=meetings(tx.all(Meeting, t.meetings, state="CONFIRMED")),
            stopped=frozenset(
                (row.person_id, tx.suppressed(row.person_id))
                for row in tx.rows(t.suppressions).all()
            ),
        )
    engine.dispose()
    return outcome


def simulated_outcome(store: MemoryStore) -> Outcome:
    return Outcome(
        arms=arms(store.all_assignments()),
        mails=mails(store.messages.values()),
        meetings=meetings(m for m in store.meetings.values() if m.state == "CONFIRMED"),
        stopped=frozenset(store.suppressions().items()),
    )


def arms(assignments):
    return frozenset((a.experiment_id, a.person_id, a.arm) for a in assignments)


def mails(messages):
    return frozenset(
        (m.message_id, m.actor, m.action, m.touch, m.state, m.content_hash, m.sent_at)
        for m in messages
    )


def meetings(found):
    return frozenset((m.person_id, m.actor, m.slot.owner_id, m.slot.start) for m in found)
