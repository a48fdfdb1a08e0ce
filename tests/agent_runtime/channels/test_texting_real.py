"""Text messages over real HTTP: a carrier, its signed webhooks, and the runtime between them."""

from datetime import timedelta

import httpx
import pytest
from carrier_world import ANA, NOW, NUMBER, assign

from agent_runtime.domain import Consent

pytestmark = pytest.mark.real


def test_a_text_is_answered_by_text_and_its_acceptance_is_traced(texting):
    """R24 R29: disclosed, in segments, with the carrier's id."""
    assert texting.say("What is the price?") == 200
    texting.work()
    (answer,) = texting.texts()
    assert "AI assistant" in answer
    assert "STOP" in answer
    (message,) = texting.sent()
    (taken,) = texting.carrier.taken()
    assert (message.state, message.rfc_message_id) == ("SENT", taken["sid"])
    assert taken["once"] == message.message_id
    (news,) = [d for d in texting.traced("delivery") if d["source"] == "sms"]
    assert (news["status"], news["code"], news["why"]) == ("accepted", "201", "queued")
    paid = [c for c in texting.traced("cost") if c["unit"] == "segment"]
    assert [c["quantity"] for c in paid] == [taken["segments"]]


def test_an_unsigned_or_wrongly_signed_webhook_stores_nothing(texting):
    """R193: 403, for a message and for a status alike."""
    fields = {"MessageSid": "SM1", "From": NUMBER, "To": "+15550001", "Body": "STOP"}
    for path in ("/carrier/messages", "/carrier/status?message=x&attempt=1"):
        assert texting.carrier.call(path, fields, signature="bm90IG91cnM=") == 403
        assert texting.carrier.call(path, fields, signature="") == 403
        assert texting.carrier.call(path, fields, signature="ünsigned".encode().hex()) == 403
        assert httpx.post(f"{texting.carrier.hooks_url}{path}", data=fields).status_code == 403
    assert texting.store.suppressed(ANA.person_id) == ""
    assert not texting.store.has_unread(f"thread-{ANA.person_id}")


def test_a_webhook_that_is_too_long_is_not_read(texting):
    fields = {"MessageSid": "SM1", "From": NUMBER, "To": "+15550001", "Body": "x" * 70_000}
    assert texting.carrier.call("/carrier/messages", fields) == 403


def test_a_replayed_webhook_is_one_event(texting):
    for _ in range(3):
        assert texting.say("What is the price?", sid="SM-same") == 200
    texting.work()
    assert len(texting.texts()) == 1


def test_a_number_that_nobody_has_is_a_new_person_who_gets_an_arm(texting):
    """R168 R169: and the country of the number says which hours are quiet."""
    for n in range(30):
        texting.say("What is the price?", sender=f"+3461200{n:04d}")
    texting.work()
    answered = [e for e in texting.carrier.taken() if e["To"].startswith("+34612")]
    waiting = texting.store.open_human_tasks()
    assert len(answered) + len(waiting) == 30
    assert 3 < len(answered) < 27
    person = texting.store.person_at("sms", "+34612000000")
    assert texting.store.contact_of(person).country == "ES"


def test_a_picture_goes_to_a_person(texting):
    texting.say("look at this", media=1)
    texting.work()
    (task,) = texting.store.open_human_tasks()
    assert (task.reason, task.text) == ("sent_media", "look at this\n[media]")


def test_a_stop_under_a_picture_is_a_stop(texting):
    texting.say("Please stop contacting me", media=1)
    assert texting.store.suppressed(ANA.person_id) == "opt_out"


@pytest.mark.parametrize(
    ("trouble", "state"),
    [
        ("429", "READY"),
        ("500", "UNKNOWN"),
        ("500_after_storing", "UNKNOWN"),
        ("silent_after_storing", "UNKNOWN"),
        ("cut_after_storing", "UNKNOWN"),
    ],
)
def test_doubt_is_unknown_and_never_sent_again(texting, trouble, state):
    """R24: only what provably never reached the carrier is tried again."""
    texting.carrier.troubles.append(trouble)
    texting.say("What is the price?")
    texting.work()
    (message,) = texting.sent()
    assert message.state == state
    for hours in (1, 2, 30):
        texting.work(NOW + timedelta(hours=hours))
    assert len(texting.texts()) == (0 if trouble == "500" else 1)


def test_a_status_report_proves_that_a_message_of_unknown_fate_had_left(texting):
    texting.carrier.troubles.append("500_after_storing")
    texting.say("What is the price?")
    texting.work()
    (taken,) = texting.carrier.taken()
    assert texting.sent()[0].state == "UNKNOWN"
    assert texting.carrier.report(taken, "delivered") == 204
    assert (texting.sent()[0].state, texting.sent()[0].rfc_message_id) == ("SENT", taken["sid"])
    assert "resolved_sent" in [d["status"] for d in texting.traced("delivery")]
    assert "delivered" in [d["status"] for d in texting.traced("delivery")]


def test_a_carrier_that_is_not_there_is_tried_again_later(texting):
    texting.carrier.__exit__(None, None, None)
    texting.say("What is the price?")
    texting.work()
    (message,) = texting.sent()
    assert (message.state, message.attempt) == ("READY", 1)


def test_a_number_that_stopped_us_at_the_carrier_is_a_stop_of_the_person(texting):
    """R225: error 21610 ends every channel."""
    texting.carrier.stopped.add(NUMBER)
    texting.say("What is the price?")
    texting.work()
    assert texting.sent()[0].state == "FAILED"
    assert texting.store.suppressed(ANA.person_id) == "opt_out"
    assert {texting.store.task(f"task-{n}").state for n in (1, 2)} <= {"CANCELLED", "PLANNED"}
    (news,) = [d for d in texting.traced("delivery") if d["source"] == "sms"]
    assert (news["status"], news["code"]) == ("bounced", "21610")
    assert news["why"]


def test_a_number_without_a_telephone_ends_texts_and_nothing_else(texting):
    """A bad number says nothing of the person's mail; it is used again once they text from it."""
    texting.carrier.landlines.add(NUMBER)
    texting.say("What is the price?")
    texting.work()
    assert texting.store.suppressed(ANA.person_id) == ""
    assert texting.store.address_on("sms", ANA.person_id) == ""
    assert texting.store.address_on("whatsapp", ANA.person_id) == NUMBER
    assert texting.say("Hello?") == 200
    assert texting.store.address_on("sms", ANA.person_id) == NUMBER


def test_a_report_of_failure_after_acceptance_is_a_bounce(texting):
    texting.say("What is the price?")
    texting.work()
    (taken,) = texting.carrier.taken()
    texting.carrier.report(taken, "undelivered", code="30005")
    assert texting.store.address_on("sms", ANA.person_id) == ""
    assert ("bounced", "30005") in [(d["status"], d["code"]) for d in texting.traced("delivery")]


@pytest.mark.parametrize(
    "word", ["STOP", "stop.", "ARRÊT", "Baja", "STOPP", "Pare", "BASTA", "quit"]
)
def test_a_word_of_command_stops_every_channel_and_is_confirmed_once(texting, word):
    """R193 R225 R244: at once, on arrival, in each language."""
    texting.say("What is the price?")
    texting.say(word)
    assert texting.store.suppressed(ANA.person_id) == "opt_out"
    assert {texting.store.task(f"task-{n}").state for n in (1, 2)} == {"CANCELLED"}
    texting.work()
    assert [m.action for m in texting.sent() if m.state == "SENT"] == ["confirm_stop"]
    texting.say(word)
    texting.work(NOW + timedelta(days=3))
    assert len(texting.texts()) == 1
    assert texting.mails.mails == []


def test_a_wish_in_words_stops_as_well(texting):
    texting.say("Wer sind Sie? Bitte schreiben Sie mir nicht mehr.")
    assert texting.store.suppressed(ANA.person_id) == "opt_out"


@pytest.mark.parametrize(
    ("word", "said"),
    [("HELP", "Reply STOP"), ("hilfe", "mit STOPP"), ("Ayuda?", "Responda STOP")],
)
def test_help_is_answered_always(texting, word, said):
    """R244: also to who is stopped, in the holdout, or with a person; and nothing else is."""
    texting.say("STOP")
    texting.work()
    assign(texting.store, ANA.person_id, "holdout")
    texting.say(word)
    texting.say("What is the price?")
    texting.work()
    _, helped = texting.texts()
    assert said in helped
    assert "IA" in helped or "AI" in helped or "KI" in helped
    assert texting.store.suppressed(ANA.person_id) == "opt_out"


def test_start_lifts_what_was_stopped_by_text(texting):
    """R225: traced, and recorded as a consent to texts about meetings and to nothing else."""
    texting.say("STOP")
    texting.work()
    texting.say("yes")
    assert texting.store.suppressed(ANA.person_id) == ""
    (consent,) = texting.store.consents(ANA.person_id)
    assert (consent.channel, consent.purpose, consent.basis) == ("sms", "meetings", "consent")
    assert [s["reason"] for s in texting.traced("suppression")] == ["opt_out", "lifted"]
    texting.work()
    assert "again" in texting.texts()[-1]
    texting.say("STOP")
    texting.work()
    assert "off our list" in texting.texts()[-1]


@pytest.mark.parametrize("other", ["by mail", "bounce", "crm"])
def test_start_lifts_no_other_stop(texting, other):
    texting.say("STOP")
    if other == "by mail":
        from conversation_world import mail

        texting.runtime.inbox.receive(mail("Please stop contacting me."), now=NOW)
    else:
        reason = "bounce" if other == "bounce" else "opt_out"
        texting.store.suppress(ANA.person_id, reason=reason, source=other, now=NOW)
    texting.say("START")
    assert texting.store.suppressed(ANA.person_id) == "opt_out"
    texting.work()
    assert not [m for m in texting.sent() if m.action == "confirm_start" and m.state == "SENT"]


def test_yes_is_an_ordinary_answer_to_somebody_who_never_stopped_us(texting):
    texting.say("Yes")
    assert texting.store.consents(ANA.person_id)[0].channel == "email"
    assert not [m for m in texting.sent() if m.action == "confirm_start"]


def test_a_thread_moves_from_mail_to_text_and_back_with_all_that_is_known(texting):
    """R22 R24 R29 R193: times offered by mail are chosen by text; nothing is asked twice."""
    from conversation_world import mail

    inbound = {"to": "hello@northbeam.example"}
    texting.runtime.inbox.receive(mail("Happy to talk.", key="k1", **inbound), now=NOW)
    later = NOW + timedelta(minutes=2)
    texting.now = later
    texting.work(later)
    offered = texting.store.session_of(ANA.person_id).offered
    assert offered
    texting.say("What is the price?")
    texting.work(later)
    texting.say("2")
    texting.work(later)
    texting.runtime.inbox.receive(mail("And the price for a year?", key="k2"), now=later)
    texting.work(later + timedelta(minutes=2))
    (meeting,) = texting.store.meetings.values()
    assert meeting.slot == offered[1]
    messages = texting.store.messages.values()
    assert len({m.thread_id for m in messages}) == 1
    asked = [c for m in messages for c in m.content_ids if c.startswith("question.")]
    assert len(asked) == len(set(asked))
    assert {m.channel for m in messages if m.state == "SENT"} == {"email", "sms"}


def test_whatsapp_is_answered_within_a_day_and_a_person_takes_over_after_it(texting):
    """R25: free words only in the window of 24 hours after what the buyer last wrote there."""
    texting.say("What is the price?", sender=f"whatsapp:{NUMBER}")
    texting.work(NOW + timedelta(hours=25))
    assert texting.carrier.taken() == []
    (task,) = texting.store.open_human_tasks()
    assert task.reason == "stopped_by_service_window"
    texting.say("Hello? What is the price?", sender=f"whatsapp:{NUMBER}")
    assert texting.store.session_of(ANA.person_id).channel == "whatsapp"


def test_whatsapp_carries_its_own_kind_of_address(texting):
    texting.say("What is the price?", sender=f"whatsapp:{NUMBER}")
    texting.work()
    (taken,) = texting.carrier.taken()
    assert taken["To"] == f"whatsapp:{NUMBER}"
    assert taken["From"].startswith("whatsapp:")
    assert "’" not in taken["Body"] or taken["segments"]


def test_a_text_outside_a_conversation_needs_consent():
    """R225 R244: legitimate interest is no leave to text anybody, in any country."""
    from dataclasses import replace

    from runtime_people import FACTS, TOUCH

    from agent_runtime.policies.permit import authorise

    text = replace(TOUCH, channel="sms")
    given = Consent("sms", "prospecting", "legitimate_interest", "crm", NOW)
    facts = replace(FACTS, country="US", consents=(given,))
    assert "consent" in [v.rule for v in authorise(text, facts).hits]
    agreed = replace(facts, consents=(replace(given, basis="consent"),))
    assert "consent" not in [v.rule for v in authorise(text, agreed).hits]
