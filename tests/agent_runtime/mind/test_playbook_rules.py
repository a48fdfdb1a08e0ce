"""What a playbook says in place of what it shares: who takes over, which words, which rows."""

import shutil
from dataclasses import replace

import pytest

from agent_runtime.library.catalog import PACKAGE, load_library
from agent_runtime.library.content import LOCALES, LibraryError
from agent_runtime.planning.outline import touch_texts

LIBRARY = load_library()


def rows(playbook):
    return LIBRARY.moves(LIBRARY.playbook(playbook))


@pytest.mark.parametrize(
    ("playbook", "role", "words"),
    [
        ("cross_sell", "product_team", "cross.handoff"),
        ("win_back", "prior_owner", "back.handoff"),
    ],
)
def test_shared_hand_offs_go_to_whom_the_playbook_says(playbook, role, words):
    """R130, R134: always the owning team, always the prior owner; the owner is told."""
    shared = LIBRARY.tables["standard"]
    reasons = {m.reason for m in (*shared.handoff, *shared.moves) if m.route_to == "owner"}
    mapped = [m for group, m in rows(playbook) if m.reason in reasons and m.do == "hand_off"]

    assert {m.reason for m in mapped} == reasons
    assert {m.route_to for m in mapped} == {role}
    assert all("owner" in m.inform for m in mapped)
    assert all(m.say == (words,) for m in mapped)


@pytest.mark.parametrize("playbook", ["cross_sell", "win_back"])
def test_safety_rows_stay_with_the_owner(playbook):
    first = {move.reason: move for group, move in rows(playbook) if group == "first"}

    assert first["buyer_is_angry"].route_to == "owner"
    assert first["asks_about_own_data"].route_to == "privacy"


def test_other_playbooks_hand_over_to_the_owner_as_before():
    shared = LIBRARY.tables["standard"]

    assert [m for _, m in rows("icp_prospecting")][: len(shared.first)] == list(shared.first)
    assert {m.route_to for _, m in rows("icp_prospecting")} == {"", "owner", "support", "privacy"}


@pytest.mark.parametrize("language", LOCALES)
@pytest.mark.parametrize(
    ("facts", "chosen"),
    [
        ({"trigger_kind": "funding", "trigger": "x", "product": "Relay"}, "back.funding"),
        ({"trigger_kind": "tool_sunset", "trigger": "x", "product": "Relay"}, "back.sunset"),
        ({"trigger_kind": "Leadership_Change", "trigger": "x", "product": "R"}, "back.leadership"),
        ({"trigger_kind": "merger", "trigger": "x", "product": "Relay"}, "back.trigger"),
        ({"trigger_kind": "funding", "product": "Relay"}, None),
        ({"trigger_kind": "feature_launch", "feature": "x", "product": "Relay"}, None),
    ],
)
def test_the_kind_of_trigger_decides_what_is_said(contact, now, language, facts, chosen):
    """R132: a specific reason, or no mail; nothing is said of a change that nobody knows."""
    playbook = LIBRARY.playbook("win_back")
    reader = replace(contact, language=language, facts=tuple(facts.items()))
    texts = touch_texts(LIBRARY, playbook, playbook.touches[0], reader, now=now)

    assert (texts[0].id if texts else None) == chosen


def test_an_unknown_target_product_is_never_described(contact, now):
    playbook = LIBRARY.playbook("cross_sell")
    facts = (("product", "Relay"), ("target_product", "Relay Unheard"), ("usage", "x"))

    for touch in playbook.touches:
        reader = replace(contact, facts=facts)
        assert touch_texts(LIBRARY, playbook, touch, reader, now=now) == ()


@pytest.mark.parametrize("playbook", ["cross_sell", "win_back"])
def test_a_second_touch_needs_what_the_first_one_needs(contact, now, playbook):
    """A reminder of a mail that could not be written would be untrue."""
    read = LIBRARY.playbook(playbook)
    kinds = ("leadership_change", "funding", "tool_sunset", "feature_launch", "")
    targets = ("Relay Alerts", "Relay Audit", "Relay Unheard", "")
    for kind in kinds:
        for target in targets:
            for missing in ("", "product", "trigger", "feature", "lost_reason", "usage"):
                facts = {
                    **dict.fromkeys(("product", "trigger", "feature", "lost_reason", "usage"), "x"),
                    "trigger_kind": kind,
                    "target_product": target,
                    missing: "",
                }
                reader = replace(contact, facts=tuple(facts.items()))
                first, second = (
                    touch_texts(LIBRARY, read, touch, reader, now=now) for touch in read.touches
                )
                assert bool(second) <= bool(first), facts


def test_a_shared_text_that_nobody_says_cannot_be_replaced(tmp_path):
    for folder in ("playbooks", "content"):
        shutil.copytree(PACKAGE / folder, tmp_path / folder)
    path = tmp_path / "playbooks/win_back.yaml"
    words = path.read_text(encoding="utf-8")
    path.write_text(words.replace("{handoff.owner: back", "{handoff.boss: back"), encoding="utf-8")

    with pytest.raises(LibraryError, match=r"field instead: no shared row says 'handoff.boss'"):
        load_library(tmp_path)
