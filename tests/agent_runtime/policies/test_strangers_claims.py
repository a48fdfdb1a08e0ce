"""What somebody who never saw the rules calls a claim, a discount, a risky topic, or fine."""

import hashlib
from pathlib import Path

import pytest
import yaml

from agent_runtime.policies.restricted import KINDS, said_in
from agent_runtime.policies.tone import slips_in

LISTS = yaml.safe_load(Path(__file__).with_name("stranger_claims.yaml").read_text("utf-8"))


def stopped_share(label):
    """Returns how much of the half that nobody looked at is stopped or put before a person."""
    said = [
        (text, language)
        for language, texts in LISTS[label].items()
        for text in texts
        if hashlib.sha256(text.encode()).digest()[0] % 2
    ]
    assert len(said) > 20
    return sum(_is_stopped(*one) for one in said) / len(said)


@pytest.mark.parametrize(
    ("label", "least"), [("discount", 0.85), ("restricted_claim", 0.6), ("risky_topic", 0.8)]
)
def test_what_strangers_would_not_let_pass_is_stopped(label, least):
    """R57 R58 R59: in other people's words the rules know less; grounding stops what they miss."""
    assert stopped_share(label) >= least


def test_most_of_what_strangers_call_fine_passes():
    assert stopped_share("fine") <= 0.1


def _is_stopped(text, language):
    is_restricted = any(said_in(kind, text) for kind in KINDS)
    return is_restricted or any(s.weight == "escalate" for s in slips_in(text, language))
