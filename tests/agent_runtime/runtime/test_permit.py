"""The permit: what each rule stops, and that nothing else can make one."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from runtime_people import CONSENT, FACTS, NOW, REPLY, STOPPED, THREAD, TOUCH

from agent_runtime.domain import Sentence, Verdict
from agent_runtime.policies.facts import Sent
from agent_runtime.policies.permit import RULES, Permit, authorise


def test_an_allowed_touch_gets_a_permit_for_these_words_only():
    judgement = authorise(TOUCH, FACTS)
    assert judgement.decision == "allow"
    permit = judgement.permit
    assert permit is not None
    words = {"subject": TOUCH.subject, "body": TOUCH.body}
    assert permit.covers(recipient=FACTS.recipient, mailbox=FACTS.mailbox, **words)
    assert not permit.covers(recipient="x@y.example", mailbox=FACTS.mailbox, **words)
    assert not permit.covers(
        recipient=FACTS.recipient, mailbox=FACTS.mailbox, subject=TOUCH.subject, body="other"
    )


def test_nobody_else_can_make_a_permit():
    with pytest.raises(PermissionError):
        Permit("a@b.example", "m@n.example", "words", NOW, object())


@pytest.mark.parametrize(
    ("proposal", "facts", "rule", "decision"),
    [
        (TOUCH, replace(FACTS, arms=()), "arm", "block"),
        (TOUCH, replace(FACTS, arms=(("e", "agent"), ("f", "holdout"))), "arm", "block"),
        (REPLY, replace(FACTS, arms=(("e", "holdout"),)), "arm", "escalate"),
        (TOUCH, replace(FACTS, suppressed="opt_out"), "suppression", "block"),
        (REPLY, replace(FACTS, suppressed="opt_out"), "suppression", "block"),
        (TOUCH, replace(FACTS, consents=()), "consent", "block"),
        (TOUCH, replace(FACTS, consents=(replace(CONSENT, basis="none"),)), "consent", "block"),
        (TOUCH, replace(FACTS, owner_id=""), "owner", "block"),
        (TOUCH, replace(FACTS, session=replace(THREAD, speaker="human")), "speaker", "block"),
        (TOUCH, replace(FACTS, has_unread=True), "unread", "block"),
        (TOUCH, replace(FACTS, has_unknown=True), "at_most_once", "block"),
        (TOUCH, replace(FACTS, already_sent=True), "at_most_once", "block"),
        (TOUCH, replace(FACTS, expires_at=NOW), "expiry", "end"),
        (TOUCH, replace(FACTS, sent=Sent(to_person=3)), "caps", "end"),
        (TOUCH, replace(FACTS, sent=None), "caps", "block"),
        (REPLY, replace(FACTS, autonomy="assistive"), "approval", "escalate"),
        (TOUCH, replace(FACTS, sent=Sent(to_account_today=4)), "caps", "defer"),
        (TOUCH, replace(FACTS, paused=("pause",)), "pause", "defer"),
        (replace(TOUCH, language="ja"), FACTS, "language", "escalate"),
        (replace(REPLY, confidence=0.1), FACTS, "confidence", "escalate"),
        (replace(TOUCH, sentences=(Sentence("Hi.", ("a@1",)),)), FACTS, "disclosure", "block"),
        (replace(TOUCH, subject="a@b.example"), FACTS, "personal_data", "block"),
        (replace(TOUCH, subject="[[CARD_1]]"), FACTS, "personal_data", "block"),
    ],
)
def test_one_wrong_fact_stops_the_message(proposal, facts, rule, decision):
    """R57 R60 R63 R64 R67 R69 R70 R169: one wrong fact is enough, whatever the others say."""
    judgement = authorise(proposal, facts)
    assert judgement.permit is None
    assert (rule, decision) in [(v.rule, v.decision) for v in judgement.hits]


def test_a_stop_is_confirmed_even_to_somebody_who_is_suppressed():
    """R33: the one confirmation of a stop goes out, and nothing after it."""
    assert authorise(STOPPED, replace(FACTS, suppressed="opt_out")).decision == "allow"


def test_people_may_write_to_the_holdout():
    """R169: the holdout gets no contact from an agent; people stay free to help."""
    facts = replace(FACTS, actor="human", arms=(("e", "holdout"),))
    assert authorise(REPLY, facts).decision == "allow"


@pytest.mark.parametrize("hour", [2, 6, 17, 22])
def test_a_touch_outside_local_hours_waits_for_the_next_open_hour(hour):
    """R65: 08:00 to 18:00 in Berlin is 07:00 to 17:00 UTC in January."""
    now = datetime(2026, 1, 16, hour, 0, tzinfo=UTC)
    judgement = authorise(TOUCH, replace(FACTS, now=now))
    assert judgement.decision == "defer"
    opens = datetime(2026, 1, 16 if hour < 7 else 19, 7, 0, tzinfo=UTC)
    assert judgement.until == opens


def test_an_unknown_zone_means_every_zone_of_the_country():
    """R68: at 08:30 in New York it is still night in Honolulu."""
    morning = datetime(2026, 1, 13, 13, 30, tzinfo=UTC)
    facts = replace(FACTS, now=morning, time_zone="", country="US")
    judgement = authorise(TOUCH, facts)
    assert judgement.until == datetime(2026, 1, 13, 18, 0, tzinfo=UTC)
    assert authorise(TOUCH, replace(facts, country="")).decision == "block"


def test_an_exception_in_a_rule_blocks():
    def broken(proposal, facts):
        raise ValueError("no")

    assert authorise(TOUCH, FACTS, rules=(*RULES, broken)).decision == "block"


@given(
    st.lists(st.sampled_from(["allow", "revise", "defer", "block", "escalate", "end"]), max_size=6)
)
def test_the_first_rule_that_does_not_allow_decides(decisions):
    rules = tuple(lambda p, f, d=d: Verdict("r", 1, d) for d in decisions)
    expected = next((d for d in decisions if d != "allow"), "allow")
    judgement = authorise(TOUCH, FACTS, rules=rules)
    assert judgement.decision == expected
    assert (judgement.permit is not None) == (expected == "allow")
    assert len(judgement.verdicts) == len(decisions)


def test_all_that_ask_to_wait_are_heard():
    late = NOW + timedelta(days=2)
    rules = (
        lambda p, f: Verdict("a", 1, "defer", until=NOW),
        lambda p, f: Verdict("b", 1, "defer", until=late),
    )
    assert authorise(TOUCH, FACTS, rules=rules).until == late
