"""People on static lists of the marketing tool, which is quiet while our agent talks (R191)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from crm_rows import TREATED, connect, stop
from crm_world import ANA, NOW, push_with, states, work_until

from agent_runtime.crm_list_plan import carry_out, plan
from agent_runtime.crm_lists import CrmListError, change_of, field_of, list_rules
from agent_runtime.crm_outbox import queue
from agent_runtime.crm_port import Membership
from agent_runtime.field_undo import FieldChangeError, standing_there, undo
from agent_runtime.store.memory import MemoryStore
from agent_runtime.tools import allow_list
from agent_runtime.tools.allow_list import LISTED
from agent_runtime.tools.salesforce import SalesforceCrm

LIST, THERE = "in_conversation", "Parley: in conversation"
BEN = replace(
    ANA, contact_id="c-ben", person_id="p-ben", email="ben@alder.example", first_name="Ben"
)
ANA_THERE = "102"
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def listed(hubspot, store):
    """An account with our list, a treated Ana, and Ben who is held out."""
    hubspot.ben = hubspot.add("contacts", email=BEN.email)
    hubspot.lists.add(THERE)
    connect(store)
    with store.begin() as tx:
        tx.add_contact(BEN)
        tx.add_assignment(replace_arm("p-ben", "control"))
    return hubspot


def replace_arm(person, arm):
    return TREATED.model_copy(update={"person_id": person, "unit_id": person, "arm": arm})


def put(store, *people, at=NOW, name=LIST):
    with store.begin() as tx:
        return carry_out(tx, plan(tx, name, {p.person_id for p in people}), by="maya", now=at)


def reasons(store):
    with store.begin() as tx:
        return [push.reason for push in tx.pushes()]


def test_the_treated_go_on_the_list_once_and_the_holdout_never(listed, store, url):
    """R191 R192: a second push of the same people asks for nothing."""
    found = put(store, ANA, BEN)
    assert [c.contact_id for c in found.on] == ["c-ana"]
    assert [(c.contact_id, why) for c, why in found.refused] == [("c-ben", "control control of e")]
    push = push_with(store, url)
    work_until(push)
    assert listed.lists.members(THERE) == {ANA_THERE}
    again = put(store, ANA, BEN, at=LATER)
    work_until(push, now=LATER)
    assert (again.on, again.off, again.stand) == ((), (), 1)
    assert len(listed.writes()) == 1


def test_who_is_not_wanted_any_more_comes_off_and_nobody_elses_members_do(listed, store, url):
    listed.lists.lists["1"]["members"]["103"] = "2026-01-01T00:00:00Z"
    push = push_with(store, url)
    put(store, ANA)
    work_until(push)
    put(store, at=LATER)
    work_until(push, now=LATER)
    assert listed.lists.members(THERE) == {"103"}


def test_who_was_there_before_us_stays_there(listed, store, url):
    listed.lists.lists["1"]["members"][ANA_THERE] = "2026-01-01T00:00:00Z"
    push = push_with(store, url)
    put(store, ANA)
    work_until(push)
    put(store, at=LATER)
    work_until(push, now=LATER)
    assert listed.lists.members(THERE) == {ANA_THERE}
    with store.begin() as tx, pytest.raises(FieldChangeError, match="before we wrote it"):
        undo(tx, tx.changes()[0], by="maya", now=LATER, versions={})


def test_between_queue_and_request_a_person_may_become_one_who_is_held(listed, store, url):
    """Decision before effect: it is judged again when it is asked."""
    put(store, ANA)
    with store.begin() as tx:
        tx.add_assignment(replace_arm("p-ana", "control").model_copy(update={"unit_id": "a-1"}))
    work_until(push_with(store, url))
    assert listed.lists.members(THERE) == set()
    assert set(states(store).values()) == {"REFUSED"}


@pytest.fixture
def for_all(tmp_path, monkeypatch):
    """The allow-list, where our list is one of exclusion."""
    path = tmp_path / "writable.yaml"
    path.write_text(LISTED.read_text().replace("arms: agent", "arms: all"))
    monkeypatch.setattr(allow_list, "LISTED", path)
    list_rules.cache_clear()
    yield
    list_rules.cache_clear()


@pytest.mark.usefixtures("for_all")
def test_a_list_of_exclusion_takes_the_holdout_only_where_it_says_so(listed, store, url):
    put(store, ANA, BEN)
    work_until(push_with(store, url))
    assert listed.lists.members(THERE) == {ANA_THERE, listed.ben}


def test_who_opts_out_comes_off_our_list_once_the_opt_out_stands(listed, store, url):
    push = push_with(store, url)
    put(store, ANA)
    work_until(push)
    stop(store, at=LATER)
    listed.faults.append((500, {}))
    push.work(now=LATER)
    assert listed.lists.members(THERE) == {ANA_THERE}
    push.work(now=LATER + timedelta(seconds=30))
    assert listed.lists.members(THERE) == {ANA_THERE}
    work_until(push, now=LATER)
    assert listed.lists.members(THERE) == set()
    assert ANA.email in listed.unsubscribed
    written = [path for method, path in listed.writes() if "batch/read" not in path]
    assert written[-1].endswith("/memberships/add-and-remove")
    assert put(store, ANA, at=LATER + timedelta(hours=2)).refused[0][1].startswith("they are stopp")


def test_the_memory_store_takes_who_opts_out_off_too(hubspot):
    store = MemoryStore("t")
    with store.begin() as tx:
        tx.add_contact(ANA)
    connect(store)
    put(store, ANA)
    stop(store, at=LATER)
    with store.begin() as tx:
        assert tx.crm_value("contact", "c-ana", field_of(LIST)) == "off"


@pytest.mark.parametrize(
    "fault", [(429, {"Retry-After": "120"}), (500, {}), ("after", 502), "drop", "cut", "hang"]
)
@pytest.mark.parametrize("nth", range(3))
def test_trouble_there_is_tried_again_and_is_done_once(listed, store, url, fault, nth):
    put(store, ANA)
    listed.faults.extend([None] * nth + [fault])
    push = push_with(store, url, timeout_s=0.1 if fault == "hang" else 5.0)
    assert push.work(now=NOW) is not None
    if fault == (429, {"Retry-After": "120"}):
        before = len(listed.log)
        push.work(now=NOW + timedelta(seconds=119))
        assert len(listed.log) == before
    end = work_until(push)
    assert listed.lists.members(THERE) == {ANA_THERE}
    put(store, at=end + timedelta(hours=1))
    work_until(push, now=end + timedelta(hours=1))
    assert listed.lists.members(THERE) == set()


def test_one_that_is_gone_there_keeps_nobody_else_off_the_list(listed, store, url):
    with store.begin() as tx:
        tx.add_contact(replace(BEN, contact_id="c-cy", person_id="p-cy", email="cy@x.example"))
        tx.add_assignment(replace_arm("p-cy", "agent"))
    put(store, ANA, replace(BEN, person_id="p-cy"))
    work_until(push_with(store, url))
    assert listed.lists.members(THERE) == {ANA_THERE}
    assert sorted(states(store).values()) == ["PUSHED", "REFUSED"]
    assert "no contact there has the address of this one" in reasons(store)


def test_a_list_that_is_not_named_is_refused_before_anything_leaves(listed, store, url):
    with store.begin() as tx:
        change = change_of(tx, ANA, "nurture", "on", by="maya", reason="x", at=NOW)
        tx.add_change(change)
        queue(tx, "change", change.change_id, at=NOW)
    push = push_with(store, url)
    work_until(push)
    (outcome,) = push.crm.deliver([Membership(ANA.email, "nurture", is_on=True)])
    assert outcome.status == "refused"
    assert "'nurture'" in outcome.reason
    assert "writable.yaml" in outcome.reason
    assert listed.log == []
    assert set(states(store).values()) == {"REFUSED"}
    with pytest.raises(CrmListError, match="list 'nurture' is not in writable"):
        put(store, ANA, name="nurture")


@pytest.mark.parametrize("kind", ["DYNAMIC", None])
def test_a_list_that_fills_itself_or_is_not_there_is_refused_in_words(hubspot, store, url, kind):
    connect(store)
    if kind:
        hubspot.lists.add(THERE, processing=kind)
    put(store, ANA)
    work_until(push_with(store, url))
    assert hubspot.writes() == []
    assert "make a static one there" in reasons(store)[0]


def test_an_undo_takes_off_who_was_put_on_unless_somebody_has_already(listed, store, url):
    push = push_with(store, url)
    put(store, ANA)
    work_until(push)
    with store.begin() as tx:
        (change,) = tx.changes()
    listed.lists.lists["1"]["members"].clear()
    with store.begin() as tx, pytest.raises(FieldChangeError, match="holds 'off' in the CRM"):
        undo(
            tx,
            change,
            by="maya",
            now=LATER,
            versions={},
            there=standing_there(store, push.crm, change),
        )
    listed.lists.lists["1"]["members"][ANA_THERE] = "2026-01-13T10:00:00Z"
    there = standing_there(store, push.crm, change)
    with store.begin() as tx:
        undo(tx, change, by="maya", now=LATER, versions={}, there=there)
    work_until(push, now=LATER)
    assert listed.lists.members(THERE) == set()


def test_salesforce_has_no_such_list_and_says_so():
    crm = SalesforceCrm.__new__(SalesforceCrm)
    assert crm._one(Membership(ANA.email, LIST, is_on=True)).status == "refused"
