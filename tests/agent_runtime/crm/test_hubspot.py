"""What we say to HubSpot is what its published API descriptions allow (R192 R224)."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from crm_world import NOW, push_with, states, use, work_until
from hubspot_description import Description
from typer.testing import CliRunner

from agent_runtime.crm_cli import crm
from agent_runtime.crm_outbox import CONNECTED, queue_again, queue_heard
from agent_runtime.crm_port import Record
from agent_runtime.store.rows import Inbound
from agent_runtime.tools.hubspot_layout import hubspot_layout
from agent_runtime.tools.hubspot_requests import scopes_of
from agent_runtime.tools.writable import writable

HEARD = Inbound(
    "t", "k1", "relay@x.example", "l", "thread-p-ana", "p-ana", "Re", "yes", "<1@x>", "", NOW, NOW
)


@pytest.fixture
def described(shared_data, hubspot):
    """The account, with the vendor's descriptions as a witness of every request and answer."""
    folder = shared_data / "../specs/hubspot"
    hubspot.witness = Description(folder, scopes_of(hubspot_layout(), with_setup=True))
    hubspot.knows_null = False
    return hubspot


def test_every_request_and_answer_is_as_the_vendor_describes_it(described, store, url, tmp_path):
    for kind, target in (("contact", "c-ana"), ("account", "a-1"), ("deal", "77")):
        values = {
            name: rules.one_of[0] if rules.one_of else "word"
            for name, rules in writable()["crm.update"][kind].items()
        }
        assert use(store, "crm.update", f"{kind}:{target}", **values)
    ticket_id = use(store, "tickets.open", "contact:c-ana", subject="down", text="Down.")
    with store.begin() as tx:
        tx.publish(CONNECTED, "hubspot")
        tx.add_inbound(HEARD)
        queue_heard(tx, HEARD, arm="agent")
    push = push_with(store, url)
    work_until(push)
    with store.begin() as tx:
        tx.save_ticket(replace(tx.ticket(ticket_id), state="SOLVED"))
        queue_again(tx, "ticket", ticket_id, at=NOW + timedelta(hours=3))
    work_until(push, now=NOW + timedelta(hours=3))
    assert set(states(store).values()) == {"PUSHED"}
    for path, names in described.properties.items():
        described.properties[path] = {n: p for n, p in names.items() if "parley_" not in n}
    connect = {"PARLEY_HUBSPOT_TOKEN": "good", "PARLEY_HUBSPOT_URL": url}
    made = CliRunner().invoke(crm, ["check", "--create", "-w", str(tmp_path)], env=connect)
    assert made.exit_code == 0, made.output
    assert described.witness.violations == []
    asked = {(method, path.split("/")[4]) for method, path, _ in described.witness.seen}
    assert asked == {
        *{(m, p) for m in ("GET", "PATCH") for p in ("contacts", "companies", "0-3", "tickets")},
        *{("POST", "tickets"), ("POST", "notes"), ("GET", "notes")},
        *{("POST", p) for p in ("contacts", "companies", "0-3")},
    }


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/crm/v3/objects/tickets", b'{"properties": {}}'),
        ("PATCH", "/crm/v3/objects/contacts/102", b'{"fields": {}}'),
        ("POST", "/crm/v3/objects/contacts/102", b'{"properties": {}}'),
        ("PATCH", "/crm/v2/objects/contacts/102", b'{"properties": {}}'),
    ],
)
def test_the_witness_sees_what_is_not_as_described(described, method, path, body):
    described.witness((method, path, body), 200, b"{}")
    assert described.witness.violations


def test_the_witness_sees_a_scope_that_is_lacking(shared_data):
    folder = shared_data / "../specs/hubspot"
    times = {"createdAt": "2026-01-13T10:00:00Z", "updatedAt": "2026-01-13T10:00:00Z"}
    answer = json.dumps({"id": "1", "properties": {}, "archived": False, **times}).encode()
    for scopes, is_fine in ((["crm.objects.contacts.read"], True), (["tickets"], False)):
        witness = Description(folder, scopes)
        witness(("GET", "/crm/v3/objects/contacts/102", b""), 200, answer)
        assert (witness.violations == []) == is_fine


def test_every_field_that_an_agent_may_write_has_its_property(hubspot):
    layout = hubspot_layout()
    for kind, fields in writable()["crm.update"].items():
        assert set(fields) <= set(layout.properties(kind))
    for kind, place in layout.records.items():
        there = hubspot.properties[place.path]
        assert {p.name for p in layout.properties(kind).values()} <= set(there)


def test_the_present_value_of_a_field_is_read(hubspot, store, url):
    hubspot.objects["contacts"]["102"]["parley_urgency"] = "now"
    account = push_with(store, url).crm
    ana = Record("contact", "c-ana", "Ana@Alder.example")
    assert account.value(ana, "urgency").value == "now"
    assert account.value(ana, "blocker").value == ""
    assert account.value(ana, "email").value == ""
