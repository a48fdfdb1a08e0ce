"""A model may supply a word that no list knows; it never overrules a check."""

import pytest

from agent_runtime.grounding.draft import Given, ground
from agent_runtime.grounding.entailment import (
    EntailmentError,
    HttpEntailment,
    KnownPairs,
    Opinion,
)
from agent_runtime.grounding.opinions import NO_OPINIONS
from agent_runtime.grounding.premises import premise_of
from tests.agent_runtime.grounding.entailment_stand_in import judging

FACT = Given("f", "Night shifts are planned by the supervisor in 20 minutes.")
HONEST = "In 20 minutes, timetables for night shifts are planned by the supervisor"
FALSE = "In 30 minutes, timetables for night shifts are planned by the supervisor"


class _Sure:
    version = "sure"

    def judge(self, premise, hypothesis):
        return Opinion(1.0, 0.0, 0.0)


def test_the_model_covers_a_common_word_and_no_wrong_number():
    """R58: deterministic checks veto first."""
    assert ground(HONEST, [FACT])[0].verdict == "blocked"
    assert ground(HONEST, [FACT], entails=_Sure())[0].verdict == "supported"
    assert ground(FALSE, [FACT], entails=_Sure())[0].verdict == "blocked"
    assert ground(HONEST, [FACT], entails=KnownPairs({}))[0].verdict == "blocked"


def test_the_model_stops_what_the_checks_let_pass_and_it_does_not_believe():
    """R58: checks by words miss what only the sense tells."""
    said = "Night shifts are planned in 20 minutes by the supervisor."
    believed = KnownPairs({(FACT.text, said): Opinion(0.6, 0.3, 0.1)})
    denied = KnownPairs({(FACT.text, said): Opinion(0.04, 0.9, 0.06)})
    assert ground(said, [FACT])[0].verdict == "supported"
    assert ground(said, [FACT], entails=believed)[0].verdict == "supported"
    (stopped,) = ground(said, [FACT], entails=denied)
    assert stopped.verdict == "blocked"
    assert "(0.04)" in stopped.reason
    assert ground("Thanks for asking!", [FACT], entails=denied)[0].verdict == "courtesy"


def test_where_no_model_was_asked_the_checks_stand_alone():
    said = "Night shifts are planned in 20 minutes by the supervisor."
    assert ground(said, [FACT], entails=NO_OPINIONS)[0].verdict == "supported"


def test_a_model_is_shown_the_facts_that_share_most_with_a_sentence():
    facts = ["Support answers within 4 hours.", "The price is 20 euros.", "Support is by phone."]
    chosen = premise_of(facts, "You pay 20 euros, and support answers you.")
    assert chosen == "Support answers within 4 hours. The price is 20 euros."
    assert premise_of(facts, "You pay 20 euros.", must=[facts[2]]).endswith("by phone.")
    assert premise_of([], "Anything.") == ""


@pytest.mark.real
def test_a_server_of_entailment_is_asked_over_http():
    with judging() as judge:
        model = HttpEntailment(judge.url, timeout_s=5)
        assert ground(HONEST, [FACT], entails=model)[0].verdict == "supported"
        assert judge.asked[0][0] == FACT.text
    with pytest.raises(EntailmentError, match="PARLEY_ENTAILMENT_URL"):
        model.judge("a", "b")
