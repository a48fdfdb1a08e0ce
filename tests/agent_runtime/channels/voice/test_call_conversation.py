"""The state machine of a call alone: whatever happens, in whatever order, it comes to an end."""

from datetime import UTC, datetime, timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st

from agent_runtime.channels.voice import commands as do
from agent_runtime.channels.voice import events as on
from agent_runtime.channels.voice.answer import Answer
from agent_runtime.channels.voice.call_start import CallStart
from agent_runtime.channels.voice.conversation import Conversation
from agent_runtime.channels.voice.limits import CallLimits
from agent_runtime.channels.voice.side_words import is_aside, joined
from agent_runtime.channels.voice.utterance import Utterance

SAYS = (Utterance("confirmed", ("Done. Goodbye.",), "en"),)
START = datetime(2026, 1, 13, 10, tzinfo=UTC)
WORDS = ("Hello?", "mhm", "hold on", "What is the price?", "yes", "")
HAPPENINGS = st.sampled_from(
    (
        *("start", "stop", "begun", "ended", "cut", "prepared", "blocked", "answered"),
        *("withdrawn", "closing", "stopped", "transfer", "person", "voicemail", "ivr"),
        *("beep", "stt", "tts", "taken", "refused", "tick", "stop_heard", "spanish", "key"),
    )
)


class Played:
    """Feeds what happens, and keeps what is asked for."""

    def __init__(self, **limits):
        call = CallStart("c", "outbound", "+353155501")
        self.talk = Conversation(call, CallLimits(**limits))
        self.now, self.done = START, []
        self.feed(on.Connected(self.now))

    def feed(self, event):
        commands = self.talk.on(event)
        self.done += commands
        return commands

    def asked(self, kind):
        return [command for command in self.done if isinstance(command, kind)]

    def happens(self, what, word):
        self.now += timedelta(seconds=0.7)
        prepared = self.asked(do.Prepare)[-1:]
        key = prepared[0].key if prepared else "none"
        number = self.talk.turns
        says = (Utterance(f"m{self.now}", ("One thing. And another.",), "en"),)
        then = {"closing": "goodbye", "stopped": "stopped", "transfer": "transfer"}
        events = {
            "start": on.UserStarted(self.now),
            "stop": on.UserStopped(self.now, word, 0.8),
            "begun": on.BotStarted(self.now),
            "ended": on.BotStopped(self.now, "One thing. And another."),
            "cut": on.BotStopped(self.now, "One", is_cut=True),
            "prepared": on.Prepared(self.now, key, says),
            "blocked": on.Prepared(self.now, key),
            "answered": on.Answered(self.now, Answer(number, says, decision="allow")),
            "withdrawn": on.Answered(self.now, Answer(number, is_withdrawn=True)),
            "beep": on.Beep(self.now),
            "stop_heard": on.StopHeard(self.now, "Stop calling me."),
            "spanish": on.LanguageHeard(self.now, "es"),
            "stt": on.SttFailed(self.now),
            "tts": on.TtsFailed(self.now),
            "taken": on.Transferred(self.now, True),
            "refused": on.Transferred(self.now, False),
            "tick": on.Tick(self.now),
            "key": on.KeyPressed(self.now),
        }
        if what in then:
            self.feed(on.Answered(self.now, Answer(number, says, then[what])))
        elif what in ("person", "voicemail", "ivr"):
            self.feed(on.WhoAnswered(self.now, what))
        else:
            self.feed(events[what])


@given(st.lists(st.tuples(HAPPENINGS, st.sampled_from(WORDS)), max_size=40), st.booleans())
@example([("stop_heard", "Hello?"), ("stopped", "Hello?"), ("begun", "Hello?")], False)
@settings(max_examples=150, deadline=None)
def test_no_call_stays_open_and_nothing_is_said_twice_or_lost(happenings, transfers):
    """R259 R271: whatever happens, the longest time ends it, once; each utterance is settled."""
    played = Played(transfers=transfers, longest_s=300)
    for what, word in happenings:
        played.happens(what, word)
    for _ in range(120):
        played.now += timedelta(seconds=10)
        played.feed(on.Tick(played.now))
        for command in played.asked(do.Prepare)[-1:]:
            played.feed(on.Prepared(played.now, command.key))
    assert played.talk.is_over
    assert len(played.asked(do.HangUp)) == 1
    said = {command.utterance.text_id for command in played.asked(do.Say)}
    kept = [command.utterance.text_id for command in played.asked(do.KeepHeard)]
    assert len(kept) == len(set(kept))
    if not played.talk.mouth.is_speaking:
        assert said <= set(kept)


def test_leave_to_record_is_a_plain_yes_and_nothing_else():
    """In six languages; whatever is more than a yes is no leave."""
    for language, yes in (
        ("en", "Sure, go ahead."),
        ("es", "Sí, claro."),
        ("de", "Ja, gern."),
        ("fr", "Oui, bien sûr."),
        ("pt", "Sim, claro."),
        ("it", "Sì, certo."),
    ):
        assert is_aside(yes, "agrees", language=language), yes
    for other in ("Yes, but who are you?", "I said no, yes?", "Yesterday", "Not really", ""):
        assert not is_aside(other, "agrees", language="en"), other


def test_a_line_that_broke_is_taken_up_again_only_where_that_is_allowed():
    """R271."""
    for allowed in (True, False):
        played = Played(calls_back=allowed)
        played.happens("stop", "Hello?")
        played.happens("prepared", "")
        played.feed(on.Dropped(played.now))
        assert bool(played.asked(do.CallBack)) is allowed
    stopped = Played(calls_back=True)
    stopped.happens("stop", "Hello?")
    stopped.feed(on.Dropped(stopped.now, by_them=True))
    assert not stopped.asked(do.CallBack)


def test_whoever_is_not_heard_in_the_opener_hears_it_to_its_end():
    """R259: before it is told that an AI speaks no other word may be said, so none was heard."""
    call = Played(judges=False)
    for what in ("start", "stop", "prepared", "begun", "start", "cut"):
        call.happens(what, "Hello?")
    said = len(call.asked(do.Say))
    call.happens("stt", "")
    assert call.talk.phase == "opening"
    (again,) = call.asked(do.Say)[said:]
    assert again.pieces == ("One thing.", "And another.")
    assert not call.asked(do.HandOn)


def test_a_recogniser_that_fails_is_given_up_only_if_it_fails_twice_in_a_row():
    call = in_a_turn()
    for what, word in (("answered", ""), ("begun", ""), ("ended", ""), ("start", "")):
        call.happens(what, word)
    call.happens("stt", "")
    assert call.asked(do.Prepare)[-1].text_ids == ("call.could_not_hear",)
    call.happens("start", "")
    call.happens("stop", "What is the price?")
    call.happens("answered", "")
    call.happens("start", "")
    call.happens("stt", "")
    assert not call.asked(do.HandOn)
    call.happens("start", "")
    call.happens("stt", "")
    assert [one.reason for one in call.asked(do.HandOn)] == ["stt_failed"]


def test_whoever_presses_keys_is_asked_once_to_say_it_as_soon_as_we_are_silent():
    """No key means anything here, but behind one may be the wish that calls stop."""
    call = in_a_turn()
    for what, word in (("answered", ""), ("begun", ""), ("key", ""), ("key", ""), ("tick", "")):
        call.happens(what, word)
    assert len(call.asked(do.TakeKey)) == 2
    assert "call.keys" not in texts_of(call)
    for what in ("ended", "tick", "tick", "tick"):
        call.happens(what, "")
    assert call.asked(do.Prepare)[-1].text_ids == ("call.keys",)
    for what in ("prepared", "begun", "ended", "key", "tick", "tick", "tick", "tick"):
        call.happens(what, "")
    assert len(call.asked(do.TakeKey)) == 3
    assert texts_of(call).count("call.keys") == 1


def test_keys_of_a_machine_are_traced_and_not_answered():
    call = Played(judges=True)
    for what in ("ivr", "key", "tick", "tick", "tick", "tick"):
        call.happens(what, "")
    assert call.asked(do.TakeKey)
    assert "call.keys" not in texts_of(call)


def texts_of(call):
    return [text for command in call.asked(do.Prepare) for text in command.text_ids]


def in_a_turn(**limits):
    """A call in which they have asked something and no answer is there yet."""
    call = Played(judges=False, **limits)
    call.happens("start", "")
    call.happens("stop", "Hello?")
    call.happens("prepared", "")
    call.happens("begun", "")
    call.happens("ended", "")
    call.happens("start", "")
    call.happens("stop", "What is the price?")
    assert call.asked(do.Ask)
    return call


def test_a_filler_that_comes_after_the_answer_is_not_said():
    """Sound brought it to light: permitted too late, it was said behind the answer."""
    call = in_a_turn(filler_s=0.5)
    call.happens("tick", "")
    (filler,) = [c for c in call.asked(do.Prepare) if c.text_ids == ("call.one_moment",)]
    call.happens("answered", "")
    one_moment = Utterance("call.one_moment", ("One moment, please.",), "en", is_message=False)
    done = call.feed(on.Prepared(call.now, filler.key, (one_moment,)))
    call.happens("ended", "")
    assert [c.utterance.text_id for c in done if isinstance(c, do.KeepHeard)] == ["call.one_moment"]
    assert "call.one_moment" not in [c.utterance.text_id for c in call.asked(do.Say)]


def test_a_sound_between_words_is_no_turn():
    """R259: a recogniser writes "Uh" or "You" for a breath, and another script for a hum."""
    for heard in ("Uh,", "You", "Hmm.", "아아ᄋ?"):
        call = in_a_turn()
        call.happens("answered", "")
        call.happens("begun", "")
        call.happens("ended", "")
        asked = len(call.asked(do.Ask))
        call.happens("start", "")
        call.happens("stop", heard)
        assert len(call.asked(do.Ask)) == asked, heard


def test_a_bye_to_our_goodbye_is_no_turn():
    call = in_a_turn()
    call.happens("start", "")
    call.happens("stop", "Bye.")
    call.happens("closing", "")
    assert len(call.asked(do.Ask)) == 1
    assert call.asked(do.Say)[-1].utterance.text.startswith("One thing.")
    call.happens("ended", "")
    call.happens("prepared", "")
    call.happens("start", "")
    call.happens("stop", "Thank you, goodbye!")
    assert len(call.asked(do.Ask)) == 1


def test_a_goodbye_into_our_goodbye_begins_nothing_anew():
    """Whoever takes leave while we do is let go."""
    played = Played()
    for what, word in (("start", ""), ("stop", "Hello?"), ("prepared", ""), ("ended", "")):
        played.happens(what, word)
    played.happens("start", "")
    played.happens("stop", "No, that is all.")
    played.happens("closing", "")
    assert played.talk.phase == "ending"
    turns = played.talk.turns
    for words in ("Bye.", "Thank you, bye bye!", "You too."):
        played.happens("start", "")
        played.happens("stop", words)
    assert (played.talk.phase, played.talk.turns) == ("ending", turns)
    assert [said.taken_as for said in played.asked(do.Overheard)][-3:] == ["farewell"] * 3
    played.happens("start", "")
    played.happens("stop", "Wait, what does it cost?")
    assert (played.talk.phase, played.talk.turns) == ("talking", turns + 1)


def in_our_goodbye():
    call = in_a_turn()
    for what in ("closing", "begun", "start", "cut"):
        call.happens(what, "")
    return call


def test_whoever_speaks_into_our_goodbye_is_let_speak():
    """R259: a question in it is answered, and we are silent meanwhile."""
    call = in_our_goodbye()
    assert call.asked(do.Hush) == [do.Hush()]
    call.happens("stop", "Wait, what does it cost?")
    assert call.asked(do.Ask)[-1].text == "Wait, what does it cost?"


def test_a_bye_into_our_goodbye_is_all_that_was_missing():
    """The rest of what we said is not said after it, and the goodbye comes once."""
    call = in_our_goodbye()
    call.happens("stop", "Thanks, bye!")
    assert call.asked(do.Prepare)[-1].text_ids == ("call.goodbye",)
    for what in ("prepared", "begun", "start", "cut"):
        call.happens(what, "")
    call.happens("stop", "Bye bye.")
    assert call.talk.end_reason == "completed"


def test_a_sound_into_our_goodbye_leaves_it_as_it_is():
    for heard, seconds in (("", 0.3), ("Mhm.", 0.4)):
        call = in_our_goodbye()
        said = call.feed(on.UserStopped(call.now, heard, seconds))
        assert said[-1].pieces == ("One thing.", "And another.")
        call.happens("ended", "")
        assert call.asked(do.Prepare)[-1].text_ids == ("call.goodbye",)


def test_a_goodbye_whose_end_is_told_after_their_cough_goes_on():
    """The sound that stops may be shorter than the stopping of ours."""
    call = in_a_turn()
    for what in ("closing", "begun", "start"):
        call.happens(what, "")
    call.feed(on.UserStopped(call.now, "", 0.2))
    said = call.feed(on.BotStopped(call.now, "One", is_cut=True))
    assert any(isinstance(command, do.Say) for command in said)


def test_taking_leave_is_nothing_else():
    """A question or a no is a turn, also at the end."""
    partings = {"en": "Thanks, bye!", "es": "Gracias, adiós.", "de": "Danke, tschüss."}
    partings |= {"fr": "Merci, au revoir.", "pt": "Obrigado, até logo.", "it": "Grazie, a presto."}
    assert all(is_aside(said, "farewell", language=name) for name, said in partings.items())
    others = ("Thanks, but stop calling me.", "Bye the way, is it safe?", "No.", "Good question.")
    assert not any(is_aside(said, "farewell", language="en") for said in others)


def at_the_beep():
    call = Played(voicemail="leave_message")
    call.happens("start", "")
    call.happens("voicemail", "")
    call.happens("beep", "")
    return call


def test_a_message_that_is_permitted_before_their_words_are_through_is_still_left():
    """In sound the beep is heard before the last words of the greeting are written."""
    call = at_the_beep()
    call.happens("prepared", "")
    assert not call.asked(do.Say)
    call.happens("stop", "Please leave a message after the tone.")
    assert len(call.asked(do.Say)) == 1
    call.happens("begun", "")
    call.happens("ended", "")
    assert call.talk.end_reason == "voicemail_left"
    assert len(call.asked(do.Prepare)) == 1


def test_a_message_that_may_not_be_left_was_not_left():
    call = at_the_beep()
    call.happens("blocked", "")
    assert call.talk.end_reason == "voicemail"


def test_a_sound_into_our_message_does_not_end_it():
    call = at_the_beep()
    call.happens("stop", "")
    call.happens("prepared", "")
    call.happens("begun", "")
    call.happens("start", "")
    call.happens("cut", "")
    call.happens("stop", "")
    assert len(call.asked(do.Say)) == 2
    call.happens("ended", "")
    assert call.talk.end_reason == "voicemail_left"


def picked_up():
    """A person has been recognised in the middle of their greeting, before its words are there."""
    call = Played()
    call.happens("start", "")
    call.happens("person", "")
    return call


def test_a_greeting_whose_words_come_after_the_verdict_is_no_turn():
    """In sound it is known who answered before the turn of their "hello?" has ended."""
    for order in (("prepared", "stop"), ("stop", "prepared")):
        call = picked_up()
        for what in order:
            call.happens(what, "Hello?")
        assert not call.asked(do.Ask), order
        assert len(call.asked(do.Say)) == 1, order


def test_a_greeting_whose_words_come_while_the_opener_is_said_is_no_turn():
    """A recogniser on a busy machine is late; nobody has spoken since."""
    call = picked_up()
    for what in ("stop", "prepared", "begun"):
        call.happens(what, "")
    (greeting,) = call.feed(on.UserStopped(call.now, "Hello?", 0.4))
    assert greeting == do.Overheard("Hello?", "greeting")
    call.happens("start", "")
    call.happens("stop", "What is the price?")
    assert [one.text for one in call.asked(do.Ask)] == ["What is the price?"]


def test_words_that_come_while_the_voice_is_about_to_begin_are_the_greeting():
    call = picked_up()
    call.happens("stop", "")
    call.happens("prepared", "")
    assert len(call.asked(do.Say)) == 1
    call.happens("stop", "Hello?")
    assert not call.asked(do.Ask)


def test_a_sound_before_the_opener_does_not_keep_it_back():
    call = picked_up()
    call.happens("prepared", "")
    call.happens("stop", "")
    assert len(call.asked(do.Say)) == 1


def test_a_screener_is_told_who_calls_even_while_it_still_speaks():
    call = Played()
    call.happens("start", "")
    call.feed(on.WhoAnswered(call.now, "screening"))
    call.happens("prepared", "")
    call.happens("stop", "Please say your name.")
    assert len(call.asked(do.Say)) == 1


def test_a_stop_beside_any_turn_is_a_turn_of_its_own():
    """R262: in a greeting or a goodbye, or told late to be in another language; it is done once."""
    call = picked_up()
    call.feed(on.StopHeard(call.now, "Hello? Stop calling me."))
    (ask,) = call.asked(do.Ask)
    assert ask.text == "Hello? Stop calling me."
    call.happens("stopped", "")
    assert call.talk.phase == "ending"
    assert call.feed(on.StopHeard(call.now, "Stop calling me.")) == ()


def test_a_stop_cuts_our_goodbye_short_and_is_confirmed():
    """R262: nothing but the confirmation is said after it."""
    call = in_a_turn()
    call.happens("closing", "")
    call.happens("begun", "")
    call.happens("start", "")
    call.happens("stop", "And never call me again.")
    assert call.asked(do.Hush) == [do.Hush()]
    call.feed(on.Answered(call.now, Answer(2, SAYS, "stopped")))
    (told,) = [
        c for c in call.feed(on.BotStopped(call.now, "One", is_cut=True)) if isinstance(c, do.Say)
    ]
    assert told.utterance == SAYS[0]
    assert call.feed(on.BotStopped(call.now, told.utterance.text))[-1] == do.HangUp("stopped")


def test_a_stop_that_is_told_late_takes_back_what_was_asked():
    call = in_a_turn()
    withdraw, *_ = call.feed(on.StopHeard(call.now, "No me llame más."))
    assert withdraw == do.Withdraw(1)
    call.happens("withdrawn", "")
    assert "No me llame más." in call.asked(do.Ask)[-1].text


def test_words_whose_answer_nobody_heard_are_answered_with_those_that_follow():
    """R259: who pauses and goes on as we begin has said one thing."""
    call = in_a_turn()
    call.happens("answered", "")
    call.happens("begun", "")
    call.happens("start", "")
    call.happens("cut", "")
    call.happens("stop", "For fifty users.")
    assert call.asked(do.Ask)[-1].text == "What is the price? For fifty users."


def test_a_comma_where_only_a_pause_was_heard_ends_a_sentence():
    """A recogniser writes one between two utterances; what follows is read by itself."""
    assert joined(("let us go on an English,", "Does it work?")) == (
        "let us go on an English. Does it work?"
    )
    assert joined(("", "for fifty,", "or sixty")) == "for fifty, or sixty"


def test_a_cough_into_an_answer_leaves_it_as_it_is():
    call = in_a_turn()
    for what in ("answered", "begun", "start", "cut"):
        call.happens(what, "")
    call.feed(on.UserStopped(call.now, "", 0.3))
    for what in ("begun", "ended", "start"):
        call.happens(what, "")
    call.happens("stop", "Thanks.")
    assert call.asked(do.Ask)[-1].text == "Thanks."
