"""A model of entailment is asked ahead of the turn; the permit reads what it said, and no more."""

import json
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from asking_world import LATER, asking
from conversation_world import ANA, LIBRARY, NOW
from test_stores import MESSAGE

from agent_runtime.approvals import Approvals
from agent_runtime.asking.model_state import STATE, ModelState
from agent_runtime.asking.second_opinion import SecondOpinion
from agent_runtime.autonomy import flag_of
from agent_runtime.grounding.entailment import HttpEntailment
from agent_runtime.grounding.opinions import Opinions, pair_key
from agent_runtime.intake import Arrival
from agent_runtime.replay import differences, replay
from agent_runtime.replaying.versions import Versions, outcome_of
from agent_runtime.store.pruning import KINDS
from tests.agent_runtime.grounding.entailment_stand_in import OUTAGES, judging
from tests.agent_runtime.models.stand_in_answers import ANSWERS, facts_of, written
from tests.agent_runtime.models.vllm_stand_in import serve

pytestmark = pytest.mark.real

ASKS = "What is the price of Relay, by systems or by seats?"
APPROVED = "priced by the number of systems"
OWN = "Relay is priced by the tally of systems that it connects, not by seats."
"""In a word that no list of synonyms has for `number`."""
WRONG = "Relay is priced by the tally of 30 systems that it connects, not by seats."


def drafting(text):
    """A language model that says one sentence of its own, on the approved price."""

    def answer(prefix, _turn):
        fact = next(f for f in facts_of(prefix) if f["fact"].startswith("answer.pricing@"))
        said = [(text, fact["fact"])]
        return written([("pricing_question", 0.9)], "answer", [said], 0.9)

    return answer


@pytest.fixture(scope="module")
def server():
    with serve() as stand_in:
        yield stand_in


@pytest.fixture
def stand_in(server, monkeypatch):
    monkeypatch.setitem(ANSWERS, "own_words", drafting(OWN))
    monkeypatch.setitem(ANSWERS, "wrong_number", drafting(WRONG))
    return server.behave("own_words")


@contextmanager
def asking_both(stand_in, judge, *, within_s=60.0, chat_s=60.0, opens_after=5, **options):
    """Opens a world that asks a judge as well; limits are long, since a machine may be busy."""
    server = HttpEntailment(judge.url, timeout_s=options.pop("timeout_s", within_s))
    second = SecondOpinion(server, within_s=within_s, chat_s=chat_s, opens_after=opens_after)
    with asking(stand_in, second=second, chat_s=60.0, **options) as world:
        try:
            yield world
        finally:
            judge.released.set()
            second.close()


def test_own_words_that_a_model_finds_entailed_go_out(stand_in):
    """R47, R58: asked ahead, on the very texts that the permit reads, and kept as hashes."""
    with judging() as judge, asking_both(stand_in, judge) as world:
        world.writes(ASKS)
        world.work()
    (answer,) = world.wire.mails
    assert OWN in answer.body
    (turn,) = world.turns()
    assert turn["chosen"]["reason"] == "drafted_by_model"
    assert (turn["model"]["second"], turn["model"]["second_why_not"]) == ("nli@a1", "")
    word, whole = judge.asked
    assert APPROVED in word[0]
    assert "[[OWNER_NAME]]" in word[0]
    assert whole == (word[0], OWN)
    kept = turn["basis"]["facts"]["opinions"]
    for key, entails, contradicts in kept["pairs"]:
        assert (len(key), entails) == (64, 0.97)
        assert contradicts < 0.02
    assert "tally" not in json.dumps(kept)


def test_without_a_model_the_approved_text_goes_out(stand_in):
    """R58: the checks alone know no such word."""
    with asking(stand_in) as world:
        world.writes(ASKS)
        world.work()
    (answer,) = world.wire.mails
    assert APPROVED in answer.body
    (turn,) = world.turns()
    assert "grounding" in turn["refused"][0]["rules"]
    assert world.unapproved() == []


def test_words_that_the_model_does_not_find_entailed_stay(stand_in):
    with judging() as judge, asking_both(stand_in, judge) as world:
        judge.denies = ("tally",)
        world.writes(ASKS)
        world.work()
    assert len(judge.asked) == 1
    assert APPROVED in world.wire.mails[0].body


PLAIN = "Yearly invoices are based on the number of systems that Relay connects, not on seats."
"""In words that the checks know."""


@pytest.mark.parametrize("outcome", ["believed", "denied", "error_500", "hangs", "away"])
def test_what_the_checks_support_is_asked_about_too(stand_in, monkeypatch, outcome):
    """R58, R230: a model that does not believe it stops it, and an outage never lets out more."""
    monkeypatch.setitem(ANSWERS, "own_words", drafting(PLAIN))
    with ExitStack() as running:
        judge = running.enter_context(judging())
        if outcome == "away":
            running.close()
        limits = {"within_s": 1.0, "timeout_s": 60.0} if outcome == "hangs" else {}
        world = running.enter_context(asking_both(stand_in, judge, **limits))
        judge.denies = ("invoices",) if outcome == "denied" else ()
        judge.behaviour = outcome if outcome in OUTAGES else "judges"
        world.writes(ASKS)
        world.work()
    (answer,) = world.wire.mails
    assert (PLAIN in answer.body) == (outcome == "believed")
    assert (APPROVED in answer.body) == (outcome != "believed")
    why = OUTAGES | {"away": "unreachable"}
    assert world.uses()[0]["second_why_not"] == why.get(outcome, "")


def test_what_the_checks_support_goes_out_where_no_model_is_set_up(stand_in, monkeypatch):
    monkeypatch.setitem(ANSWERS, "own_words", drafting(PLAIN))
    with asking(stand_in) as world:
        world.writes(ASKS)
        world.work()
    assert PLAIN in world.wire.mails[0].body


def test_a_wrong_number_stays_whatever_the_model_says(stand_in):
    """R58: what a check vetoes is not even asked about."""
    stand_in.behaviour = "wrong_number"
    with judging() as judge, asking_both(stand_in, judge) as world:
        world.writes(ASKS)
        world.work()
    assert judge.asked == []
    assert APPROVED in world.wire.mails[0].body
    assert world.unapproved() == []


def test_approved_words_ask_nobody(stand_in):
    stand_in.behave("honest")
    with judging() as judge, asking_both(stand_in, judge) as world:
        world.writes(ASKS)
        world.work()
    assert judge.asked == []
    assert world.uses()[0]["second"] == ""
    assert len(world.wire.mails) == 1


@pytest.mark.parametrize("behaviour", OUTAGES)
def test_a_judge_that_fails_leaves_the_approved_text(stand_in, behaviour):
    """R230: within its limit, once, and the trace says why there was no opinion."""
    limit_s = 1.0 if behaviour == "hangs" else 60.0
    with judging() as judge, asking_both(stand_in, judge, within_s=limit_s) as world:
        judge.behaviour = behaviour
        world.writes(ASKS)
        world.work()
        assert not judge.released.is_set()
    (answer,) = world.wire.mails
    assert APPROVED in answer.body
    (use,) = world.uses()
    assert (use["why_not"], use["second_why_not"]) == ("", OUTAGES[behaviour])


def test_a_judge_that_is_away_is_left_alone_after_a_while(stand_in):
    """R230: everybody is answered, and the state says so."""
    with judging() as gone:
        pass
    with asking_both(stand_in, gone, opens_after=2, buyers=6) as world:
        for number in range(1, 7):
            world.writes(f"{ASKS} We have {number}.", number=number, key=f"k{number}")
            world.work()
    assert len(world.wire.mails) == 6
    assert all(APPROVED in mail.body for mail in world.wire.mails)
    reasons = [use["second_why_not"] for use in world.uses()]
    assert reasons == ["unreachable"] * 2 + ["breaker_open"] * 4
    state = ModelState(**json.loads(world.store.published(STATE)))
    assert (state.breaker, state.entailment_breaker) == ("closed", "open")
    assert state.second.startswith(f"{gone.url}: BREAKER OPEN; last error unreachable")


def test_who_asks_the_same_later_is_not_left_without(stand_in):
    """R205: the language model is asked once and its tokens count once; the judge is asked anew."""
    with judging() as judge, asking_both(stand_in, judge, buyers=2) as world:
        judge.behaviour = "error_500"
        world.writes(ASKS)
        world.work()
        judge.behaviour = "judges"
        world.writes(ASKS, number=2, key="k2")
        world.work()
    assert len(stand_in.asked) == 1
    assert [OWN in mail.body for mail in world.wire.mails] == [False, True]
    assert [bool(use["prompt_tokens"]) for use in world.uses()] == [True, False]


def test_a_chat_waits_no_longer_than_its_own_limit(stand_in):
    """R230: answer and opinions together; a judge that hangs takes nothing on top."""
    with judging() as judge, asking_both(stand_in, judge, within_s=600.0, chat_s=3.0) as world:
        judge.behaviour = "hangs"
        world.store.add_address("chat", "w", ANA.person_id, now=NOW)
        world.runtime.intake.take(Arrival("chat", "w-1", "w", ASKS), now=NOW)
        world.work()
        assert not judge.released.is_set()
    (answer,) = world.wire.mails
    assert answer.channel == "chat"
    assert APPROVED in answer.body
    assert world.uses()[0]["second_why_not"] == "too_slow"


def test_a_replay_asks_nobody_and_decides_the_same(stand_in):
    """R81, R175: the opinions stand in the trace; without them the turn would end otherwise."""
    with judging() as judge, asking_both(stand_in, judge) as world:
        world.writes(ASKS)
        world.work()
    (turn,) = world.turns()
    turn = json.loads(json.dumps(turn))
    model = world.runtime.desk.model
    assert differences(turn, replay(turn, LIBRARY, model)) == ()
    del turn["basis"]["facts"]["opinions"]
    assert "chosen" in {one.what for one in differences(turn, replay(turn, LIBRARY, model))}


def test_an_answer_that_was_asked_for_a_replay_is_held_against_the_checks_alone(
    stand_in, monkeypatch
):
    """R81: opinions on another answer say nothing of it."""
    monkeypatch.setitem(ANSWERS, "own_words", drafting(PLAIN))
    with judging() as judge, asking_both(stand_in, judge) as world:
        world.writes(ASKS)
        world.work()
    (turn,) = world.turns()
    said = turn["model"]["text"].replace(
        PLAIN, "Relay's tariff is priced by the number of systems."
    )
    model = world.runtime.desk.model
    versions = Versions(LIBRARY, model, oracle="another", kept=lambda *_: said)
    found = outcome_of(turn, versions)
    assert found.answered == "as_kept"
    assert "tariff" in found.action.candidate.proposal.body


def test_what_a_person_lets_go_later_needs_no_server(stand_in):
    """R71: the opinions go with the draft, through the permit at the moment of sending."""
    with judging() as judge, asking_both(stand_in, judge) as world:
        world.store.set_flag(flag_of("inbound_response"), "assistive")
        world.writes(ASKS)
        world.work()
        approvals = Approvals(world.store, LIBRARY, {})
        (waiting,) = approvals.waiting()
        (own,) = [n for n, d in enumerate(waiting.drafts) if OWN in d.message.body]
        asked = len(judge.asked)
    assert world.wire.mails == []
    with asking(stand_in) as later:
        later.store, later.runtime, later.wire = world.store, world.runtime, world.wire
        approvals.approve(waiting.approval_id, by="rep", now=LATER, draft=own)
        later.work(now=LATER + timedelta(minutes=1))
    (answer,) = world.wire.mails
    assert OWN in answer.body
    assert len(judge.asked) == asked


def settled(world, row):
    """Asks about a row, keeps what is said, and puts a process with nothing in mind on it."""
    desk = world.runtime.desk
    desk.ask_ahead([row], now=LATER)
    desk.ahead.settle(row.row_id, now=LATER)
    world.with_new_life(world.oracle)


@pytest.mark.parametrize(("sha", "asked"), [("a1", 2), ("b2", 4)])
def test_only_another_model_is_asked_anew_after_a_crash(stand_in, sha, asked):
    """R230: the answer of the language model stands; opinions of another version do not."""
    with judging() as judge, asking_both(stand_in, judge) as world:
        world.writes(ASKS)
        (row,) = world.due()
        settled(world, row)
        judge.model = judge.model | {"model_sha": sha}
        world.second = SecondOpinion(HttpEntailment(judge.url, timeout_s=60), within_s=60.0)
        world.with_new_life(world.oracle)
        world.runtime.desk.work(row, world.wire, now=LATER)
        world.second.close()
    assert len(stand_in.asked) == 1
    assert len(judge.asked) == asked
    assert world.uses()[0]["second"] == f"nli@{sha}"
    assert OWN in world.wire.mails[0].body


def test_opinions_outlive_the_server_that_gave_them(stand_in):
    """R230: a crash, and then the server is gone: what it said of these words still stands."""
    with judging() as judge, asking_both(stand_in, judge) as world:
        world.writes(ASKS)
        (row,) = world.due()
        settled(world, row)
        judge.behaviour, judge.model = "error_500", None
        world.second = SecondOpinion(HttpEntailment(judge.url, timeout_s=60), within_s=60.0)
        world.with_new_life(world.oracle)
        world.runtime.desk.work(row, world.wire, now=LATER)
        world.second.close()
    assert OWN in world.wire.mails[0].body
    assert world.uses()[0]["second"] == "nli@a1"


def test_a_server_that_tells_nothing_of_its_model_is_known_by_its_address():
    with judging() as judge:
        server = HttpEntailment(judge.url, timeout_s=60)
        assert server.look_up_version() == "nli@a1"
        judge.model = None
        server = HttpEntailment(judge.url, timeout_s=60)
        assert server.look_up_version() == judge.url


def test_opinions_go_with_the_words_of_their_message():
    """R198, R240: also a hash is of what somebody's mail said."""
    said = Opinions("v1", ((pair_key("v1", "fact", "claim"), 0.9, 0.1),))
    kind = next(kind for kind in KINDS if kind.name == "messages")
    assert kind.empty(replace(MESSAGE, opinions=said), "2026").opinions == Opinions("v1")


def test_what_was_said_stands_for_these_very_texts_only():
    """R58: of another sentence, or in another version, nobody has an opinion."""
    known = Opinions("v1", ((pair_key("v1", "fact", "claim"), 0.9, 0.1),))
    assert known.judge("fact", "claim").entails == 0.9
    assert known.judge("fact", "claims").neutral == 1.0
    assert replace(known, version="v2").judge("fact", "claim").neutral == 1.0
