"""Two reviewers, a buyer and a worker on one item at once: one wins, and the others learn it."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from functools import cache
from threading import Barrier

import pytest
from conversation_world import ANA, LIBRARY, NOW, Wire, assign, mail, new_world, work_all

from agent_runtime.approval_batch import Picked, approve_batch, finish, undo_batch
from agent_runtime.approval_changes import revise
from agent_runtime.approvals import ApprovalError, Approvals
from agent_runtime.autonomy import flag_of
from agent_runtime.store.engine import open_engine
from agent_runtime.store.rows import Approval
from agent_runtime.store.sql import SqlStore
from agent_runtime.store.tables import metadata

ROUNDS = 6
OVER = NOW + timedelta(minutes=1)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.real)])
def desks(request, tmp_path):
    """Three desks, each with an engine of its own, on one database."""
    is_postgres = request.param == "postgres"
    url = request.getfixturevalue("postgres_url") if is_postgres else f"sqlite:///{tmp_path}/t.db"
    opened = [open_engine(url) for _ in range(3)]
    yield [Approvals(SqlStore(engine, "t"), LIBRARY, {}) for engine in opened]
    metadata.drop_all(opened[0])
    for engine in opened:
        engine.dispose()


@cache
def made():
    """An item as a real turn has made it: an offer of times, which nothing speaks against."""
    store, runtime = new_world()
    work_all(store, runtime, Wire(), NOW)
    store.set_flag(flag_of("icp_prospecting"), "assistive")
    runtime.inbox.receive(mail("Can we talk next week?"), now=NOW)
    work_all(store, runtime, Wire(), NOW + timedelta(minutes=3))
    (waiting,) = store.open_approvals()
    return waiting, store.session_of(ANA.person_id)


def waits(desk, number):
    """Writes it for somebody, with two drafts."""
    like, session = made()
    person_id = f"p-{number}"
    thread_id = f"thread-{person_id}"
    person = replace(ANA, contact_id=person_id, person_id=person_id, email=f"{person_id}@a.example")
    own = {"person_id": person_id, "thread_id": thread_id, "to_email": person.email}
    drafts = tuple(
        replace(draft, message=replace(draft.message, message_id=f"m-{number}-{place}", **own))
        for place, draft in enumerate((like.drafts[0], like.drafts[0]))
    )
    item = replace(
        like,
        approval_id=f"a-{number}",
        thread_id=thread_id,
        person_id=person_id,
        drafts=drafts,
    )
    with desk.store.begin() as tx:
        tx.add_contact(person)
        assign(tx, person_id, "agent")
        tx.save_session(replace(session, person_id=person_id, thread_id=thread_id))
        tx.save_approval(item)
    return item.approval_id


def at_once(*acts):
    """Runs acts at one moment; returns what each returned, or the refusal that it got."""
    together = Barrier(len(acts))

    def run(act):
        together.wait(10)
        try:
            return act()
        except ApprovalError as error:
            return error

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def refused(found):
    return [one for one in found if isinstance(one, ApprovalError)]


def ready(desk, number):
    """How many messages of an item may leave."""
    with desk.store.begin() as tx:
        found = [tx.message(f"m-{number}-{draft}") for draft in (0, 1)]
    return [one for one in found if one and one.state == "READY"]


def test_of_two_reviewers_who_approve_other_drafts_one_wins(desks):
    """R15 R71: on one item two never both win, whatever they choose."""
    for number in range(ROUNDS):
        item = waits(desks[0], number)
        found = at_once(
            lambda item=item: desks[0].approve(item, by="a", now=NOW, draft=0),
            lambda item=item: desks[1].approve(item, by="b", now=NOW, draft=1),
            lambda item=item: desks[2].reject(item, by="c", now=NOW),
        )
        (won,) = [one for one in found if isinstance(one, Approval)]
        assert len(refused(found)) == 2
        with desks[0].store.begin() as tx:
            assert tx.approval(item) == won
        assert len(ready(desks[0], number)) == (won.state == "APPROVED")


def test_an_edit_and_an_approval_of_the_words_before_it_never_both_stand(desks):
    """R72: leave is for what was read; an edit in between takes it away."""
    for number in range(ROUNDS):
        item = waits(desks[0], number)
        at_once(
            lambda item=item: desks[0].approve(item, by="a", now=NOW, version=0),
            lambda item=item: revise(desks[1], item, 0, "Let us talk.", by="b", now=NOW, version=0),
        )
        with desks[0].store.begin() as tx:
            after = tx.approval(item)
        sent = [message.body for message in ready(desks[0], number)]
        assert after.version == 1
        assert (after.state == "APPROVED") == bool(sent)
        assert not any("Let us talk." in body for body in sent)


def test_a_mail_of_the_buyer_and_an_approval_at_once_leave_one_state(desks):
    """R71: what the buyer's news withdrew is not approved over it."""
    for number in range(ROUNDS):
        item = waits(desks[0], number)

        def buyer_writes(number=number):
            with desks[1].store.begin() as tx:
                tx.void_approvals(f"p-{number}")

        found = at_once(lambda item=item: desks[0].approve(item, by="a", now=NOW), buyer_writes)
        with desks[0].store.begin() as tx:
            state = tx.approval(item).state
        assert state == ("VOID" if refused(found) else "APPROVED")
        assert len(ready(desks[0], number)) == (state == "APPROVED")


def test_an_undo_and_the_end_of_the_window_at_once_take_all_or_nothing(desks):
    """R15: either all of the batch waits again, or the undo says that it was too late."""
    for number in range(0, ROUNDS, 2):
        items = [waits(desks[0], number + one) for one in (0, 1)]
        picked = [Picked(item, 0, "") for item in items]
        batch = approve_batch(desks[0], picked, by="a", now=NOW)
        assert batch.going == tuple(items), batch
        undone, *_ = at_once(
            lambda batch=batch: undo_batch(desks[0], batch.batch_id, by="a"),
            lambda items=items: finish(desks[1], items[0], now=OVER),
        )
        for item in items:
            finish(desks[1], item, now=OVER)
        left = [message for one in (0, 1) for message in ready(desks[0], number + one)]
        assert len(left) == (2 if isinstance(undone, ApprovalError) else 0)
