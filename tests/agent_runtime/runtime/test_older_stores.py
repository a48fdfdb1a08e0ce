"""A database that an earlier version wrote opens, and what waits in it is not lost."""

import sqlite3
from datetime import timedelta

import pytest
from runtime_people import NOW
from sqlalchemy import create_engine, inspect, text

from agent_runtime.store.engine import open_engine
from agent_runtime.store.sql import SqlStore, SqlTx
from agent_runtime.store.tables import metadata

OLD = (
    """create table crm_pushes (tenant_id varchar(120) not null, row_kind varchar(120) not null,
    row_id varchar(400) not null, state varchar(400) not null, due_at varchar(27) not null,
    doc text not null, primary key (tenant_id, row_kind, row_id))""",
    "create index crm_pushes_due on crm_pushes (tenant_id, state, due_at)",
    """create table tickets (tenant_id varchar(120) not null, ticket_id varchar(120) not null,
    thread_id varchar(400) not null, state varchar(400) not null, doc text not null,
    primary key (tenant_id, ticket_id))""",
    "create index tickets_state on tickets (tenant_id, state)",
    """insert into tickets values ('t', 'k1', 'thread-p-ana', 'OPEN', '{"tenant_id":"t",
    "ticket_id":"k1","thread_id":"thread-p-ana","person_id":"p-ana","subject":"Help","text":"x",
    "blocker":"","priority":"usual","opened_at":"2026-01-12T09:00:00Z"}')""",
    """insert into crm_pushes values ('t', 'ticket', 'k1', 'WAITING',
    '2026-01-12T09:00:00.000000Z', '{"tenant_id":"t","kind":"ticket","row_id":"k1",
    "due_at":"2026-01-12T09:00:00Z","state":"WAITING","attempts":3,"reason":"503"}')""",
    """insert into crm_pushes values ('t', 'sent', 'm1', 'PUSHED',
    '2026-01-12T08:00:00.000000Z', '{"tenant_id":"t","kind":"sent","row_id":"m1",
    "due_at":"2026-01-12T08:00:00Z","state":"PUSHED","vendor_id":"v-9"}')""",
    """insert into crm_pushes values ('other', 'heard', 'h1', 'WAITING',
    '2026-01-12T09:00:00.000000Z', '{"tenant_id":"other","kind":"heard","row_id":"h1",
    "due_at":"2026-01-12T09:00:00Z"}')""",
)
"""What the version before today's queue made and wrote."""


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.real)])
def url(request, tmp_path):
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/runtime.db"
        return
    url = request.getfixturevalue("postgres_url")
    yield url
    engine = create_engine(url)
    metadata.drop_all(engine)
    engine.dispose()


@pytest.fixture
def old(url):
    engine = create_engine(url)
    with engine.begin() as connection:
        for statement in OLD:
            connection.exec_driver_sql(statement)
    engine.dispose()
    return url


def rows(engine):
    return {
        tenant: {(p.kind, p.row_id, p.state, p.attempts, p.vendor_id, p.record) for p in pushes}
        for tenant in ("t", "other")
        for pushes in [_pushes(engine, tenant)]
    }


def _pushes(engine, tenant):
    with SqlStore(engine, tenant).begin() as tx:
        return tx.pushes()


CARRIED = {
    "t": {
        ("ticket", "k1", "WAITING", 3, "", "person:p-ana"),
        ("sent", "m1", "PUSHED", 0, "v-9", ""),
    },
    "other": {("heard", "h1", "WAITING", 0, "", "")},
}


def test_what_waited_for_the_crm_in_an_older_store_still_waits(old):
    """R192: nothing that waits is lost by an update, and nothing that went goes again."""
    engine = open_engine(old)
    assert rows(engine) == CARRIED
    assert not inspect(engine).has_table("crm_pushes")
    with SqlStore(engine, "t").begin() as tx:
        due = tx.pushes_due(NOW + timedelta(days=400), limit=10)
    assert [(p.row_id, p.queued_at.isoformat()) for p in due] == [
        ("k1", "2026-01-12T09:00:00+00:00")
    ]
    engine.dispose()


def test_a_row_that_is_in_todays_queue_stays_as_it_is_there(old):
    """A store that the new version has opened before it carried anything over has both tables."""
    engine = create_engine(old)
    metadata.create_all(engine)
    with SqlStore(engine, "t").begin() as tx:
        tx.connection.execute(
            text(
                "insert into crm_queue values ('t', 'ticket', 'k1', 'PUSHED', :at, :at, '', :doc)"
            ),
            {
                "at": "2026-01-13T09:00:00.000000Z",
                "doc": '{"tenant_id":"t","kind":"ticket","row_id":"k1","state":"PUSHED",'
                '"due_at":"2026-01-13T09:00:00Z","vendor_id":"v-1"}',
            },
        )
    engine.dispose()
    for _ in range(2):
        engine = open_engine(old)
        assert ("ticket", "k1", "PUSHED", 0, "v-1", "") in rows(engine)["t"]
        assert len(rows(engine)["t"]) == 2
        engine.dispose()


def test_an_error_while_rows_are_carried_over_loses_none(tmp_path, monkeypatch):
    url = f"sqlite:///{tmp_path}/runtime.db"
    with sqlite3.connect(tmp_path / "runtime.db") as connection:
        for statement in OLD:
            connection.execute(statement)
    add_push = SqlTx.add_push

    def fails(tx, push):
        if push.row_id == "h1":
            raise RuntimeError("the disk is full")
        return add_push(tx, push)

    with monkeypatch.context() as patched:
        patched.setattr(SqlTx, "add_push", fails)
        with pytest.raises(RuntimeError, match="disk is full"):
            open_engine(url)
    engine = open_engine(url)
    assert rows(engine) == CARRIED
    engine.dispose()
