"""The judge of who answered, by words and times."""

import pytest

from agent_runtime.speech.call_tones import ToneHeard
from agent_runtime.speech.screening import screening_answer
from agent_runtime.speech.who_answered import WhoAnswered
from tests.agent_runtime.speech.judged import from_words
from tests.agent_runtime.speech.starts import MIX, a_start

LANGUAGES = ("en", "es", "de", "fr", "it", "pt")


def _after(judge: WhoAnswered, *utterances: tuple[str, float, float]):
    for words, start, end in utterances:
        judge.speech_started(start)
        judge.speech_stopped(end, end + 0.2)
        judge.transcript(words, end + 0.5)
    return judge.tick(utterances[-1][2] + 0.5)


@pytest.mark.parametrize("language", LANGUAGES)
def test_starts_are_told_apart_in_each_language(language):
    """R256, R273, R275: on the sentences that the phrases were tuned on."""
    starts = [a_start(seed, "tuning", language) for seed in range(24)]
    judged = [from_words(start) for start in starts]
    assert {start.who for start in starts} == set(MIX)
    for start, one in zip(starts, judged, strict=True):
        assert one.final == start.who or (start.who == "person" and one.final == "uncertain")
        if start.who == "person":
            assert one.person_after_s(start.first_words_end_s) <= 1.0


def test_hello_and_a_pause_are_a_person_at_once():
    """R256."""
    verdict = _after(WhoAnswered(), ("Hello?", 0.5, 0.9))
    assert verdict.who == "person"
    assert verdict.at_s <= 1.9
    assert "short first words, then a pause" in verdict.reasons


def test_short_words_that_nobody_recognised_are_a_person():
    """An ASR that hangs keeps nobody waiting."""
    judge = WhoAnswered()
    judge.speech_started(0.5)
    judge.speech_stopped(0.9, 1.1)
    assert judge.tick(1.3).who == "nobody_yet"
    assert judge.tick(1.9).is_person


def test_a_trick_greeting_is_revised():
    judge = WhoAnswered()
    assert _after(judge, ("Hello?", 0.5, 0.9)).who == "person"
    assert _after(judge, ("Just kidding, leave a message after the beep.", 2, 4)).who == "voicemail"


def test_a_person_who_breaks_into_the_greeting_is_a_person():
    """Nobody is kept waiting behind their own machine."""
    judge = WhoAnswered()
    greeting = ("You've reached Ana, I can't come to the phone, please", 0.5, 4.0)
    assert _after(judge, greeting).who == "voicemail"
    assert _after(judge, ("Hello? I'm here.", 5.0, 6.0)).who == "person"


def test_a_menu_that_puts_through_gives_a_new_party():
    """R275."""
    judge = WhoAnswered()
    assert _after(judge, ("For sales, press 1. For support, press 2.", 0.5, 4.0)).who == "ivr"
    judge.tone(ToneHeard("ring_back", 6.0, 8.0, (440.0, 480.0)), 8.1)
    assert judge.verdict.who == "nobody_yet"
    assert _after(judge, ("Sales, this is Dan, how can I help?", 9.0, 10.8)).who == "person"


def test_a_beep_in_a_conversation_changes_nothing():
    judge = WhoAnswered()
    judge.confirm_person(3.0)
    assert judge.tone(ToneHeard("beep", 5.0, 5.4, (1000.0,)), 5.6).who == "person"
    assert _after(judge, ("You can leave a message on my voicemail.", 6, 8)).who == "person"


def test_a_beep_of_a_menu_does_not_make_it_voicemail():
    """R275: hold music and menus beep as well."""
    judge = WhoAnswered()
    assert _after(judge, ("All our agents are busy right now.", 0.5, 3.0)).who == "ivr"
    assert judge.tone(ToneHeard("beep", 4.0, 4.3, (900.0,)), 4.5).who == "ivr"
    assert judge.tick(8.0).who == "ivr"


def test_nobody_speaking_is_uncertain_and_treated_as_a_person():
    judge = WhoAnswered()
    assert judge.tick(2.9).who == "nobody_yet"
    verdict = judge.tick(3.1)
    assert (verdict.who, verdict.is_person) == ("uncertain", True)


@pytest.mark.parametrize("kind", ["sit", "busy", "congestion", "fax"])
def test_a_dead_line_is_known_by_its_tone(kind):
    assert WhoAnswered().tone(ToneHeard(kind, 0.5, 1.5), 1.6).who == "unavailable"


def test_a_gatekeeper_is_a_person_and_a_screener_is_not():
    gatekeeper = ("May I ask who's calling, and what is it about?", 0.5, 2.4)
    assert _after(WhoAnswered(), gatekeeper).who == "person"
    screener = ("Please state your name and the reason for calling.", 0.5, 3.0)
    assert _after(WhoAnswered(), screener).who == "screening"


def test_a_language_without_phrases_is_refused():
    with pytest.raises(ValueError, match="'xx'"):
        WhoAnswered("xx")


def test_a_screener_is_told_all_four_or_nothing():
    """Nothing is made up for a fact that is missing."""
    facts = dict(caller="This is Parley.", is_ai="I am an AI.", on_behalf_of="I call for Acme.")
    said = screening_answer(**facts, why="It is about your demo request.")
    assert said.endswith("I call for Acme. It is about your demo request.")
    with pytest.raises(ValueError, match="why is empty"):
        screening_answer(**facts, why=" ")


@pytest.mark.parametrize(
    ("words", "who"),
    [
        ("Clean cold while your calling transferred.", "ivr"),
        ("Feed enter your account number. Followed by the pamphlet.", "ivr"),
        ("If you recall your name and grievance for calling, I see if this person is available",
         "screening"),
        ("The ten please record your massage when you have finished recalling.", "voicemail"),
    ],
)  # fmt: skip
def test_a_recording_is_known_by_its_sound_where_its_words_were_misheard(words, who):
    """R256: small recognisers mishear much over a telephone line."""
    assert _after(WhoAnswered(), (words, 0.5, 3.6)).who == who


@pytest.mark.parametrize(
    "words",
    [
        "She's away from her desk, can I take a message?",
        "Sorry, I was on the other line. Who's this?",
    ],
)
def test_a_person_who_speaks_of_messages_and_lines_is_a_person(words):
    assert _after(WhoAnswered(), (words, 0.5, 3.4)).is_person


def test_a_recording_that_falls_silent_stays_what_it_was():
    """Only words of a person make a person of it."""
    judge = WhoAnswered()
    assert _after(
        judge, ("This call is screened. Say your name after the tone.", 0.5, 4.0)
    ).who == ("screening")
    assert judge.tick(9.0).who == "screening"


def test_nobody_waits_longer_than_a_second_whatever_they_say():
    """R256: words that lean towards a recording keep a person waiting no longer than others."""
    judge = WhoAnswered()
    judge.speech_started(0.5)
    judge.speech_stopped(2.9, 3.1)
    judge.transcript("Thank you for calling, please hold.", 3.4)
    assert judge.tick(3.85).is_person


def test_behind_a_key_there_is_time_for_a_ring():
    """R256 R275: nobody is spoken to before anybody can have picked up."""
    judge = WhoAnswered()
    judge.answered(20.0, rings=True)
    assert judge.tick(26.0).who == "nobody_yet"
    assert judge.tick(26.6).who == "uncertain"


def test_a_long_speech_of_which_nothing_was_understood_is_no_person():
    """R256: and where it beeps after all it was a voicemail."""
    judge = WhoAnswered()
    _after(judge, ("Wool and amber go along the hillside", 0.5, 9.5))
    assert judge.tick(10.5).who == "ivr"
    assert judge.tone(ToneHeard("beep", 11.0, 11.4), 11.5).who == "voicemail"


def test_few_words_that_sound_like_a_voicemail_are_not_yet_one():
    judge = WhoAnswered()
    _after(judge, ("And get pack too you", 0.5, 2.4))
    assert judge.tick(3.4).is_person


@pytest.mark.parametrize(
    "words",
    [
        "I can't take your call now, ring me at five.",
        "I can't talk now, try me again in an hour.",
        "I can't answer right now, call me tomorrow.",
    ],
)
def test_a_person_who_asks_to_be_called_later_is_a_person_and_is_not_cut_off(words):
    """R256: a machine asks for a message; what it shares with a person settles nothing."""
    judge = WhoAnswered()
    judge.speech_started(0.5)
    assert judge.transcript(words[:24], 1.5, is_final=False).who == "nobody_yet"
    judge.speech_stopped(2.9, 3.1)
    judge.transcript(words, 3.3)
    assert judge.tick(3.8).is_person


def test_words_so_far_may_end_in_the_middle_of_one():
    """R256: "we're not in" was the beginning of "we're not interested"."""
    judge = WhoAnswered()
    judge.speech_started(0.5)
    assert judge.transcript("Hi, we're not in", 1.5, is_final=False).who == "nobody_yet"
    judge.speech_stopped(2.4, 2.6)
    assert judge.tick(2.7).who == "nobody_yet"
    judge.transcript("Hi, we're not interested.", 2.8)
    assert judge.tick(3.3).who == "person"


def test_a_long_recording_is_known_while_it_speaks():
    """R275."""
    judge = WhoAnswered()
    judge.speech_started(0.5)
    said = "Thank you for calling Acme. For sales, press one. For support, press"
    assert judge.transcript(said, 5.6, is_final=False).who == "ivr"


def test_a_beep_that_nobody_follows_shows_a_voicemail():
    """R273: a few words that were misheard do not make a person of it."""
    judge = WhoAnswered()
    _after(judge, ("So here, leave one.", 0.5, 2.0))
    judge.tone(ToneHeard("beep", 2.6, 3.0, (1000.0,)), 3.1)
    assert judge.tick(3.5).is_person
    assert judge.tick(3.9).who == "voicemail"


def test_a_beep_behind_a_greeting_changes_nothing():
    """R256: another call that waits beeps as well."""
    judge = WhoAnswered()
    assert _after(judge, ("Hello?", 0.5, 0.9)).who == "person"
    judge.tone(ToneHeard("beep", 2.6, 3.0, (1000.0,)), 3.1)
    assert judge.tick(5.0).is_person


def test_who_greets_in_the_middle_of_a_recording_has_picked_up():
    """R256: what they say behind it may be misheard."""
    judge = WhoAnswered()
    assert (
        _after(judge, ("Hi, this is Ana, I can't answer right now, so", 0.5, 3.0)).who != "person"
    )
    judge.speech_started(4.0)
    judge.speech_stopped(4.4, 4.6)
    judge.speech_started(4.7)
    judge.transcript("Hello,", 4.8)
    judge.speech_stopped(5.5, 5.7)
    judge.transcript("Yes, goodness.", 5.9)
    assert judge.tick(6.3).is_person


def test_another_ear_that_reads_all_of_it_is_believed_where_it_understands_more():
    """R256, R275."""
    judge = WhoAnswered()
    _after(judge, ("Ollingly spread one.", 0.5, 2.4))
    assert judge.tick(3.2).is_person
    assert judge.read("For English, press one.", 3.6).who == "ivr"
    judge = WhoAnswered()
    assert _after(judge, ("Sorry, who is this?", 0.5, 1.6)).who == "person"
    assert judge.read("For English, press", 3.6).is_person


def test_a_full_mailbox_that_beeps_takes_no_message():
    """R273."""
    judge = WhoAnswered()
    assert _after(judge, ("The mailbox is full in canine.", 0.5, 3.0)).who == "unavailable"
    judge.tone(ToneHeard("beep", 3.6, 4.1, (480.0,)), 4.2)
    assert judge.tick(5.5).who == "unavailable"


def test_a_ring_taken_for_a_beep_behind_a_noise_is_no_voicemail():
    """R256: nobody records behind a third of a second of babble."""
    judge = WhoAnswered()
    _after(judge, ("Mm-hmm,", 0.5, 0.8))
    judge.tone(ToneHeard("beep", 1.1, 1.4, (440.0,)), 1.5)
    assert judge.tick(3.0).is_person


def test_who_greets_before_a_recording_was_known_as_one_has_picked_up():
    """R256."""
    judge = WhoAnswered()
    _after(judge, ("You've reached Omer, leave me a.", 0.5, 2.0))
    judge.speech_started(2.8)
    judge.speech_stopped(3.3, 3.5)
    judge.transcript("Hello.", 3.7)
    judge.speech_started(3.9)
    judge.speech_stopped(5.2, 5.4)
    judge.transcript("Hello, Sory. I've got it.", 5.6)
    assert judge.tick(6.0).is_person


def test_words_to_say_in_place_of_keys_are_a_menu():
    """R275."""
    said = "Welcome to Acme. To make a booking, say booking. For parts, say parts."
    assert _after(WhoAnswered(), (said, 0.5, 5.0)).who == "ivr"
    assert _after(WhoAnswered(), ("I have to go, what did you say?", 0.5, 1.9)).is_person
