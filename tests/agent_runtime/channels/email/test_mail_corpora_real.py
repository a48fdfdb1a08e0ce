"""Mails of many mail systems and programs, as they were sent."""

import json
from collections import Counter

import pytest

from agent_runtime.channels.email.parse import parse

NO_BOUNCES = ("groupwise_03.txt", "qmail_08.txt")
"""Of flufl's own data, two that it shows to be no bounces: a forwarded mail and an auto-reply."""
AUTHENTICATION = ("arf-18.eml", "arf-20.eml")
"""Feedback about authentication (RFC 6591); nobody complains in it."""


def kinds(folder, pattern):
    return {
        path.name: parse(path.read_bytes(), mailbox="")
        for path in sorted(folder.rglob(pattern))
        if path.is_file()
    }


def test_bounces_are_found_and_none_is_a_reply(shared_data):
    """R193: at least 95% of bounces, and none of them, nor a complaint or note, a reply."""
    mails = kinds(shared_data / "bounces-sisimai" / "maildir" / "bsd", "*.eml")
    mails |= kinds(shared_data / "bounces-flufl" / "tests" / "data", "*.txt")
    mails = {name: mail for name, mail in mails.items() if name not in NO_BOUNCES}
    taken = [n for n, mail in mails.items() if mail.kind in ("reply", "opt_out")]
    assert taken == []
    bounces = {n: m for n, m in mails.items() if not n.startswith(("arf-", "rfc3834-"))}
    found = [m for m in bounces.values() if m.kind == "bounce"]
    assert len(bounces) > 300
    assert len(found) / len(bounces) >= 0.95
    assert sum(bool(m.reported) for m in found) / len(found) >= 0.95
    assert all(m.bounce_status for m in found)


def test_complaints_and_automatic_answers_have_their_kind(shared_data):
    mails = kinds(shared_data / "bounces-sisimai" / "maildir" / "bsd", "*.eml")
    wanted = {"arf-": "complaint", "rfc3834-": "auto_reply"}
    for beginning, kind in wanted.items():
        found = Counter(
            mail.kind
            for name, mail in mails.items()
            if name.startswith(beginning) and name not in AUTHENTICATION
        )
        assert set(found) == {kind}


def test_recipients_agree_with_flufl(shared_data):
    from email import message_from_bytes

    from flufl.bounce import all_failures

    agreed = asked = 0
    for path in (shared_data / "bounces-flufl" / "tests" / "data").glob("*.txt"):
        late, final = all_failures(message_from_bytes(path.read_bytes()))
        theirs = {address.decode().lower() for address in late | final}
        if theirs:
            asked += 1
            agreed += theirs <= set(parse(path.read_bytes(), mailbox="").reported)
    assert asked > 50
    assert agreed / asked >= 0.95


@pytest.mark.parametrize("folder", ["replies-crisp", "replies-discourse-trimmer/emails"])
def test_replies_are_replies(shared_data, folder):
    mails = kinds(shared_data / folder, "*.txt")
    mails.pop("SOURCE.txt", None)
    assert {name: m.kind for name, m in mails.items() if m.kind != "reply"} == {}


def test_mail_of_every_shape_is_read(shared_data):
    mails = kinds(shared_data / "mime-mikel-mail" / "spec", "*")
    assert len(mails) > 90
    wrong = {n for n, m in mails.items() if m.kind in ("auto_reply", "opt_out", "complaint")}
    assert wrong == set()
    assert json.dumps([mail.text for mail in mails.values()])
