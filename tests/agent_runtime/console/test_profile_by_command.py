"""The profile of the rules, set by command: a version, and freer only with a colleague."""

import pytest
from typer.testing import CliRunner

from agent_runtime.errors import ParleyError
from agent_runtime.policies.ruleset import profile_of
from agent_runtime.policies_cli import policy
from agent_runtime.steering import changes
from tests.agent_runtime.console.desk_world import commanded_desk

CHANGES = "/console/steering/changes"
BOOK = "icp_prospecting"


@pytest.fixture
def desk(tmp_path, monkeypatch):
    return commanded_desk(tmp_path, monkeypatch)


def use(desk, *words, why="A new law"):
    said = CliRunner().invoke(policy, ["use", *words, "--why", why, "-w", str(desk.folder)])
    return said.output or str(said.exception)


def stands(desk, playbook=BOOK):
    with desk.store.begin() as tx:
        return profile_of(tx.flags(), playbook).profile, changes.all_changes(tx)


@pytest.mark.parametrize("only", [(), ("--playbook", BOOK)])
def test_a_stricter_profile_binds_at_once_and_rolls_back_in_the_console(desk, only):
    """R204, R63: with who, why and a way back."""
    assert "version 1 is in force" in use(desk, "regulated", *only, "--by", "Ana Roe")
    profile, (change,) = stands(desk)
    assert (profile, change.state, change.author) == ("regulated", "LIVE", "Ana Roe")
    assert stands(desk, "nurture")[0] == ("standard" if only else "regulated")
    steers, place = desk.browser("revops"), f"{CHANGES}/{change.change_id}"
    assert "Profile of the rules" in steers.see(CHANGES).text
    steers.see(place)
    assert steers.submit(f"{place}/roll-back", why="It was not passed").status_code == 303
    assert stands(desk)[0] == "standard"


def test_a_freer_profile_is_proposed_and_put_in_force_by_two_who_signed_in(desk):
    """R63: also where it is only a playbook's way around the profile of all."""
    writer, other = desk.browser("revops"), desk.browser("revops")
    use(desk, "regulated")
    assert "makes the agent freer" in use(desk, "standard", "--playbook", BOOK)
    assert stands(desk)[0] == "regulated"
    assert "Profile" in writer.see(f"{CHANGES}/propose?subject=profile:{BOOK}").text
    form = {"subject": f"profile:{BOOK}", "value": "standard", "why": "It was not passed"}
    place = writer.submit(f"{CHANGES}/propose", **form).headers["location"]
    for who in (writer, other):
        who.see(place)
    writer.submit(f"{place}/try")
    assert writer.submit(f"{place}/live").status_code == 409
    assert other.submit(f"{place}/live").status_code == 303
    assert stands(desk)[0] == "standard"
    assert stands(desk, "nurture")[0] == "regulated"
    assert f"not so, by a profile of their own: {BOOK} standard" in _again(desk)


def _again(desk):
    """All are made stricter once more, by somebody who does not know of the exception."""
    with desk.store.begin() as tx:
        tx.set_flag("profile", None)
    return use(desk, "regulated")


def test_a_profile_that_is_gone_counts_as_the_strictest_and_can_be_mended(desk):
    with desk.store.begin() as tx:
        tx.set_flag("profile", "abolished")
    assert "is in force" in use(desk, "regulated")
    assert stands(desk)[0] == "regulated"


@pytest.mark.parametrize(
    ("words", "why", "said"),
    [
        (("regulated",), " ", "a change needs a reason"),
        (("lax",), "x", "lax"),
        (("regulated", "--playbook", "none"), "x", "none"),
    ],
)
def test_what_cannot_be_set_is_refused_in_one_sentence(desk, words, why, said):
    runner = CliRunner().invoke(policy, ["use", *words, "--why", why, "-w", str(desk.folder)])
    assert isinstance(runner.exception, ParleyError)
    assert said in str(runner.exception)
    assert stands(desk) == ("standard", ())
