"""A campaign replayed with one rule changed at a time: exactly the threads that it affects."""

import pytest
from rule_changes import RULE_CHANGES, recorded

from agent_runtime.library.catalog import PACKAGE

SOME = (
    "caps: one touch a person",
    "quiet hours: from ten",
    "approval: only some actions are free",
)
"""`make accept ISSUE=8 ONLY=replay` changes all of them, on the whole demo."""


def test_with_nothing_changed_nothing_is_decided_otherwise(replayed, played):
    """R81, R175."""
    code, found = replayed()
    assert code == 0
    assert found["turns"] == len(recorded(played / "runtime.db")) > 100
    assert (found["changed_decisions"], found["changed"], found["rules"]) == (0, [], [])


@pytest.mark.parametrize("name", SOME)
def test_one_changed_rule_names_exactly_the_threads_affected(name, replayed, played):
    """R81, R175, R201: the truth is worked out from the recorded facts, without the rules."""
    change = RULE_CHANGES[name]
    turns = recorded(played / "runtime.db")
    affected = [turn for turn in turns if change.affects(turn)]
    code, found = replayed("--with", f"policy={change.given}")
    assert found["changed_threads"] == sorted({turn.thread for turn in affected})
    assert found["changed_decisions"] == len(affected)
    assert code == bool(affected)


def test_the_changes_are_not_all_without_effect(played):
    turns = recorded(played / "runtime.db")
    assert [name for name in SOME if not any(map(RULE_CHANGES[name].affects, turns))] == []


def test_a_proposed_playbook_names_the_threads_it_would_write_otherwise_in(
    replayed, played, tmp_path
):
    """R175: with other texts for the second touch, whoever was due for one reads other words."""
    proposed = tmp_path / "icp_prospecting.yaml"
    installed = (PACKAGE / "playbooks/icp_prospecting.yaml").read_text(encoding="utf-8")
    proposed.write_text(installed.replace("icp.follow_up", "icp.last_note"), encoding="utf-8")
    affected = {
        turn.thread
        for turn in recorded(played / "runtime.db")
        if turn.is_touch and turn.payload["observation"]["touch"] == 2
    }
    _, found = replayed("--with", f"playbook={proposed}")
    assert found["changed_threads"] == sorted(affected)
    assert affected
    assert {change["now"] for change in found["changes"]} == {"the same in other words"}
