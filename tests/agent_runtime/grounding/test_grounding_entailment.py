"""A model may supply a word that no list knows; it never overrules a check."""

import pytest

from agent_runtime.grounding.draft import Given, ground
from agent_runtime.grounding.entailment import (
    EntailmentError,
    HttpEntailment,
    KnownPairs,
    Opinion,
)
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


@pytest.mark.real
def test_a_server_of_entailment_is_asked_over_http():
    with judging() as judge:
        model = HttpEntailment(judge.url, timeout_s=5)
        assert ground(HONEST, [FACT], entails=model)[0].verdict == "supported"
        assert judge.asked[0][0] == FACT.text
    with pytest.raises(EntailmentError, match="PARLEY_ENTAILMENT_URL"):
        model.judge("a", "b")
