"""What is done with a machine: nothing is said too early, twice or to a person."""

from hypothesis import given
from hypothesis import strategies as st

from agent_runtime.speech.voicemail import Event, Voicemail, VoicemailPolicy, step

LEAVE = VoicemailPolicy(on_voicemail="leave_message")


def _decisions(policy: VoicemailPolicy, *events: Event) -> list[str]:
    state, decisions = Voicemail(), []
    for event in events:
        state, decision = step(state, event, policy)
        if decision != "wait":
            decisions.append(f"{decision} {event.at_s}")
    return decisions


GREETING = (
    Event("speech_started", 0.5),
    Event("verdict", 3.0, "voicemail"),
    Event("tick", 3.5),
    Event("speech_stopped", 5.0),
)


def test_a_policy_to_hang_up_hangs_up_at_once():
    """R274."""
    assert _decisions(VoicemailPolicy(), *GREETING) == ["hang_up 3.0"]


def test_the_message_comes_after_the_beep():
    """R273, R274."""
    events = (*GREETING, Event("tick", 6.0), Event("beep", 6.4), Event("message_ended", 20.0))
    assert _decisions(LEAVE, *events) == ["speak_message 6.4", "hang_up 20.0"]


def test_without_a_beep_a_long_silence_counts():
    """R274."""
    events = (*GREETING, Event("tick", 7.4), Event("tick", 7.5))
    assert _decisions(LEAVE, *events) == ["speak_message 7.5"]


def test_a_greeting_that_goes_on_stops_the_message_until_its_end():
    """R274: the message is begun again once, and not a third time."""
    on = (Event("speech_started", 8.0), Event("tick", 8.5), Event("tick", 9.0))
    events = (
        *GREETING,
        Event("tick", 7.5),
        *on,
        Event("speech_stopped", 10.0),
        Event("beep", 10.5),
    )
    assert _decisions(LEAVE, *events) == [
        "speak_message 7.5",
        "stop_speaking 9.0",
        "speak_message 10.5",
    ]
    again = (Event("speech_started", 11.0), Event("tick", 12.0), Event("speech_stopped", 13.0))
    assert _decisions(LEAVE, *events, *again)[3:] == ["stop_speaking 12.0", "hang_up 13.0"]


def test_a_person_who_picks_up_ends_it():
    """R274: even in the middle of the message."""
    events = (*GREETING, Event("beep", 6.4), Event("verdict", 9.0, "person"), Event("tick", 9.5))
    assert _decisions(LEAVE, *events) == ["speak_message 6.4", "treat_as_person 9.0"]
    uncertain = (Event("speech_started", 0.5), Event("verdict", 2.0, "uncertain"))
    assert _decisions(LEAVE, *uncertain) == ["treat_as_person 2.0"]


def test_a_greeting_without_end_and_a_dead_line_are_hung_up():
    """R274."""
    assert _decisions(LEAVE, *GREETING[:3], Event("tick", 61.0)) == ["hang_up 61.0"]
    assert _decisions(LEAVE, Event("verdict", 1.0, "unavailable")) == ["hang_up 1.0"]


_EVENTS = st.lists(
    st.tuples(
        st.sampled_from(
            ["beep", "speech_started", "speech_stopped", "message_ended", "tick", "verdict"]
        ),
        st.floats(0.05, 4),
        st.sampled_from(["nobody_yet", "voicemail", "ivr", "person", "uncertain", "unavailable"]),
    ),
    max_size=40,
)


@given(_EVENTS)
def test_no_order_of_events_speaks_twice_over_or_to_a_person(drawn):
    """R274: never after a hang-up or to a person, at most twice begun, never over a voice."""
    state, at, spoken, is_over, has_voice = Voicemail(), 0.0, 0, False, False
    for what, after, who in drawn:
        at += after
        has_voice = what == "speech_started" or (has_voice and what != "speech_stopped")
        state, decision = step(state, Event(what, at, who), LEAVE)
        if decision == "speak_message":
            spoken += 1
            assert not is_over
            assert state.who == "voicemail"
            assert not has_voice
        is_over = is_over or decision in ("hang_up", "treat_as_person")
        if is_over and decision not in ("hang_up", "treat_as_person"):
            assert decision == "wait"
    assert spoken <= 2
