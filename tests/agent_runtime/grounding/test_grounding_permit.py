"""The permit and own words: a sentence of a model goes out only on facts that it names."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from agent_runtime.domain import Proposal, Sentence, Session
from agent_runtime.library.catalog import load_library
from agent_runtime.library.content import Content
from agent_runtime.policies.content import grounding
from agent_runtime.policies.facts import Facts

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
CLAIM = Content(
    id="answer.uptime",
    version=1,
    locale="en",
    kind="answer",
    claim="Support answers fast.",
    approver="M. Okafor",
    approved_at=date(2026, 1, 1),
    expires_at=date(2027, 1, 1),
    body="Support answers within four hours on the Team plan.",
)


@pytest.fixture(scope="module")
def library():
    found = load_library()
    return replace(found, contents={**found.contents, ("answer.uptime", "en"): CLAIM})


def judge(library, text, *, named=("answer.uptime@1",), now=NOW, language="en"):
    proposal = Proposal(
        action="answer",
        touch_class="reply",
        channel="email",
        purpose="prospecting",
        subject="",
        sentences=(Sentence(text, named),),
        language=language,
        confidence=1.0,
    )
    session = Session("t", "thread", "p", "c", "icp_prospecting", "new")
    facts = Facts(
        now=now, actor="agent", session=session, approvals=library, recipient="a@b", mailbox="m@n"
    )
    return grounding(proposal, facts)


@pytest.mark.parametrize(
    "text",
    [
        "Support answers within four hours on the Team plan.",
        "On the Team plan, you get an answer from support within 4 hours.",
        "Thank you for your message.",
        "How many people would use it?",
    ],
)
def test_own_words_that_stand_on_the_named_fact_are_allowed(library, text):
    """R58: verbatim, in other words, courtesy and question."""
    assert judge(library, text).decision == "allow"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("On the Team plan, support answers within 2 hours.", "2 hours"),
        ("Support answers within four hours.", "on the team"),
        ("We are the market leader.", "market"),
    ],
)
def test_own_words_that_say_more_are_blocked_with_the_reason(library, text, reason):
    verdict = judge(library, text)
    assert verdict.decision == "block"
    assert reason.split()[-1] in verdict.reason.lower()


def test_a_fact_that_is_not_named_or_not_live_supports_nothing(library):
    text = "On the Team plan, you get an answer from support within 4 hours."
    assert judge(library, text, named=()).decision == "block"
    assert judge(library, text, named=("answer.uptime@2",)).decision == "block"
    assert judge(library, text, now=datetime(2027, 1, 1, tzinfo=UTC)).decision == "block"
    assert judge(library, text, language="de").decision == "block"
