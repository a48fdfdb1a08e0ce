from datetime import UTC, datetime

from agent_runtime.sandbox.mail_view import from_bytes
from agent_runtime.sandbox.planned import PlannedMail, to_bytes

PLANNED = PlannedMail(
    due_at=datetime(2026, 1, 13, 10, tzinfo=UTC),
    to="relay@mail.northbeam.example",
    in_reply_to="<2@x.example>",
    references=("<1@x.example>", "<2@x.example>"),
    subject="AW: Ein Gedanke für Müller",
    text="Klingt gut.\n\n> Grüße\n",
    auto_submitted=False,
    kind="asks_meeting",
    message_id="<3@firm.example>",
)


def test_a_planned_mail_is_read_as_it_was_written():
    raw = to_bytes(
        PLANNED, sender="jörg@firm.example".replace("ö", "oe"), sender_name="Jörg Müller"
    )
    view = from_bytes(raw)
    assert view.message_id == PLANNED.message_id
    assert view.from_addr == "joerg@firm.example"
    assert view.to_addr == PLANNED.to
    assert view.subject == PLANNED.subject
    assert view.text == PLANNED.text
    assert view.in_reply_to == "<2@x.example>"
    assert view.references == PLANNED.references
    assert view.sent_at == PLANNED.due_at
    assert not view.has_invite
    assert b"Auto-Submitted" not in raw


def test_invite_and_reply_address_are_seen():
    raw = (
        b"From: Maya <relay-maya-chen@mail.northbeam.example>\r\n"
        b"Reply-To: maya.chen@northbeam.example\r\nTo: ada@firm.example\r\n"
        b"Subject: Invitation\r\nMessage-ID: <9@x.example>\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/alternative; boundary="b"\r\n\r\n'
        b"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nSee you.\r\n"
        b"--b\r\nContent-Type: text/calendar; method=REQUEST\r\n\r\nBEGIN:VCALENDAR\r\n--b--\r\n"
    )
    view = from_bytes(raw)
    assert view.has_invite
    assert view.text.strip() == "See you."
    assert view.answer_to == "maya.chen@northbeam.example"
