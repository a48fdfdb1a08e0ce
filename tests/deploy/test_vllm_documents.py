"""What pages and alerts say of the language model's server is what there is."""

import re
from pathlib import Path

import pytest
import yaml

from agent_runtime.models.reply import FAILURES
from agent_runtime.settings import Settings
from tests.vllm.recordings import read

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy" / "vllm"
PRODUCTION = ROOT / "docs" / "vllm-production.md"
PAGE = (ROOT / "docs" / "language-model.md").read_text("utf-8")
NOT_AN_ANSWER = {"broken_json", "outside_the_schema"}


def test_the_page_says_what_each_failure_means():
    """R230: every reason that a trace may give, and none that it may not."""
    _, _, down = PAGE.partition("## When it is down")
    table = down.partition("## What it costs")[0]
    named = {
        name
        for row in re.findall(r"^\| (`[^|]*) \|", table, re.M)
        for name in re.findall(r"`(\w+)`", row)
    }
    assert named == {*FAILURES, *NOT_AN_ANSWER}


def test_the_page_names_every_setting_with_its_default():
    for name, default in re.findall(r"^\| `PARLEY_(LLM_\w+)` \| `?([\w.]+)`? \|", PAGE, re.M):
        field = Settings.model_fields[name.lower()]
        shown = getattr(field.default, "get_secret_value", lambda d=field.default: d)()
        assert str(shown).removesuffix(".0") == default, name
    told = set(re.findall(r"PARLEY_(LLM_\w+)", PAGE))
    assert told == {name.upper() for name in Settings.model_fields if name.startswith("llm_")}


@pytest.mark.parametrize("path", [DEPLOY / "alerts.yaml", PRODUCTION], ids=lambda path: path.name)
def test_only_metrics_that_the_real_server_has_are_watched(path):
    """R230: an alert on a name that is not there never rings."""
    known = {_family(line.partition("{")[0]) for line in read("metrics")["body"]}
    named = {_family(name) for name in re.findall(r"vllm:\w+", path.read_text("utf-8"))}
    assert len(named) > 4
    assert named <= known


def test_every_alert_says_what_to_do_and_waits_before_it_rings():
    (group,) = yaml.safe_load((DEPLOY / "alerts.yaml").read_text("utf-8"))["groups"]
    assert len(group["rules"]) == 5
    for rule in group["rules"]:
        assert rule["for"] in ("1m", "2m", "5m", "30m")
        assert rule["annotations"]["summary"].endswith((".", "?"))


def test_the_page_of_production_names_every_file():
    files = {path.name for path in DEPLOY.iterdir()}
    named = set(re.findall(r"^\| `([\w@.-]+)` \|", PRODUCTION.read_text("utf-8"), re.M))
    assert files <= named | {"vllm@.service"}


def _family(name):
    return re.sub(r"_(bucket|count|sum)$", "", name)
