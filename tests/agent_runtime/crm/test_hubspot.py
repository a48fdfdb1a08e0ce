"""What we say to HubSpot is what its published API descriptions allow (R192 R224)."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest
from crm_rows import connect, hear, meet, say, stop, work
from crm_world import NOW, push_with, states, use, work_until
from hubspot_description import Description
from typer.testing import CliRunner

from agent_runtime.crm_cli import crm
from agent_runtime.crm_list_plan import carry_out, plan
from agent_runtime.crm_mirror import Mirror
from agent_runtime.crm_outbox import queue_again
from agent_runtime.crm_port import Record
from agent_runtime.tools.hubspot_layout import hubspot_layout
from agent_runtime.tools.hubspot_requests import REQUESTS, scopes_of
from agent_runtime.tools.owner_rules import OwnerRules
from agent_runtime.tools.pace import Pace
from agent_runtime.tools.writable import writable


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
    connect(store)
    for number, channel in enumerate(("email", "sms", "linkedin", "voice", "chat")):
        hear(store, f"k{number}", channel=channel)
        say(store, f"m{number}", channel=channel)
    work(store, "w1")
    work(store, "w2", kind="notice")
    meet(store, "u1")
    described.lists.add("Parley: in conversation")
    with store.begin() as tx:
        carry_out(tx, plan(tx, "in_conversation", {"p-ana"}), by="maya", now=NOW)
    hubspot, later = described, NOW + timedelta(hours=3)
    hubspot.users = {"7": {"email": "lena@n.example", "team": "DACH", "user": 7}}
    for path, number in (("contacts", "102"), ("companies", "101"), ("0-3", "77")):
        hubspot.objects[path][number]["hubspot_owner_id"] = "7"
    # More than are allowed in ten seconds, in a time of which the vendor's window knows nothing.
    pace = Pace(count(step=1.0).__next__)
    push = push_with(
        store, url, rules=OwnerRules(territories={"LATAM": "leave"}), pace=pace, timeout_s=30.0
    )
    work_until(push)
    work(store, "w1", state="DONE")
    meet(store, "u1", attendance="held", at=later)
    stop(store, at=later)
    hubspot.edit("contacts", "102", user=7, parley_urgency="in May")
    assert push.crm.value(Record("contact", "c-ana", "ana@alder.example"), "urgency").by
    assert Mirror(store, push.crm, {}).work(now=later).people == 1
    ana = Record("contact", "c-ana", "ana@alder.example")
    assert push.crm.value(ana, "list:in_conversation").value == "on"
    with store.begin() as tx:
        tx.save_ticket(replace(tx.ticket(ticket_id), state="SOLVED"))
        queue_again(tx, "ticket", ticket_id, at=later)
    work_until(push, now=later)
    assert set(states(store).values()) == {"PUSHED"}
    for path, names in described.properties.items():
        described.properties[path] = {n: p for n, p in names.items() if "parley_" not in n}
    environment = {"PARLEY_HUBSPOT_TOKEN": "good", "PARLEY_HUBSPOT_URL": url}
    made = CliRunner().invoke(crm, ["check", "--create", "-w", str(tmp_path)], env=environment)
    assert made.exit_code == 0, made.output
    assert described.witness.violations == []
    seen = {(method, path) for method, path, _ in described.witness.seen}
    for one in REQUESTS:
        shape = re.compile(re.sub(r"\{\w+\}", "[^/]+", one.shape))
        assert any(m == one.method and shape.fullmatch(path) for m, path in seen), one.__name__
    for kind in ("emails", "communications", "calls", "notes", "tasks", "meetings"):
        assert ("POST", f"/crm/v3/objects/{kind}/batch/upsert") in seen


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
    account = push_with(store, url, timeout_s=30.0).crm
    ana = Record("contact", "c-ana", "Ana@Alder.example")
    assert account.value(ana, "urgency").value == "now"
    assert account.value(ana, "blocker").value == ""
    assert account.value(ana, "email").value == ""
