"""A YAML file in the workspace is a campaign; a bad one is a sentence and no trouble of others."""

import dagster as dg
import pytest
import yaml

from pipelines.campaign import SHIPPED
from pipelines.campaigns.book import read_book
from pipelines.campaigns.checks import CHECKS
from pipelines.definitions import defs

ASSETS = {"audiences", "arms", "dry_runs", "queues", "deliveries", "results"}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "campaigns").mkdir()
    return tmp_path / "campaigns"


def write(folder, name, **changes):
    document = yaml.safe_load((SHIPPED / "prospecting.yaml").read_text("utf-8"))
    text = yaml.safe_dump(document | {"id": name} | changes)
    (folder / f"{name}.yaml").write_text(text, "utf-8")


def test_a_workspace_without_campaigns_of_its_own_has_the_shipped_example(tmp_path):
    assert [page.campaign.id for page in read_book(tmp_path).pages] == ["prospecting"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"time_zone": "Mars/Base"}, ["time_zone", "Mars/Base", "IANA"]),
        ({"schedule": {"at": "25:00"}}, ["schedule.at = '25:00'"]),
        ({"schedule": {"at": "07:00", "days": ["funday"]}}, ["schedule.days.0 = 'funday'"]),
        ({"triggers": [{"event": "gossip", "window_days": 3}]}, ["triggers.0.event = 'gossip'"]),
        ({"triggers": [{"event": "funding"}]}, ["triggers.0.window_days"]),
        ({"budget": {"messages_a_day": 0}}, ["budget.messages_a_day = 0"]),
        ({"budget": {"pounds_a_day": 3}}, ["budget.pounds_a_day"]),
        ({"volume": {"times": 0.5}}, ["volume.times = 0.5"]),
    ],
)
def test_a_bad_file_is_one_sentence_and_the_others_stand(folder, changes, words):
    """R210: one mistake takes nobody else down; the sentence names file, field and rule."""
    write(folder, "good")
    write(folder, "bad", **changes)

    book = read_book(folder.parent)

    assert [page.campaign.id for page in book.pages] == ["good"]
    [fault] = book.faults
    assert "\n" not in fault.why
    assert fault.why.startswith("bad.yaml: ")
    assert [word for word in words if word not in fault.why] == []


def test_two_files_of_one_campaign_are_a_fault_of_the_second(folder):
    write(folder, "one")
    (folder / "two.yaml").write_text((folder / "one.yaml").read_text())

    book = read_book(folder.parent)

    assert [page.path.name for page in book.pages] == ["one.yaml"]
    assert [fault.why for fault in book.faults] == [
        "two.yaml: id = 'one' is the id of one.yaml too."
    ]


def test_a_file_makes_a_group_without_a_line_of_python(folder, monkeypatch):
    """R2, R67: assets of a day with their checks, jobs, a schedule in the zone, sensors."""
    trigger = {"event": "funding", "window_days": 14}
    write(folder, "spring-launch", time_zone="America/New_York", triggers=[trigger])
    write(folder, "quiet", schedule=None, budget={})
    (folder / "broken.yaml").write_text("id: broken\n")
    monkeypatch.setenv("PARLEY_WORKSPACE", str(folder.parent))

    found = defs()

    dg.Definitions.validate_loadable(found)
    specs = {s.key.to_user_string(): s for s in found.resolve_all_asset_specs()}
    mine = {k: s for k, s in specs.items() if s.group_name == "campaign_spring_launch"}
    assert {key.split("/")[1] for key in mine} == ASSETS
    for spec in mine.values():
        assert spec.description
        assert spec.partitions_def.timezone == "America/New_York"
    graph = found.resolve_asset_graph()
    checked = {c.name for c in graph.asset_check_keys if c.asset_key.path[0] == "campaign_quiet"}
    assert checked == set(CHECKS)
    by_name = {s.name: s for s in found.schedules}
    assert by_name["spring_launch_daily"].execution_timezone == "America/New_York"
    assert "quiet_daily" not in by_name
    sensors = {s.name for s in found.sensors}
    assert {"spring_launch_replies", "spring_launch_events", "spring_launch_budget"} <= sensors
    assert {"quiet_events", "quiet_budget"} & sensors == set()
    jobs = {job.name for job in found.jobs}
    assert {"pause_quiet", "resume_quiet", "quiet_run", "quiet_dry_run"} <= jobs
    assert "version: Field required" in specs["campaign_broken/faults"].description
