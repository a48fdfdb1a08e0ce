import pytest
from hearing_lists import heard, lines, read

from agent_runtime.hearing.safety import plain

RULES = ("are_you_a_bot", "legal_threat", "legal_paper", "support", "auto_reply")
SIGNALS = ("wants_human", "call_request", "data_request", "custom_request", "strategic")


def _lists(file, name):
    parts = read(file)[name]
    return tuple(
        [t for b in parts[part].values() for t in lines(b)] for part in ("heard", "missed")
    )


@pytest.mark.parametrize("file", ["rules", "rules_later"])
@pytest.mark.parametrize("rule", RULES)
def test_rules_hear_what_they_must_and_little_else(file, rule):
    """R41: rules come before any model, and are right in 95 of 100."""
    said, close = _lists(file, rule)
    missed = [text for text in said if rule not in heard(text).rules]
    wrong = [text for text in close if rule in heard(text).rules]

    assert len(missed) <= 0.05 * len(said), missed
    assert len(wrong) <= 0.03 * len(close), wrong


@pytest.mark.parametrize("file", ["signals", "signals_later"])
@pytest.mark.parametrize("signal", SIGNALS)
def test_signals_are_heard_and_seldom_imagined(file, signal):
    """R73, R74: hand-offs hang on them."""
    said, close = _lists(file, signal)
    missed = [text for text in said if signal not in heard(text).signals]
    wrong = [text for text in close if signal in heard(text).signals]
    found = len(said) - len(missed)

    assert len(missed) <= 0.1 * len(said), missed
    assert found >= 0.95 * (found + len(wrong)), wrong


def test_the_first_lists_are_long_enough():
    sizes = {
        name: tuple(map(len, _lists(file, name)))
        for file, names in (("rules", RULES), ("signals", SIGNALS))
        for name in names
    }

    assert all(said >= 40 for said, _ in sizes.values()), sizes
    assert all(sizes[rule][1] >= 40 for rule in RULES), sizes


def test_anger_is_no_stop():
    """A flat no or anger asks for no such thing, by the conventions."""
    for text in (
        "Not interested.",
        "We're all set.",
        "This is outrageous, I am sick of your mails!",
        "Das ist eine Frechheit!",
    ):
        assert "opt_out" not in heard(text).rules, text


def test_a_stop_in_the_subject_is_a_stop():
    assert "opt_out" in heard("", subject="Unsubscribe").rules


def test_a_stop_outweighs_an_automatic_reply():
    assert heard("I am out of office until Monday. Please remove me from your list.").rules == (
        "opt_out",
    )


def test_plain_text_has_straight_signs():
    assert plain("Don’t\u00a0CALL") == "don't call"
