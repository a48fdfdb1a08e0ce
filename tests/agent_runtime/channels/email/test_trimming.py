"""What is newly written in a mail, on cases of our own and as properties."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_runtime.authored import load_yaml
from agent_runtime.channels.email.trimming import new_text

CASES = load_yaml(Path(__file__).with_name("trimmings.yaml").read_text(encoding="utf-8"))
LINES = st.sampled_from(
    [
        "", "Yes, call me.", "> Shall we talk?", ">> reply 'stop' and I won't write again.", "-- ",
        "On 13/01/2026 10:02, Anna <a@b.example> wrote:", "From: Anna <a@b.example>", "wrote:",
        "Sent: 13 January 2026", "Subject: Hello", "Sent from my iPhone", "________________",
        "----- Original Message -----", "Am 1.2.2026 schrieb", "<a@b.example>:", "```", "Hi Anna,",
        "This email is confidential", "-Bob",
    ]
)  # fmt: skip
MAILS = st.lists(st.one_of(LINES, st.text(max_size=60)), max_size=30).map("\n".join)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['client']} ({case['language']})")
def test_only_what_the_writer_wrote_is_kept(case):
    assert new_text(case["mail"]) == case["new"]


@given(MAILS)
def test_each_line_kept_stood_in_the_mail_in_that_order(mail):
    lines = iter(
        line.rstrip() for line in mail.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    )
    assert all(line in lines for line in new_text(mail).split("\n") if line)


@given(st.lists(st.sampled_from(["Yes, call me.", "How much is it?", ""]), max_size=8), MAILS)
def test_a_sentence_on_top_is_never_lost(written, below):
    assert new_text("\n".join(["We would like a quote.", *written, "", below]))[:22] == (
        "We would like a quote."
    )


@given(MAILS)
def test_our_own_quoted_footer_is_never_new(mail):
    assert "won't write again" not in new_text(mail)


@given(st.lists(st.from_regex(r"[a-z]{1,9}( [a-z]{1,9}){0,6}\.", fullmatch=True), min_size=1))
def test_plain_sentences_stay_as_they_are(sentences):
    text = "\n".join(sentences)
    assert new_text(text) == text
    assert new_text(new_text(text)) == text
