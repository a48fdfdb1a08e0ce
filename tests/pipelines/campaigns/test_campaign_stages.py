"""The life of a campaign: nobody skips a state unseen, and a state binds queue and permit."""

import json
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from agent_runtime.campaign_stage import bounds_of
from agent_runtime.settings import Settings
from agent_runtime.store.importing import load
from experiments.metrics import list_metrics
from experiments.spec import SHIPPED_SPECS
from pipelines.campaigns.cli import app
from pipelines.campaigns.running import RefusedRunError, carry_out, look
from pipelines.campaigns.runtime import open_runtime
from pipelines.campaigns.stages.history import history_path, life_of, write_review
from pipelines.campaigns.stages.measuring import CHECKS, Subject, measure
from pipelines.campaigns.stages.moving import demote, promote
from pipelines.campaigns.stages.rules import STAGES, rules
from pipelines.errors import PipelineError
from pipelines.lake import write

NOW = datetime(2026, 1, 12, tzinfo=UTC)
NAME = "prospecting"
BOLD = {"is_override": True, "reason": "a test"}


@pytest.fixture
def subject(paths, page):
    """The campaign as it is asked about at an instant."""

    def make(now=NOW):
        return Subject(Settings(workspace=paths.root), page(), life_of(paths, NAME), now)

    return make


@pytest.fixture
def write_small(write_campaign):
    """Writes a campaign of one segment, with an experiment of its own."""

    def write():
        spec = yaml.safe_load((SHIPPED_SPECS / "icp-prospecting.yaml").read_text("utf-8"))
        spec |= {"id": "small", "population": {"segments": ["icp-midmarket-data"]}}
        (write_campaign().parent / "small.yml").write_text(yaml.safe_dump(spec), "utf-8")
        return write_campaign(segments=["icp-midmarket-data"], experiment="small.yml")

    return write


@pytest.fixture
def real_people(paths):
    """Every contact has an address that somebody could own."""
    path = paths.canonical / "contacts.parquet"
    frame = pl.read_parquet(path)
    real = pl.col("email").str.replace(r"\.example$", ".com")
    write(frame.with_columns(real), path)


def bound(paths):
    with open_runtime(paths, "northbeam") as runtime, runtime.store.begin() as tx:
        return bounds_of(tx, NAME)


def test_a_campaign_begins_in_the_sandbox_where_only_test_addresses_are_queued(
    write_campaign, approved, day_of, real_people
):
    """R83, R232: every campaign has a sandbox, and begins in it."""
    write_campaign()
    approved()

    with pytest.raises(RefusedRunError, match=r"stage_kept: sandbox: \d+ people have real"):
        carry_out(day_of(), code_version="test")


def test_a_dry_run_in_the_sandbox_shows_the_messages_and_why_they_would_not_go(
    write_campaign, approved, day_of, real_people
):
    write_campaign()
    approved()

    found = look(day_of(), rehearsed=3)

    assert found.messages
    assert all(message.body and not message.why_not for message in found.messages)
    assert [f.name for f in found.findings if not f.passed] == ["stage_kept"]


def test_synthetic_people_are_queued_in_the_sandbox(write_campaign, approved, day_of):
    """R83."""
    write_campaign()
    approved()
    assert carry_out(day_of(), code_version="test").new


def test_no_state_is_entered_while_a_criterion_is_not_met(paths, write_campaign, subject):
    """R84, R247: nothing is widened before."""
    write_campaign()

    with pytest.raises(PipelineError, match=r"may not enter pilot yet: .*readiness"):
        promote(subject(), by="Ada Roe")
    assert life_of(paths, NAME).stage == "sandbox"


def test_skipping_takes_a_name_and_a_reason_and_both_are_kept(paths, write_campaign, subject):
    """R86."""
    write_campaign()
    with pytest.raises(PipelineError, match="would skip pilot, hardening"):
        promote(subject(), by="Ada Roe", target="scale")
    with pytest.raises(PipelineError, match="an override says why"):
        promote(subject(), by="Ada Roe", target="scale", is_override=True)
    with pytest.raises(PipelineError, match="a person with a name moves a campaign"):
        promote(subject(), by="agent", target="scale", **BOLD)

    promote(subject(), by="Ada Roe", target="scale", **BOLD)

    (move,) = life_of(paths, NAME).moves
    assert (move.by, move.source, move.target) == ("Ada Roe", "sandbox", "scale")
    assert (move.is_override, move.reason) == (True, "a test")
    asked = [one.id for stage in STAGES[1:] for one in rules()[stage].entry]
    assert [one["id"] for one in move.evidence] == asked


def test_a_metric_without_a_value_is_not_met_and_says_why(write_campaign, subject):
    """R86: null is never met, whatever the bound."""
    write_campaign()

    found = {one.id: one for one in measure(subject(), "scale")}

    metrics = [one for one in rules()["scale"].entry if one.metric]
    assert len(metrics) >= 5
    assert all(not found[one.id].met and found[one.id].value is None for one in metrics)
    assert all(found[one.id].why for one in metrics)


def test_every_criterion_has_a_metric_or_a_check(write_campaign):
    known = {metric.name for metric in list_metrics()}
    entries = [one for rule in rules().values() for one in rule.entry]
    assert {one.metric for one in entries if one.metric} <= known
    assert {one.id for one in entries if not one.metric} == set(CHECKS)


def test_a_pilot_is_small_and_of_one_segment(write_campaign, approved, day_of, subject):
    """R84."""
    write_campaign()
    promote(subject(), by="Ada Roe", **BOLD)
    approved()

    with pytest.raises(RefusedRunError, match="pilot: segments has 2 names, at most 1 allowed"):
        carry_out(day_of(), code_version="test")


def test_a_pilot_queues_no_further_day_before_somebody_has_looked(
    paths, write_small, approved, day_of, subject
):
    """R84: daily review."""
    write_small()
    promote(subject(), by="Ada Roe", **BOLD)
    approved()
    first = carry_out(day_of(), code_version="test")
    assert first.new
    assert carry_out(day_of(), code_version="test").new == (), "the same day may be run again"
    later = day_of(date(2026, 1, 13), at=NOW + timedelta(days=1))
    queue = paths.lake / "outreach_tasks.parquet"
    write(pl.read_parquet(queue).clear(), queue)

    with pytest.raises(RefusedRunError, match="nobody has looked at 2026-01-12"):
        carry_out(later, code_version="test")

    write_review(paths, NAME, date(2026, 1, 12), by="Ada Roe", note="all well", now=NOW)
    assert carry_out(later, code_version="test").new


def test_the_runtime_is_told_at_once_and_after_every_import(
    paths, write_small, approved, day_of, subject
):
    write_small()
    approved()
    carry_out(day_of(), code_version="test")
    load(paths, "northbeam", NOW)
    assert bound(paths).tests_only, "what nobody has told is a sandbox"

    promote(subject(), by="Ada Roe", **BOLD)
    assert (bound(paths).stage, bound(paths).autonomy) == ("pilot", "supervised")
    load(paths, "northbeam", NOW)
    assert bound(paths).stage == "pilot"

    demote(subject(), by="Ada Roe", reason="a complaint")
    assert bound(paths).tests_only
    with pytest.raises(PipelineError, match="goes to an earlier one"):
        demote(subject(), by="Ada Roe", reason="again")


def test_a_history_that_was_edited_stops_everything(paths, write_campaign, day_of, subject):
    write_campaign()
    promote(subject(), by="Ada Roe", **BOLD)
    path = history_path(paths)
    path.write_text(path.read_text().replace('"pilot"', '"scale"'))

    with pytest.raises(PipelineError, match="no campaign runs until it is put right"):
        look(day_of(), rehearsed=0)


@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["promote", "demote"]), st.sampled_from(STAGES), st.booleans()),
        max_size=6,
    )
)
def test_whatever_is_tried_each_move_is_one_step_on_a_step_back_or_an_override(
    paths, write_campaign, page, steps, tmp_path_factory
):
    """R86: nothing skips a state without a name and a reason beside it."""
    write_campaign()
    path = tmp_path_factory.mktemp("life")
    workspace = Settings(workspace=path)
    for act, target, is_override in steps:
        one = Subject(workspace, page(), life_of(workspace.paths, NAME), NOW)
        try:
            if act == "demote":
                demote(one, by="Ada Roe", reason="back", target=target)
            else:
                promote(one, by="Ada Roe", target=target, is_override=is_override, reason="x")
        except PipelineError:
            continue
    place = 0
    for move in life_of(workspace.paths, NAME).moves:
        assert STAGES.index(move.source) == place
        place = STAGES.index(move.target)
        is_back = place < STAGES.index(move.source)
        assert move.by
        assert move.reason
        assert is_back or move.is_override, "nothing is met in an empty workspace"


def test_the_commands_show_move_and_explain(paths, write_small, approved):
    """R84-R86."""
    write_small()
    approved()

    def parley(*words):
        done = CliRunner().invoke(app, [*words, "-w", str(paths.root)])
        return str(done.exception) if isinstance(done.exception, PipelineError) else done.stdout

    told = json.loads(parley("stage", NAME, "--json"))
    assert (told["stage"], told["next"]) == ("sandbox", "pilot")
    by_id = {one["id"]: one for one in told["criteria"]}
    assert by_id["unapproved"]["met"]
    assert by_id["dry_run_people"]["met"]
    assert not by_id["readiness"]["met"]
    assert "NOT MET  Items of `parley readiness`" in parley("stage", NAME)
    assert "may not enter pilot yet" in parley("promote", NAME, "--by", "Ada Roe")
    bold = ("--by", "Ada Roe", "--override", "--reason", "a trial")
    assert "is in pilot now, by Ada Roe, with 1 criteria not met" in parley("promote", NAME, *bold)
    assert "sandbox to pilot, Ada Roe. OVERRIDE: a trial" in parley("stage", NAME)
    assert "was looked at by Ada" in parley("review", NAME, "--by", "Ada", "--note", "fine")
    back = parley("demote", NAME, "--by", "Ada", "--reason", "spam")
    assert back == "prospecting is in sandbox again, by Ada: spam\n"
