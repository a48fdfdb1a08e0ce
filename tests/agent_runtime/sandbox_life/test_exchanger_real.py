import json
import smtplib
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from mailbox import Maildir
from pathlib import Path
from random import Random

import pytest

from agent_runtime.sandbox.bounces import bounce_for, refuses_late
from agent_runtime.sandbox.exchanger import Exchanger
from agent_runtime.sandbox.journal import read_journal

pytestmark = pytest.mark.real

AGENT = "relay-maya-chen@mail.northbeam.example"
NOW = datetime(2026, 1, 13, 10, tzinfo=UTC)
PEOPLE = {"ada@firm.example", "ben@firm.example", AGENT, "hello@northbeam.example"}
LATE = next(a for n in range(500) if refuses_late(a := f"gone{n}@firm.example"))
REFUSED = next(a for n in range(500) if not refuses_late(a := f"gone{n}@firm.example"))


def mail(number, to="ada@firm.example", *, task=""):
    message = EmailMessage()
    message["From"] = f"Maya <{AGENT}>"
    message["To"] = to
    message["Subject"] = f"Grüße {number}"
    message["Message-ID"] = f"<m{number}@mail.northbeam.example>"
    if task:
        message["X-Parley-Task"] = task
        message["X-Parley-Touch"] = "2"
    message.set_content("A line.\n.a line that begins with a dot\n")
    return message


@contextmanager
def exchanger(folder, **options):
    with Exchanger(
        folder / "mail", folder / "log.jsonl", PEOPLE.__contains__, lambda: NOW, **options
    ) as running:
        yield running


@contextmanager
def connected(running):
    with smtplib.SMTP(running.host, running.port, timeout=20) as connection:
        yield connection


def log_of(folder):
    return list(read_journal(folder / "log.jsonl"))


def inbox(folder, address):
    return Maildir(folder / "mail" / address)


def test_accepted_mail_is_in_the_log_the_maildir_and_the_senders_sent_folder(tmp_path):
    with exchanger(tmp_path) as running, connected(running) as smtp:
        smtp.send_message(mail(1, task="task-9"))
    [entry] = log_of(tmp_path)
    assert entry["at"] == NOW.isoformat()
    assert entry["message_id"] == "<m1@mail.northbeam.example>"
    assert (entry["mail_from"], entry["rcpt_to"]) == (AGENT, ["ada@firm.example"])
    assert (entry["subject"], entry["task"], entry["touch"]) == ("Grüße 1", "task-9", "2")
    [got] = inbox(tmp_path, "ada@firm.example")
    [sent] = inbox(tmp_path, AGENT).get_folder("Sent")
    assert got.as_bytes() == sent.as_bytes()
    assert got.get_payload() == "A line.\n.a line that begins with a dot\n"
    assert (tmp_path / "mail" / "ada@firm.example" / "new" / entry["file"]).exists()


def test_mail_to_several_people_is_one_line_and_one_copy_each(tmp_path):
    with exchanger(tmp_path) as running, connected(running) as smtp:
        both = ["ada@firm.example", "Ben@Firm.example", "ben@firm.example"]
        smtp.send_message(mail(1), to_addrs=both)
    assert [e["rcpt_to"] for e in log_of(tmp_path)] == [["ada@firm.example", "ben@firm.example"]]
    assert [len(inbox(tmp_path, a)) for a in sorted(PEOPLE)[:2]] == [1, 1]


@pytest.mark.parametrize(
    ("address", "code"),
    [(REFUSED, "5.1.1"), ("ada@firm.test", "5.7.1"), ("../../etc@firm.example", "5.7.1")],
)
def test_unknown_and_foreign_mailboxes_are_refused_at_once(tmp_path, address, code):
    with exchanger(tmp_path) as running, connected(running) as smtp:
        with pytest.raises(smtplib.SMTPRecipientsRefused, match=code):
            smtp.send_message(mail(1, address))
        smtp.send_message(mail(2))
    assert len(log_of(tmp_path)) == 1


def test_sender_outside_the_sandbox_is_refused(tmp_path):
    refused = pytest.raises(smtplib.SMTPSenderRefused, match="no address of the sandbox")
    with exchanger(tmp_path) as running, connected(running) as smtp, refused:
        smtp.send_message(mail(1), from_addr="../x@firm.example")


def test_late_bounce_comes_when_it_is_sent_and_names_the_original(tmp_path):
    with exchanger(tmp_path) as running, connected(running) as smtp:
        smtp.send_message(mail(1, LATE))
        assert running.late_bounces() == 1
        assert len(inbox(tmp_path, AGENT)) == 0
    with exchanger(tmp_path) as running:
        assert running.send_late_bounces() == 1
        assert running.late_bounces() == 0
    [report] = inbox(tmp_path, AGENT)
    assert report.get_content_type() == "multipart/report"
    assert report["In-Reply-To"] == "<m1@mail.northbeam.example>"
    _, status, original = report.get_payload()
    assert "Final-Recipient: rfc822; " + LATE in status.as_string()
    assert "Status: 5.1.1" in status.as_string()
    assert "<m1@mail.northbeam.example>" in original.get_payload()
    assert [e["mail_from"] for e in log_of(tmp_path)] == [AGENT, ""]
    assert not (tmp_path / "mail" / LATE).exists()


def test_about_one_missing_mailbox_in_twenty_refuses_late():
    share = sum(refuses_late(f"person{n}@firm.example") for n in range(4000)) / 4000
    assert 0.03 < share < 0.07


def test_repeated_bounce_of_a_mail_is_the_same_report():
    raw = mail(1, LATE).as_bytes()
    first, again = (bounce_for(raw, LATE, sender=AGENT) for _ in range(2))
    assert message_from_bytes(first)["Message-ID"] == message_from_bytes(again)["Message-ID"]


def test_restart_continues_the_log_and_forgets_a_torn_line(tmp_path):
    with exchanger(tmp_path) as running, connected(running) as smtp:
        smtp.send_message(mail(1))
    with (tmp_path / "log.jsonl").open("a") as log:
        log.write('{"seq": 2, "message_id": "<torn')
    with exchanger(tmp_path) as running, connected(running) as smtp:
        smtp.send_message(mail(2))
    assert [(e["seq"], e["message_id"][:3]) for e in log_of(tmp_path)] == [(1, "<m1"), (2, "<m2")]
    assert len(inbox(tmp_path, "ada@firm.example")) == 2


def test_restart_delivers_what_was_logged_and_drops_what_was_not(tmp_path):
    with exchanger(tmp_path) as running, connected(running) as smtp:
        smtp.send_message(mail(1))
        smtp.send_message(mail(2))
    [first, second] = log_of(tmp_path)
    maildir = tmp_path / "mail" / "ada@firm.example"
    spool = tmp_path / "mail" / ".spool"
    (maildir / "new" / first["file"]).rename(spool / first["file"])
    (maildir / "new" / second["file"]).rename(maildir / "cur" / f"{second['file']}:2,S")
    (spool / second["file"]).write_bytes(b"delivered and read, the spool was not cleared")
    (spool / "0000000003.parley").write_bytes(b"never logged")
    with exchanger(tmp_path):
        pass
    assert list(spool.iterdir()) == []
    assert len(inbox(tmp_path, "ada@firm.example")) == 2
    assert len(inbox(tmp_path, AGENT).get_folder("Sent")) == 2


def test_held_acknowledgement_comes_after_the_log(tmp_path):
    with exchanger(tmp_path, hold_250_s=0.3) as running, connected(running) as smtp:
        begun = time.monotonic()
        smtp.send_message(mail(1))
        assert time.monotonic() - begun >= 0.3
    assert len(log_of(tmp_path)) == 1


def test_kills_lose_no_acknowledged_mail_and_deliver_none_twice(tmp_path):
    acknowledged, number, moments = [], 0, Random(5)
    for _ in range(6):
        with _process(tmp_path, hold_s=0.002) as (process, port):
            dies_at = time.monotonic() + moments.uniform(0.05, 0.3)
            try:
                with smtplib.SMTP("127.0.0.1", port, timeout=5) as smtp:
                    while True:
                        number += 1
                        if time.monotonic() > dies_at:
                            process.kill()
                        smtp.send_message(mail(number))
                        acknowledged.append(f"<m{number}@mail.northbeam.example>")
            except (smtplib.SMTPException, OSError):
                pass
    with _process(tmp_path, hold_s=0):
        pass
    logged = [e["message_id"] for e in read_journal(tmp_path / "exchanger.jsonl")]
    delivered = [m["Message-ID"] for m in inbox(tmp_path, "ada@firm.example")]
    assert len(acknowledged) > 10
    assert set(acknowledged) <= set(logged)
    assert sorted(logged) == sorted(delivered) == sorted(set(logged))
    assert list((tmp_path / "mail" / ".spool").iterdir()) == []


@contextmanager
def _process(folder, *, hold_s):
    script = Path(__file__).with_name("exchanger_process.py")
    command = [sys.executable, str(script), str(folder), str(hold_s)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process, json.loads(process.stdout.readline())
        finally:
            process.kill()
