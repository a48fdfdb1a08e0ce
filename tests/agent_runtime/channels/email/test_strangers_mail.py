"""Mail that somebody wrote who had never seen the code: its kinds, its new text, and its stops."""

import json
from email import policy
from email.message import EmailMessage
from functools import cache
from pathlib import Path

from agent_runtime.channels.email.parse import parse

FOLDER = Path(__file__).with_name("stranger")
US = "lena@us.example"


@cache
def read(name):
    lines = (FOLDER / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


@cache
def received(name):
    return [(gold, parse(gold["mail"].encode("latin-1"), mailbox=US)) for gold in read(name)]


@cache
def answered(name):
    lines = read(name)[:: 2 if name == "ordinary" else 1]
    return [(line["text"], parse(answer(line["text"]), mailbox=US).kind) for line in lines]


def answer(text):
    message = EmailMessage(policy=policy.SMTP)
    message["From"], message["To"], message["Subject"] = "bo@buyer.example", US, "Re: Hello"
    message["Message-ID"], message["In-Reply-To"] = "<1@buyer.example>", "<2@us.example>"
    message.set_content(text)
    return message.as_bytes()


def folded(text):
    return " ".join(text.split())


def without_quotes(text):
    return "\n".join(line for line in text.splitlines() if not line.startswith(">"))


def test_no_report_or_automatic_mail_is_a_reply():
    """R193: nor are any bounces missed but one in twenty."""
    taken = [g["id"] for g, mail in received("other") if mail.kind in ("reply", "opt_out")]
    bounces = [
        mail.kind == "bounce" for gold, mail in received("other") if gold["kind"] == "bounce"
    ]
    complaints = [m.kind == "complaint" for g, m in received("other") if g["kind"] == "complaint"]
    assert taken == []
    assert sum(bounces) >= 0.95 * len(bounces) > 30
    assert sum(complaints) >= 0.9 * len(complaints) > 10
    assert all(mail.auto_submitted for _, mail in received("other"))


def test_a_bounce_names_whom_it_is_about_and_whether_it_is_for_good():
    bounces = [(gold, mail) for gold, mail in received("other") if gold["kind"] == "bounce"]
    right = [sorted(gold["recipients"]) == sorted(mail.reported) for gold, mail in bounces]
    told = [(g["permanent"], m.permanent) for g, m in bounces if g["permanent"] is not None]
    assert sum(right) >= 0.95 * len(right)
    assert sum(gold == found for gold, found in told) >= 0.9 * len(told)
    assert (True, False) not in told, "an address that is gone is not written to again"


def test_what_is_new_in_a_reply_is_exactly_what_its_writer_wrote():
    """Where pieces are answered, these stay beside the answers, as in the published gold."""
    exact = [
        folded(gold["new_text"]) in (folded(mail.text), folded(without_quotes(mail.text)))
        for gold, mail in received("replies")
    ]
    assert len(exact) == 150
    assert sum(exact) >= 0.92 * len(exact)


def test_a_reply_is_a_reply_and_a_stop_in_it_a_stop():
    wrong = [(g["id"], mail.kind) for g, mail in received("replies") if g["kind"] != mail.kind]
    assert wrong == []


def test_ordinary_texts_are_hardly_ever_taken_for_anything_else():
    """At most one in two hundred is called a stop, a bounce or an automatic answer."""
    wrong = [(kind, text) for text, kind in answered("ordinary") if kind != "reply"]
    assert len(answered("ordinary")) == 300
    assert len(wrong) <= 0.005 * 300, wrong


def test_stops_in_passing_are_heard():
    unheard = [text for text, kind in answered("stops") if kind != "opt_out"]
    assert len(answered("stops")) == 150
    assert len(unheard) <= 0.02 * 150, unheard
