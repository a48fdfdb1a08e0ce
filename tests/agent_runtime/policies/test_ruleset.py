"""The policy set as data: complete, versioned, and obeyed by the permit."""

import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from test_restricted import FACTS, saying

from agent_runtime.domain import Sentence
from agent_runtime.policies import restricted
from agent_runtime.policies.approval import approval
from agent_runtime.policies.content import confidence
from agent_runtime.policies.facts import Limits
from agent_runtime.policies.permit import RULES, authorise
from agent_runtime.policies.ruleset import (
    Offer,
    RuleSetError,
    flag_of,
    profile_of,
    profiles,
    rule_set,
)

ROOT = Path(__file__).parents[3]
REPLY = saying(("Hello.", ()))


def test_the_file_names_every_rule_in_the_order_in_which_they_are_asked():
    """R50: what the file says is what the permit asks."""
    asked = [rule(REPLY, FACTS).rule for rule in RULES]
    assert asked == list(rule_set().rules)


def test_traces_carry_the_version_of_the_file():
    verdicts = authorise(REPLY, FACTS).verdicts
    versions = {v.rule: v.version for v in verdicts}
    assert versions == {r.rule: r.version for r in rule_set().rules.values()}


def test_the_usual_limits_are_those_of_the_file():
    assert Limits.under(rule_set()) == Limits()


def test_a_regulated_company_asks_a_person_about_whatever_is_not_listed():
    """R227: answers wait for leave even where the agent is autonomous; questions do not."""
    free = replace(FACTS, autonomy="autonomous")
    bound = replace(free, rules=rule_set("regulated"))

    assert approval(REPLY, free).decision == "allow"
    assert approval(REPLY, bound).decision == "escalate"
    assert approval(replace(REPLY, action="ask"), bound).decision == "allow"
    assert approval(REPLY, replace(bound, approved_by="lena")).decision == "allow"
    assert confidence(replace(REPLY, confidence=0.5), bound).decision == "escalate"
    assert confidence(replace(REPLY, confidence=0.5), free).decision == "allow"


def test_reviewers_of_a_regulated_company_may_not_raise_risky_topics():
    advice = saying(("You should sue them for breach.", ()))
    edited = replace(FACTS, approved_by="lena", is_edited=True)

    assert restricted.topics(advice, edited).decision == "allow"
    bound = replace(edited, rules=rule_set("regulated"))
    assert restricted.topics(advice, bound).decision == "escalate"


def test_a_profile_is_set_for_all_or_for_one_playbook_and_an_unknown_one_is_the_strictest():
    flags = {flag_of(): "standard", flag_of("banks"): "regulated"}
    assert profile_of({}, "banks").profile == "standard"
    assert profile_of(flags, "banks").profile == "regulated"
    assert profile_of(flags, "icp_prospecting").profile == "standard"
    assert profile_of({flag_of(): "no such"}, "banks").profile == profiles()[-1]
    with pytest.raises(RuleSetError, match="use one of: standard, regulated"):
        rule_set("no such")


@pytest.mark.parametrize(
    ("text", "decision"),
    [
        ("We can take 10% off the first year.", "allow"),
        ("We can take 15% off the first year.", "block"),
        ("We can take 10% off and waive the setup fee.", "block"),
        ("We can take 10% off, or 500 euros.", "block"),
        ("We can knock a third off.", "block"),
    ],
)
def test_an_approved_offer_covers_its_own_figure_and_nothing_more(text, decision):
    """R59: a campaign's discount passes until its day, up to its figure."""
    offer = Offer("icp_prospecting", date(2026, 1, 31), "J. Moreau", percent=10)
    facts = replace(FACTS, rules=replace(rule_set(), offers=(offer,)))
    proposal = replace(REPLY, sentences=(Sentence(text, ()),))

    assert restricted.discounts(proposal, facts).decision == decision
    late = replace(
        facts, rules=replace(rule_set(), offers=(replace(offer, until=date(2026, 1, 1)),))
    )
    assert restricted.discounts(proposal, late).decision == "block"
    other = replace(facts, session=replace(FACTS.session, playbook="other"))
    assert restricted.discounts(proposal, other).decision == "block"


def test_the_page_of_the_rules_is_fresh():
    page = ROOT / "docs" / "policy_page.py"
    done = subprocess.run([sys.executable, page, "--check"], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
