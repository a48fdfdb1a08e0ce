"""An inbound pilot answers people who write first, and says beforehand whom it would have."""

import json
from datetime import timedelta

import polars as pl
import pytest
from typer.testing import CliRunner

from agent_runtime.arms import arms_of
from agent_runtime.inbound_campaign import inbound_campaign
from agent_runtime.newcomers import read_newcomers
from agent_runtime.settings import Workspace
from agent_runtime.store.importing import load_into
from agent_runtime.store.memory import MemoryStore
from pipelines.campaigns.approving import approve
from pipelines.campaigns.book import read_book
from pipelines.campaigns.cli import app
from pipelines.campaigns.running import Day, RefusedRunError, carry_out, look
from pipelines.errors import PipelineError
from pipelines.first_steps.writing import Answers, write_pilot
from pipelines.lake import Lake

TENANT = "northbeam"
FORMS = """form_id,email,form,use_case,urgency,submitted_at
f1,lou.xan@alder.example,demo_request,Sync,this_month,2026-01-05T00:00:00Z
f2,ada.low@alder.example,demo_request,Sync,this_month,2026-01-06T10:00:00Z
f3,eva.pohl@birke.example,demo_request,Sync,this_month,2026-01-07T10:00:00Z
f4,kim.wu@alder.example,demo_request,Sync,this_month,2025-01-07T10:00:00Z
f5,max.yu@alder.example,demo_request,Sync,this_month,2026-01-08T10:00:00Z
f6,cid.ney@alder.example,demo_request,Sync,this_month,2026-01-08T11:00:00Z
f7,bob.may@alder.example,demo_request,Sync,this_month,2026-01-08T12:00:00Z
f8,finn.rau@birke.example,demo_request,Sync,this_month,2026-01-08T13:00:00Z
"""


@pytest.fixture(scope="module")
def paths(tmp_path_factory, export_writer, nightly_read):
    paths = Workspace(tmp_path_factory.mktemp("inbound"))
    export_writer(paths.exports)
    (paths.exports / "form_fills.csv").write_text(FORMS, "utf-8")
    nightly_read(paths)
    write_pilot(paths.root, Answers("Ada Roe", "mail.alder.example", "Europe/Berlin", 45))
    return paths


@pytest.fixture(scope="module")
def day(paths, now):
    page = read_book(paths.root).page("pilot")
    return Day(paths, TENANT, page.campaign, now.date(), now)


@pytest.fixture(scope="module")
def found(day):
    return look(day)


def test_it_says_who_would_have_been_answered_and_by_when(found):
    """R84, R245: a pilot may begin with inbound response."""
    assert found.planned.new == ()
    assert found.requests.height == 7, "the form of a year ago is too old"
    agent = found.requests.filter("by_agent")
    control = found.requests.filter(pl.col("why") == "holdout")
    assert agent.height
    assert control.height
    assert found.reached == agent["person_id"].n_unique()
    for row in agent.iter_rows(named=True):
        assert row["answer_at"] == row["at"] + timedelta(minutes=2)
        assert row["answer_by"] == row["at"] + timedelta(minutes=15)
    assert control["answer_at"].null_count() == control.height


def test_who_said_stop_is_left_to_people(paths, found):
    contacts = pl.read_parquet(paths.canonical / "contacts.parquet")
    (max_yu,) = contacts.filter(pl.col("email") == "max.yu@alder.example")["person_id"]
    (row,) = found.requests.filter(pl.col("person_id") == max_yu).iter_rows(named=True)
    assert (row["by_agent"], row["why"]) == (False, "suppressed")


def test_arms_of_requests_are_those_of_the_experiment(found):
    arms = dict(found.planned.arms.select("person_id", "arm").iter_rows())
    for row in found.requests.iter_rows(named=True):
        if row["by_agent"] or row["why"] == "holdout":
            assert row["by_agent"] == (arms[row["person_id"]] == "agent")


def test_the_command_tells_it_without_a_list_of_touches(paths, found):
    words = ["dry-run", "pilot", "--day", "2026-01-12", "-w", str(paths.root)]
    told = CliRunner().invoke(app, words)
    assert told.exit_code == 0, told.exception
    assert "7 requests came by email, form, chat" in " ".join(told.stdout.split())
    assert "Who wrote first" in told.stdout
    assert "Who would get something" not in told.stdout
    as_json = json.loads(CliRunner().invoke(app, [*words, "--json"]).stdout)
    assert {"at", "door", "by_agent", "answer_by"} <= set(as_json["requests"][0])


def test_it_answers_nobody_before_it_is_a_pilot_and_then_its_requests(day, paths, found, now):
    approve(paths, read_book(paths.root).page("pilot"), by="Bea Orr", now=now)
    with pytest.raises(RefusedRunError, match="parley campaign promote pilot"):
        carry_out(day, code_version="1")
    assert not Lake(paths).inbound_campaign.exists()
    more = ["-w", str(paths.root)]
    words = ["promote", "pilot", "--by", "Bea Orr", "--override", "--reason", "a test", *more]
    assert CliRunner().invoke(app, words).exit_code == 0
    done = carry_out(day, code_version="1")
    assert done.new == ()
    store = MemoryStore(TENANT)
    load_into(store, paths, TENANT, day.at)
    own = inbound_campaign(store)
    assert own is not None
    assert (own.campaign_id, own.autonomy) == ("pilot", "supervised")
    assert own.doors == ("email", "form", "chat")
    experiment = read_newcomers(store, TENANT).experiment
    assert experiment is not None
    assert experiment.experiment_id == "pilot"
    arms = dict(found.planned.arms.select("person_id", "arm").iter_rows())
    stored = {person: arms_of(store, person) for person in arms}
    assert stored == {person: (("pilot", arm),) for person, arm in arms.items()}


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ("touch_workdays: [0, 4]\n", "either has touches, or answers"),
        ("triggers: [{event: funding, window_days: 9}]\n", "has none"),
    ],
)
def test_a_campaign_has_touches_or_answers_and_never_both(tmp_path, changes, says):
    path, *_ = write_pilot(tmp_path, Answers("Ada", "mail.alder.example"))
    path.write_text(path.read_text("utf-8") + changes, "utf-8")
    (fault,) = read_book(tmp_path).faults
    assert says in fault.why
    with pytest.raises(PipelineError):
        read_book(tmp_path).page("pilot")
