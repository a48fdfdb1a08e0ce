"""Arms of people who write first: drawn as in batch, inherited from their company, or none."""

from dataclasses import replace
from datetime import timedelta

import pytest
from conversation_world import ANA, NOW, OWNER, Wire, mail, new_world, work_all

from agent_runtime.contracts import Assignment
from agent_runtime.newcomers import Newcomers, OnlineExperiment
from agent_runtime.online_arm import arm_online
from agent_runtime.store.memory import MemoryStore
from experiments.assignment import Draw, is_held_out

SHARES = {"agent": 0.5, "control": 0.5}
BY_PERSON = OnlineExperiment("e", "l", "salt", "h", SHARES)
BY_ACCOUNT = replace(BY_PERSON, unit="account")
PERMUTED = replace(BY_ACCOUNT, salt="")


def stranger(number=0, *, domain="alder.example"):
    return replace(
        ANA, contact_id=f"c{number}", person_id=f"p{number}", account_id=None, email=f"x@{domain}"
    )


def company(*members):
    """(person, account, domain, arms) of each; arms are (experiment, layer, unit, arm)."""
    store = MemoryStore("t")
    for person, account, domain, arms in members:
        store.add_contact(
            replace(
                ANA,
                contact_id=f"c-{person}",
                person_id=person,
                account_id=account,
                email=f"{person}@{domain}",
            )
        )
        for experiment, layer, unit, arm in arms:
            store.add_assignment(
                Assignment(
                    tenant_id="t",
                    experiment_id=experiment,
                    unit_id=unit,
                    person_id=person,
                    arm=arm,
                    layer=layer,
                    spec_hash="h",
                    assigned_at=NOW,
                    how="hash",
                )
            )
    return store


def arm(store, experiment, who=None):
    found = arm_online(store, experiment, who or stranger(), now=NOW)
    return found and (found.experiment_id, found.unit_id, found.arm)


def test_a_stranger_is_drawn_as_the_batch_would_have_drawn_them():
    """R168: part of the layer and global holdout included; whoever is no unit has no arm."""
    experiment = replace(BY_PERSON, part=(0.2, 0.7), held_out=("g", 0.2))
    draw, store = Draw("salt", SHARES, (0.2, 0.7), ("g", 0.2)), MemoryStore("t")
    for number in range(200):
        person = f"p{number}"
        expected = (
            ("global-holdout", person, "holdout")
            if is_held_out(person, "g", 0.2)
            else draw.arm_of(person) and ("e", person, draw.arm_of(person))
        )
        assert arm(store, experiment, stranger(number)) == expected


@pytest.mark.parametrize("experiment", [BY_ACCOUNT, PERMUTED])
@pytest.mark.parametrize("stored", ["agent", "control"])
def test_a_stranger_from_a_companys_own_domain_inherits_its_arm(experiment, stored):
    store = company(("p-a", "a1", "alder.example", [("e", "l", "a1", stored)]))
    assert arm(store, experiment) == ("e", "a1", stored)


@pytest.mark.parametrize(
    ("members", "domain"),
    [
        ([("p-a", "a1", "gmail.com", [("e", "l", "a1", "agent")])], "gmail.com"),
        ([("p-a", "a1", "t-online.de", [("e", "l", "a1", "agent")])], "t-online.de"),
        ([("p-a", "a1", "birch.example", [("e", "l", "a1", "agent")])], "alder.example"),
        ([("p-a", None, "alder.example", [("e", "l", "p-a", "agent")])], "alder.example"),
        (
            [
                ("p-a", "a1", "alder.example", [("e", "l", "a1", "agent")]),
                ("p-b", "a2", "alder.example", [("e", "l", "a2", "control")]),
            ],
            "alder.example",
        ),
        ([("p-a", "a1", "alder.example", [("other", "l", "p-a", "agent")])], "alder.example"),
    ],
    ids=["free mail", "free mail too", "elsewhere", "no account", "two arms", "another experiment"],
)
def test_where_the_companys_arm_cannot_be_known_there_is_none(members, domain):
    """R169: no arm means no agent."""
    assert arm(company(*members), BY_ACCOUNT, stranger(domain=domain)) is None


def test_an_account_that_nobody_has_drawn_yet_is_drawn_by_hash_and_never_permuted():
    store = company(("p-a", "a1", "alder.example", []))
    assert arm(store, BY_ACCOUNT) == ("e", "a1", Draw("salt", SHARES).arm_of("a1"))
    assert arm(store, PERMUTED) is None


def test_who_writes_from_a_company_held_out_of_everything_is_held_out_too():
    held = ("global-holdout", "global-holdout", "a1", "holdout")
    store = company(
        ("p-a", "a1", "alder.example", [held]),
        ("p-b", "a2", "alder.example", [("e", "l", "a2", "agent")]),
    )
    assert arm(store, BY_ACCOUNT) == ("global-holdout", "a1", "holdout")


def test_who_has_no_arm_is_answered_by_people():
    """R169, R174: fail closed, and nobody is left without an answer."""
    store, runtime = new_world()
    nobody = replace(BY_PERSON, part=(0.0, 1e-9))
    inbox = replace(runtime.inbox, newcomers=Newcomers("t", (OWNER,), nobody))
    wire = Wire()
    inbox.receive(
        mail("What is the price?", sender="new@oak.example", to="hello@northbeam.example"), now=NOW
    )
    work_all(store, runtime, wire, NOW + timedelta(minutes=5))
    assert store.assignments(store.contact_by_email("new@oak.example").person_id) == ()
    assert [m for m in wire.mails if m.recipient == "new@oak.example"] == []
    assert [t.kind for t in store.open_human_tasks()] == ["inbound_request"]
