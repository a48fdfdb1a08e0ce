"""What the page of a call is told, without sound: messages in order, and where the time went."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from agent_runtime.channels.voice import commands as do
from agent_runtime.channels.voice import events as on
from agent_runtime.channels.voice.answer import Answer
from agent_runtime.channels.voice.browser.feed import PageFeed
from agent_runtime.channels.voice.browser.page_words import LABELS
from agent_runtime.channels.voice.browser.stages import stages_of
from agent_runtime.channels.voice.call_start import CallStart
from agent_runtime.channels.voice.conversation import Conversation
from agent_runtime.channels.voice.onlooker import Measured, SoFar
from agent_runtime.channels.voice.utterance import Utterance

START = datetime(2026, 1, 13, 10, tzinfo=UTC)
OFFER = Utterance("m1", ("We have Monday. Or Tuesday.",), "en")


@dataclass
class Playing:
    heard: str = ""


class Shown:
    """A conversation whose events the feed sees, as the processor shows them."""

    def __init__(self):
        self.talk = Conversation(CallStart("c", "inbound", ""))
        self.playout, self.feed, self.now = Playing(), PageFeed(), START

    def happens(self, kind, *values, **more):
        self.now += timedelta(seconds=0.1)
        event = kind(self.now, *values, **more)
        done = self.talk.on(event)
        for happened in (event, *done):
            self.feed(self, happened)
        return done

    def told(self, kind):
        return [message for message in self.feed.messages if message["type"] == kind]

    def says(self, utterance):
        (prepare,) = [d for d in self.happens(on.Connected) if isinstance(d, do.Prepare)]
        self.happens(on.Prepared, prepare.key, (utterance,))
        self.happens(on.BotStarted)


def test_words_appear_as_they_are_heard_and_what_was_cut_off_is_marked():
    """R272: the transcript is what was heard, not what was generated."""
    shown = Shown()
    shown.says(OFFER)
    shown.playout.heard = "We have"
    shown.happens(on.Tick)
    first = shown.told("line")[-1]
    assert (first["text"], first["unheard"]) == ("We have", " Monday. Or Tuesday.")
    shown.happens(on.UserStarted)
    shown.happens(on.BotStopped, "We have Monday.", is_cut=True)
    shown.happens(on.UserStopped, "Stop, what does it cost?", 1.0)
    ours, theirs = shown.told("line")[-2:]
    assert (ours["key"], ours["text"], ours["is_cut"]) == (first["key"], "We have Monday.", True)
    assert (theirs["who"], theirs["text"]) == ("person", "Stop, what does it cost?")
    states = [message["state"] for message in shown.told("state")]
    assert states == ["thinking", "speaking", "hearing", "thinking"]


def test_a_turn_that_was_withdrawn_disappears_since_its_words_come_again():
    shown = Shown()
    shown.says(OFFER)
    shown.happens(on.BotStopped, OFFER.text)
    shown.happens(on.UserStarted)
    shown.happens(on.UserStopped, "I would", 0.5)
    shown.happens(on.UserStarted)
    shown.happens(on.Answered, Answer(1, is_withdrawn=True))
    assert {"type": "line", "key": "turn 1", "gone": True} in shown.feed.messages
    shown.happens(on.UserStopped, "like to meet.", 0.5)
    assert shown.told("line")[-1]["text"] == "I would like to meet."


def test_what_they_are_saying_is_shown_until_it_stands():
    shown = Shown()
    for text in ("the", "the second", "the second"):
        shown.feed(shown, SoFar(text))
    shown.happens(on.UserStopped, "The second one.", 0.8)
    assert [message["text"] for message in shown.told("hearing")] == ["the", "the second", ""]


def test_nothing_comes_after_the_end():
    feed = PageFeed()
    feed.failed("There is nobody.")
    feed.failed("The call was broken off.")
    assert feed.messages == [{"type": "failed", "why": "There is nobody."}]


def test_the_wait_of_a_turn_is_told_by_its_stages():
    """R249: latency by stage."""
    shown = Shown()
    measured = {"vad": 200.0, "stt": 260.0, "turn": 300.0, "loop": 90.0, "first_sound": 480.0}
    shown.feed(shown, Measured(1, measured))
    (turn,) = shown.told("turn")
    assert [stage["ms"] for stage in turn["stages"]] == [200, 60, 40, 90, 90]


@given(
    st.dictionaries(
        st.sampled_from(("vad", "stt", "turn", "loop", "first_sound")), st.floats(0, 20_000)
    )
)
def test_the_stages_of_a_turn_add_up_to_its_wait(measured):
    stages = stages_of(measured)
    assert sum(stage.ms for stage in stages) == round(measured.get("first_sound", 0.0))
    assert all(stage.ms >= 0 for stage in stages)


def test_every_disposition_has_words_for_the_page():
    assert all(LABELS.values())
