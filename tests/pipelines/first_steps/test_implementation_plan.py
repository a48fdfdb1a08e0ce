"""`parley campaign plan`: dates, commands that exist, criteria by which states are entered."""

import json
import shlex
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.main import get_command
from typer.testing import CliRunner

from pipelines import cli
from pipelines.campaigns.book import read_book
from pipelines.campaigns.cli import app
from pipelines.campaigns.stages.plan import plan_of
from pipelines.campaigns.stages.rules import rules
from pipelines.first_steps.writing import STARTS, Answers, write_pilot

ADA = Answers("Ada Roe", "mail.alder.example", "Europe/Berlin", 45)
SATURDAY = date(2026, 2, 28)


@pytest.fixture(scope="module")
def campaign(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pilot")
    write_pilot(folder, ADA)
    return read_book(folder).page("pilot").campaign


def parsed(command, words, parent=None, name="parley"):
    """Reads words as the command line does, without doing what they say."""
    context = command.make_context(name, list(words), parent=parent)
    rest = [*getattr(context, "_protected_args", ()), *context.args]
    if rest and hasattr(command, "resolve_command"):
        name, inner, rest = command.resolve_command(context, rest)
        parsed(inner, rest, context, name)


@pytest.mark.parametrize("start", STARTS)
def test_every_task_of_the_plan_is_a_command_that_can_be_typed(tmp_path, monkeypatch, start):
    """R216: an implementation plan whose steps are done by what ships."""
    write_pilot(tmp_path, replace(ADA, start=start))
    made = plan_of(
        read_book(tmp_path).page("pilot").campaign, begins=SATURDAY, workspace=str(tmp_path)
    )
    assert {step.who for step in made.steps} >= {"RevOps", "IT", "Legal", "Sales enablement"}
    for step in made.steps:
        words = shlex.split(step.how)
        monkeypatch.setattr("sys.argv", words)
        parsed(get_command(cli.cli), words[1:])
    monkeypatch.setattr("sys.argv", ["parley", "campaign", "plan"])
    with pytest.raises(Exception, match="No such option"):
        parsed(get_command(cli.cli), ["campaign", "plan", "pilot", "--finishes", "2026-03-02"])


@given(st.dates(date(2026, 1, 1), date(2030, 1, 1)), st.integers(1, 365))
def test_set_up_is_on_workdays_and_then_comes_a_pilot_before_anything_is_widened(
    campaign, begins, days
):
    """R247: a pilot of at least 30 days, as long as its file says; channels and people after it."""
    asked = campaign.model_copy(update={"window_days": days})
    made = plan_of(asked, begins=begins, workspace="pilot")
    dates = [step.by for step in made.steps]
    assert dates == sorted(dates)
    assert all(day.weekday() < 5 for day in dates)
    assert timedelta(0) <= dates[0] - begins < timedelta(3)
    pilot, hardening, scale = made.phases
    assert pilot.first > dates[-1]
    assert (pilot.last - pilot.first).days + 1 == max(30, days)
    assert hardening.first == pilot.last + timedelta(1)
    assert (scale.first, scale.last) == (hardening.last + timedelta(1), None)
    bounds = rules()
    assert [bounds[one.stage].bounds.channels for one in made.phases] == [1, 1, None]


def test_the_page_has_what_must_be_met_and_the_same_as_json(tmp_path):
    """R216: who, by when, and by what it is seen that a state may begin."""
    write_pilot(tmp_path, ADA)
    words = ["plan", "pilot", "-w", str(tmp_path), "--begins", f"{SATURDAY}"]
    page = CliRunner().invoke(app, words)
    assert page.exit_code == 0, page.exception
    told = json.loads(CliRunner().invoke(app, [*words, "--json"]).stdout)
    for step in told["steps"]:
        assert step["by"] in page.stdout
        assert f"{step['who']} | {step['what']} | `{step['how']}`" in page.stdout
    for phase in told["phases"]:
        wanted = [one.title for one in rules()[phase["stage"]].entry]
        assert [one["title"] for one in phase["entry"]] == wanted
        assert all(f"- {title}: " in page.stdout for title in wanted)
