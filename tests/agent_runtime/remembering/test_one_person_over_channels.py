"""One person by mail, chat, text message and telephone: one thread, one memory, until forgotten."""

import json
from dataclasses import replace
from datetime import datetime
from io import StringIO

import pytest
import uvicorn
from rich.console import Console
from story_world import LIBRARY, NOW, STORY, staged
from typer.testing import CliRunner

from agent_runtime.console.cli import serve
from agent_runtime.console.people.demo import is_demo
from agent_runtime.console.threads.view import read_line
from agent_runtime.errors import ParleyError
from agent_runtime.lifeline import at_work, one_of, only_one
from agent_runtime.policies.arms import HOLDOUT
from agent_runtime.remembering.cli import app
from agent_runtime.remembering.memory import memory_of
from agent_runtime.remembering.recall import recall
from agent_runtime.remembering.scenes import problems_of
from agent_runtime.remembering.story import Expected
from agent_runtime.remembering.told import scene_table
from agent_runtime.remembering.world import fresh_store, person_id_of
from agent_runtime.settings import Settings
from agent_runtime.store import tables as t
from agent_runtime.store.erasing import erase, known_as
from agent_runtime.store.reading import turns_of


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    settings, world, watching, moments = staged(tmp_path_factory.mktemp("story"))
    return settings, world, watching, tuple(watching.scenes(moments))


def test_what_was_said_on_one_channel_is_known_on_the_next(played):
    """R190, R177: one thread id over four channels; each answer stands on what was told before."""
    _, world, _, scenes = played
    assert list(problems_of(STORY, scenes)) == []
    assert [scene.channel for scene in scenes] == ["email", "email", "chat", "sms", "sms", "voice"]
    assert len({scene.thread_id for scene in scenes}) == 1
    with world.store.begin() as tx:
        rows = [*tx.rows(t.messages).all(), *tx.rows(t.inbound).all()]
        assert {row.thread_id for row in rows} == {scenes[0].thread_id}
        assert [row.person_id for row in tx.rows(t.threads).all()] == [person_id_of(STORY)]
    assert {line.channel for scene in scenes for line in scene.lines} == {
        "email",
        "chat",
        "sms",
        "voice",
    }
    assert {line.by for scene in scenes for line in scene.lines} == {"agent", "buyer"}


def test_nothing_is_asked_twice_and_what_is_known_is_not_asked_at_all(played):
    """R190: over all channels; the date and the tool by what she said, the role by the CRM."""
    said = [text for scene in played[3] for text in scene.says]
    asked = [text for text in said if LIBRARY.contents[text, "en"].kind == "question"]
    assert asked == ["disc.goal", "disc.blockers", "question.urgency", "call.answer"]
    times = played[3][4]
    assert [(one.content_id, one.value) for one in times.spared] == [
        ("question.tools", "HubSpot"),
        ("disc.role", "Head of Revenue Operations"),
    ]
    assert times.spared[0].learnt.origin.channel == "email"
    assert times.spared[1].learnt is None


def test_the_same_turn_without_its_memory_says_something_else(played):
    """R190: memory is used; without it she is asked again what she has told by mail."""
    otherwise = [scene.otherwise for scene in played[3]]
    assert otherwise[0] is otherwise[1] is None
    assert [one.texts[-1] for one in otherwise[2:]] == [*["question.tools"] * 3, "slots.offer"]
    assert otherwise[2].words == "May I ask which systems hold your revenue data today?"


def test_times_that_were_texted_are_booked_on_the_telephone(played):
    """R177: "the second one" in a call is the second of the text message."""
    offered, call = played[3][4], played[3][5]
    turns = turns_of(played[1].store.engine, "t", thread=call.thread_id)
    slots = turns[-2].payload["basis"]["session"]["offered"]
    assert offered.channel == "sms"
    assert call.booked == datetime.fromisoformat(slots[1]["start"])


def test_each_thing_says_since_when_and_from_which_channel(played):
    record = played[2].record()
    memory = memory_of(record, LIBRARY)
    found = {one.name: (one.value, one.origin.channel, one.origin.at) for one in memory.things}
    began = [scene.at for scene in played[3]]
    assert found == {
        "person": ("Maria Lopez", "email", began[1]),
        "tool": ("HubSpot", "email", began[1]),
        "language": ("en", "email", began[1]),
        "objection": ("timing", "sms", began[3]),
        "timeline": ("By the end of March", "sms", began[4]),
    }
    heard = {
        event.event_id: event.payload["text"] for event in record.events if event.kind == "message"
    }
    by_name = {one.name: one for one in memory.things}
    for name in ("person", "tool", "timeline"):
        assert by_name[name].value in heard[by_name[name].origin.event_id]
    said = [STORY.moments[2].chat, STORY.moments[3].text, STORY.moments[4].text]
    assert [one.answer.said for one in memory.asked] == said


def test_who_was_erased_is_remembered_by_nothing(tmp_path):
    """R190: forgetting works; the thread's row stays and tells nothing."""
    settings, world, watching, moments = staged(tmp_path)
    assert tuple(watching.scenes(moments))
    email = STORY.person.email
    assert not recall(settings, email).memory.is_empty
    thread = watching.record().session.thread_id
    erase(world.store, known_as(world.store, [email]), now=NOW)
    with pytest.raises(ParleyError, match="nothing is remembered"):
        recall(settings, email)
    left = read_line(world.store, thread)
    assert memory_of(left, LIBRARY).is_empty
    assert left.session.facts_known == left.session.preferences == left.session.objections == ()
    with world.store.begin() as tx:
        kept = [str(row) for table in (t.threads, t.inbound, t.messages) for row in tx.rows(table)]
    kept += [str(event.payload) for event in left.events]
    for word in ("HubSpot", "Maria", "March", "Nora", "Kestrel"):
        assert [one for one in kept if word in one] == [], word


def test_a_holdout_is_written_to_on_no_channel(tmp_path):
    """R190: the story's rules are the runtime's; only people may answer her."""
    short = STORY.model_copy(update={"moments": (STORY.moments[0], STORY.moments[1])})
    _, world, _, moments = staged(tmp_path, short, arm=HOLDOUT)
    assert len(tuple(moments)) == 2
    assert world.post.mails == []
    with world.store.begin() as tx:
        assert [task.reason for task in tx.open_human_tasks()] == ["inbound_control"]


def test_a_number_without_leave_to_text_belongs_to_nobody(tmp_path):
    """R177: a thread follows what is proven: leave with the number, or the link of a mail."""
    person = STORY.person
    mail_only = person.model_copy(update={"leave": person.leave[:1]})
    moments = (STORY.moments[0], STORY.moments[3])
    story = STORY.model_copy(update={"person": mail_only, "moments": moments})
    _, world, _, happened = staged(tmp_path, story)
    assert len(tuple(happened)) == 2
    assert [mail.channel for mail in world.post.mails] == ["email"]
    with world.store.begin() as tx:
        assert tx.person_at("sms", person.phone) != person_id_of(story)


def test_what_people_write_is_shown_as_they_wrote_it(tmp_path):
    """R190: words are data for whoever prints them, too."""
    said = "[/bold] The finance team [red]has no time[/red] for it."
    texted = STORY.moments[3].model_copy(update={"text": said, "expect": Expected()})
    story = STORY.model_copy(update={"moments": (STORY.moments[0], texted)})
    _, _, watching, moments = staged(tmp_path, story)
    (_, scene), printed = watching.scenes(moments), StringIO()
    Console(file=printed, width=160).print(scene_table(scene, watching.contact, watching.record()))
    assert said in printed.getvalue()


def test_the_demo_ends_with_what_to_look_at(tmp_path):
    """R190: one command, with the models that ship; the same again begins anew."""
    place = ["--workspace", str(tmp_path / "memory")]
    run = CliRunner().invoke(app, ["demo", *place], env={"COLUMNS": "120"})
    assert run.exit_code == 0, run.output
    assert "4 channels, 1 thread: thread-p-one-thread" in run.output
    assert "not asked: “May I ask which systems hold your" in run.output
    assert "Tool in use: HubSpot (mail, " in run.output
    assert "none to be called" in run.output
    again = CliRunner().invoke(app, ["demo", "--json", *place])
    told = json.loads(again.stdout)
    assert told["thread_ids"] == ["thread-p-one-thread"]
    assert told["channels"] == ["email", "chat", "sms", "voice"]
    assert told["problems"] == []
    shown = CliRunner().invoke(app, ["show", STORY.person.email, "--json", *place])
    assert json.loads(shown.stdout) == told["memory"]
    assert is_demo(Settings(workspace=tmp_path / "memory"))


def test_no_other_run_is_overwritten(tmp_path):
    (tmp_path / "runtime.db").write_bytes(b"somebody's")
    with pytest.raises(ParleyError, match="another run lies there"):
        fresh_store(Settings(workspace=tmp_path), STORY)
    assert (tmp_path / "runtime.db").read_bytes() == b"somebody's"


@pytest.mark.parametrize("brought", ["a plan", "a lake", "a contact", "a stop"])
def test_a_story_among_real_people_is_no_demo_and_is_not_begun_anew(tmp_path, brought):
    """What else came into its workspace is not let open to anybody, nor deleted."""
    settings, world, _, _ = staged(tmp_path)
    assert is_demo(settings)
    with world.store.begin() as tx:
        if brought == "a plan":
            (tmp_path / "plan.json").write_text(json.dumps({"data": "/real/export"}))
        elif brought == "a lake":
            settings.paths.canonical.mkdir(parents=True)
        elif brought == "a contact":
            own = tx.contact_by_email(STORY.person.email)
            other = {"contact_id": "c-9", "person_id": "p-9", "email": "bo@birch.example"}
            tx.add_contact(replace(own, **other))
        else:
            tx.suppress("p-9", reason="unsubscribed", source="erasure", now=NOW)
    assert not is_demo(settings)
    with pytest.raises(ParleyError, match="another run lies there"):
        fresh_store(settings, STORY)
    with world.store.begin() as tx:
        assert tx.contact_by_email(STORY.person.email)


def test_a_story_that_somebody_works_on_is_not_deleted_under_them(tmp_path):
    settings, world, _, _ = staged(tmp_path)
    for lock in (only_one(tmp_path / "worker-1.lock"), one_of(tmp_path / "serve.lock")):
        with lock, pytest.raises(ParleyError, match="somebody is at work there"):
            fresh_store(settings, STORY)
    with world.store.begin() as tx:
        assert tx.contact_by_email(STORY.person.email)
    with fresh_store(settings, STORY).begin() as tx:
        assert not tx.contact_by_email(STORY.person.email)


def test_several_web_sides_may_serve_one_workspace(tmp_path):
    with one_of(tmp_path / "serve.lock"), one_of(tmp_path / "serve.lock"):
        assert at_work(tmp_path) == ("serve",)
    assert at_work(tmp_path) == ()


def test_who_serves_a_story_is_at_work_on_it(tmp_path, monkeypatch):
    staged(tmp_path)
    seen = []
    monkeypatch.setattr(uvicorn, "run", lambda *_, **__: seen.append(at_work(tmp_path)))
    run = CliRunner().invoke(serve, ["--workspace", str(tmp_path), "--no-worker"])
    assert run.exit_code == 0, run.output
    assert seen == [("serve",)]
