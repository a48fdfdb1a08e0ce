"""Fields of the CRM: before and after are kept, and a person may take a write back."""

import json
from dataclasses import replace

import pytest
from runtime_people import ANA, NOW
from typer.testing import CliRunner

from agent_runtime.crm_cli import crm, tickets
from agent_runtime.field_undo import FieldChangeError, find_change, undo
from agent_runtime.settings import Workspace
from agent_runtime.store.engine import open_engine
from agent_runtime.store.memory import MemoryStore
from agent_runtime.store.rows import FieldChange, Ticket
from agent_runtime.store.sql import SqlStore

FIRST = FieldChange(
    tenant_id="northbeam",
    change_id="aaaa1111",
    thread_id="thread-p-ana",
    object="contact",
    record_id=ANA.contact_id,
    field="urgency",
    before="",
    after="soon",
    by="agent",
    reason="said_so",
    at=NOW,
)
LATER = replace(FIRST, change_id="bbbb2222", before="soon", after="next year")
TICKET = Ticket(
    "northbeam", "T-1", "thread-p-ana", "p-ana", "serious_issue", "Down", "", "fast", NOW
)


@pytest.fixture(params=["memory", "sqlite"])
def store(request, tmp_path):
    if request.param == "memory":
        return MemoryStore("northbeam")
    return SqlStore(open_engine(f"sqlite:///{tmp_path}/t.db"), "northbeam")


def test_the_latest_value_stands_and_a_change_is_written_once(store):
    with store.begin() as tx:
        assert tx.add_change(FIRST)
        assert not tx.add_change(FIRST)
        assert tx.add_change(LATER)
        assert tx.crm_value("contact", ANA.contact_id, "urgency") == "next year"
        assert tx.crm_value("contact", "another", "urgency") == ""


def test_an_undo_writes_the_value_from_before_as_a_change_of_its_own(store):
    """R36: nothing is erased."""
    with store.begin() as tx:
        tx.add_change(FIRST)
        tx.add_change(LATER)
        undo(tx, LATER, by="maya", now=NOW, versions={})
        assert tx.crm_value("contact", ANA.contact_id, "urgency") == "soon"
        assert [(c.after, c.by) for c in tx.changes() if c.undoes] == [("soon", "maya")]
        with pytest.raises(FieldChangeError, match="holds 'soon' by now"):
            undo(tx, LATER, by="maya", now=NOW, versions={})


def test_what_was_written_over_is_not_undone(store):
    with store.begin() as tx:
        tx.add_change(FIRST)
        tx.add_change(LATER)
        with pytest.raises(FieldChangeError, match="undo the later change first"):
            undo(tx, find_change(tx, "aaaa"), by="maya", now=NOW, versions={})


def test_the_commands_list_dry_run_and_undo(tmp_path):
    workspace = Workspace(tmp_path)
    store = SqlStore(open_engine(f"sqlite:///{workspace.store}"), "northbeam")
    run = CliRunner()
    place = ["--workspace", str(tmp_path)]
    assert "no field" in run.invoke(crm, ["changes", *place]).output
    assert "no ticket" in run.invoke(tickets, ["list", *place]).output
    with store.begin() as tx:
        tx.add_change(FIRST)
        tx.add_ticket(TICKET)
    assert "'(empty)' -> 'soon'" in run.invoke(crm, ["changes", *place]).output
    assert "would write" in run.invoke(crm, ["undo", "aaaa", "--dry-run", *place]).output
    assert "wrote" in run.invoke(crm, ["undo", "aaaa", *place]).output
    rows = json.loads(run.invoke(crm, ["changes", "--json", *place]).output)
    assert [row["after"] for row in rows] == ["soon", ""]
    (ticket,) = json.loads(run.invoke(tickets, ["list", "--json", *place]).output)
    assert (ticket["ticket_id"], ticket["priority"]) == ("T-1", "fast")
    assert "solved" in run.invoke(tickets, ["solve", "T-1", *place]).output
    assert "solved" in run.invoke(tickets, ["list", *place]).output
