"""What people set while the agent runs binds at the next permit (R63-R65, R85)."""

import json
from dataclasses import replace

import pytest

from agent_runtime.autonomy import autonomy_of, flag_of
from agent_runtime.library.catalog import load_library
from agent_runtime.policies.dials import dialled
from agent_runtime.policies.facts import Limits, Sent
from agent_runtime.policies.permit import authorise
from agent_runtime.policies.ruleset import RuleSetError, rule_set
from tests.agent_runtime.runtime.test_permit import FACTS, TOUCH


def under(**flags):
    rules = dialled(
        rule_set(), {name.replace("__", "."): json.dumps(v) for name, v in flags.items()}
    )
    return replace(FACTS, rules=rules, limits=Limits.under(rules))


def hits(facts, proposal=TOUCH):
    return [verdict.rule for verdict in authorise(proposal, facts).hits]


def test_a_cap_that_is_set_lower_ends_a_campaign_for_a_person():
    facts = replace(FACTS, sent=Sent(to_person=1))
    assert hits(facts) == []
    assert hits(replace(under(**{"rule:caps__per_person": 1}), sent=Sent(to_person=1))) == ["caps"]


def test_a_banned_claim_stops_even_approved_wording():
    """R105: whatever the approver said, what people have banned is not said."""
    phrase = TOUCH.sentences[0].text.split(".")[0][:30].strip().upper()
    assert hits(under(**{"rule:claims__banned": ["nobody ever says this"]})) == []
    assert hits(under(**{"rule:claims__banned": [phrase]})) == ["claims"]


def test_a_text_that_has_ended_is_not_approved_any_more():
    name = TOUCH.sentences[0].facts[0].partition("@")[0]
    today = FACTS.now.date().isoformat()
    assert "grounding" in hits(under(**{"rule:grounding__ends": {name: today}}))
    assert hits(under(**{"rule:grounding__ends": {name: "2099-01-01"}})) == []


@pytest.mark.parametrize("text", ["no JSON", "99", '"3"', "true"])
def test_a_flag_that_cannot_be_read_lets_nothing_leave(text):
    with pytest.raises(RuleSetError):
        dialled(rule_set(), {"rule:caps.per_person": text})


def test_a_level_for_one_campaign_binds_there_and_never_frees():
    """R234: a level for the playbook, another for one campaign, and the stricter binds."""
    playbook = load_library().playbooks["icp_prospecting"]
    here = flag_of(playbook.id, "spring")
    usual = autonomy_of({}, playbook, "", "spring")
    assert autonomy_of({here: "assistive"}, playbook, "", "spring") == "assistive"
    assert autonomy_of({here: "assistive"}, playbook, "", "autumn") == usual
    strict = {flag_of(playbook.id): "assistive", here: "autonomous"}
    assert autonomy_of(strict, playbook, "", "spring") == "assistive"
