"""How fast mail may go: warm-up, providers, and the hours of answers."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from conversation_world import ANA, NOW, Wire, new_world, work_all
from runtime_people import FACTS

from agent_runtime.domain import Proposal, Sentence
from agent_runtime.policies.facts import Sent
from agent_runtime.policies.reply_window import reply_window
from agent_runtime.policies.throttle import cap_on, throttle
from agent_runtime.providers import provider_of

TOUCH = Proposal("send_touch", "proactive", "email", "p", "S", (Sentence("x", ()),), "en", 1.0)
ANSWER = replace(TOUCH, touch_class="reply", action="answer")


def judged(**facts):
    return throttle(TOUCH, replace(FACTS, **{"sent": Sent(), **facts}))


def test_a_new_mailbox_begins_with_few_mails_and_waits_for_tomorrow():
    """R39 R64."""
    assert judged(warm_up_day=0, sent=Sent(from_mailbox_today=19)).decision == "allow"
    held = judged(warm_up_day=0, sent=Sent(from_mailbox_today=20))
    assert held.decision == "defer"
    assert held.until.date() == NOW.date() + timedelta(days=1)
    assert judged(warm_up_day=None, sent=Sent(from_mailbox_today=500)).decision == "allow"
    assert judged(warm_up_day=400, sent=Sent(from_mailbox_today=500)).decision == "allow"


def test_the_cap_of_a_warm_up_never_falls():
    schedule = [[2, 20], [4, 40], [7, 80]]
    caps = [cap_on(day, schedule) for day in range(10)]
    assert caps == [20, 20, 20, 40, 40, 80, 80, 80, None, None]


def test_a_provider_gets_so_many_an_hour_and_no_more():
    """R39: whoever the mails are for."""
    full = Sent(to_provider_this_hour=300)
    held = judged(provider="google", sent=full)
    assert (held.decision, held.until) == ("defer", NOW + timedelta(hours=1))
    assert judged(provider="alder.example", sent=full).decision == "allow"


def test_who_has_not_counted_does_not_send():
    assert judged(sent=None).decision == "block"


@pytest.mark.parametrize(
    ("address", "provider"),
    [
        ("a@GMAIL.com", "google"),
        ("a@web.de", "united_internet"),
        ("a@alder.example", "alder.example"),
    ],
)
def test_an_address_names_its_provider(address, provider):
    assert provider_of(address) == provider


def test_answers_by_mail_wait_for_the_window_and_chats_do_not():
    """R66."""
    night = datetime(2026, 1, 13, 2, 0, tzinfo=UTC)
    facts = replace(FACTS, now=night, reply_hours=(8, 20))
    held = reply_window(ANSWER, facts)
    assert (held.decision, held.until) == ("defer", datetime(2026, 1, 13, 7, 0, tzinfo=UTC))
    assert reply_window(replace(ANSWER, channel="chat"), facts).decision == "allow"
    assert reply_window(ANSWER, replace(facts, actor="human")).decision == "allow"
    assert reply_window(ANSWER, replace(facts, reply_hours=(0, 24))).decision == "allow"


def test_a_throttled_touch_goes_out_later_and_is_not_lost():
    store, runtime = new_world()
    store.set_flag(f"warm_up:{ANA.mailbox}", NOW.date().isoformat())
    store._day_counts[ANA.mailbox, NOW.date().isoformat()] = 20
    wire = Wire()
    work_all(store, runtime, wire, NOW)
    assert wire.mails == []
    work_all(store, runtime, wire, NOW + timedelta(days=1, hours=3))
    assert [m.task_id for m in wire.mails][:1] == ["task-1"]
