"""What people turn off by themselves is told to the CRM as a note, once each, and none is lost."""

from datetime import timedelta

import pytest
from crm_rows import connect
from crm_world import ANA, NOW, push_with, states, work_until

from agent_runtime.choosing import choose
from agent_runtime.domain import Choices
from agent_runtime.tools.owner_rules import OwnerRules

LESS = Choices(("voice",), ("events", "articles"))
LATER = NOW + timedelta(days=1)


def chooses(store, wanted, at=NOW):
    with store.begin() as tx:
        choose(tx, ANA, wanted, source="m-1", versions={}, now=at)


def notes(hubspot):
    return [note["hs_note_body"] for note in hubspot.objects["notes"].values()]


@pytest.fixture
def connected(store):
    connect(store)
    return store


def test_what_somebody_turns_off_is_a_note_at_their_contact(connected, hubspot, url):
    """R225, R49: whoever works in the CRM reads it there."""
    chooses(connected, LESS)
    push = push_with(connected, url)
    work_until(push)
    push.work(now=LATER)
    (note,) = notes(hubspot)
    assert note == (
        "Parley: what they want to hear<br><br>Turned off by themselves: calls; about articles, "
        "events. Please keep to it."
    )


def test_each_change_is_told_and_the_same_again_is_none(connected, hubspot, url):
    """Back on and off again is a choice of its own, however like the first it is."""
    push = push_with(connected, url)
    for days, wanted in enumerate((LESS, LESS, Choices(), LESS)):
        at = NOW + timedelta(days=days)
        chooses(connected, wanted, at)
        work_until(push, now=at)
    first, on_again, off_again = notes(hubspot)
    assert first == off_again
    assert "Nothing is turned off any more" in on_again


def test_a_choice_is_never_given_up_while_the_crm_is_silent(connected, hubspot, url):
    """As an opt-out is not."""
    chooses(connected, LESS)
    push = push_with(connected, "http://127.0.0.1:9")
    for day in range(20):
        push.work(now=NOW + timedelta(days=day))
    assert states(connected) == {("choice", "p-ana"): "WAITING"}
    work_until(push_with(connected, url), now=NOW + timedelta(days=21))
    assert len(notes(hubspot)) == 1


def test_without_a_crm_nothing_waits(store):
    chooses(store, LESS)
    assert states(store) == {}


def test_who_is_of_the_holdout_is_told_of_too(connected, hubspot, url):
    """A wish is a wish in every arm."""
    held = connected
    with held.begin() as tx:
        tx.publish("controls", '{"e": ["agent"]}')
    chooses(held, LESS)
    work_until(push_with(held, url))
    assert len(notes(hubspot)) == 1


def test_it_is_told_whoever_owns_the_record(connected, hubspot, url):
    chooses(connected, LESS)
    nobodys = OwnerRules(unowned="leave")
    work_until(push_with(connected, url, rules=nobodys))
    assert len(notes(hubspot)) == 1
