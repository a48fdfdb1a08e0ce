"""Durable work on the store's own database (DBOS): the queue, its outbox and its recovery.

Only the worker launches DBOS; commands, the console and batch code are clients of the store. The
application version is pinned, or a bug fix after a crash would leave the old work lying for ever.
"""

import logging
from collections.abc import Callable
from datetime import UTC, datetime

from dbos import DBOS, DBOSClient, DBOSConfig, EnqueueOptions
from sqlalchemy import Connection, Engine

from agent_runtime.store.rows import Due

QUEUE = "lanes"
APPLICATION_VERSION = "1"
ATTEMPTS = 12
FIRST_WAIT_S = 0.5
"""It doubles: twelve attempts are a quarter of an hour."""
_ENDED = ("SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED")

WorkLane = Callable[[str, list[Due]], None]
"""(lane, rows): works the rows of one mailbox in order."""


class Workflows:
    """The durable queue of one worker process."""

    def __init__(self, engine: Engine, work: WorkLane, *, executor_id: str, lanes: int) -> None:
        url = engine.url.render_as_string(hide_password=False)
        config: DBOSConfig = {
            "name": "parley",
            "system_database_url": url,
            "system_database_engine": engine,
            "application_version": APPLICATION_VERSION,
            "executor_id": executor_id,
            "log_level": "ERROR",
        }
        logging.getLogger("dbos").setLevel(logging.ERROR)
        DBOS(config=config)
        self._lanes = lanes
        self._workflow_name = _register(work)
        self._client = DBOSClient(system_database_url=url, system_database_engine=engine)

    def launch(self) -> None:
        """Recovers what a crash left behind and begins to take work from the queue."""
        DBOS.launch()
        DBOS.register_queue(QUEUE, worker_concurrency=self._lanes, polling_interval_sec=0.05)

    def enqueue(
        self, connection: Connection, work_id: str, lane: str, rows: list[tuple[str, str]]
    ) -> None:
        """Puts a batch into the queue, in the transaction that marks its rows."""
        options: EnqueueOptions = {
            "queue_name": QUEUE,
            "workflow_name": self._workflow_name,
            "workflow_id": work_id,
        }
        self._client.enqueue_in_transaction(connection, options, lane, rows)

    def ended(self, work_ids: set[str]) -> set[str]:
        """Returns which of these batches have ended, well or badly, or are not known at all."""
        if not work_ids:
            return set()
        known = self._client.list_workflows(workflow_ids=sorted(work_ids))
        alive = {status.workflow_id for status in known if status.status not in _ENDED}
        return work_ids - alive

    def close(self) -> None:
        """Stops taking work and lets what runs come to its end."""
        self._client.destroy()
        DBOS.destroy()


def _register(work: WorkLane) -> str:
    """A batch is one step: a claim and its send must never be two, or recovery sends twice.

    What a row cannot do is set aside by whoever works it, so an error here is the database's: the
    batch keeps its lane and goes on where it stopped, or what it had in hand would hang for ever.
    """

    @DBOS.step(
        name="work_rows",
        retries_allowed=True,
        max_attempts=ATTEMPTS,
        interval_seconds=FIRST_WAIT_S,
    )
    def work_rows(lane: str, rows: list[list[str]]) -> str:
        work(lane, [Due(kind, row_id) for kind, row_id in rows])  # type: ignore[arg-type]
        return datetime.now(UTC).isoformat()

    @DBOS.workflow(name="work_lane")
    def work_lane(lane: str, rows: list[list[str]]) -> str:
        return work_rows(lane, rows)

    del work_lane
    return "work_lane"
