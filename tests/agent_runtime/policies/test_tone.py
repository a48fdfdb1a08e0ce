"""The style guide: good and bad examples in the house voice, limits, and whose words are judged."""

from dataclasses import replace

import pytest
from test_restricted import FACTS, LIBRARY, approved, saying

from agent_runtime.library.content import LOCALES
from agent_runtime.policies.tone import slips_in, tone
from agent_runtime.words import read_words

EXAMPLES = read_words("style_guide")["examples"]


@pytest.mark.parametrize("language", LOCALES)
def test_the_examples_of_the_style_guide_are_judged_as_it_says(language):
    """R62: the house voice passes, and what is not in it is sent back."""
    good = EXAMPLES["good"][language].splitlines()
    bad = EXAMPLES["bad"][language].splitlines()

    assert [(t, slips_in(t, language)) for t in good if slips_in(t, language)] == []
    assert [text for text in bad if not slips_in(text, language)] == []


def test_all_approved_wording_is_in_the_house_voice():
    """R62: also without the approval; a text that is not would be a bad example."""
    slips = [(c.id, lang, slips_in(text, lang)) for c, lang, text, _ in approved()]
    assert [slip for slip in slips if slip[2]] == []


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ("Thanks! Great! See you!", "exclamation marks"),
        ("Is it billing? Or the CRM?", "questions"),
        ("It is REALLY simple.", "REALLY in capitals"),
        ("See you soon 🙂", "emoji"),
        ("and so on " * 20 + ".", "words per sentence"),
        ("It is so. " * 70, "words per message"),
    ],
)
def test_each_limit_is_named(text, detail):
    verdict = tone(saying((text, ())), FACTS)
    assert verdict.decision == "revise"
    assert detail in verdict.reason


def test_an_insult_goes_to_a_person_and_a_threat_as_well():
    assert tone(saying(("You are stupid.", ())), FACTS).decision == "escalate"
    threat = "Please answer, otherwise I will contact your boss!!!"
    assert tone(saying((threat, ())), FACTS).decision == "escalate"


def test_names_in_capitals_and_placeholders_are_not_shouting():
    assert slips_in("[[FIRST_NAME]], the GDPR asks for it, and the CRM has it.", "en") == ()


def test_only_the_agents_own_words_are_judged():
    content = LIBRARY.contents["answer.bot", "en"]
    grounded = saying((content.paragraphs[0], (content.fact,)))
    shouting = saying(("BUY it NOW!!", ()))

    assert tone(grounded, FACTS).decision == "allow"
    assert tone(shouting, replace(FACTS, actor="human")).decision == "allow"
    assert tone(shouting, FACTS).decision == "revise"
