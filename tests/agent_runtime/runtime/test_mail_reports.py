"""Which reports stop mail to a person: only one that names our mail and that person."""

from dataclasses import replace
from datetime import timedelta

import pytest
from conversation_world import ANA, NOW, Wire, mail, new_world, work_all

from agent_runtime.channels.email.parse import parse
from agent_runtime.channels.email.signing import Keyring
from agent_runtime.channels.email.verp import ReturnPaths

BOUNCE = """From: MAILER-DAEMON@mx.example
To: relay@northbeam.example
Message-ID: <{key}@mx.example>
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b

{words}
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; {of}
Action: {action}
Status: {status}

--b
Content-Type: text/rfc822-headers

Message-ID: {original}

--b--
"""
COMPLAINT = """From: fbl@provider.example
Message-ID: <{key}@provider.example>
Content-Type: multipart/report; report-type=feedback-report; boundary=b

--b
Content-Type: message/feedback-report

Feedback-Type: abuse
Original-Rcpt-To: {of}

--b
Content-Type: message/rfc822

Message-ID: {original}

hello
--b--
"""


@pytest.fixture
def sent():
    store, runtime = new_world()
    wire = Wire()
    work_all(store, runtime, wire, NOW)
    return store, runtime, wire


def arrive(sent, form=BOUNCE, *, of=ANA.email, original="", key="r", **told):
    _, runtime, wire = sent
    values = {"action": "failed", "status": "5.1.1", "words": "Not delivered.", **told}
    text = form.format(of=of, original=original or wire.mails[0].rfc_message_id, key=key, **values)
    return runtime.inbox.receive(parse(text.encode(), mailbox=ANA.mailbox), now=NOW)


def test_a_permanent_bounce_of_our_mail_stops_mail_to_that_person(sent):
    """R193: a report about a mail of ours, naming whom it went to."""
    assert arrive(sent)
    assert sent[0].suppressed(ANA.person_id) == "bounce"


@pytest.mark.parametrize(("action", "status"), [("delayed", "4.4.1"), ("failed", "4.2.2")])
def test_a_passing_failure_stops_nothing(sent, action, status):
    assert arrive(sent, action=action, status=status)
    assert sent[0].suppressed(ANA.person_id) == ""


def test_a_complaint_about_our_mail_stops_mail_to_that_person(sent):
    assert arrive(sent, COMPLAINT)
    assert sent[0].suppressed(ANA.person_id) == "complaint"


@pytest.mark.parametrize("form", [BOUNCE, COMPLAINT])
@pytest.mark.parametrize(
    "forged", [{"original": "<made@up.example>"}, {"of": "somebody@else.example"}]
)
def test_a_forged_report_stops_nothing(sent, form, forged):
    """R193: neither one that names no mail of ours, nor one about somebody else."""
    store, runtime, wire = sent
    assert not arrive(sent, form, **forged)
    assert store.suppressed(ANA.person_id) == ""
    assert store.contact_by_email("mailer-daemon@mx.example") is None
    work_all(store, runtime, wire, NOW + timedelta(days=9))
    assert len(wire.mails) == 2


def test_an_automatic_answer_is_kept_and_never_answered(sent):
    store, runtime, wire = sent
    note = (
        f"From: {ANA.email}\nMessage-ID: <note@b.example>\n"
        "Subject: Automatic reply: Hello\n\nI am away. What is the price? Please stop by."
    )
    assert runtime.inbox.receive(parse(note.encode(), mailbox=ANA.mailbox), now=NOW)
    work_all(store, runtime, wire, NOW + timedelta(hours=1))
    assert len(wire.mails) == 1
    assert store.suppressed(ANA.person_id) == ""


def test_a_stop_in_the_subject_alone_is_obeyed(sent):
    store, runtime, _ = sent
    stop = f"From: {ANA.email}\nMessage-ID: <stop@b.example>\nSubject: unsubscribe\n\n"
    assert runtime.inbox.receive(parse(stop.encode(), mailbox=ANA.mailbox), now=NOW)
    assert store.suppressed(ANA.person_id) == "opt_out"


def test_a_person_who_mentions_a_bounce_is_heard_as_a_person(sent):
    store, runtime, _ = sent
    assert runtime.inbox.receive(mail("My last mail bounced, sorry. Price?", key="p"), now=NOW)
    assert store.suppressed(ANA.person_id) == ""


UNNAMED = """From: MAILER-DAEMON@mx.example
To: {to}
Subject: Undelivered Mail Returned to Sender
Message-ID: <r1@mx.example>

This is the mail system at host mx.example.

<{of}>: host mx.example said: 550 5.1.1 User unknown
"""
PATHS = ReturnPaths("bounces.northbeam.example", Keyring((("1", "s" * 32),)))


def test_a_report_without_any_id_counts_by_the_return_path_that_only_its_mail_had(sent):
    """R193: a signed return path says which mail a bounce is about; a forged one says nothing."""
    store, runtime, _ = sent
    inbox = replace(runtime.inbox, return_paths=PATHS)
    (message,) = store.messages.values()
    path = PATHS.verp_address(message.message_id)
    forged = ReturnPaths(PATHS.domain, Keyring((("1", "x" * 32),))).verp_address(message.message_id)
    for to in (forged, "relay@northbeam.example"):
        raw = UNNAMED.format(to=to, of=ANA.email).encode()
        assert not inbox.receive(parse(raw, mailbox=to), now=NOW)
    other = UNNAMED.format(to=path, of="somebody@else.example").encode()
    assert not inbox.receive(parse(other, mailbox=path), now=NOW)
    assert store.suppressed(ANA.person_id) == ""
    real = UNNAMED.format(to=path, of=ANA.email).encode()
    assert inbox.receive(parse(real, mailbox=path), now=NOW)
    assert store.suppressed(ANA.person_id) == "bounce"
