"""The rules to which dbt-score holds the models, and what every metric has to say of itself."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from experiments.metrics import list_metrics
from pipelines.manifest import ensure_manifest

OURS = "tests.house.dbt_conventions."
GUIDE = range(140, 167)


@pytest.fixture
def found(tmp_path: Path):
    """Returns a function that gives the rules that a manifest breaks, by what breaks them."""
    from dbt_score.cli import lint

    def broken(manifest: dict) -> dict[str, set[str]]:
        path = tmp_path / "manifest.json"
        path.write_text(json.dumps(manifest), encoding="utf-8")
        answer = CliRunner().invoke(lint, ["--manifest", str(path), "--format", "json"])
        items = json.loads(answer.stdout)["evaluables"]
        assert answer.exit_code == bool([i for i in items.values() if i["score"] < 10])
        return {
            name: {
                rule.removeprefix(OURS)
                for rule, r in item["results"].items()
                if r["result"] != "OK"
            }
            for name, item in items.items()
            if item["score"] < 10
        }

    return broken


@pytest.fixture
def manifest() -> dict:
    return json.loads(ensure_manifest().read_text(encoding="utf-8"))


def test_each_breach_is_found(manifest, found):
    """A name of another layer, no grain, key or contract, a source read late, no reader's mart."""
    nodes = manifest["nodes"]
    nodes["model.parley.fct_calls"]["name"] = "calls"
    nodes["model.parley.int_meetings_merged"]["description"] = "Calendar events."
    nodes["model.parley.fct_turns"]["config"]["contract"]["enforced"] = False
    nodes["model.parley.fct_costs"]["depends_on"]["nodes"] = ["source.parley.crm.accounts"]
    nodes["model.parley.stg_runtime__calls"]["depends_on"]["nodes"] = ["model.parley.fct_calls"]
    manifest["exposures"]["exposure.parley.stop_rules"]["depends_on"]["nodes"] = []
    for name in [n for n in nodes if re.match(r"test\.parley\.unique_fct_surveys", n)]:
        del nodes[name]
    breaches = {
        "model.parley.fct_calls": {"is_named_by_its_layer"},
        "model.parley.int_meetings_merged": {"says_its_grain_first"},
        "model.parley.fct_turns": {"keeps_a_contract"},
        "model.parley.fct_costs": {"reads_the_lake_in_staging_only"},
        "model.parley.stg_runtime__calls": {"reads_the_lake_in_staging_only"},
        "exposure.parley.stop_rules": {"has_an_owner_and_what_it_reads"},
        "model.parley.fct_surveys": {"has_a_tested_key"},
    }
    broken = found(manifest)
    assert {name: broken.get(name) for name in breaches} == breaches


def test_every_metric_says_what_it_is_and_what_for():
    """R182: a metric is asked for, is a part of one that is, or says why it is there."""
    metrics = list_metrics()
    parts = {part for m in metrics for part in (m.numerator, m.denominator, m.n, *m.inputs)}
    for metric in metrics:
        assert metric.description, metric.name
        assert metric.formula, metric.name
        assert metric.unit, metric.name
        assert metric.grain, metric.name
        assert metric.owner, metric.name
        assert metric.requirement or metric.reason or metric.name in parts, metric.name


def test_every_metric_of_the_guide_has_guard_rails():
    """R140-R166: what keeps it honest; whichever metric that names is defined."""
    metrics = list_metrics()
    known = {metric.name for metric in metrics}
    asked = [m for m in metrics if int(m.requirement[1:] or 0) in GUIDE]
    assert len(asked) > 25
    for metric in asked:
        assert metric.guard_rails, metric.name
        named = set(re.findall(r"[a-z]+_[a-z_]+", metric.guard_rails))
        assert named <= known, metric.name
