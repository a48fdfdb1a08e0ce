"""What the console keeps and looks up, on either database: log, queue, traces of a thread."""

from dataclasses import replace
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
from agent_runtime.store.late_indexes import make_indexes
from agent_runtime.store.rows import Inbound
from agent_runtime.store.sql import SqlStore
from agent_runtime.store.tables import metadata
from agent_runtime.store.thread_rows import Asked as AskedThreads
from agent_runtime.store.thread_rows import (
    find_threads,
    groups,
    last_position,
    read_thread,
    without_clear_checks,
)
from agent_runtime.store.trace_index import (
    count_since,
    events_of_thread,
    latest_of_kind,
)
from tests.agent_runtime.console.thread_world import write_thread
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
    make_indexes(store.engine)
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


def heard_in(thread):
    return Inbound(
        tenant_id="t",
        key="k-1",
        mailbox="relay@mail.northbeam.example",
        lane="relay",
        thread_id=thread,
        person_id="p-ana-1",
        subject="Re: Relay",
        text='We are at the "zebra" crossing:\nÜberall.',
        rfc_message_id="<1@x.example>",
        in_reply_to="",
        received_at=NOW,
        due_at=NOW,
    )


def test_threads_are_found_the_same_way_on_either_database(store):
    """R205: by who, words of both sides and state; a sign of a pattern is a sign of a text."""
    thread, other = write_thread(store, 0), write_thread(store, 1, times=3)
    with store.begin() as tx:
        session = replace(tx.session_of("p-ana-1"), state="booked")
        tx.save_session(session)
        contact = tx.contact_of(session.person_id)
        tx.add_contact(replace(contact, company="Ärzte 100% GmbH"))
        tx.add_inbound(heard_in(other))

    def found(**asked):
        with store.engine.connect() as connection:
            page = find_threads(connection, "t", AskedThreads(**asked))
        assert page.found == len(page.threads) or asked == {"page": 2}
        return {one.session.thread_id for one in page.threads}

    both = {thread, other}
    assert found() == found(words="Relay") == found(words="RELAY") == found(who="ana") == both
    for words in ("zebra", 'THE "zebra" cross', "crossing:\n", "überall", "ÜBERALL"):
        assert found(words=words) == {other}, words
    assert found(page=2) == set()
    assert found(words="confidence") == found(who="nobody") == set()
    assert found(who="100%") == found(who="ärzte") == found(who="ÄRZTE") == {other}
    assert found(state="booked", channel="email", speaker="agent") == {other}
    assert found(who=thread) == {thread}
    with store.engine.connect() as connection:
        assert sum(one.count for one in groups(connection, "t")) == 2
        assert {one.state for one in groups(connection, "t")} >= {"booked"}
        whole = read_thread(connection, "t", other)
        lean = read_thread(connection, "t", other, keep=without_clear_checks)
        assert whole.events[-1].position == last_position(connection, "t", other)
        assert 0 < len(lean.events) < len(whole.events)
        assert read_thread(connection, "u", other) is None
