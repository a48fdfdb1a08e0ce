"""What the console keeps and looks up, on either database: log, queue, traces of a thread."""

from datetime import timedelta

import pytest
from runtime_people import NOW
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from agent_runtime.console.approvals.queue import Asked, count_waiting, read_queue
from agent_runtime.console.frame.audit import Act, latest, write
from agent_runtime.console.people.sessions import Lifetime, open_session, user_in
from agent_runtime.console.people.users import add_user
from agent_runtime.contracts import TraceEvent
from agent_runtime.store.console_tables import audit_log
from agent_runtime.store.engine import open_engine
from agent_runtime.store.sql import SqlStore
from agent_runtime.store.tables import metadata
from agent_runtime.store.trace_index import (
    count_since,
    events_of_thread,
    index_traces,
    latest_of_kind,
)
from tests.agent_runtime.console.waiting_drafts import fill_queue


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.real)])
def store(request, tmp_path):
    is_sqlite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path}/r.db" if is_sqlite else request.getfixturevalue("postgres_url")
    engine = open_engine(url)
    yield SqlStore(engine, "t")
    metadata.drop_all(engine)
    engine.dispose()


def test_the_log_grows_and_nothing_in_it_changes(store):
    acts = [Act(f"r{n}", NOW, "ana", "rep", "x.y", f"z:{n}", "done") for n in range(3)]
    for act in acts:
        with store.begin() as tx:
            write(tx, act)
    for statement in (audit_log.delete(), audit_log.update().values(actor="somebody else")):
        with pytest.raises(DBAPIError, match="append only"), store.begin() as tx:
            tx.connection.execute(statement)
    assert [one.act for one in latest(store)] == acts[::-1]
    assert [one.act.record for one in latest(store, record="z:1")] == ["z:1"]


def test_the_queue_and_the_sessions_are_the_same(store):
    """R15."""
    fill_queue(store, 30, now=NOW)
    queue = read_queue(store, Asked(order="language", page=2), now=NOW)
    assert (queue.found, len(queue.lines), count_waiting(store, now=NOW)) == (30, 5, 30)
    with store.begin() as tx:
        user = add_user(tx, "ana@x.example", role="rep", now=NOW)
        secret = open_session(tx, user, how="link", lifetime=Lifetime(), now=NOW)
        assert user_in(tx, secret, lifetime=Lifetime(), now=NOW) == user
        assert user_in(tx, secret, lifetime=Lifetime(), now=NOW + timedelta(hours=2)) is None


def test_traces_are_found_by_thread_and_kind_without_reading_all(store):
    with store.begin() as tx:
        for number in range(40):
            tx.trace(
                TraceEvent(
                    event_id=f"{number:026d}",
                    tenant_id="t",
                    kind="incident" if number % 4 == 0 else "turn",
                    thread_id=f"thread-{number % 5}",
                    person_id="p",
                    contact_id="c",
                    occurred_at=NOW + timedelta(days=number),
                    versions={},
                    payload={"thread_id": "thread-9", "kind": "incident"},
                )
            )
    index_traces(store.engine)
    with store.engine.connect() as connection:
        numbers = [int(e.event_id) for e in events_of_thread(connection, "t", "thread-3")]
        assert numbers == list(range(3, 40, 5))
        assert [int(e.event_id) for e in latest_of_kind(connection, "t", "incident", limit=2)] == [
            36,
            32,
        ]
        assert count_since(connection, "t", "incident", NOW + timedelta(days=20)) == 5
        assert events_of_thread(connection, "u", "thread-3") == ()
        if connection.dialect.name == "sqlite":
            plan = connection.execute(
                text(
                    "explain query plan select doc from trace_events where tenant_id = 't' "
                    "and (json_extract(doc, '$.thread_id')) = 'x' order by position"
                )
            ).all()
            assert "trace_events_thread" in str(plan)
