"""One person goes from the store: words, addresses, values; the stop and the arm stay."""

from dataclasses import replace
from datetime import timedelta

import pytest
from conversation_world import ANA, LIBRARY, MEANINGS, NOW, OWNER, Wire, assign, mail, task
from runtime_people import CONSENT
from sqlalchemy import select
from test_retention import work

from agent_runtime.app import assemble
from agent_runtime.crm_outbox import CONNECTED
from agent_runtime.erasures import PREFIX, hash_of
from agent_runtime.models.language import ScriptedModel
from agent_runtime.newcomers import Newcomers
from agent_runtime.store import tables as t
from agent_runtime.store.engine import open_engine
from agent_runtime.store.erasing import SOURCE, erase, finish_erasures, known_as
from agent_runtime.store.pruning import prune
from agent_runtime.store.rows import FieldChange
from agent_runtime.store.sql import SqlStore
from agent_runtime.suppression import lift, stop_of
from agent_runtime.tools.memory_calendar import MemoryCalendar
from agent_runtime.tools.slots import OfficeHours

BO = replace(
    ANA,
    contact_id="c-bo",
    person_id="p-bo",
    email="bo@birch.example",
    first_name="Bo",
    last_name="Lind",
    title="CFO",
)
WORDS = ("ana@", "Ruiz", "RevOps", "901820", "Zanzibar", "Zurich")
LATER = NOW + timedelta(days=1)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.real)])
def store(request, tmp_path):
    """A touch, a question and its answer; a field that was written; rows for the CRM."""
    is_postgres = request.param == "postgres"
    url = request.getfixturevalue("postgres_url") if is_postgres else f"sqlite:///{tmp_path}/r.db"
    store = SqlStore(open_engine(url), "t")
    runtime = assemble(
        store,
        library=LIBRARY,
        model=ScriptedModel(MEANINGS),
        calendar=MemoryCalendar({"o-1": OfficeHours("Europe/Berlin")}),
        newcomers=Newcomers("t", (OWNER,), None),
    )
    with store.begin() as tx:
        tx.publish(CONNECTED, "hubspot")
        tx.add_contact(ANA)
        tx.add_contact(BO)
        tx.add_consents(ANA.person_id, [CONSENT])
        assign(tx, ANA.person_id, "agent")
        tx.add_task(task(1, autonomy="autonomous"))
        tx.set_flag("autonomy:icp_prospecting", "autonomous")
    work(store, runtime, NOW)
    said = "My number is +49 30 901820, and the price of the Zanzibar project?"
    runtime.inbox.receive(mail(said, key="k1", in_reply_to="<x@y>"), now=NOW)
    work(store, runtime, NOW + timedelta(hours=1))
    change = FieldChange(
        *("t", "ch-1", f"thread-{ANA.person_id}", "contact", "c-ana", "city", "", "Zurich"),
        *("agent", "said so", NOW),
    )
    with store.begin() as tx:
        tx.add_change(change)
    yield store
    t.metadata.drop_all(store.engine)
    store.engine.dispose()


def everything(store):
    with store.engine.connect() as connection:
        return "\n".join(
            f"{table.name} {tuple(row)}"
            for table in t.metadata.sorted_tables
            for row in connection.execute(select(table))
        )


def found(store):
    text = everything(store)
    return {word for word in WORDS if word in text}


def settle_stop(store):
    with store.begin() as tx:
        push = tx.push("stop", ANA.person_id)
        tx.save_push(replace(push, state="PUSHED"))


def test_nothing_of_a_person_is_left_but_that_they_must_be_left_alone(store):
    """R198: who asks to be erased goes, and is silent ground for good."""
    assert found(store) == set(WORDS)
    known = known_as(store, ["ANA@alder.example"])
    before = everything(store)
    dry = erase(store, known, now=LATER, dry_run=True)
    assert everything(store) == before
    assert erase(store, known, now=LATER) == dry
    assert found(store) == {"ana@"}, "the address waits, since the CRM was not told yet"
    settle_stop(store)
    assert finish_erasures(store, dry_run=True) == 1
    assert prune(store, None, now=LATER)["erased contacts"] == 1
    assert found(store) == set()
    assert "bo@birch.example" in everything(store)
    with store.begin() as tx:
        assert [stop.source for stop in tx.stops(ANA.person_id)] == [SOURCE]
        assert [one.arm for one in tx.assignments(ANA.person_id)] == ["agent"]
        assert tx.listing("email", PREFIX + hash_of("t", "email", ANA.email)).reason
    assert sum(prune(store, None, now=LATER).values()) == 0


def test_who_was_erased_and_comes_back_under_another_id_is_left_alone(store):
    """R198: the hash of the address knows them; only a proof of consent lifts it."""
    erase(store, known_as(store, [ANA.person_id]), now=LATER)
    again = replace(ANA, contact_id="c-9", person_id="p-9", email="Ana@Alder.example")
    with store.begin() as tx:
        assert stop_of(tx, again).reason == "unsubscribed"
        assert not stop_of(tx, BO).reason
        assert lift(tx, "ana@alder.example", why="form", proof="f-1", now=LATER)
        assert not stop_of(tx, again).reason


def test_nothing_waits_for_the_crm_but_the_opt_out(store):
    erase(store, known_as(store, [ANA.email]), now=LATER)
    with store.begin() as tx:
        waiting = [(p.kind, p.row_id) for p in tx.pushes() if p.state == "WAITING"]
    assert waiting == [("stop", ANA.person_id)]


def test_an_unknown_address_is_nobody_and_a_repeat_finds_nothing(store):
    assert not known_as(store, ["nobody@alder.example"]).persons
    known = known_as(store, [ANA.email])
    erase(store, known, now=LATER)
    settle_stop(store)
    finish_erasures(store)
    assert erase(store, known, now=LATER) == {}


def test_a_reply_of_somebody_erased_is_taken_in_and_not_answered(store):
    """The thread that it answers is still there by id, and its person is not."""
    erase(store, known_as(store, [ANA.email]), now=LATER)
    settle_stop(store)
    finish_erasures(store)
    runtime = assemble(
        store,
        library=LIBRARY,
        model=ScriptedModel(MEANINGS),
        calendar=MemoryCalendar({"o-1": OfficeHours("Europe/Berlin")}),
        newcomers=Newcomers("t", (OWNER,), None),
    )
    runtime.inbox.receive(mail("Hello?", key="k2", in_reply_to="<x@y>"), now=LATER)
    wire = Wire()
    work(store, runtime, LATER + timedelta(hours=1))
    assert not getattr(wire, "sent", [])
    with store.begin() as tx:
        assert not tx.has_unread(f"thread-{ANA.person_id}")
