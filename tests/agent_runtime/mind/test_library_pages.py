"""Pages, comparisons and the table of hand-offs, for people who train and approve."""

from dataclasses import replace

from agent_runtime.library.catalog import load_library
from agent_runtime.library.diff import differences
from agent_runtime.library.page import handoff_rows, page_of

LIBRARY = load_library()


def test_a_page_has_the_five_parts_and_every_text():
    """R12, R87, R216: what it helps with, actions, inputs, hand-off rule, what to train."""
    for playbook in LIBRARY.playbooks.values():
        page = page_of(LIBRARY, playbook)
        for title in (
            "When it helps",
            "What the agent does",
            "What it needs",
            "When a person takes over",
            "What to train",
        ):
            assert title in page
        assert playbook.handoff_rule in page
        for text in playbook.content_ids:
            assert f"**{text}**" in page


def test_the_table_of_hand_offs_covers_every_playbook():
    """One table maps intents, signals and stages to each playbook's hand-off rule."""
    rows = handoff_rows(LIBRARY)
    assert {row["playbook"] for row in rows} == set(LIBRARY.playbooks)
    assert all(row["to"] and row["heard"] and row["stages"] for row in rows)


def test_a_comparison_says_what_would_be_done_otherwise():
    """R201: changes of prompts and policies are read before they are live."""
    old = LIBRARY.playbook("nurture")
    new = old.model_copy(
        update={"goal": "Another goal", "handoff": old.handoff[1:], "scopes": ("pricing", "legal")}
    )
    text = LIBRARY.contents[old.content_ids[1], "de"]
    contents = {
        **LIBRARY.contents,
        (text.id, "de"): text.model_copy(update={"body": "Anders gesagt."}),
    }
    other = replace(LIBRARY, playbooks={**LIBRARY.playbooks, "nurture": new}, contents=contents)
    found = list(differences(LIBRARY, other, "nurture"))
    assert f"~ goal: {old.goal} -> Another goal" in found
    assert any(line.startswith("- handoff: ") and old.handoff[0].reason in line for line in found)
    assert "+ scopes: legal" in found
    assert f"~ text {text.id} (de)" in found
    assert any("+Anders gesagt." in line for line in found)
    assert list(differences(LIBRARY, LIBRARY, "nurture")) == []


def test_a_playbook_that_only_one_side_has_is_named():
    fewer = {k: v for k, v in LIBRARY.playbooks.items() if k != "events"}
    other = replace(LIBRARY, playbooks=fewer)
    assert list(differences(LIBRARY, other, "events")) == ["- playbook events"]
    assert list(differences(other, LIBRARY, "events")) == ["+ playbook events"]
