"""`parley init` writes a pilot that holds together, and never overwrites anything."""

from dataclasses import replace

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from agent_runtime.library.catalog import load_library
from experiments.spec import load_spec
from pipelines.campaigns.book import read_book
from pipelines.campaigns.stages.rules import rules
from pipelines.errors import PipelineError
from pipelines.first_steps.cli import app
from pipelines.first_steps.writing import STARTS, Answers, write_pilot
from pipelines.transforms.segment import load_segment

ADA = Answers("Ada Roe", "mail.alder.example", "Europe/Berlin", 45)


@pytest.mark.parametrize("start", STARTS)
def test_a_pilot_is_one_segment_one_playbook_one_channel_for_30_to_60_days(tmp_path, start):
    """R84."""
    write_pilot(tmp_path, replace(ADA, start=start))

    book = read_book(tmp_path)
    assert book.faults == ()
    (page,) = book.pages
    campaign, bounds = page.campaign, rules()["pilot"].bounds
    assert (len(campaign.segments), len(campaign.channels)) == (1, 1)
    assert campaign.autonomy == bounds.autonomy == "supervised"
    assert bounds.people_a_day is not None
    assert campaign.caps.mailbox_new_per_day <= bounds.people_a_day
    assert campaign.playbook_version == load_library().playbook(campaign.playbook).version
    assert (campaign.window_days, campaign.author) == (45, "Ada Roe")
    assert load_segment(campaign.segments[0]).id == "pilot-segment"
    spec = load_spec(page.path.with_name("pilot-experiment.yml"))
    assert spec.arms[spec.control] >= 0.1


def test_each_field_is_explained_in_plain_words(tmp_path):
    campaign, *_ = write_pilot(tmp_path, ADA)
    text = campaign.read_text("utf-8")
    comments = [line for line in text.splitlines() if line.startswith("#")]
    assert len(comments) >= 10
    assert "{" not in "".join(comments).replace("{owner}", "")


def test_nothing_is_overwritten_and_a_refusal_writes_nothing(tmp_path):
    write_pilot(tmp_path, ADA)
    own = tmp_path / "campaigns" / "pilot-segment.yml"
    own.write_text("mine", "utf-8")
    (tmp_path / "campaigns" / "pilot.yaml").unlink()

    with pytest.raises(PipelineError, match="is there already and is not overwritten"):
        write_pilot(tmp_path, ADA)

    assert own.read_text("utf-8") == "mine"
    assert not (tmp_path / "campaigns" / "pilot.yaml").exists()


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"author": " "}, "--author"),
        ({"domain": "alder"}, "--domain = 'alder'"),
        ({"domain": "al der.com"}, "--domain"),
        ({"start": "soon"}, "use one of inbound, stalled, interest"),
        ({"days": 61}, "takes 30 to 60 days"),
        ({"time_zone": "Europe/Berln"}, r"did you mean 'Europe/Berlin'"),
    ],
)
def test_an_answer_that_cannot_be_is_one_sentence(tmp_path, wrong, says):
    words = {"author": "Ada", "domain": "a.example", "time_zone": "UTC", "days": 30} | wrong
    with pytest.raises(PipelineError, match=says):
        write_pilot(tmp_path / "w", Answers(**words))
    assert not (tmp_path / "w").exists()


@given(author=st.text(min_size=1, max_size=30).filter(str.strip))
def test_whoever_writes_it_their_name_stays_as_it_is(tmp_path_factory, author):
    root = tmp_path_factory.mktemp("pilot")
    answers = Answers(author, "mail.alder.example")
    if not author.isprintable():
        with pytest.raises(PipelineError, match="--author"):
            write_pilot(root, answers)
        return
    path, *_ = write_pilot(root, answers)
    assert yaml.safe_load(path.read_text("utf-8"))["author"] == author


def test_the_command_asks_nothing_of_a_script(tmp_path):
    words = [str(tmp_path), "--author", "Ada Roe", "--domain", "mail.alder.example", "--yes"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.exception
    assert "pilot.yaml" in done.stdout
    assert "parley campaign stage pilot" in done.stdout
    assert isinstance(CliRunner().invoke(app, words).exception, PipelineError)
