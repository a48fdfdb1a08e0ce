"""The gate asked again about every send, and what blurs the arms, on a run where all is known."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from typer.testing import CliRunner

from agent_runtime import log
from agent_runtime.act import message_of
from agent_runtime.arms import publish_controls
from agent_runtime.clock import write_now
from agent_runtime.contracts import Assignment
from agent_runtime.domain import Contact, Proposal, Sentence, Session
from agent_runtime.settings import Workspace
from agent_runtime.store.engine import open_engine
from agent_runtime.store.sql import SqlStore
from experiments.registry import register
from experiments.spec import Spec
from pipelines.experiment_cli import app
from pipelines.lake import Lake, write
from pipelines.transforms.assign import ASSIGNED_OWNERS, ASSIGNMENTS
from pipelines.transforms.identity import EVENTS

DAY0 = datetime(2026, 1, 12, tzinfo=UTC)
SPEC = Spec.model_validate(
    {
        "id": "e",
        "salt": "s",
        "layer": "l",
        "arms": {"agent": 0.5, "usual": 0.5},
        "control": "usual",
        "primary": {"metric": "meeting"},
    }
)
OTHER = SPEC.model_copy(update={"id": "f"})


class Run:
    """A workspace in which people stand in arms, and messages have left."""

    def __init__(self, root):
        self.paths = Workspace(root)
        for spec in (SPEC, OTHER):
            register(self.paths.registry, spec, approver="Ada", code_version="1", now=DAY0)
        engine = open_engine(f"sqlite:///{self.paths.store}")
        write_now(engine, DAY0)
        self.store = SqlStore(engine, "northbeam")
        with self.store.begin() as tx:
            publish_controls(tx, {"e": ("usual",), "f": ("usual",)})
        self.rows, self.merges, self.contacts, self.number = [], [], [], 0

    def person(self, name, arm, *, experiment="e", day=0, email="", account=None, unit=""):
        self.rows.append(
            {
                "tenant_id": "northbeam",
                "experiment_id": experiment,
                "unit_id": unit or name,
                "person_id": name,
                "arm": arm,
                "layer": "l",
                "spec_hash": "h",
                "assigned_at": DAY0 + timedelta(days=day),
                "how": "hash",
            }
        )
        self.contacts.append((name, email or f"{name}@{name}.example", account))

    def merge(self, goes, stays, *, day):
        at = DAY0 + timedelta(days=day)
        self.merges.append(
            ("t", f"m{len(self.merges)}", "merged", goes, stays, "c", "email", "h", at)
        )

    def send(self, person, *, actor="agent", day=1, thread="", channel="email", **changes):
        self.number += 1
        proposal = Proposal(
            "send_touch", "proactive", channel, "p", "S", (Sentence("Hi", ("a@1",)),), "en", 1.0
        )
        proposal = replace(proposal, **changes)

        contact = Contact(*["northbeam", f"c-{person}", person, None, "x@x.example", *[""] * 10])
        session = Session("northbeam", thread or f"thread-{person}", person, "c", "p", "")
        made = message_of(
            session,
            contact,
            proposal,
            cause=str(self.number),
            actor=actor,
            mailbox="m@x",
            due_at=DAY0,
        )
        at = DAY0 + timedelta(days=day)
        sent = replace(made, state="SENT", sent_at=at, content_ids=tuple(proposal.content_ids))
        with self.store.begin() as tx:
            log.Journal(tx, session, now=at, versions={}).write(
                "policy",
                sent.message_id,
                payload={"proposal_id": sent.message_id, "action": proposal.action},
            )
            log.Journal(tx, session, now=at, versions={}).write(
                "message", sent.message_id, payload=log.outgoing(sent)
            )
        return sent.message_id

    def ask(self, *command):
        lake = Lake(self.paths)
        write(pl.DataFrame(self.rows, schema=ASSIGNMENTS), lake.assignments)
        write(pl.DataFrame(self.merges, schema=EVENTS, orient="row"), lake.person_events)
        schema = {"person_id": pl.String, "email": pl.String, "account_id": pl.String}
        write(
            pl.DataFrame(self.contacts, schema=schema, orient="row"),
            self.paths.canonical / "contacts.parquet",
        )
        arguments = [*command, "-w", str(self.paths.root), "--json"]
        done = CliRunner().invoke(app, arguments, catch_exceptions=False)
        return done.exit_code, json.loads(done.stdout)


@pytest.fixture
def run(tmp_path):
    made = Run(tmp_path)
    yield made
    made.store.engine.dispose()


def test_a_run_in_which_the_gate_held_is_clean(run):
    """R169: every send is asked about again, and people are free to help the control."""
    run.person("p1", "agent")
    run.person("p2", "usual")
    run.send("p1")
    run.send("p2", actor="human")
    code, found = run.ask("gate", "--replay")
    assert code == 0
    counts = {k: v for k, v in found.items() if k != "stopped"}
    assert counts == {
        "sent": 2,
        "by_agent": 1,
        "by_people": 1,
        "stopped_then": 0,
        "stopped_now": 0,
        "agent_sends_to_control": 0,
        "human_sends_to_control": 1,
    }


def test_an_agents_send_to_a_control_is_found_and_named(run):
    run.person("p2", "usual")
    run.person("p3", "agent")
    run.merge("p2", "p4", day=0)
    run.merge("p4", "p3", day=0)
    bad = [run.send("p2"), run.send("p3"), run.send("p-nobody")]
    code, found = run.ask("gate", "--replay")
    assert code == 1
    assert {one["message_id"] for one in found["stopped"] if one["is_to_control"]} == set(bad)
    assert [one["then"] for one in found["stopped"]].count("no assignment is known") == 1
    assert [one["then"] for one in found["stopped"]].count("control usual of e") == 2


def test_a_merge_learnt_after_the_send_is_told_and_is_no_fault_of_the_gate(run):
    run.person("p1", "agent")
    run.person("p2", "usual")
    run.merge("p2", "p1", day=3)
    run.send("p1", day=1)
    code, found = run.ask("gate", "--replay")
    (one,) = found["stopped"]
    assert code == 0
    assert (one["then"], one["now"]) == ("", "control usual of e")


def test_a_clock_that_was_set_back_makes_no_fault_of_a_treated_persons_mail(run):
    run.person("p1", "agent", day=5)
    run.person("p2", "usual", day=5)
    run.send("p1", day=1)
    code, found = run.ask("gate", "--replay")
    assert (code, found["stopped_then"], found["stopped_now"]) == (0, 1, 0)
    run.send("p2", day=1)
    assert run.ask("gate", "--replay")[0] == 1


def test_arms_that_only_the_runtime_knows_count_too(run):
    """R169: strangers are assigned online; a restored table does not make them unknown."""
    with run.store.begin() as tx:
        for person, arm in (("p8", "agent"), ("p9", "usual")):
            row = {"tenant_id": "northbeam", "experiment_id": "e", "unit_id": person}
            more = {"layer": "l", "spec_hash": "h", "assigned_at": DAY0, "how": "online"}
            tx.add_assignment(Assignment(**row, person_id=person, arm=arm, **more))
        tx.merge("p9", "p10", now=DAY0)
    run.person("p10", "agent")
    run.send("p8")
    run.send("p10")
    code, found = run.ask("gate", "--replay")
    assert (code, [one["person_id"] for one in found["stopped"]]) == (1, ["p10"])


def test_the_answer_to_help_is_no_contact(run):
    run.person("p2", "usual")
    help_text = {
        "action": "explain",
        "touch_class": "transactional",
        "content_ids": ("text.help",),
    }
    run.send("p2", channel="sms", **help_text)
    assert run.ask("gate", "--replay")[0] == 0
    run.send("p2", channel="email", **help_text)
    assert run.ask("gate", "--replay")[0] == 1


def test_every_kind_of_contamination_is_counted_with_an_example_and_a_reading(run):
    """R172, R173, R174: one thread a contact, clear routing, and who wrote to the control."""
    run.person("p1", "agent", email="a@alder.example", account="a1")
    run.person("p2", "usual", email="b@ALDER.example", account="a1")
    run.person("p3", "agent", email="c@gmail.com", account="a3")
    run.person("p4", "usual", email="d@gmail.com", account="a4")
    run.person("p5", "agent")
    run.person("p5", "agent", experiment="f")
    run.person("p6", "agent")
    run.person("p6", "usual")
    run.merge("p4", "p3", day=9)
    run.send("p2", actor="human")
    run.send("p1", thread="one")
    run.send("p1", thread="two")
    lake = Lake(run.paths)
    owned = [("e", "p1", "o1"), ("e", "p2", "o1")]
    write(pl.DataFrame(owned, schema=ASSIGNED_OWNERS, orient="row"), lake.assigned_owners)
    now = pl.DataFrame({"person_id": ["p1", "p2"], "owner_id": ["o2", "o1"]})
    write(now, lake.eligibility)
    code, (of_e, _) = run.ask("contamination")
    found = of_e["contamination"]
    assert code == 0
    assert {name: one["count"] for name, one in found.items()} == {
        "agent_sends_to_control": 0,
        "human_sends_to_control": 1,
        "shared_domains": 1,
        "accounts_across_arms": 1,
        "merges_across_arms": 1,
        "reassigned_owners": 1,
        "overlapping_layers": 1,
        "several_threads": 1,
        "conflicting_arms": 1,
    }
    assert found["shared_domains"]["examples"] == [
        {"domain": "alder.example", "people": {"agent": 1, "usual": 1}}
    ]
    assert found["reassigned_owners"]["examples"] == [{"person_id": "p1", "was": "o1", "is": "o2"}]
    assert found["merges_across_arms"]["examples"] == [
        {"persons": ["p3", "p4"], "arms": ["agent", "usual"]}
    ]
    assert all(one["reading"] for one in found.values())
    saved = run.paths.metrics / "contamination_e.json"
    assert json.loads(saved.read_text()) == of_e


def test_an_agents_send_to_a_control_fails_the_report(run):
    run.person("p2", "usual")
    run.send("p2")
    code, (of_e, _) = run.ask("contamination")
    assert code == 1
    assert of_e["contamination"]["agent_sends_to_control"]["count"] == 1
    assert not of_e["contamination"]["reassigned_owners"]["is_measured"]


def test_a_run_in_which_nothing_was_sent_is_said_in_words(tmp_path):
    Run(tmp_path).store.engine.dispose()
    done = CliRunner().invoke(app, ["gate", "--replay", "-w", str(tmp_path)])
    assert done.exit_code == 0
    assert "Nothing was ever sent" in done.stdout
