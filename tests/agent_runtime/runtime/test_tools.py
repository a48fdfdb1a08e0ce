"""Tools: what a turn may do beside talking, and what nobody can talk it into."""

from dataclasses import replace

import pytest
from conversation_world import ANA, NOW, Wire, mail, new_world, work_all
from hypothesis import given
from hypothesis import strategies as st

from agent_runtime.crm_outbox import CONNECTED
from agent_runtime.domain import Drafted, Sentence, ToolCall
from agent_runtime.library.content import SLOT_VALUES
from agent_runtime.policies.tool_facts import ToolFacts
from agent_runtime.policies.tool_permit import ToolPermit, authorise_call
from agent_runtime.tools.writable import writable

OWN = f"contact:{ANA.contact_id}"
FACTS = ToolFacts(
    writable=writable(), tools=("crm", "tickets"), own_records=(OWN,), arms=("agent",)
)
GOOD = ToolCall("crm.update", OWN, (("urgency", "before the year ends"),))


def stopped_by(call, facts=FACTS):
    return [verdict.rule for verdict in authorise_call(call, facts).hits]


def test_a_field_on_the_list_of_the_threads_own_record_may_be_written():
    """R44 R36."""
    assert authorise_call(GOOD, FACTS).permit is not None


@pytest.mark.parametrize(
    ("call", "rule"),
    [
        (replace(GOOD, tool="mail.send"), "known_tool"),
        (replace(GOOD, tool="approvals.approve"), "known_tool"),
        (replace(GOOD, target="contact:somebody-else"), "own_record"),
        (replace(GOOD, values=(("discount", "50"),)), "writable_field"),
        (replace(GOOD, values=(("urgency", "x" * 81),)), "writable_field"),
        (replace(GOOD, values=(("preferred_channel", "fax"),)), "writable_field"),
        (replace(GOOD, values=()), "writable_field"),
    ],
)
def test_anything_else_is_refused(call, rule):
    assert rule in stopped_by(call)


@pytest.mark.parametrize(
    ("facts", "rule"),
    [
        (replace(FACTS, tools=("calendar",)), "playbook_tool"),
        (replace(FACTS, arms=()), "tool_arm"),
        (replace(FACTS, arms=("agent", "holdout")), "tool_arm"),
        (replace(FACTS, paused=("pause",)), "tool_pause"),
        (replace(FACTS, own_records=()), "own_record"),
        (replace(FACTS, writable={}), "known_tool"),
    ],
)
def test_a_missing_fact_means_no(facts, rule):
    assert rule in stopped_by(GOOD, facts)


def test_only_the_gate_makes_a_permit():
    with pytest.raises(PermissionError):
        ToolPermit(GOOD, object())


@given(
    st.builds(
        ToolCall,
        st.text(max_size=20),
        st.text(max_size=20),
        st.lists(st.tuples(st.text(max_size=9), st.text(max_size=9)), max_size=3).map(tuple),
    )
)
def test_what_is_not_on_the_list_never_gets_a_permit(call):
    """R235: whatever tool, record and values a model asks for."""
    assert authorise_call(call, FACTS).permit is None


class Obeys:
    """A model that writes what it is told, and asks for the tools that it is given."""

    def __init__(self, words, *calls):
        self._draft = Drafted((Sentence(words, ("answer.pricing@1",)),), 1.0, calls)

    def draft(self, text, language, evidence):
        return (self._draft,)


def obedient_world(words, *calls):
    store, runtime = new_world()
    return store, replace(runtime, desk=replace(runtime.desk, drafter=Obeys(words, *calls)))


def test_a_draft_that_nothing_grounds_gives_way_to_an_approved_text():
    """R228 R58 R59: and its calls are not carried out, not even those that would be allowed."""
    store, runtime = obedient_world("We give you 90 % off.", GOOD)
    wire = Wire()
    runtime.inbox.receive(mail("What is the price?", to="hello@northbeam.example"), now=NOW)
    work_all(store, runtime, wire, NOW.replace(hour=23))
    answer = next(m for m in wire.mails if not m.task_id)
    assert "90 %" not in answer.body
    assert answer.recipient == ANA.email
    assert store.changes() == ()
    turn = next(e for e in store.events if e.kind == "turn" and e.payload["refused"])
    assert "grounding" in turn.payload["refused"][0]["rules"]


def test_a_draft_in_approved_words_goes_out_with_the_calls_that_are_allowed():
    """R36 R45: before and after are kept."""
    store, runtime = obedient_world("", GOOD, replace(GOOD, tool="mail.send"))
    library = runtime.desk.library
    approved = library.live("answer.pricing", language="en", now=NOW)
    words = approved.paragraphs[0].format_map(SLOT_VALUES)
    draft = Drafted((Sentence(words, (approved.fact,)),), 1.0, runtime.desk.drafter._draft.calls)
    runtime.desk.drafter._draft = draft
    wire = Wire()
    runtime.inbox.receive(mail("What is the price?", to="hello@northbeam.example"), now=NOW)
    work_all(store, runtime, wire, NOW.replace(hour=23))
    answer = next(m for m in wire.mails if not m.task_id)
    assert words[:90] in answer.body
    assert "Thank you for getting in touch" not in answer.body
    (change,) = store.changes()
    assert (change.field, change.before, change.after) == ("urgency", "", "before the year ends")
    calls = [e.payload for e in store.events if e.kind == "policy" and "target" in e.payload]
    assert [(c["action"], c["decision"]) for c in calls] == [
        ("crm.update", "allow"),
        ("mail.send", "block"),
    ]


def test_what_was_said_waits_for_the_timeline_of_a_connected_crm():
    """R45: both sides of the talk, and nothing where no CRM is connected."""
    for vendor, kinds in (("hubspot", ["heard", "sent"]), ("", [])):
        store, runtime = new_world()
        store.publish(CONNECTED, vendor)
        runtime.inbox.receive(mail("What is the price?", to="hello@northbeam.example"), now=NOW)
        wire = Wire()
        work_all(store, runtime, wire, NOW.replace(hour=23))
        of_the_talk = {p.kind for p in store.pushes() if p.kind in ("heard", "sent")}
        assert sorted(of_the_talk) == kinds
