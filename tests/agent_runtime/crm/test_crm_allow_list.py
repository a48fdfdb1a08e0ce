"""What is not on the list of fields cannot leave, by construction (R192 R224)."""

from dataclasses import replace

import pytest
from crm_world import push_with

from agent_runtime.crm_port import Activity, Record, Write
from agent_runtime.tools import hubspot_requests as requests
from agent_runtime.tools.allow_list import Allowed, NotAllowed, allow_list
from agent_runtime.tools.hubspot_layout import LOGGED, hubspot_layout

ANA = Record("contact", "c-ana", "ana@alder.example")


@pytest.mark.parametrize("field", ["email", "owner", "hubspot_owner_id", "lifecyclestage", ""])
def test_a_field_outside_the_list_is_refused_in_one_sentence_before_it_leaves(
    store, hubspot, url, field
):
    """R235: no field of the CRM can be written that nobody listed."""
    crm = push_with(store, url).crm
    (outcome,) = crm.deliver([Write(ANA, field, "x", frozenset({""}))])
    assert outcome.status == "refused"
    assert outcome.reason == (
        f"field {field!r} of contact has no property in writable.yaml, so nothing of it leaves "
        "for hubspot; list it there, or leave it out."
    )
    assert hubspot.log == []


def test_one_field_outside_the_list_does_not_keep_the_others(store, hubspot, url):
    crm = push_with(store, url).crm
    writes = [
        Write(ANA, "email", "x@y.example", frozenset({""})),
        Write(ANA, "urgency", "soon", frozenset({""})),
    ]
    assert [one.status for one in crm.deliver(writes)] == ["refused", "pushed"]
    assert set(hubspot.sent()) == {("contacts", "parley_urgency")}


def test_what_an_activity_holds_beside_the_list_stays_here(store, hubspot, url):
    crm = push_with(store, url).crm
    values = (("at", "2026-01-13T10:00:00.000Z"), ("text", "x"), ("secret", "y"))
    (outcome,) = crm.deliver([Activity("A-1", "note", ANA.email, values)])
    assert outcome.status == "pushed"
    names = {name for _, name in hubspot.sent()}
    assert names == {"parley_activity_id", "hs_timestamp", "hs_note_body"}


def test_nobody_but_the_list_makes_properties_that_may_leave():
    with pytest.raises(PermissionError):
        Allowed("contact", {"email": "x"}, object())
    made = allow_list("hubspot").allow("contact", {"urgency": "soon"})
    with pytest.raises(TypeError):
        made.properties["email"] = "x"
    with pytest.raises(PermissionError):
        replace(made, properties={"email": "x"}, _seal=None)


def test_every_request_that_writes_a_record_takes_allowed_properties_alone():
    writes = {requests.CreateTicket, requests.UpdateOne, requests.UpsertMany}
    writes |= {requests.ChangeMembers}
    bodies = {r for r in requests.REQUESTS if r.method != "GET" and "batch/read" not in r.shape}
    others = bodies - writes
    assert others == {requests.LinkMany, requests.WriteOptOut, requests.MakeProperties}
    for one in writes:
        assert "Allowed" in str(one.__annotations__["allowed"])


def test_an_owner_on_the_list_is_refused_unless_owners_may_change(tmp_path):
    """R235: who owns a record is nothing that a list alone makes writable."""
    path = tmp_path / "writable.yaml"
    path.write_text("crm.update: {contact: {owner: {kind: code, hubspot: hubspot_owner_id}}}")
    with pytest.raises(NotAllowed, match="the record's owner, which is never changed"):
        allow_list("hubspot", path=path)
    listed = allow_list("hubspot", path=path, owner_may_change=True)
    assert listed.allow("contact", {"owner": "7"}).properties == {"hubspot_owner_id": "7"}


def test_every_kind_of_activity_carries_our_id_on_the_list():
    layout = hubspot_layout()
    for kind in (*LOGGED, "ticket"):
        assert layout.properties(kind)["id"].name == layout.records[kind].our_id
