"""Segments, look-alikes, words of command, signatures: the small parts of texting."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from runtime_people import FACTS, NOW, REPLY

from agent_runtime.channels.carrier.segments import as_sms, segments, septets
from agent_runtime.channels.carrier.signature import is_signed, sign
from agent_runtime.domain import Sentence, Template
from agent_runtime.hearing.commands import command_of, language_of_command
from agent_runtime.policies.permit import authorise


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("ł" * 70, 1),
        ("ł" * 71, 2),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
        ("", 1),
    ],
)
def test_segments_are_counted_as_carriers_charge(text, count):
    """R24: GSM-7 holds 160 or 153 a piece, UCS-2 70 or 67, the euro sign counts twice."""
    assert segments(text) == count


def test_one_curly_quote_does_not_double_the_price():
    text = "It’s booked – see you… “soon”" + "x" * 120
    assert septets(as_sms(text)) is not None
    assert segments(as_sms(text)) < segments(text)


@given(st.text())
def test_letters_are_never_changed(text):
    """Only marks and spaces that look alike may differ, and only where that makes it GSM-7."""
    sent = as_sms(text)
    if sent != text:
        assert septets(sent) is not None
    kept = [c for c in text if c.isalnum() and c.isascii()]
    assert [c for c in sent if c.isalnum() and c.isascii()] == kept


@pytest.mark.parametrize(
    ("text", "cue", "language"),
    [
        ("STOP", "stop", ""),
        (" Stop! ", "stop", ""),
        ("stop  all", "stop", ""),
        ("Désinscription", "stop", "fr"),
        ("ABMELDEN", "stop", "de"),
        ("Help?", "help", "en"),
        ("AIUTO", "help", "it"),
        ("unstop", "start", ""),
        ("Cancel?", "", ""),
        ("please stop by at noon", "", ""),
        ("the end", "", ""),
        ("yes", "", ""),
        ("", "", ""),
        ("?", "", ""),
    ],
)
def test_a_command_is_a_word_alone(text, cue, language):
    """R193 R244: in six languages, whatever its case."""
    assert command_of(text) == cue
    assert language_of_command(text) == language


def test_yes_means_start_only_from_somebody_who_stopped_us():
    assert command_of("Sí", is_stopped=True) == "start"
    assert command_of("Sí") == ""


def test_a_signature_is_the_one_that_the_carrier_documents():
    """The example of Twilio's documentation, "Validating signatures from Twilio"."""
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    fields = {
        "CallSid": "CA1234567890ABCDE",
        "Caller": "+14158675309",
        "Digits": "1234",
        "From": "+14158675309",
        "To": "+18005551212",
    }
    assert sign(url, fields.items(), "12345") == "RSOYDt4T1cUTdK1PDd93/VVr8B8="
    assert is_signed(url, fields.items(), "12345", "RSOYDt4T1cUTdK1PDd93/VVr8B8=")
    assert not is_signed(f"{url}&x=1", fields.items(), "12345", "RSOYDt4T1cUTdK1PDd93/VVr8B8=")
    assert not is_signed(url, fields.items(), "", sign(url, fields.items(), ""))


def text(channel="sms", **changes):
    return replace(REPLY, channel=channel, **changes)


def test_a_text_that_is_too_long_goes_to_a_person():
    """R24: more than four segments of words is a mail."""
    facts = replace(FACTS, last_inbound_at=NOW)
    long = text(sentences=(Sentence("x" * 613, ("frame@1",)),))
    hits = authorise(long, facts).hits
    assert [(v.rule, v.decision) for v in hits] == [("length", "escalate")]
    fits = text(sentences=(Sentence("x" * 612, ("frame@1",)),))
    assert authorise(fits, facts).permit
    assert authorise(long, replace(facts, actor="human")).permit


@pytest.mark.parametrize(
    ("hours", "template", "allowed"),
    [(1, None, True), (23.9, None, True), (24.1, None, False), (24.1, Template("HX"), True)],
)
def test_whatsapp_takes_free_words_for_a_day_and_then_templates(hours, template, allowed):
    """R25."""
    facts = replace(FACTS, last_inbound_at=NOW - timedelta(hours=hours), approved_by="x")
    stopped = "service_window" in [
        v.rule for v in authorise(text("whatsapp", template=template), facts).hits
    ]
    assert stopped is not allowed
    never = replace(FACTS, last_inbound_at=None)
    assert "service_window" in [v.rule for v in authorise(text("whatsapp"), never).hits]


@pytest.mark.parametrize(("hour", "weekday"), [(3, 13), (23, 17), (12, 18)])
def test_texts_ring_by_day_unless_they_wrote_just_now(hour, weekday):
    """R225 R244: a transactional text waits for eight o'clock in Berlin, on any day of the week."""
    now = datetime(2026, 1, weekday, hour, 30, tzinfo=UTC)
    late = replace(FACTS, now=now, last_inbound_at=now - timedelta(hours=5))
    judged = authorise(text(), late)
    rings = 8 <= hour + 1 < 21
    assert (judged.decision == "allow") is rings
    if not rings:
        assert judged.decision == "defer"
        assert judged.until is not None
        assert judged.until.hour == 7
    assert authorise(text(), replace(late, last_inbound_at=now)).permit


def test_who_is_on_the_line_is_answered_at_any_hour():
    """R225: a call that they make is answered at night; one that we make waits for the morning."""
    night = replace(FACTS, now=datetime(2026, 1, 13, 3, tzinfo=UTC))
    assert "quiet_hours" not in [v.rule for v in authorise(text("voice"), night).hits]
    ours = text("voice", touch_class="transactional")
    assert "quiet_hours" in [v.rule for v in authorise(ours, night).hits]


@pytest.mark.parametrize(
    "changes",
    [
        {"channel": "email"},
        {"channel": "chat"},
        {"action": "answer"},
        {"sentences": ()},
        {"sentences": (Sentence("Help", ("text.help@1",)), Sentence("Buy now", ("ad.x@1",)))},
    ],
)
def test_only_the_one_text_that_help_is_owed_passes_a_stop(changes):
    """R225: the way past suppression and holdout is as wide as that text."""
    owed = text(
        action="explain",
        touch_class="transactional",
        sentences=(Sentence("Help", ("text.help@1",)),),
    )
    facts = replace(FACTS, suppressed="opt_out", arms=(("e", "holdout"),), last_inbound_at=NOW)
    assert {v.rule for v in authorise(owed, facts).hits} <= {"disclosure"}
    hits = {v.rule for v in authorise(replace(owed, **changes), facts).hits}
    assert {"suppression", "arm"} <= hits


def test_a_template_is_sent_by_name_with_its_places_numbered():
    """R25: ContentSid and ContentVariables, no Body."""
    from agent_runtime.channels.carrier.twilio import CarrierAccount, TwilioChannel
    from agent_runtime.ports import Mail

    account = CarrierAccount("https://carrier.example", "AC", "t", {"whatsapp": "+1"}, "")
    channel = TwilioChannel(account)
    mail = Mail(
        sender="m",
        sender_name="",
        recipient="+49301234567",
        subject="",
        body="Hi Ana, at ten",
        rfc_message_id="",
        channel="whatsapp",
        message_id="m-1",
        template=Template("HX1", ("Ana", "ten")),
    )
    asked = []

    def answer(request):
        asked.append(dict(httpx.QueryParams(request.content.decode())))
        return httpx.Response(201, json={"sid": "SM1", "status": "queued"})

    channel._client = httpx.Client(base_url=account.url, transport=httpx.MockTransport(answer))
    judged = authorise(
        text("whatsapp", sentences=(Sentence("Hi Ana, at ten", ("frame@1",)),), subject=""),
        replace(FACTS, recipient=mail.recipient, mailbox="m", last_inbound_at=NOW),
    )
    receipt = channel.send(mail, judged.permit, permitted_words=("", "Hi Ana, at ten"))
    assert (receipt.status, receipt.provider_id) == ("sent", "SM1")
    assert asked[0]["ContentSid"] == "HX1"
    assert json.loads(asked[0]["ContentVariables"]) == {"1": "Ana", "2": "ten"}
    assert "Body" not in asked[0]
    with pytest.raises(PermissionError):
        channel.send(mail, judged.permit, permitted_words=("", "other words"))
