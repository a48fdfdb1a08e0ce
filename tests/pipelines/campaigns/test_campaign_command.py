"""`parley campaign` by its own commands."""

import json

import pytest
import yaml
from typer.testing import CliRunner

from pipelines.campaign import SHIPPED
from pipelines.campaigns.cli import app
from pipelines.errors import PipelineError
from pipelines.lake import Lake


@pytest.fixture
def parley(paths):
    """Runs a command on the workspace; a mistake comes out as the sentence that is shown."""

    def run(*words):
        done = CliRunner().invoke(app, [*words, "-w", str(paths.root)])
        if isinstance(done.exception, PipelineError):
            return str(done.exception)
        assert done.exit_code == 0, done.exception
        return done.stdout

    return run


def test_a_campaign_is_listed_shown_approved_paused_and_resumed(parley, write_campaign):
    """R2: RevOps need no Python and no page for it."""
    write_campaign()
    (write_campaign().parent / "bad.yaml").write_text("id: bad\n")
    assert "waits for approval" in parley("list")
    assert "BROKEN  bad.yaml: version: Field required" in parley("list")
    assert "nobody" in parley("show", "prospecting")
    assert "approved by Ada Roe" in parley("approve", "prospecting", "--by", "Ada Roe")
    assert "may run" in parley("list")
    parley("pause", "prospecting", "--why", "a complaint", "--by", "Ada Roe")
    assert "PAUSED: a complaint" in parley("list")
    assert json.loads(parley("list", "--json"))["campaigns"][0]["paused"] == "a complaint"
    assert "it was paused: a complaint" in parley("resume", "prospecting")
    assert "was not paused" in parley("resume", "prospecting")


def test_a_dry_run_is_read_by_people_and_by_scripts(parley, paths, write_campaign):
    write_campaign()
    text = parley("dry-run", "prospecting", "--day", "2026-12-01")
    told = json.loads(parley("dry-run", "prospecting", "--day", "2026-12-01", "--json"))

    assert "nothing was written to the queue" in text
    assert told["counts"]["gets"] == sum(person["gets"] for person in told["people"])
    assert told["day"] == "2026-12-01"
    assert not Lake(paths).tasks.exists()


def test_a_mistyped_name_is_one_sentence(parley, write_campaign):
    write_campaign()

    said = parley("show", "prospectin")

    assert said.startswith("campaign 'prospectin' is not known here (did you mean 'prospecting'?)")


def test_the_budget_says_what_is_spent(parley, write_campaign):
    write_campaign(budget={"messages_a_day": 5})

    told = {row["field"]: row for row in json.loads(parley("budget", "prospecting", "--json"))}

    assert told["messages_a_day"]["limit"] == 5
    assert told["messages_a_day"]["spent"] == 0
    assert told["messages_a_day"]["is_over"] is False


def test_a_diff_names_who_comes_in_who_goes_out_and_whose_touches_move(
    parley, paths, write_campaign, tmp_path
):
    """A change is looked at by people, not by fields, before anybody approves it."""
    write_campaign()
    assert "nobody has approved it yet" in parley("diff", "prospecting")
    parley("approve", "prospecting", "--by", "Ada Roe")
    assert "0 people are affected" in parley("diff", "prospecting")
    document = yaml.safe_load((SHIPPED / "prospecting.yaml").read_text("utf-8"))

    def changed(name, **changes):
        path = tmp_path / f"{name}.yaml"
        path.write_text(yaml.safe_dump(document | changes), "utf-8")
        return str(path)

    day = ("--day", "2026-12-01", "--json")
    later = changed("later", send_hours={"first": 12, "last": 18})
    moved = json.loads(parley("diff", "prospecting", later, *day))
    assert moved["fields"] == {"send_hours": [{"first": 8, "last": 18}, {"first": 12, "last": 18}]}
    assert len(moved["moves"]) + moved["stays"] == 2
    assert moved["affected"] == len(moved["moves"])

    waived = changed("waived", waive=["open_opportunity", "other_territory"])
    back = json.loads(parley("diff", waived, "prospecting", *day))
    forth = json.loads(parley("diff", "prospecting", waived, *day))
    assert set(forth["comes_in"]) == set(back["goes_out"])

    nobody = changed("nobody", triggers=[{"event": "funding", "window_days": 1}])
    out = json.loads(parley("diff", "prospecting", nobody, *day))
    assert set(out["goes_out"].values()) == {"no_event"}
    assert out["affected"] == len(out["goes_out"]) == 2
    assert "2 people are affected: 0 come in, 2 go out" in parley("diff", "prospecting", nobody)
