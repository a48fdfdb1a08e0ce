"""Caps that several workers come up to at once: what one has counted no other passes."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from threading import Barrier, BrokenBarrierError, Event

import pytest
from conversation_world import ANA, LIBRARY, NOW, Wire, assign
from runtime_people import CONSENT, THREAD
from test_stores import MESSAGE, TASK

from agent_runtime.channels.email.deliver import Outbox
from agent_runtime.domain import Verdict
from agent_runtime.policies.caps import caps
from agent_runtime.store.engine import open_engine
from agent_runtime.store.sql import SqlStore
from agent_runtime.store.tables import metadata

WORKERS, EACH = 2, 4
CAP_OF_A_PERSON, CAP_OF_AN_ACCOUNT = 3, 4


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.real)])
def engines(request, tmp_path):
    """One database and the engines of two workers on it."""
    is_postgres = request.param == "postgres"
    url = request.getfixturevalue("postgres_url") if is_postgres else f"sqlite:///{tmp_path}/t.db"
    opened = [open_engine(url) for _ in range(WORKERS)]
    yield opened
    metadata.drop_all(opened[0])
    for engine in opened:
        engine.dispose()


def deliver_at_once(engines, people):
    """Gives every person one message, each in a lane of its own, and sends all at one moment."""
    store = SqlStore(engines[0], "t")
    with store.begin() as tx:
        for number, person_id in enumerate(people):
            person = replace(
                ANA,
                contact_id=f"c-{person_id}",
                person_id=person_id,
                email=f"{person_id}@a.example",
            )
            thread = replace(THREAD, person_id=person_id, thread_id=f"thread-{person_id}")
            tx.add_contact(person)
            tx.add_consents(person_id, [CONSENT])
            assign(tx, person_id, "agent")
            tx.save_session(thread)
            tx.add_message(
                replace(
                    MESSAGE,
                    message_id=f"m-{number}",
                    person_id=person_id,
                    thread_id=thread.thread_id,
                    to_email=person.email,
                    mailbox=f"relay-{number}@mail.northbeam.example",
                    task_id=f"task-{number}",
                    expires_at=TASK.expires_at,
                )
            )
    together = Barrier(len(people))

    def meet(proposal, facts):
        """Asked after the count and before the claim: here all would stand with the same count."""
        verdict = caps(proposal, facts)
        with suppress(BrokenBarrierError):
            together.wait(0.5)
        return verdict if verdict.decision != "allow" else Verdict("caps", 1, "allow")

    def deliver(number):
        worker = number % WORKERS
        outbox = Outbox(
            SqlStore(engines[worker], "t"), LIBRARY, {}, "m.example", f"w-{worker}", (meet,)
        )
        wire = Wire()
        outbox.deliver(wire, f"m-{number}", now=NOW)
        return len(wire.mails)

    with ThreadPoolExecutor(len(people)) as pool:
        return sum(pool.map(deliver, range(len(people))))


def test_the_cap_of_an_account_is_not_passed_by_workers_that_count_at_once(engines):
    """R64: in lanes of their own, to different people of one account."""
    people = [f"p-{number}" for number in range(WORKERS * EACH)]
    assert deliver_at_once(engines, people) == CAP_OF_AN_ACCOUNT


def test_the_cap_of_a_person_is_not_passed_by_workers_that_count_at_once(engines):
    """R63."""
    assert deliver_at_once(engines, ["p-ana"] * WORKERS * EACH) == CAP_OF_A_PERSON


def test_a_stop_waits_for_a_send_of_the_person_that_holds_the_lock(engines):
    """R193 R225: a stop comes before the count or after the claim, never in between."""
    sending, stopping = (SqlStore(engine, "t") for engine in engines)
    with sending.begin() as tx:
        tx.add_contact(ANA)
    began, stopped = Event(), Event()

    def stop():
        began.set()
        with stopping.begin() as tx:
            tx.suppress(ANA.person_id, reason="opt_out", source="k", now=NOW)
        stopped.set()

    with ThreadPoolExecutor(1) as pool:
        with sending.begin() as tx:
            tx.lock(f"person:{ANA.person_id}")
            done = pool.submit(stop)
            assert began.wait(5)
            assert not stopped.wait(1)
        done.result(timeout=20)
    with sending.begin() as tx:
        assert tx.suppressed(ANA.person_id) == "opt_out"
