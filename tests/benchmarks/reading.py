"""Mails a second that are read and told apart, as `parley mail parse` does without printing.

The mails are of every kind that the tests know; `worst` are mails that are made to be slow: a line
without end, mails in mails, thousands of parts. The named alternative is flufl.bounce on the same
mails, parsed: it looks for bounces only.
"""

from email import message_from_bytes
from pathlib import Path
from time import perf_counter

import yaml

from agent_runtime.channels.email.parse import parse
from agent_runtime.hearing.language import detect_language

MAILS = Path(__file__).parents[1] / "agent_runtime" / "channels" / "email" / "mails.yaml"
ROUNDS = 10


def measure():
    from flufl.bounce import all_failures

    cases = yaml.safe_load(MAILS.read_text(encoding="utf-8"))
    mails = [f"{c['head']}\nTo: l@us.example\n\n{c['says']}\n".encode() for c in cases]
    began = perf_counter()
    for mail in mails:
        _read(mail)
    first_s = perf_counter() - began
    count = ROUNDS * len(mails)
    began = perf_counter()
    for number in range(ROUNDS):
        for mail in mails:
            _read(mail + f"({number})\n".encode())
    own_s = perf_counter() - began
    began = perf_counter()
    for _ in range(ROUNDS):
        for mail in mails:
            all_failures(message_from_bytes(mail))
    theirs_s = perf_counter() - began
    worst = {name: _seconds(mail) for name, mail in _slow_mails()}
    return {
        "mails_a_second": round(count / own_s, 1),
        "bound_mails_a_second": 100,
        "flufl_mails_a_second": round(count / theirs_s, 1),
        "ratio": round(theirs_s / own_s, 2),
        "first_round_s": round(first_s, 2),
        "worst": max(worst, key=lambda name: worst[name]),
        "worst_s": round(max(worst.values()), 2),
    }


def _read(raw: bytes) -> None:
    mail = parse(raw, mailbox="")
    detect_language(mail.text[:2_000], fallback="")


def _seconds(raw: bytes) -> float:
    began = perf_counter()
    _read(raw)
    return perf_counter() - began


def _slow_mails():
    for sender in ("ana@buyer.example", "MAILER-DAEMON@mx.example"):
        head = f"From: {sender}\nSubject: Report\n\n".encode()
        for words in (b"@", b"a.", b">", b"\n", b"mailbox user ", b"550 5.1.1 ", b"On Monday "):
            yield f"{words!r} from {sender}", head + words * (200_000 // len(words))
    yield "mails in mails", b"Content-Type: message/rfc822\n\n" * 1500
    parts = b"Content-Type: multipart/mixed; boundary=x\n\n" + b"--x\n\nhi\n" * 50_000
    yield "thousands of parts", parts
