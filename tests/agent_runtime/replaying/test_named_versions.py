"""What is named on the command line of a replay: found, checked, and never installed."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from agent_runtime.errors import ParleyError
from agent_runtime.library.catalog import PACKAGE, load_library
from agent_runtime.models.embedded import load_embedded_model
from agent_runtime.policies.ruleset import FILE, profiles, rule_set
from agent_runtime.replaying.named import models_of, named_in, playbooks_of
from agent_runtime.replaying.opening import open_versions
from agent_runtime.replaying.policy import policy_of, todays_policy
from agent_runtime.settings import load_settings

PLAYBOOK = PACKAGE / "playbooks/nurture.yaml"
RULES = yaml.safe_load(FILE.read_text(encoding="utf-8"))


def written(path, rules):
    path.write_text(yaml.safe_dump(rules), encoding="utf-8")
    return str(path)


def no_registry(name, version):
    raise AssertionError("nothing registered is named")


def nothing_kept(question, message_key):
    return None


@given(st.sampled_from(profiles()), st.integers(1, 50))
def test_a_parameter_is_changed_and_nothing_else(profile, most):
    """R201: on top of whatever profile bound a turn."""
    changed = policy_of([f"caps.per_person={most}"])(profile)
    assert changed.parameter("caps", "per_person") == most
    before = {name: spec.parameters for name, spec in rule_set(profile).rules.items()}
    after = {name: spec.parameters for name, spec in changed.rules.items()}
    after["caps"] = {**after["caps"], "per_person": before["caps"]["per_person"]}
    assert after == before


def test_a_file_that_says_what_is_installed_is_what_is_installed(tmp_path):
    policy = policy_of([written(tmp_path / "rules.yaml", RULES)])
    assert [policy(name) for name in profiles()] == [todays_policy(name) for name in profiles()]


def test_a_profile_binds_every_turn_and_a_parameter_comes_on_top():
    policy = policy_of(["regulated", "caps.per_person=9"])
    assert {policy(name).profile for name in profiles()} == {"regulated"}
    assert policy("standard").parameter("caps", "per_person") == 9
    assert policy("standard").parameter("confidence", "min_confidence") == 0.6


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("nonsense", "neither a file nor a profile"),
        ("no/such.yaml", "does not exist"),
        ("caps.per_persons=2", "the rule has no 'per_persons'; it has: per_person"),
        ("cap.per_person=2", "the rule 'cap' is unknown"),
        ("caps.per_person=two", "'two' is not a value like 3"),
        ("caps.per_person=true", "True is not a value like 3"),
        ("approval.free_actions=some", "is not a value like 'all'"),
        ("caps.per_person=[", "is no value"),
    ],
)
def test_a_policy_that_cannot_be_used_is_named_in_one_sentence(wrong, said):
    with pytest.raises(ParleyError, match=said.replace("[", r"\[")) as told:
        policy_of([wrong])("standard")
    assert "\n" not in str(told.value)


def _rule(rules, name):
    return next(rule for rule in rules["rules"] if rule["id"] == name)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda rules: rules["rules"].pop(3), "is missing; all are asked"),
        (lambda rules: rules["rules"][0].pop("version"), "the field 'version' is missing"),
        (lambda rules: rules.pop("profiles"), "the field 'profiles' is missing"),
        (lambda rules: rules.update(rules=5), "not written as in rules.yaml"),
        (lambda rules: rules["profiles"]["standard"].pop("says"), "the field 'says' is missing"),
        (lambda rules: _rule(rules, "consent")["parameters"].clear(), "the parameter"),
    ],
)
def test_a_file_of_rules_with_a_gap_is_refused(spoil, said, tmp_path):
    rules = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    spoil(rules)
    with pytest.raises(ParleyError, match=said):
        policy_of([written(tmp_path / "rules.yaml", rules)])


@pytest.mark.parametrize("wrong", ["", "playbook", "playbook=", "rules=x"])
def test_only_four_kinds_can_be_named(wrong):
    with pytest.raises(ParleyError, match="write one of playbook=…, prompt=…"):
        named_in([wrong])


def test_a_proposed_playbook_takes_the_place_of_the_installed_one_and_no_other(tmp_path):
    """R201: a file; nothing that is installed changes."""
    proposed = tmp_path / "mine.yaml"
    text = PLAYBOOK.read_text(encoding="utf-8")
    version = load_library().playbook("nurture").version
    proposed.write_text(text.replace(f"version: {version}", "version: 99", 1), encoding="utf-8")
    tried, installed = load_library(instead=[proposed]), load_library()
    assert tried.playbook("nurture").version == 99
    assert installed.playbook("nurture").version == version
    assert {name for name, one in tried.playbooks.items() if one != installed.playbook(name)} == {
        "nurture"
    }


def test_a_version_is_found_among_the_proposals_of_a_workspace(tmp_path):
    settings = load_settings(tmp_path)
    folder = settings.paths.proposals / "quieter/playbooks"
    folder.mkdir(parents=True)
    text = PLAYBOOK.read_text(encoding="utf-8")
    version = load_library().playbook("nurture").version
    (folder / "nurture.yaml").write_text(
        text.replace(f"version: {version}", "version: 99", 1), encoding="utf-8"
    )
    found = playbooks_of(named_in(["playbook=nurture@99"]), settings)
    assert load_library(instead=found).playbook("nurture").version == 99
    assert playbooks_of(named_in([f"playbook=nurture@{version}"]), settings) == ()
    with pytest.raises(ParleyError, match=rf"there is nurture@{version}, nurture@99"):
        playbooks_of(named_in(["playbook=nurture@7777"]), settings)


def test_a_folder_without_playbooks_is_no_library(tmp_path):
    with pytest.raises(ParleyError, match="holds no playbooks"):
        playbooks_of(named_in([f"playbook={tmp_path}"]), load_settings(tmp_path))


def test_weights_and_a_language_model_may_be_named_together(tmp_path):
    weights = tmp_path / "w.npz"
    weights.touch()
    named = named_in([f"model={weights}", "model=Qwen/Qwen3-8B"])
    assert models_of(named, no_registry) == (weights, "Qwen/Qwen3-8B")
    with pytest.raises(ParleyError, match="one language model at most"):
        models_of(named_in(["model=a", "model=b"]), no_registry)
    with pytest.raises(ParleyError, match="the path does not exist"):
        models_of(named_in(["model=./gone.npz"]), no_registry)


def test_trained_weights_read_as_the_model_that_they_are(tmp_path):
    """R201: a file of weights, as the cache and the registry keep it."""
    settings = load_settings(tmp_path)
    installed = load_embedded_model(cache=settings.cache)
    named = named_in([f"model={settings.cache / f'{installed.version}.npz'}"])
    versions = open_versions(named, settings, registered=no_registry, kept=nothing_kept)
    text = "What does it cost a month?"
    assert versions.model.version.startswith("weights-")
    assert versions.model.understand(text, "en") == installed.understand(text, "en")
    (tmp_path / "w").mkdir()
    with pytest.raises(ParleyError, match=r"intents.npz is missing"):
        open_versions(
            named_in([f"model={tmp_path / 'w'}"]),
            settings,
            registered=no_registry,
            kept=nothing_kept,
        )
