"""A basis counts for its channel, purpose and country, and only with its proof."""

from dataclasses import replace

import pytest
from test_restricted import FACTS, NOW, saying

from agent_runtime.domain import Consent
from agent_runtime.policies.contact import consent
from agent_runtime.policies.ruleset import rule_set

TOUCH = replace(
    saying(("Hi.", ())), touch_class="proactive", action="send_touch", purpose="prospecting"
)


@pytest.mark.parametrize(
    ("channel", "country", "basis", "decision"),
    [
        ("email", "US", "legitimate_interest", "allow"),
        ("email", "DE", "legitimate_interest", "block"),
        ("email", "DE", "consent", "allow"),
        ("linkedin", "FR", "legitimate_interest", "allow"),
        ("sms", "US", "legitimate_interest", "block"),
        ("voice", "GB", "legitimate_interest", "block"),
        ("whatsapp", "BR", "legitimate_interest", "block"),
        ("sms", "US", "consent", "allow"),
        ("email", "US", "contract", "block"),
    ],
)
def test_what_carries_a_mail_need_not_carry_a_text(channel, country, basis, decision):
    """R68 R225: consent by channel and country; opt-out regimes are for mail."""
    given = Consent(channel, "prospecting", basis, "form-4711", NOW)
    facts = replace(FACTS, country=country, consents=(given,))
    assert consent(replace(TOUCH, channel=channel), facts).decision == decision


def test_a_consent_for_one_channel_is_none_for_another():
    given = Consent("email", "prospecting", "consent", "form-4711", NOW)
    facts = replace(FACTS, country="US", consents=(given,))
    assert consent(replace(TOUCH, channel="sms"), facts).decision == "block"


def test_a_basis_without_proof_is_none():
    facts = replace(FACTS, country="DE")
    given = Consent("email", "prospecting", "consent", "", NOW)
    verdict = consent(TOUCH, replace(facts, consents=(given,)))
    assert verdict.decision == "block"
    assert "consent without proof" in verdict.reason


def test_a_regulated_company_presumes_nothing():
    given = Consent("email", "prospecting", "legitimate_interest", "crm", NOW)
    facts = replace(FACTS, country="US", consents=(given,), rules=rule_set("regulated"))
    assert consent(TOUCH, facts).decision == "block"
