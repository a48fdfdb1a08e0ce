"""A turn of a call is a turn like any other: same desk, permits, booking and traces."""

from dataclasses import replace

import pytest
from call_world import ANA, IN, NOW, OUT, call_world, opener, say
from conversation_world import Wire

from agent_runtime.channels.voice.line import CallLine
from agent_runtime.ports import Mail


def texts(utterances):
    return " ".join(u.text for u in utterances)


def test_the_first_words_of_a_call_say_that_an_ai_speaks_and_why():
    """R256 R258: greeting, disclosure and reason, in words that a voice can say."""
    _, turns = call_world()
    (said,) = opener(turns)
    assert said.pieces[0] == ("Hello Ana, this is Northbeam's AI assistant, for Lena Vogt.")
    assert "Relay" in said.text
    assert "[[" not in said.text


def test_a_call_without_consent_to_calls_says_nothing():
    store, turns = call_world(consents=())
    assert opener(turns) == ()
    (stopped,) = [m for m in store.messages.values() if m.channel == "voice"]
    assert stopped.state == "BLOCKED"


def test_who_calls_in_is_asked_how_we_can_help():
    _, turns = call_world(IN, consents=())
    (said,) = turns.words.first_words(
        ("call.answer",), cause="opener", frame="frame.voice_in", is_proactive=False, now=NOW
    )
    assert "AI assistant, answering for Lena Vogt" in said.text
    assert said.text.endswith("How can I help you?")


def test_a_meeting_is_booked_and_its_invitation_sent_while_on_the_line():
    """R262 R263 R264: real free times, spoken; the calendar holds it before the call is over."""
    mail = Wire()
    store, turns = call_world(mail=mail)
    turns.heard.keep(*((u := opener(turns)[0]), u.text), now=NOW)
    offered = say(turns, 1, "Happy to talk.")
    assert offered.action == "propose_times"
    assert " at " in texts(offered.says)
    assert "1)" not in texts(offered.says)
    on_offer = store.session_of(ANA.person_id).offered
    booked = say(turns, 2, "2 please")
    assert booked.action == "book"
    assert booked.has_booked
    (meeting,) = store.meetings.values()
    assert meeting.state == "CONFIRMED"
    assert meeting.slot == on_offer[1]
    (invite,) = mail.mails
    assert "BEGIN:VCALENDAR" in invite.invite
    assert invite.recipient == ANA.email


def test_a_stop_that_is_spoken_stops_every_channel_and_is_confirmed():
    store, turns = call_world()
    turns.heard.keep(*((u := opener(turns)[0]), u.text), now=NOW)
    answer = say(turns, 1, "Please stop calling me.")
    assert answer.then == "stopped"
    assert "off our list" in texts(answer.says)
    assert store.suppressed(ANA.person_id) == "opt_out"
    assert turns.words.phrase("call.goodbye", now=NOW) is None


def test_what_was_not_heard_was_not_said():
    """R272: the record of a thread holds what was heard, not what was generated."""
    store, turns = call_world()
    turns.heard.keep(*((u := opener(turns)[0]), u.text), now=NOW)
    (offer,) = say(turns, 1, "Happy to talk.", heard=False).says
    assert store.session_of(ANA.person_id).offered
    turns.heard.keep(offer, offer.text[:20], now=NOW)
    session = store.session_of(ANA.person_id)
    assert session.offered == ()
    assert "slots.offer" not in session.contents_used
    message = store.messages[offer.text_id]
    assert message.state == "SENT"
    assert message.body == "[[OWNER_NAME]] can meet y"


def test_who_breaks_into_the_question_behind_the_times_has_heard_the_times():
    """R257 R263: "the first one" comes right behind the last time, not behind the question."""
    store, turns = call_world()
    turns.heard.keep(*((u := opener(turns)[0]), u.text), now=NOW)
    (offer,) = say(turns, 1, "Happy to talk.", heard=False).says
    on_offer = store.session_of(ANA.person_id).offered
    turns.heard.keep(offer, offer.text[: offer.text.rindex(" ") - 4], now=NOW)
    assert store.session_of(ANA.person_id).offered == on_offer
    assert say(turns, 2, "The first one works for me.").action == "book"


def test_who_breaks_into_the_times_may_take_one_that_was_told():
    """R257 R263: a time that was cut off is not on offer."""
    store, turns = call_world()
    turns.heard.keep(*((u := opener(turns)[0]), u.text), now=NOW)
    (offer,) = say(turns, 1, "Happy to talk.", heard=False).says
    first, second, _ = store.session_of(ANA.person_id).offered
    turns.heard.keep(offer, offer.text[: offer.text.index(", or ") + 9], now=NOW)
    assert store.session_of(ANA.person_id).offered == (first, second)
    assert say(turns, 2, "The first one works for me.").action == "book"


def test_an_opener_that_was_cut_before_it_disclosed_is_followed_by_the_disclosure():
    store, turns = call_world()
    (said,) = opener(turns)
    turns.heard.keep(said, said.text[:20], now=NOW)
    assert "voice" not in store.session_of(ANA.person_id).disclosed_on
    answer = say(turns, 1, "What is the price?")
    assert "AI assistant" in texts(answer.says)


def test_a_message_that_was_never_begun_is_no_message():
    store, turns = call_world()
    (said,) = opener(turns)
    turns.heard.keep(said, "", now=NOW)
    assert store.messages[said.text_id].state == "CANCELLED"


def test_a_turn_that_was_withdrawn_in_time_has_not_happened():
    """R272: generation and whatever has no effect yet are cancelled."""
    store, turns = call_world()
    turns.heard.keep(*((u := opener(turns)[0]), u.text), now=NOW)
    before = store.session_of(ANA.person_id)
    answer = turns.answer(1, "Happy to talk.", now=NOW, is_withdrawn=lambda: True)
    assert answer.is_withdrawn
    assert answer.says == ()
    assert store.session_of(ANA.person_id).offered == before.offered == ()


@pytest.mark.parametrize(
    ("said", "is_who"),
    [
        ("Sorry who is this.", True),
        ("Hello? Who am I speaking to, please?", True),
        ("Hola, ¿con quién hablo?", True),
        ("Wer ist denn da?", True),
        ("Who is this software for?", False),
        ("Who are your customers?", False),
    ],
)
def test_who_asks_who_is_there_is_told_so(said, is_who):
    """R258: also where a recogniser has left the question mark out."""
    _, turns = call_world()
    turns.heard.keep(*((u := opener(turns)[0]), u.text), now=NOW)
    answer = say(turns, 1, said)
    assert (answer.intent == "are_you_a_bot") is is_who


def test_wherever_an_opener_is_cut_it_has_disclosed_only_with_its_first_sentence():
    """R257: the half of "Hello Ana" is more than half of a greeting, and tells of no AI."""
    for start in (OUT, IN):
        (said,) = _opener(call_world(start)[1], start)
        words = said.pieces[0].split()
        for count in range(1, len(words) + 1):
            store, turns = call_world(start)
            (said,) = _opener(turns, start)
            turns.heard.keep(said, " ".join(words[:count]), now=NOW)
            is_told = "voice" in store.session_of(ANA.person_id).disclosed_on
            assert is_told == (count == len(words)), words[:count]


def _opener(turns, start):
    if start is OUT:
        return opener(turns)
    return turns.words.first_words(
        ("call.answer",), cause="opener", frame="frame.voice_in", is_proactive=False, now=NOW
    )


def test_of_a_turn_that_was_half_misheard_the_clear_sentence_counts():
    """R259: "let us go on in English" was misheard; the question behind it was not."""
    _, turns = call_world()
    turns.heard.keep(*((u := opener(turns)[0]), u.text), now=NOW)
    answer = say(turns, 1, "Thory lettuce go on an. What is the price?")
    assert answer.intent == "pricing_question"
    stops = say(turns, 2, "Stop calling me. What is the price?")
    assert stops.then == "stopped"


def test_a_line_takes_only_its_own_permitted_words():
    line = CallLine("+1")

    class NoPermit:
        def covers(self, **_):
            return False

    with pytest.raises(PermissionError):
        line.send(Mail("a", "b", "+1", "", "hello", "<1>"), NoPermit(), permitted_words=("", "x"))
    assert replace(OUT, number="").address == "call:call-1"
