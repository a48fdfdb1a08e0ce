"""A call goes on in another language, says again who speaks, or is left to a person."""

import asyncio
from datetime import timedelta

import pytest
from call_wire import led_call
from call_world import NOW, OUT, call_world, opener
from conversation_world import ANA

from agent_runtime.channels.voice import commands as do
from agent_runtime.channels.voice import events as on
from agent_runtime.channels.voice.answer import Answer
from agent_runtime.channels.voice.conversation import Conversation
from agent_runtime.channels.voice.languages import led_languages, spoken_by, voices_of
from agent_runtime.channels.voice.utterance import Utterance
from agent_runtime.hearing.language import detect_language
from agent_runtime.library.catalog import load_library
from agent_runtime.library.content import LOCALES
from agent_runtime.settings import Settings
from agent_runtime.speech.frames import LanguageHeardFrame

SPOKEN = frozenset({"en", "es", "de"})
LIBRARY = load_library()


def talking():
    talk = Conversation(OUT, spoken=SPOKEN)
    talk.on(on.Connected(NOW))
    talk.on(on.UserStarted(NOW))
    (prepare,) = [c for c in talk.on(on.UserStopped(NOW, "Hello?")) if isinstance(c, do.Prepare)]
    _, turns = call_world()
    talk.on(on.Prepared(NOW, prepare.key, opener(turns)))
    talk.on(on.BotStopped(NOW, talk.mouth.saying.utterance.text))
    assert talk.phase == "talking"
    return talk


def after(talk, event, words):
    at = NOW + timedelta(seconds=5)
    talk.on(on.UserStarted(at))
    done = talk.on(event)
    return [*done, *talk.on(on.UserStopped(at, words))]


def test_who_goes_on_in_another_language_is_told_in_it_who_speaks_and_is_answered():
    """R277 R258: the sentence itself is a turn like any other."""
    heard = on.LanguageHeard(NOW, "es", share=0.9)
    speak, told, ask = after(talking(), heard, "¿Cuánto cuesta?")
    assert speak == do.Speak("es", "spoken", 0.9)
    assert (told.text_ids, told.language) == (("call.language",), "es")
    assert ask.text == "¿Cuánto cuesta?"


def test_a_stop_in_another_language_is_confirmed_and_nothing_else_is_said():
    """R262 R277: who speaks is told before an answer, and not before the end of the contact."""
    for then, said in (("listen", ["told", "m"]), ("stopped", ["m"])):
        talk = talking()
        _, told, ask = after(talk, on.LanguageHeard(NOW, "es", share=0.9), "No me llame más.")
        assert (
            talk.on(on.Prepared(NOW, told.key, (Utterance("told", ("Soy una IA.",), "es"),))) == ()
        )
        says = (Utterance("m", ("Hecho.",), "es"),)
        done = [*talk.on(on.Answered(NOW, Answer(ask.number, says, then, decision="allow")))]
        while talk.mouth.is_speaking:
            done += talk.on(on.BotStopped(NOW, talk.mouth.saying.utterance.text))
        assert [one.utterance.text_id for one in done if isinstance(one, do.Say)] == said


def test_who_asks_for_another_language_is_asked_in_it_what_they_want():
    heard = on.LanguageHeard(NOW, "es", is_asked=True)
    speak, overheard, told = after(talking(), heard, "Do you speak Spanish?")
    assert speak == do.Speak("es", "asked", 0.0)
    assert overheard.taken_as == "language"
    assert (told.text_ids, told.language) == (("call.language_asked",), "es")


def test_a_language_that_takes_time_to_load_is_bridged_in_the_old_one():
    talk = talking()
    bridge, speak = talk.on(on.LanguageHeard(NOW, "es", is_ready=False))
    assert bridge.text_ids == ("call.one_moment",)
    assert isinstance(speak, do.Speak)
    assert talk.fillers == 1


@pytest.mark.parametrize(("language", "told_in"), [("de", "de"), ("fr", "en")])
def test_a_language_in_which_no_call_is_led_goes_to_a_person(language, told_in):
    """R277: politely, in it where there is a voice for that, and the line is closed."""
    talk = talking()
    assert talk.on(on.LanguageHeard(NOW, language, is_led=False)) == ()
    _, read = talk.on(on.UserStopped(NOW, "Wie viel kostet das?", 1.5))
    assert (read.text, read.only_stops) == ("Wie viel kostet das?", True)
    nothing = Answer(read.number, is_withdrawn=True)
    hand_on, told = talk.on(on.Answered(NOW, nothing))
    assert hand_on == do.HandOn("language")
    assert (told.text_ids, told.language) == (("call.language_later",), told_in)


def test_what_is_said_in_a_language_of_no_calls_and_has_no_words_goes_to_a_person_all_the_same():
    talk = talking()
    talk.on(on.LanguageHeard(NOW, "de", is_led=False))
    assert do.HandOn("language") in talk.on(on.UserStopped(NOW, "", 1.5))
    talk = talking()
    talk.on(on.LanguageHeard(NOW, "de", is_led=False))
    late = NOW + timedelta(seconds=talk.limits.words_s)
    assert do.HandOn("language") in talk.on(on.Tick(late))


def test_a_stop_in_a_language_of_no_calls_is_obeyed():
    """R277: by the desk, before a person is promised; nothing but a stop of it counts."""
    store, turns = call_world()
    first = opener(turns)
    turns.heard.keep(first[0], first[0].text, now=NOW)
    asks = turns.answer(1, "¿Cuánto cuesta?", now=NOW, only_stops=True)
    assert asks.is_withdrawn
    assert not store.suppressed(ANA.person_id)
    stops = turns.answer(2, "Por favor, no me llame más.", now=NOW, only_stops=True)
    assert stops.then == "stopped"
    assert store.suppressed(ANA.person_id) == "opt_out"


def test_a_stop_that_may_have_been_said_in_another_language_is_obeyed():
    """R277: an English ear makes something of Spanish, and the sound alone did not settle it."""
    store, turns = call_world()
    first = opener(turns)
    turns.heard.keep(first[0], first[0].text, now=NOW)
    likely = turns.answer(1, "What does it cost?", now=NOW, otherwise="¿Cuánto cuesta?")
    assert not likely.is_withdrawn
    assert not store.suppressed(ANA.person_id)
    garbled = "or favor no mill a memas"
    stops = turns.answer(2, garbled, now=NOW, otherwise="Por favor, no me llame más.")
    assert stops.then == "stopped"
    assert store.suppressed(ANA.person_id) == "opt_out"


def test_what_it_would_be_in_another_language_goes_with_the_turn():
    talk = talking()
    (ask,) = talk.on(
        on.UserStopped(NOW, "or favor no mill a memas", 1.5, "Por favor, no me llame.")
    )
    assert ask.otherwise == "Por favor, no me llame."


def test_the_same_language_and_the_last_words_change_nothing():
    talk = talking()
    assert talk.on(on.LanguageHeard(NOW, "en")) == ()


def test_a_call_switches_answers_in_the_new_language_and_switches_back():
    """R277: through the pipeline; the trace says which language each part had, and why."""

    async def go():
        async with led_call() as call:
            await call.ear.says("Hello?")
            await call.listening(1)
            await call.ear.voice()
            await call.ear.push_frame(LanguageHeardFrame("es", share=0.93))
            await call.ear.quiet()
            await call.ear.words("Hola, ¿cuánto cuesta?")
            await call.listening(3)
            assert call.heard[1].text.startswith("Seguimos en español.")
            assert "asistente de IA" in call.heard[1].text
            assert detect_language(call.heard[2].text, fallback="en") == "es"
            await call.ear.voice()
            await call.ear.push_frame(LanguageHeardFrame("en", is_asked=True))
            await call.ear.quiet()
            await call.ear.words("En inglés, por favor.")
            await call.listening(4)
            assert call.heard[3].text.startswith("Of course, in English.")
            await call.processor.dropped(by_them=True)
        spoken = [(e["language"], e["why"], e["share"]) for e in call.traced("speak")]
        assert spoken == [("es", "spoken", 0.93), ("en", "asked", 0.0)]

    asyncio.run(go())


def test_calls_are_led_only_in_languages_that_the_company_has_named():
    """R277: assets alone are no leave."""
    assert led_languages("en", Settings()) == {"en"}
    named = led_languages("en", Settings(voice_languages=("es", "sv")))
    assert named <= {"en", "es"}


def test_one_voice_speaks_every_language_that_it_can(need_program):
    need_program("espeak-ng")
    voices = voices_of("en", Settings())
    assert list(voices) == ["en", "spare"]
    assert spoken_by(voices) >= set(LOCALES)


@pytest.mark.parametrize("language", LOCALES)
def test_first_words_are_short_and_say_who_speaks_why_and_how_to_stop(language):
    """R256 R258: some ten seconds of speech."""
    frame = LIBRARY.contents["frame.voice", language]
    why = LIBRARY.contents["call.opener", language]
    assert len(f"{frame.body} {why.body}".split()) <= 34
    assert frame.discloses_ai
    assert "Relay" in why.body


def test_a_stage_has_a_tone_and_figures_are_said_slower():
    """R252: the style guide's, before it the playbook's own."""
    voice = LIBRARY.style.voice
    assert LIBRARY.playbook("support_triage").tones
    new, figures = voice.tones("new", {}, ("call.opener",))
    assert figures.pace < new.pace
    own = LIBRARY.playbook("support_triage").tones
    assert voice.tones("engaged", own, ())[0] != voice.tones("engaged", {}, ())[0]
    assert voice.tones("scheduling", {}, ("slots.offer",))[0].pace < 0.9


def test_what_is_said_has_the_tone_of_its_stage():
    _, turns = call_world()
    (said,) = opener(turns)
    new, figures = LIBRARY.style.voice.tones("new", {}, ())
    assert said.tone_of("Hello.") == new
    assert said.tone_of("It costs 500 euros.") == figures
