"""Autonomy set by command is a version like the console's, and no way around a colleague."""

import pytest
from typer.testing import CliRunner

from agent_runtime.autonomy_cli import autonomy
from agent_runtime.console.frame.audit import latest
from agent_runtime.steering import changes
from agent_runtime.steering.subjects import SteeringError
from tests.agent_runtime.console.desk_world import commanded_desk

CHANGES = "/console/steering/changes"
LEVEL = "autonomy:icp_prospecting"


@pytest.fixture
def desk(tmp_path, monkeypatch):
    return commanded_desk(tmp_path, monkeypatch)


def run(desk, *words):
    return CliRunner().invoke(autonomy, [*words, "-w", str(desk.folder)])


def stands(desk):
    with desk.store.begin() as tx:
        return tx.flags().get(LEVEL), changes.all_changes(tx)


def test_what_is_stricter_is_in_force_at_once_and_rolls_back_in_the_console(desk):
    """R17, R204: with who, why and a way back."""
    said = run(
        desk, "set", "icp_prospecting", "assistive", "--by", "Ana Roe", "--why", "Complaints"
    )
    assert "version 1 is in force" in said.output
    level, (change,) = stands(desk)
    assert (level, change.state) == ("assistive", "LIVE")
    assert (change.author, change.decided_by, change.reason) == ("Ana Roe", "Ana Roe", "Complaints")
    steers = desk.browser("revops")
    assert f"{CHANGES}/{change.change_id}" in steers.see(CHANGES).text
    steers.see(f"{CHANGES}/{change.change_id}")
    assert steers.submit(f"{CHANGES}/{change.change_id}/roll-back", why="Calm").status_code == 303
    assert stands(desk)[0] is None


def test_what_is_freer_is_left_to_the_console_whoever_is_named(desk):
    """R17: a command knows nobody for sure, so no `--by` makes it a second person."""
    writer, other = desk.browser("revops"), desk.browser("revops")
    run(desk, "set", "icp_prospecting", "assistive", "--why", "Complaints")
    for by in ("Ana", "revops-1@northbeam.example"):
        refused = run(desk, "reset", "icp_prospecting", "--by", by, "--why", "Calm again")
        assert isinstance(refused.exception, SteeringError)
        assert f"{CHANGES}/propose?subject={LEVEL}" in str(refused.exception)
    level, (first,) = stands(desk)
    assert (level, first.state) == ("assistive", "LIVE")
    writer.see(f"{CHANGES}/propose?subject={LEVEL}")
    form = {"subject": LEVEL, "value": "unset", "why": "Calm again"}
    place = writer.submit(f"{CHANGES}/propose", **form).headers["location"]
    for who in (writer, other):
        who.see(place)
    writer.submit(f"{place}/try")
    assert writer.submit(f"{place}/live").status_code == 409
    assert other.submit(f"{place}/live").status_code == 303
    assert stands(desk)[0] is None


def test_the_audit_log_has_what_a_command_steered_and_who_was_at_the_machine(desk, monkeypatch):
    monkeypatch.setenv("LOGNAME", "kim")
    run(desk, "set", "icp_prospecting", "assistive", "--by", "Ana", "--why", "Complaints")
    (act,) = [one.act for one in latest(desk.store, action="steering.change")]
    _, (change,) = stands(desk)
    assert (act.actor, act.record) == ("command:kim", f"change:{change.change_id}")
    assert "assistive" in act.detail


@pytest.mark.parametrize("why", [[], ["--why", " "]])
def test_a_level_is_not_set_without_a_reason(desk, why):
    assert run(desk, "set", "icp_prospecting", "assistive", *why).exit_code != 0
    assert stands(desk) == (None, ())
