"""What kind of mail a mail is, whom it concerns, and that nothing a stranger sends breaks it."""

from email import policy
from email.message import EmailMessage
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from agent_runtime.channels.email.parse import parse

CASES = yaml.safe_load((Path(__file__).parent / "mails.yaml").read_text(encoding="utf-8"))
KINDS = {"reply", "bounce", "complaint", "auto_reply", "opt_out", "other"}


def raw(case):
    return f"{case['head']}\nTo: lena@us.example\n\n{case['says']}\n".encode()


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['is']}: {case['says'][:40]}")
def test_a_mail_is_what_its_case_says(case):
    """R193: replies, reports, complaints, automatic answers and stops are told apart."""
    mail = parse(raw(case), mailbox="lena@us.example")
    assert mail.kind == case["is"]
    assert mail.auto_submitted == (case["is"] in ("bounce", "complaint", "auto_reply")) or (
        case["is"] == "other"
    )
    if "of" in case:
        assert mail.reported == (case["of"],)
        assert mail.permanent is not case.get("passes", False)
    if "status" in case:
        assert mail.bounce_status == case["status"]
    if case["is"] != "bounce":
        assert (mail.bounce_status, mail.permanent) == ("", None)


def report(*, action="failed", status="5.1.1", of="gone@buyer.example", original="<m1@us.example>"):
    return (
        "From: MAILER-DAEMON@mx.example\nTo: lena@us.example\nSubject: Report\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
        "--b\n\nNews of your mail.\n--b\nContent-Type: message/delivery-status\n\n"
        f"Reporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; {of}\nAction: {action}\n"
        f"Status: {status}\n--b\nContent-Type: text/rfc822-headers\n\n"
        f"Message-ID: {original}\nTo: {of}\n--b--\n"
    ).encode()


@pytest.mark.parametrize(
    ("action", "status", "kind", "permanent"),
    [
        ("failed", "5.1.1", "bounce", True),
        ("failed", "4.4.7", "bounce", False),
        ("delayed", "4.4.1", "bounce", False),
        ("delivered", "2.0.0", "other", None),
    ],
)
def test_only_a_final_failure_is_permanent(action, status, kind, permanent):
    mail = parse(report(action=action, status=status), mailbox="")
    assert (mail.kind, mail.permanent) == (kind, permanent)
    assert mail.bounce_of == ("<m1@us.example>" if kind == "bounce" else "")


def test_an_alias_is_reported_with_the_address_that_was_written_to():
    written = report(of="ana@home.example").replace(
        b"Final-Recipient", b"Original-Recipient: rfc822; ana@buyer.example\nFinal-Recipient"
    )
    mail = parse(written, mailbox="")
    assert mail.reported == ("ana@buyer.example", "ana@home.example")


def complaint(kind="abuse"):
    return (
        "From: fbl@provider.example\nSubject: FW: hello\n"
        "Content-Type: multipart/report; report-type=feedback-report; boundary=b\n\n"
        "--b\n\nAn abuse report.\n--b\nContent-Type: message/feedback-report\n\n"
        f"Feedback-Type: {kind}\nOriginal-Rcpt-To: <ana@buyer.example>\n"
        "--b\nContent-Type: message/rfc822\n\nMessage-ID: <m1@us.example>\n\nhello\n--b--\n"
    ).encode()


def test_a_complaint_names_who_complains_and_the_mail():
    mail = parse(complaint(), mailbox="")
    assert (mail.kind, mail.reported, mail.named) == (
        "complaint",
        ("ana@buyer.example",),
        ("<m1@us.example>",),
    )


@pytest.mark.parametrize("kind", ["auth-failure", "not-spam"])
def test_feedback_that_blames_nobody_is_no_complaint(kind):
    assert parse(complaint(kind), mailbox="").kind == "other"


def test_html_is_read_without_its_links_and_quotes():
    message = EmailMessage(policy=policy.SMTP)
    message["From"] = "ana@buyer.example"
    message.set_content(
        "<html><head><style>p {}</style></head><body><p>Yes, <a href='https://x.example/1'>gladly"
        "</a>.</p><blockquote><p>Reply STOP to be left alone.</p></blockquote></body></html>",
        subtype="html",
    )
    mail = parse(message.as_bytes(), mailbox="")
    assert (mail.kind, mail.text) == ("reply", "Yes, gladly.")


@pytest.mark.parametrize(
    ("charset", "body"),
    [
        ("utf-8", "Grüße aus Köln".encode("latin-1")),
        ("iso-8859-1", "Grüße aus Köln".encode()),
        ("no-such-charset", "Grüße aus Köln".encode()),
        ("base64", "Grüße aus Köln".encode()),
    ],
)
def test_a_wrong_charset_is_found_out(charset, body):
    head = f"From: a@b.example\nContent-Type: text/plain; charset={charset}\n\n".encode()
    found = parse(head + body, mailbox="").text
    assert found in ("Grüße aus Köln", "GrÃ¼ÃŸe aus KÃ¶ln")
    assert charset == "iso-8859-1" or found == "Grüße aus Köln"


def test_an_answer_to_an_invitation_is_read_beside_the_words():
    head = "From: a@b.example\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nSee you.\n"
    event = (
        "BEGIN:VCALENDAR\nMETHOD:REPLY\nBEGIN:VEVENT\nUID:u-1\n"
        "ATTENDEE;PARTSTAT=DECLINED:mailto:a@b.example\nEND:VEVENT\nEND:VCALENDAR\n"
    )
    part = f"--b\nContent-Type: text/calendar; method=REPLY\n\n{event}--b--\n"
    mail = parse((head + part).encode(), mailbox="")
    assert mail.text == "See you."
    assert mail.itip is not None
    assert (mail.itip.uid, mail.itip.answer) == ("u-1", "declined")


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"\x00" * 100,
        b"From: " + b"(" * 5000 + b"\n\nhi",
        b"From: a@b.c\n" + b"Content-Type: message/rfc822\n\n" * 1500,
        b"".join(
            b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(900)
        ),
        b"Content-Type: multipart/report; report-type=delivery-status\n\n--\n",
        b"Content-Type: text/plain; charset*=x''%\n\nhi",
        b"Content-Transfer-Encoding: base64\n\n=\xff=",
        b"Subject: =?utf-8?b?=?= =?x?q?=ZZ?=\n\nhi",
    ],
)
def test_a_broken_mail_is_read_all_the_same(broken):
    assert parse(broken, mailbox="").kind in KINDS


@given(st.binary(max_size=600))
def test_no_bytes_break_the_reader(noise):
    assert parse(noise, mailbox="").kind in KINDS


@given(st.sampled_from([report(), complaint(), *map(raw, CASES)]), st.data())
def test_no_damage_to_a_mail_breaks_the_reader(mail, data):
    at = data.draw(st.integers(0, len(mail)))
    cut = data.draw(st.integers(0, 80))
    noise = data.draw(st.binary(max_size=20))
    assert parse(mail[:at] + noise + mail[at + cut :], mailbox="").kind in KINDS


@pytest.mark.parametrize(
    "words",
    [
        "Is this an automated message?",
        "Hello,\nis this an automated email or is there a person behind it?",
        "Is this an auto-reply? If not, what does it cost?",
    ],
)
def test_whoever_asks_whether_a_machine_wrote_is_no_machine(words):
    """R229: the question is answered, not filed."""
    mail = parse(f"From: a@b.example\nSubject: Re: Hi\n\n{words}\n".encode(), mailbox="")
    assert mail.kind == "reply"
