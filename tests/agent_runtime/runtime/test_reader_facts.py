"""Personal from evidence only: what may be said of a reader, by which fact, and by whose leave."""

import json
from dataclasses import replace

import pytest
from asking_world import LATER, asking
from conversation_world import ANA, LIBRARY, NOW
from hypothesis import given
from hypothesis import strategies as st

from agent_runtime.approvals import Approvals
from agent_runtime.autonomy import flag_of
from agent_runtime.domain import Session
from agent_runtime.drafting.reader_facts import ForReader, problems, reader_facts
from agent_runtime.grounding.draft import Given, ground
from agent_runtime.library.content import FACT_SLOTS, LOCALES
from agent_runtime.models.answer import read_answer
from agent_runtime.planning.redlines import is_off_limits
from agent_runtime.policies.tone import slips_in
from agent_runtime.replay import differences, replay
from tests.agent_runtime.models.prompts_asked import READER, prompt
from tests.agent_runtime.models.stand_in_answers import personal, turn_of
from tests.agent_runtime.models.vllm_stand_in import serve

ASKS = "What is the price of Relay, by systems or by seats?"
CUSTOMER = replace(ANA, facts=(("product", "Relay Sync"),))
THREAD = Session("t", "thread-p-ana", "p-ana", "c-ana", "renewal", "new")
KNOWS_ALL = replace(ANA, facts=tuple((name, f"the {name}") for name in FACT_SLOTS))


@pytest.fixture(scope="module")
def server():
    with serve() as stand_in:
        yield stand_in


def asks(world, *, level="autonomous", reader=CUSTOMER):
    world.store.add_contact(reader)
    world.store.set_flag(flag_of("inbound_response"), level)
    world.writes(ASKS)
    world.work()


def test_a_personal_answer_stands_on_the_fact_that_it_names(server):
    """R11, R47: the CRM tells the product, the draft names that fact, and the buyer reads it."""
    with asking(server.behave("personal")) as world:
        asks(world)
    (answer,) = world.wire.mails
    assert "You use Relay Sync." in answer.body
    (turn,) = world.turns()
    assert "reader.product" in [e["fact_id"] for e in turn["evidence"]]
    assert "activity_without_evidence" in turn["model"]["dropped"]
    (merit,) = [m for m in turn["candidates"][0]["merits"] if m["name"] == "personal"]
    assert "reader.product@1" in merit["why"]
    assert "Relay Sync" not in json.dumps(server.asked[-1])


def test_of_a_reader_of_whom_nothing_is_known_nothing_is_said(server):
    """R47: a missing fact means no."""
    with asking(server.behave("personal")) as world:
        asks(world, reader=ANA)
    (answer,) = world.wire.mails
    assert "You use" not in answer.body
    assert turn_of(server.asked[-1]["messages"][1]["content"])["about_reader"] == []


def test_a_person_reads_first_what_is_personal(server):
    """R15, R72: in the safe band as it ships a draft about the reader waits."""
    with asking(server.behave("personal")) as world:
        asks(world, level="supervised")
        (waiting,) = world.store.open_approvals()
    assert world.wire.mails == []
    assert "reader.product" in waiting.drafts[0].candidate.proposal.content_ids


def test_what_the_crm_does_not_tell_any_more_is_not_sent(server):
    """R72: the permit judges by the facts of that moment, whoever approved the draft before."""
    with asking(server.behave("personal")) as world:
        asks(world, level="assistive")
        (waiting,) = world.store.open_approvals()
        assert "You use [[PRODUCT]]." in waiting.drafts[0].message.body
        approvals = Approvals(world.store, LIBRARY, {})
        decided = approvals.approve(waiting.approval_id, by="rep", now=LATER)
        world.store.add_contact(ANA)
        world.work()
    assert world.wire.mails == []
    assert world.store.message(decided.message_id).state == "BLOCKED"


def test_a_personal_turn_is_replayed_from_its_trace(server):
    """R77: the facts of then decide, not those of now."""
    with asking(server.behave("personal")) as world:
        asks(world)
        (turn,) = world.turns()
        assert differences(turn, replay(turn, LIBRARY, world.runtime.desk.model)) == ()


@given(
    st.sampled_from(sorted(LIBRARY.playbooks)),
    st.sets(st.sampled_from(FACT_SLOTS)),
    st.sampled_from(LOCALES),
)
def test_no_redline_and_no_mark_of_the_crm_is_crossed(name, private, language):
    """R11, R50: whatever the CRM knows; in every playbook and language."""
    playbook = LIBRARY.playbook(name)
    marks = tuple((f"{fact}_private", "yes") for fact in private)
    reader = replace(KNOWS_ALL, facts=(*KNOWS_ALL.facts, *marks))
    for fact in reader_facts(reader, THREAD, playbook, language=language):
        tokens = [n for n in FACT_SLOTS if f"[[{n.upper()}]]" in fact.text]
        assert not any(is_off_limits(n, reader, playbook.redlines) for n in tokens)
        assert private.isdisjoint(tokens)


@pytest.mark.parametrize("language", LOCALES)
def test_every_line_is_in_the_house_voice_and_bears_itself_out(language):
    """R47, R239: in six languages, with slots that exist."""
    assert list(problems()) == []
    found = {
        fact.fact_id: fact.text
        for playbook in LIBRARY.playbooks.values()
        for fact in reader_facts(
            KNOWS_ALL, replace(THREAD, touches_sent=1), playbook, language=language
        )
    }
    assert len(found) == 10
    for name, text in found.items():
        (said,) = ground(text, [Given(name, text)], language=language)
        assert (said.verdict, said.fact) == ("supported", name)
        assert slips_in(text, language) == ()


@pytest.mark.parametrize(
    ("text", "is_supported"),
    [
        ("You already use [[PRODUCT]].", True),
        ("You do not use [[PRODUCT]].", False),
        ("You use [[PRODUCT]] every day.", False),
        ("You love [[PRODUCT]].", False),
        ("Your competitors use [[PRODUCT]].", False),
    ],
)
def test_a_claim_about_the_reader_is_judged_like_every_other(text, is_supported):
    """R47, R57: the fact's words, and no more."""
    approvals = ForReader(LIBRARY, CUSTOMER, THREAD, LIBRARY.playbook("renewal"))
    known = approvals.texts_of("reader.product@1", language="en", now=NOW)
    (said,) = ground(text, [Given("reader.product@1", one) for one in known], language="en")
    assert (said.verdict == "supported") == is_supported
    assert not approvals.discloses("reader.product@1")
    assert approvals.texts_of("reader.product@2", language="en", now=NOW) == ()


def test_a_placeholder_of_the_account_needs_its_fact():
    """R47: asked as a question it is activity all the same."""
    reader = replace(READER, facts=CUSTOMER.facts)
    asked = prompt("What does it cost?", contact=reader)
    fact = "reader.product@1"
    assert fact in asked.facts
    for text, named, dropped in (
        ("How is [[PRODUCT]] going?", "", ("activity_without_evidence",)),
        ("You use [[PRODUCT]].", "answer.pricing@1", ("activity_without_evidence",)),
        ("You use [[PRODUCT]].", fact, ()),
    ):
        written = json.loads(personal(asked.prefix, asked.turn))
        written["drafts"] = [{"sentences": [{"text": text, "fact": named}], "confidence": 0.9}]
        assert read_answer(json.dumps(written), asked).dropped == dropped
