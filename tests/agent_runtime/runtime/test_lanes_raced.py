"""Two workers on one database release the same due rows: each lane is one worker's."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from test_stores import TASK

from agent_runtime import pump
from agent_runtime.store.engine import open_engine
from agent_runtime.store.sql import SqlStore
from agent_runtime.store.tables import metadata

LANES = 12


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.real)])
def engines(request, tmp_path):
    is_postgres = request.param == "postgres"
    url = request.getfixturevalue("postgres_url") if is_postgres else f"sqlite:///{tmp_path}/t.db"
    opened = [open_engine(url), open_engine(url)]
    yield opened
    metadata.drop_all(opened[0])
    for engine in opened:
        engine.dispose()


def test_a_lane_goes_to_one_of_two_workers_and_neither_falls_over(engines):
    with SqlStore(engines[0], "t").begin() as tx:
        for number in range(LANES):
            tx.add_task(replace(TASK, task_id=f"t-{number}", mailbox=f"m-{number}@n.example"))
    released = []

    def enqueue(connection, work_id, lane, rows):
        released.append(lane)

    def release(number):
        return pump.release(engines[number % 2], enqueue, now=TASK.due_at)

    with ThreadPoolExecutor(8) as pool:
        counts = list(pool.map(release, range(8)))
    assert sum(counts) == LANES
    assert sorted(released) == sorted(f"m-{number}@n.example" for number in range(LANES))
