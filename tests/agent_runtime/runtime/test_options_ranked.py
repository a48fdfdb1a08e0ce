"""Several drafts, ranked by what can be followed; a reviewer chooses, and just that goes out."""

from dataclasses import replace

import pytest
from asking_world import LATER, asking
from hypothesis import given
from hypothesis import strategies as st

from agent_runtime.approvals import ApprovalError, Approvals
from agent_runtime.autonomy import flag_of
from agent_runtime.domain import Sentence
from agent_runtime.drafting.choices import choices
from agent_runtime.drafting.merits import WEIGHTS, merits_of, total
from agent_runtime.library.catalog import load_library
from tests.agent_runtime.models.vllm_stand_in import serve

ASKS = "What is the price of Relay, by systems or by seats?"
LIBRARY = load_library()
GUIDE = LIBRARY.style


@pytest.fixture(scope="module")
def server():
    with serve() as stand_in:
        yield stand_in


def ask(world, level="assistive"):
    world.store.set_flag(flag_of("inbound_response"), level)
    world.writes(ASKS)
    world.work()
    return Approvals(world.store, LIBRARY, {})


def test_the_best_draft_that_the_rules_allow_goes_out(server):
    """R47: of three the one without ground is stopped, and of the others the better is said."""
    with asking(server.behave("several")) as world:
        ask(world, "autonomous")
    (answer,) = world.wire.mails
    assert "Which systems do you use today?" in answer.body
    (turn,) = world.turns()
    (refused,) = turn["refused"]
    assert "grounding" in refused["rules"]
    scores = [c["score"] for c in turn["candidates"] if c["reason"] == "drafted_by_model"]
    assert scores == sorted(scores, reverse=True)
    merits = turn["candidates"][0]["merits"]
    assert [merit["name"] for merit in merits] == list(WEIGHTS)
    assert turn["candidates"][0]["score"] == pytest.approx(2 + sum(m["points"] for m in merits))


def test_a_draft_that_breaks_the_style_guide_is_no_candidate(server):
    """R62, R239: with the codes in the trace, and the approved text goes out instead."""
    with asking(server.behave("loud")) as world:
        ask(world, "autonomous")
    (turn,) = world.turns()
    slips = {slip for one in turn["refused"] for slip in one["slips"]}
    assert {"exclamation", "shouting", "too_many_questions"} <= slips
    assert all("style" in one["rules"] for one in turn["refused"])
    assert all(c["reason"] != "drafted_by_model" for c in turn["candidates"])
    (answer,) = world.wire.mails
    assert "LOVE" not in answer.body
    assert world.unapproved() == []


def test_a_reviewer_sees_the_options_and_what_was_stopped(server):
    """R71, R77: each with its score, the facts behind it and the rules; none of them is sent."""
    with asking(server.behave("several")) as world:
        (waiting,) = ask(world).waiting()
    assert world.wire.mails == []
    drafted = [d for d in waiting.drafts if d.candidate.is_drafted]
    assert len(drafted) == 2
    assert drafted[0].candidate.score > drafted[1].candidate.score
    assert [v.rule for v in drafted[1].hits] == ["approval"]
    assert any(not d.candidate.is_drafted for d in waiting.drafts)
    (stopped,) = waiting.stopped
    assert "49 euros" in stopped.candidate.proposal.body
    assert stopped.hits
    assert all("49 euros" not in d.message.body for d in waiting.drafts)


@pytest.mark.parametrize("option", [0, 1, 2])
def test_the_chosen_option_goes_out_byte_for_byte(server, option):
    """R71, R76: what the reviewer read is what the buyer gets, and which it was is kept."""
    with asking(server.behave("several")) as world:
        approvals = ask(world)
        (waiting,) = approvals.waiting()
        shown = waiting.drafts[option].message
        decided = approvals.approve(waiting.approval_id, by="rep", now=LATER, draft=option)
        world.work()
    sent = world.store.message(decided.message_id)
    assert (sent.subject, sent.body, sent.state) == (shown.subject, shown.body, "SENT")
    assert len(world.wire.mails) == 1
    (review,) = [e.payload for e in world.store.events if e.kind == "review"]
    assert (review["option"], len(review["options"])) == (option + 1, review["drafts"])
    assert review["options"][0]["merits"].keys() == WEIGHTS.keys()
    checks = [e.payload for e in world.store.events if e.kind == "policy"]
    assert checks[-1]["proposal_id"] == decided.message_id
    assert checks[-1]["decision"] == "allow"


def test_what_reviewers_choose_is_held_against_the_ranking(server):
    """R71, R76: how often which option, and what the chosen draft had that the others had not."""
    reviews = []
    for option in (0, 1, 1, 2):
        with asking(server.behave("several")) as world:
            approvals = ask(world)
            (waiting,) = approvals.waiting()
            approvals.approve(waiting.approval_id, by="rep", now=LATER, draft=option)
        reviews += [e for e in world.store.events if e.kind == "review"]
    with asking(server.behave("several")) as world:
        approvals = ask(world)
        approvals.reject(approvals.waiting()[0].approval_id, by="rep", now=LATER)
    reviews += [e for e in world.store.events if e.kind == "review"]
    found = choices(reviews)
    assert (found.shown, found.rejected, found.edited) == (5, 1, 0)
    assert found.by_option == {1: 1, 2: 2, 3: 1}
    assert found.compared == 3, "the third option is an approved text"
    assert found.advantage["question"] == pytest.approx((0.05 - 2 * 0.05) / 3, abs=1e-4)
    assert choices([]).advantage == {}


def test_an_option_that_the_rules_stop_meanwhile_is_not_sent(server):
    """R72: leave is not enough; every rule is asked again."""
    with asking(server.behave("several")) as world:
        approvals = ask(world)
        (waiting,) = approvals.waiting()
        approvals.approve(waiting.approval_id, by="rep", now=LATER, draft=1)
        world.store.suppress("p-ana", reason="opt_out", source="x", now=LATER)
        world.work()
    assert world.wire.mails == []


def test_an_option_that_is_not_there_is_named(server):
    with asking(server.behave("several")) as world:
        approvals = ask(world)
        (waiting,) = approvals.waiting()
        with pytest.raises(ApprovalError, match="has no draft 10"):
            approvals.approve(waiting.approval_id, by="rep", now=LATER, draft=9)


def merits(*sentences, confidence=0.8, channel="email", approved=()):
    return merits_of(
        [Sentence(*one) for one in sentences],
        confidence,
        GUIDE,
        channel=channel,
        is_approved=lambda sentence: sentence.text in approved,
        texts_of=lambda fact: (f"{fact} says that Relay reads billing systems",),
    )


PLAIN = ("Relay reads billing systems.", ("a@1",))


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        (merits(PLAIN, confidence=0.9), merits(PLAIN, confidence=0.5)),
        (merits(PLAIN), merits(("Relay devours ledgers overnight.", ("a@1",)))),
        (merits(PLAIN, ("Which do you use?", ())), merits(PLAIN, ("Thank you for that.", ()))),
        (merits((PLAIN[0], ("reader.usage@1",))), merits(PLAIN)),
        (merits(*[PLAIN] * 6), merits(*[PLAIN] * 29)),
    ],
    ids=["confidence", "grounding", "question", "personal", "length"],
)
def test_each_part_counts(better, worse):
    """R47: ranking is a sum that anybody can follow."""
    assert total(better) > total(worse)


@given(
    st.lists(st.tuples(st.text(max_size=80), st.just(("a@1",))), max_size=5),
    st.floats(0, 1, allow_nan=False),
)
def test_a_draft_is_worth_from_nothing_to_one(sentences, confidence):
    found = merits(*sentences, confidence=confidence)
    assert all(0 <= merit.points <= merit.most for merit in found)
    assert 0 <= total(found) <= 1
    assert sum(WEIGHTS.values()) == pytest.approx(1)


def test_approved_options_keep_their_order_where_no_model_drafts(server):
    """R71: the best row first, as ever."""
    with asking(server.behave("no_schema")) as world:
        (waiting,) = ask(world).waiting()
    assert [d.candidate.is_drafted for d in waiting.drafts] == [False] * len(waiting.drafts)
    assert replace(waiting, drafts=()).stopped == ()
