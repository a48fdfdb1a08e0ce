"""A stop is heard wherever in a mail it was written, and our quoted footer is none."""

from pathlib import Path

import pytest

from agent_runtime.authored import load_yaml
from agent_runtime.channels.email.parse import parse
from agent_runtime.channels.email.trimming.strays import strays_of
from agent_runtime.hearing.opt_out import is_opt_out
from agent_runtime.library.catalog import load_library
from agent_runtime.models.training import read_training

CASES = load_yaml(Path(__file__).with_name("stops_below.yaml").read_text(encoding="utf-8"))
LIBRARY = load_library()


def received(text):
    head = "From: bob@buyer.example\nTo: us@northbeam.example\nSubject: Re: Hello\n"
    head += "Message-ID: <1@buyer.example>\nIn-Reply-To: <2@n>\n"
    head += 'Content-Type: text/plain; charset="utf-8"\n'
    return parse(f"{head}\n{text}".encode(), mailbox="us@northbeam.example")


@pytest.mark.parametrize("shape", CASES["shapes"])
@pytest.mark.parametrize("language", CASES["stops"])
def test_a_stop_below_or_between_quotes_is_heard(shape, language):
    """R193: whatever was written above it."""
    for stop in CASES["stops"][language]:
        mail = received(CASES["shapes"][shape].format(stop=stop))
        assert mail.kind == "opt_out", stop
        assert stop in mail.text, "whoever reads the mail sees why it is a stop"


@pytest.mark.parametrize("text", CASES["ordinary"])
def test_ordinary_words_around_our_quoted_footer_are_no_stop(text):
    assert received(text).kind == "reply"


@pytest.mark.parametrize("language", ["en", "de", "es", "fr", "pt", "it"])
def test_nothing_that_we_write_is_a_stop_when_it_comes_back_unmarked(language):
    """Every approved text, and the footer wrapped at any word."""
    ours = [text.body for (_, locale), text in LIBRARY.contents.items() if locale == language]
    footer = LIBRARY.contents["frame.email", language].body.split()
    ours += [f"{' '.join(footer[:at])}\n{' '.join(footer[at:])}" for at in range(1, len(footer))]
    below = "Fine.\n\n----- Original Message -----\nFrom: Anna <a@n.example>\n"
    below += "Sent: 13 January 2026\nTo: Bob <b@b.example>\nSubject: Hello\n\n"
    wrong = [text for text in ours if received(f"{below}{text}\n\nNorthbeam").kind != "reply"]
    assert ours
    assert wrong == []


def test_ordinary_replies_below_a_quote_are_hardly_ever_taken_for_a_stop():
    """At most one in two hundred."""
    ordinary = [e.text for e in read_training() if e.intent != "unsubscribe"][::6]
    above = "See below.\n\nOn 13/01/2026 10:02, Anna Muster wrote:\n> Tuesday?\n\n"
    wrong = [text for text in ordinary if any(map(is_opt_out, strays_of(f"{above}{text}")))]
    assert len(ordinary) >= 500
    assert len(wrong) <= 0.005 * len(ordinary), wrong


def test_quotes_alone_hold_nothing_that_was_written():
    assert strays_of("Yes.\n\nOn 13/01/2026 10:02, Anna wrote:\n> Stop?\n> No.\n") == ()
    assert strays_of("Please stop.") == ()
