import json
import shutil
from datetime import UTC, datetime

import pytest
import yaml
from typer.testing import CliRunner

from agent_runtime.library.catalog import PACKAGE, load_library, read_library
from agent_runtime.library.checks import cross_problems, expiry_problems
from agent_runtime.library.cli import app
from agent_runtime.library.content import LOCALES, LibraryError


@pytest.fixture
def copied(tmp_path):
    for folder in ("playbooks", "content", "scenarios"):
        shutil.copytree(PACKAGE / folder, tmp_path / folder)
    return tmp_path


def edit(path, change):
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    change(data)
    path.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")


@pytest.fixture(scope="module")
def library():
    return load_library()


def test_every_text_is_whole_in_six_languages(library):
    """R69: no language is served in part."""
    for content_id in {content_id for content_id, _ in library.contents}:
        assert {loc for cid, loc in library.contents if cid == content_id} == set(LOCALES)


def test_every_playbook_states_its_five_parts(library):
    """R9, R87: when it helps, actions, inputs, handoff rule, what to train."""
    for playbook in library.playbooks.values():
        parts = (playbook.when_it_helps, playbook.agent_actions, playbook.inputs, playbook.train)
        assert all(parts)
        assert playbook.handoff_rule
        assert playbook.kpis
        assert playbook.goal
        assert playbook.success


def test_every_playbook_has_scenarios_of_the_four_kinds(library):
    for playbook in library.playbooks:
        mine = [s for s in library.scenarios if s.playbook == playbook]
        reasons = {turn.expect.reason for s in mine for turn in s.turns}
        actions = {turn.expect.action for s in mine for turn in s.turns}
        assert len(mine) >= 8
        assert {"off_topic", "buyer_is_angry"} <= reasons
        assert {"hand_off", "confirm_stop"} <= actions


def test_no_text_asks_two_questions(library):
    """R91: one question a mail."""
    for content in library.contents.values():
        assert content.body.count("?") <= 1, content.id


def test_no_text_holds_an_address(library):
    for content in library.contents.values():
        assert "@" not in content.body + content.subject


def test_content_that_does_not_exist_is_named(copied):
    edit(
        copied / "playbooks/icp_prospecting.yaml",
        lambda data: data["touches"][0].update(say=["icp.nowhere"]),
    )
    with pytest.raises(
        LibraryError, match=r"icp_prospecting.*content 'icp.nowhere' does not exist"
    ):
        load_library(copied)


def test_a_missing_language_is_named(copied):
    (copied / "content/pt/answer.pricing.md").unlink()
    with pytest.raises(LibraryError, match=r"'answer.pricing' is missing in pt"):
        load_library(copied)


def test_an_unreachable_state_is_named(copied):
    edit(
        copied / "playbooks/inbound_response.yaml",
        lambda data: data.update(states={"island": {"about": "alone", "actions": ["none"]}}),
    )
    with pytest.raises(LibraryError, match=r"states.island: no touch and no move leads there"):
        load_library(copied)


def test_a_state_without_a_way_in_is_named(copied):
    def change(data):
        for state in data["states"].values():
            state["exits"] = ["handed_off", "stopped"]

    edit(copied / "playbooks/tables/standard.yaml", change)
    problems = list(cross_problems(read_library(copied)))
    assert any("states.engaged: no exits lead there from 'new'" in said for said in problems)


def test_a_move_that_leaves_through_no_exit_is_named(copied):
    def change(data):
        data["states"]["booked"]["exits"] = ["handed_off", "scheduling"]

    edit(copied / "playbooks/tables/standard.yaml", change)
    with pytest.raises(LibraryError, match=r"leads from 'booked' to 'stopped', which is no exit"):
        load_library(copied)


def test_a_value_outside_the_rule_is_named(copied):
    edit(
        copied / "playbooks/icp_prospecting.yaml",
        lambda data: data["handoff"][0].update(do="fly"),
    )
    with pytest.raises(LibraryError, match=r"icp_prospecting.yaml: field handoff.0.do, the value"):
        load_library(copied)


def test_an_unknown_slot_is_named(copied):
    path = copied / "content/en/stop.confirm.md"
    path.write_text(path.read_text(encoding="utf-8") + "Bye {nickname}\n", encoding="utf-8")
    with pytest.raises(LibraryError, match=r"stop.confirm.md: field body.*\{nickname\} is unknown"):
        load_library(copied)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"no front matter", "front matter"),
        (b"", "front matter"),
        (b"---\nid: [\n---\nx", "not YAML"),
        (b"\xff\xfe---", "not UTF-8"),
    ],
)
def test_a_broken_text_is_named(copied, content, said):
    (copied / "content/en/stop.confirm.md").write_bytes(content)
    with pytest.raises(LibraryError, match=rf"stop.confirm.md.*{said}"):
        load_library(copied)


def test_a_file_in_the_wrong_place_is_named(copied):
    (copied / "content/en/stop.confirm.md").rename(copied / "content/de/stop.confirm.md")
    with pytest.raises(LibraryError, match=r"id and locale say en/stop.confirm.md"):
        load_library(copied)


def test_expired_content_is_not_served_and_is_reported(library):
    late = datetime(2040, 1, 1, tzinfo=UTC)

    assert library.live("stop.confirm", language="en", now=late) is None
    assert len(list(expiry_problems(library, now=late))) == len(library.contents)


def test_only_approved_wording_is_approved(library, now):
    """R38, R58: a sentence stands only on the very words that were approved."""

    def approved(text, language="en", at=now):
        return library.is_approved("stop.confirm@1", text=text, language=language, now=at)

    words = library.contents["stop.confirm", "en"].body
    assert approved(words)
    assert not approved(words + " We guarantee it.")
    assert not approved(words, language="de")
    assert not approved(words, at=datetime(2040, 1, 1, tzinfo=UTC))
    assert not library.is_approved("stop.confirm@2", text=words, language="en", now=now)


def test_slots_hold_only_what_belongs_there(library, now):
    fact = "meeting.booked@1"
    template = library.contents["meeting.booked", "en"].paragraphs[0]
    good = template.format(owner_name="[[OWNER_NAME]]", time="Tuesday 13 January, 10:00 (UTC)")
    bad = template.format(owner_name="[[OWNER_NAME]]", time="for free, guaranteed")

    assert library.is_approved(fact, text=good, language="en", now=now)
    assert not library.is_approved(fact, text=bad, language="en", now=now)


def test_only_the_frame_discloses(library):
    assert library.discloses("frame.email@3")
    assert not library.discloses("stop.confirm@1")
    assert not library.discloses("nothing@1")


def test_a_change_of_words_changes_the_hash(copied, library):
    path = copied / "content/en/stop.confirm.md"
    path.write_text(path.read_text(encoding="utf-8").replace("Done", "Very well"), encoding="utf-8")

    assert read_library(copied).content_hash != library.content_hash


def test_lint_counts_and_exits_zero():
    result = CliRunner().invoke(app, ["lint", "--at", "2026-01-12", "--json"])

    assert result.exit_code == 0
    assert json.loads(result.stdout)["problems"] == []


def test_lint_reports_expired_content_with_exit_code_2():
    result = CliRunner().invoke(app, ["lint", "--at", "2040-01-01", "--json"])

    assert result.exit_code == 2
    assert "it expired on 2028-06-30" in json.loads(result.stdout)["problems"][0]


def test_show_is_a_page_for_people_who_train():
    """R12: playbooks are curriculum."""
    result = CliRunner().invoke(app, ["show", "icp_prospecting"])

    assert result.exit_code == 0
    assert "What to train" in result.stdout
    assert "budget_or_timeline" in result.stdout


def test_schemas_are_json():
    for kind in ("playbook", "moves", "content", "scenario"):
        result = CliRunner().invoke(app, ["schema", kind])
        assert json.loads(result.stdout)["properties"]
