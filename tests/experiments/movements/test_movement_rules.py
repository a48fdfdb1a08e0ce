"""The rules that ship, and what a person can get wrong in rules of their own."""

import pytest
import yaml

from experiments.errors import ExperimentError
from experiments.movements.rules import load_rules
from experiments.semantic_layer import load_semantic_layer
from pipelines.manifest import ensure_manifest

OWN = {
    "metrics": {"show_rate": {"margin": 0.05}},
    "rules": [
        {
            "id": "fewer_shows",
            "audience": ["sales"],
            "when": {"show_rate": "down"},
            "headline": "fewer come",
            "advice": "Remind them.",
            "page": "playbooks.md",
        }
    ],
}


@pytest.fixture
def write(tmp_path):
    def written(**changes):
        rule = OWN["rules"][0] | changes.pop("rule", {})
        path = tmp_path / f"rules{len(list(tmp_path.iterdir()))}.yaml"
        path.write_text(yaml.safe_dump(OWN | {"rules": [rule]} | changes))
        return path

    return written


def test_the_rules_of_the_guide_are_there():
    """R183, R184, R185, R186."""
    found = {rule.requirement: rule.when for rule in load_rules().rules if rule.requirement}
    assert found == {
        "R183": {"coverage_rate": "up", "positive_intent_rate": "flat"},
        "R184": {"meetings_set": "up", "show_rate": "down"},
        "R185": {"compliance_pass_rate": "down"},
        "R186": {"sales_cycle_days": "down", "win_rate": "flat"},
    }


def test_every_metric_is_defined_and_every_page_is_there(repository):
    ensure_manifest()
    layer, rules = load_semantic_layer(), load_rules()
    for name, watch in rules.metrics.items():
        definition = layer.definition(name)
        parts = [p for p in (name, definition.numerator, definition.denominator) if p]
        assert watch.unit in layer.dimensions(parts), name
    assert all((repository / "docs" / rule.page).exists() for rule in rules.rules)


def test_every_audience_has_rules():
    """R181: Sales, RevOps, L&D and leadership."""
    told = {name for rule in load_rules().rules for name in rule.audience}
    assert told == {"sales", "revops", "learning", "leadership"}


def test_rules_of_ones_own_are_read(write):
    assert load_rules(write()).rules[0].id == "fewer_shows"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"rule": {"when": {"show_rate": "flat"}}}, "must go up or down"),
        ({"rule": {"when": {"shows": "down"}}}, "'shows' is not one of `metrics`"),
        ({"rule": {"when": {"show_rate": "sideways"}}}, "'up', 'down' or 'flat'"),
        ({"metrics": {"show_rate": {}}}, "either `margin` or `margin_relative`"),
        ({"metrics": {"show_rate": {"margin": 0}}}, "greater than 0"),
        ({"rules": [OWN["rules"][0]] * 2}, "stands there twice"),
    ],
)
def test_a_mistake_names_the_file_the_place_and_the_rule(changes, said, write):
    path = write(**changes)
    with pytest.raises(ExperimentError, match=said) as told:
        load_rules(path)
    assert str(path) in str(told.value)
