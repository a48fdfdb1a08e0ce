import pytest

from experiments.canonical import canonical_json, sha256
from experiments.errors import SpecError
from experiments.spec import SHIPPED_SPECS, Spec, load_spec

MINIMAL = """\
id: old-trial
arms: {control: 0.5, agent: 0.5}
control: control
primary: {metric: meeting}
"""

FULL = (
    MINIMAL
    + """\
secondary: [revenue_usd]
guardrails: {unsubscribed: {margin: 0.003}}
covariates: [meetings_prev_90d]
cluster: account_id
analysis: {mode: fixed}
"""
)


@pytest.fixture
def spec_of(tmp_path):
    def load(text):
        path = tmp_path / "trial.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return load_spec(path)

    return load


def test_a_minimal_spec_is_enough(spec_of):
    """R170: one primary metric is all that must be promised, and it must be."""
    spec = spec_of(MINIMAL)

    assert spec.version == 1
    assert spec.treated == ("agent",)
    assert spec.metrics == ("meeting",)
    assert spec.analysis.mode == "fixed"


def test_everything_that_may_be_promised_loads(spec_of):
    spec = spec_of(FULL)

    assert spec.metrics == ("meeting", "revenue_usd", "unsubscribed")
    assert spec.guardrails["unsubscribed"].margin == 0.003
    assert spec.cluster == "account_id"


@pytest.mark.parametrize("path", sorted(SHIPPED_SPECS.glob("*.yaml")), ids=lambda p: p.stem)
def test_shipped_specs_name_their_exposure_holdout_and_window(path):
    """R167, R169-R171: who is exposed, a true holdout, one primary metric, a fixed window."""
    spec = load_spec(path)

    assert spec.id == path.stem
    assert spec.hypothesis
    assert spec.control == "holdout"
    assert spec.primary.window_days == 28
    assert spec.layer != "default"


def test_shipped_layers_have_a_salt_each():
    specs = [load_spec(path) for path in SHIPPED_SPECS.glob("*.yaml")]
    salts = [spec.salt for spec in specs if spec.salt]

    assert len(specs) == 4
    assert len(set(salts)) == len(salts)


def test_writing_down_a_default_or_changing_the_layout_keeps_the_hash(spec_of):
    laid_out = MINIMAL.replace("{control: 0.5, agent: 0.5}", "\n  control: 0.50\n  agent: 0.5")

    assert spec_of(f"analysis: {{mode: fixed}}\n{laid_out}unit: person\n").spec_hash == (
        spec_of(MINIMAL).spec_hash
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("0.5, agent: 0.5", "0.4, agent: 0.6"),
        ("{control: 0.5, agent: 0.5}", "{agent: 0.5, control: 0.5}"),
        ("metric: meeting", "metric: meeting, window_days: 28"),
        ("margin: 0.003", "margin: 0.004"),
        ("[meetings_prev_90d]", "[]"),
    ],
)
def test_a_change_of_meaning_changes_the_hash(spec_of, before, after):
    """The order of arms is meaning too: it decides who gets which."""
    assert spec_of(FULL.replace(before, after)).spec_hash != spec_of(FULL).spec_hash


def test_the_hash_is_that_of_the_content_and_the_content_loads_again(spec_of):
    spec = spec_of(FULL)

    assert spec.spec_hash == sha256(canonical_json(spec.content))
    assert Spec.model_validate(spec.content) == spec
    assert list(Spec.model_validate(spec.content).arms) == list(spec.arms)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (MINIMAL.replace("agent: 0.5", "agent: 0.6"), "'arms' is .*must sum to 1"),
        (MINIMAL.replace("agent: 0.5", "agent: -0.5"), "'arms' is .*between 0 and 1"),
        (MINIMAL.replace("agent: 0.5", "control: 0.5"), "line 2: .*'control' stands there twice"),
        (MINIMAL.replace(", agent: 0.5", ""), "'arms' is .*at least two arms"),
        (MINIMAL.replace("agent: 0.5", "~: 0.5"), r"'arms.None.\[key\]' is None, but"),
        (MINIMAL.replace("agent: 0.5", "a'b: 0.5"), r"is \"a'b\", but it may hold letters"),
        (MINIMAL.replace("{control: 0.5, agent: 0.5}", "[a, b]"), "must be a mapping"),
        (MINIMAL.replace("control: control", "control: holdout"), "control 'holdout' must be one"),
        (MINIMAL.replace("primary: {metric: meeting}\n", ""), "'primary' is missing"),
        (MINIMAL + "stop: now\n", "'stop' is unknown"),
        (MINIMAL + "salt: a:b\n", "'salt' is 'a:b', but it may hold letters"),
        (MINIMAL + "secondary: meeting\n", "'secondary' is 'meeting', but it must be a list"),
        (MINIMAL + "secondary: [meeting]\n", "'meeting' may play one part only"),
        (MINIMAL + "analysis: {mode: peek}\n", "'analysis.mode' is 'peek'"),
        (MINIMAL + "version: 1.5\n", "'version' is 1.5"),
        (MINIMAL + "method: permutation\n", "needs a seed"),
        (MINIMAL + "blocks: [territory]\n", "belong to method 'permutation'"),
        (MINIMAL + "guardrails: {spam: {margin: .nan}}\n", "'guardrails.spam.margin' is nan"),
        ("", "the file is empty"),
        ("- id\n", "holds a list"),
        ("id: [\n", "YAML is broken in line 2"),
        (b"id: \xff\n", "byte 4 is not UTF-8"),
    ],
)
def test_a_bad_spec_gets_one_sentence_that_names_the_file(spec_of, text, sentence):
    with pytest.raises(SpecError, match=sentence) as caught:
        spec_of(text)

    assert "trial.yaml: " in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("arms", "control", "names"),
    [
        ("{0: 0.5, 1: 0.5}", "0", ["0", "1"]),
        ("{no: 0.5, yes: 0.5}", "no", ["no", "yes"]),
        ("{false: 0.5, True: 0.5}", "false", ["false", "True"]),
        ("{2024-01-05: 0.5, 2024-02-05: 0.5}", "2024-01-05", ["2024-01-05", "2024-02-05"]),
        ("{No E-Mail: 0.5, Mens E-Mail: 0.5}", "No E-Mail", ["No E-Mail", "Mens E-Mail"]),
    ],
)
def test_arms_are_named_as_the_data_name_them(spec_of, arms, control, names):
    text = MINIMAL.replace("{control: 0.5, agent: 0.5}", arms)

    spec = spec_of(text.replace("control: control", f"control: {control}"))

    assert list(spec.arms) == names
    assert spec.control == names[0]
    assert Spec.model_validate(spec.content).spec_hash == spec.spec_hash


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(SpecError, match=r"nowhere\.yaml: the file cannot be read"):
        load_spec(tmp_path / "nowhere.yaml")
