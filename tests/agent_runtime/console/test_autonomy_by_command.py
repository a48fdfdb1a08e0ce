"""Autonomy set by command is a version like the console's, and no way around a colleague."""

import re

import pytest
from typer.testing import CliRunner

from agent_runtime.autonomy_cli import autonomy
from agent_runtime.clock import write_now
from agent_runtime.steering import changes
from agent_runtime.steering.subjects import SteeringError
from tests.agent_runtime.console.desk_world import NOW, Desk

CHANGES = "/console/steering/changes"
LEVEL = "autonomy:icp_prospecting"


@pytest.fixture
def desk(tmp_path, monkeypatch):
    monkeypatch.setenv("PARLEY_TENANT_ID", "t")
    made = Desk(tmp_path)
    write_now(made.store.engine, NOW)
    made.folder = tmp_path
    return made


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


def test_what_is_freer_waits_for_a_colleague(desk):
    """R17: whoever makes the agent freer needs a second person, at the command line too."""
    writer, other = desk.browser("revops"), desk.browser("revops")
    by = ("--by", "Revops-0@northbeam.example", "--why", "Calm again")
    run(desk, "set", "icp_prospecting", "assistive", *by)
    said = run(desk, "reset", "icp_prospecting", *by)
    assert "waits for a colleague" in said.output
    level, (change, _) = stands(desk)
    assert (level, change.state) == ("assistive", "PROPOSED")
    place = f"{CHANGES}/{change.change_id}"
    writer.see(place)
    writer.submit(f"{place}/try")
    assert writer.submit(f"{place}/live").status_code == 409
    other.see(place)
    assert other.submit(f"{place}/live").status_code == 303
    assert stands(desk)[0] is None


def test_who_has_no_account_cannot_propose_what_is_freer(desk):
    run(desk, "set", "icp_prospecting", "assistive", "--why", "Complaints")
    refused = run(desk, "reset", "icp_prospecting", "--by", "Ana", "--why", "Calm again")
    assert isinstance(refused.exception, SteeringError)
    assert re.search("by = 'Ana': .*account", str(refused.exception))
    level, (change,) = stands(desk)
    assert (level, change.state) == ("assistive", "LIVE")


@pytest.mark.parametrize("why", [[], ["--why", " "]])
def test_a_level_is_not_set_without_a_reason(desk, why):
    assert run(desk, "set", "icp_prospecting", "assistive", *why).exit_code != 0
    assert stands(desk) == (None, ())
