"""Ten sample threads for an ICP: the real runtime, every sentence approved, nothing sent (R189)."""

import json
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from agent_runtime.library import cli as playbook_cli
from agent_runtime.library.catalog import load_library
from agent_runtime.models import embedded
from agent_runtime.models.language import ScriptedModel
from agent_runtime.samples import play
from agent_runtime.samples.dialogues import ASKED, dialogues_for
from agent_runtime.samples.icp import Icp, IcpError, read_icp

LIBRARY = load_library()
MEANINGS = {"price": "pricing_question", "cost": "pricing_question", "kostet": "pricing_question"}


@pytest.fixture(autouse=True)
def quick_model(monkeypatch):
    """Reads a few words by heart, so that no vectors are loaded; what is unclear asks back."""
    monkeypatch.setattr(embedded, "load_embedded_model", lambda **_: ScriptedModel(MEANINGS))


def run(*words):
    return CliRunner().invoke(playbook_cli.app, ["samples", *words])


def test_ten_threads_for_an_icp_use_only_approved_content(tmp_path):
    """R189: titles and languages in turn; each thread differs; the page says who approved."""
    icp = tmp_path / "icp.yaml"
    icp.write_text("titles: [CFO, Head of Data]\nlanguages: [en, de]\ncompanies: [Dorn <b>]\n")
    page = tmp_path / "samples.html"
    result = run("icp_prospecting", "--icp", str(icp), "--page", str(page), "--json")
    assert result.exit_code == 0, result.output
    threads = json.loads(result.stdout)
    assert len(threads) == 10
    assert {(t["title"], t["language"]) for t in threads} == {
        (title, language) for title in ("CFO", "Head of Data") for language in ("en", "de")
    }
    assert len({json.dumps(t["lines"]) for t in threads}) == 10
    ours = [line for t in threads for line in t["lines"] if line["by"] == "agent"]
    assert len(ours) >= 10
    for line in ours:
        assert line["is_approved"]
        assert all(
            (fact.partition("@")[0], "en") in LIBRARY.contents or fact.startswith("calendar.")
            for fact in line["facts"]
        )
        assert "[[" not in line["text"]
    text = page.read_text(encoding="utf-8")
    assert "Dorn &lt;b&gt;" in text
    assert LIBRARY.contents["icp.opener_data", "en"].approver in text
    assert "http" not in text.partition("<body>")[0]


def test_what_no_approved_text_says_fails_the_proof(monkeypatch):
    """R189: the verdict is looked up for every message, and the command says so."""
    monkeypatch.setattr(play, "_is_approved", lambda message, library: message.touch is None)
    result = run("icp_prospecting", "--count", "1")
    assert result.exit_code == 1
    assert "1 NOT in approved words" in result.stdout


def test_more_than_there_is_and_what_cannot_be_read_is_named(tmp_path):
    for words, said in (
        (("account_research",), "ask for fewer"),
        (("icp_prospecting", "--language", "xx"), "it is one of en"),
        (("icp_prospecting", "--icp", str(tmp_path / "none.yaml")), "cannot be read"),
    ):
        assert said in str(run(*words).exception)
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("titles: []\n")
    with pytest.raises(IcpError, match="titles"):
        read_icp(wrong)


@pytest.mark.parametrize("language", ["en", "es", "de", "fr", "pt", "it"])
def test_there_are_ten_dialogues_in_every_language(language):
    """R189: what buyers say, from interest to a stop."""
    icp = Icp(languages=(language,), titles=("CFO", "COO", "CTO"))
    found = list(dialogues_for(icp, LIBRARY.playbook("icp_prospecting"), LIBRARY))
    assert len(found) >= 10
    assert len({one.steps for one in found}) == len(found)
    assert {one.title for one in found} == {"CFO", "COO", "CTO"}
    assert sum(one.about.startswith("The buyer's answer") for one in found) == len(ASKED)
    assert replace(found[0]).language == language
