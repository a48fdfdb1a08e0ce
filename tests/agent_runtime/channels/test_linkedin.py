"""LinkedIn: a rep posts by hand, and the draft speaks only of what a company made public."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from conversation_world import ANA, LIBRARY, NOW, Wire, new_world, task, work_all
from typer.testing import CliRunner

from agent_runtime.channels.linkedin import LinkedInDesk, report
from agent_runtime.channels.router import Router
from agent_runtime.domain import PublicSignal
from agent_runtime.errors import ParleyError
from agent_runtime.library.playbook import Channel, Touch
from agent_runtime.linkedin_cli import linkedin
from agent_runtime.signals import may_be_named, newest_signal
from agent_runtime.store.engine import open_engine
from agent_runtime.store.sql import SqlStore

SIGNAL = PublicSignal(
    "press_release",
    "company_newsroom",
    "Alder opens a data team in Lisbon",
    "https://alder.example/news/lisbon",
    date(2026, 1, 5),
)


def library():
    """The product's, with a light touch on LinkedIn as the first of its prospecting playbook."""
    playbook = LIBRARY.playbook("icp_prospecting")
    limits = Channel(
        purpose="prospecting", max_touches=1, days_between_touches=7, reply_after_minutes=0
    )
    light = Touch(channel="linkedin", say=("linkedin.signal",), next="contacted")
    changed = playbook.model_copy(
        update={
            "touches": (light, *playbook.touches[1:]),
            "channels": {**playbook.channels, "linkedin": limits},
        }
    )
    return replace(LIBRARY, playbooks={**LIBRARY.playbooks, playbook.id: changed})


@pytest.fixture
def world():
    store, runtime = new_world(library())
    store.add_contact(replace(ANA, signals=(SIGNAL,)))
    store.save_task(task(2, state="CANCELLED"))
    mails = Wire()
    wire = Router({"linkedin": LinkedInDesk(store, clock=lambda: NOW), "email": mails})
    return store, runtime, wire, mails


def test_a_touch_becomes_a_task_with_a_draft_and_where_the_signal_was_read(world):
    """R26: nothing leaves; url and date stand in the task."""
    store, runtime, wire, mails = world
    work_all(store, runtime, wire, NOW)
    (waiting,) = store.open_human_tasks()
    assert (waiting.kind, waiting.route_to) == ("linkedin", "owner")
    assert "[[HEADLINE]]" in waiting.text
    assert SIGNAL.headline in waiting.text
    assert SIGNAL.url in waiting.text
    assert "2026-01-05" in waiting.text
    assert mails.mails == []
    (message,) = store.messages.values()
    assert message.state == "HANDED"
    assert store.recall(message.thread_id)["[[HEADLINE]]"] == SIGNAL.headline


@pytest.mark.parametrize(("posted", "state"), [(True, "SENT"), (False, "CANCELLED")])
def test_the_rep_says_whether_it_was_posted(world, posted, state):
    """R26: and that is traced."""
    store, runtime, wire, _ = world
    work_all(store, runtime, wire, NOW)
    (message,) = store.messages.values()
    report(runtime.outbox, message.message_id, posted=posted, now=NOW + timedelta(hours=2))
    assert store.message(message.message_id).state == state
    assert store.open_human_tasks() == ()
    told = [e.payload["status"] for e in store.events if e.kind == "delivery"]
    assert told == ["handed", "resolved_sent" if posted else "declined"]
    with pytest.raises(ParleyError, match="does not wait"):
        report(runtime.outbox, message.message_id, posted=True, now=NOW)


def test_a_stop_withdraws_the_draft(world):
    """R225 R26: what a rep has before them is withdrawn as well."""
    store, runtime, wire, _ = world
    work_all(store, runtime, wire, NOW)
    (message,) = store.messages.values()
    store.suppress(ANA.person_id, reason="opt_out", source="k", now=NOW)
    assert store.open_human_tasks() == ()
    assert store.message(message.message_id).state == "CANCELLED"
    with pytest.raises(ParleyError, match="do not post it"):
        report(runtime.outbox, message.message_id, posted=True, now=NOW)


def test_nobody_of_the_holdout_and_nobody_who_said_stop_is_noted(world):
    """R169: consent is not asked, arm and suppression are."""
    store, runtime, wire, _ = world
    store.add_assignment(
        next(iter(store.all_assignments())).model_copy(
            update={"experiment_id": "f", "arm": "holdout"}
        )
    )
    work_all(store, runtime, wire, NOW)
    assert store.open_human_tasks() == ()
    assert list(store.messages.values()) == []


def test_consent_is_not_asked_but_the_cap_counts_what_a_rep_has_in_hand(world):
    store, runtime, wire, _ = world
    store.add_consents(ANA.person_id, [])
    work_all(store, runtime, wire, NOW)
    assert [m.state for m in store.messages.values()] == ["HANDED"]
    counted = store.sent_counts(person_id=ANA.person_id, account_id=None, mailbox="", now=NOW)
    assert counted.to_person == 1


def test_without_a_signal_that_may_be_named_there_is_no_touch(world):
    store, runtime, wire, _ = world
    store.add_contact(replace(ANA, signals=(replace(SIGNAL, kind="wedding"),)))
    work_all(store, runtime, wire, NOW)
    assert store.open_human_tasks() == ()
    assert list(store.messages.values()) == []


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "personal_post"},
        {"kind": "family"},
        {"source": "private_note"},
        {"source": "company_careers"},
        {"url": "http://alder.example/news"},
        {"url": "https://user:pw@alder.example/news"},
        {"url": ""},
        {"headline": " "},
        {"published_on": date(2025, 9, 1)},
        {"published_on": date(2026, 2, 1)},
    ],
)
def test_what_is_not_on_the_list_is_never_named(change):
    """R26: kind, source, open web, age."""
    assert may_be_named(SIGNAL, now=NOW)
    assert not may_be_named(replace(SIGNAL, **change), now=NOW)
    contact = replace(ANA, signals=(SIGNAL, replace(SIGNAL, **change)))
    assert newest_signal(contact, now=NOW) == SIGNAL


def test_the_command_shows_the_draft_as_it_would_be_posted(world, tmp_path):
    """R26: `parley linkedin list`, then done."""
    memory, runtime, wire, _ = world
    work_all(memory, runtime, wire, NOW)
    (message,) = memory.messages.values()
    engine = open_engine(f"sqlite:///{tmp_path}/runtime.db")
    store = SqlStore(engine, "northbeam")
    with store.begin() as tx:
        tx.add_contact(memory.contact_of(ANA.person_id))
        tx.save_session(memory.session_of(ANA.person_id))
        tx.add_message(message)
        tx.remember(message.thread_id, memory.recall(message.thread_id))
        tx.save_human_task(memory.human_task(message.message_id))
    workspace = ["--workspace", str(tmp_path)]
    listed = CliRunner().invoke(linkedin, ["list", *workspace])
    assert "Alder opens a data team" in listed.output
    assert "[[" not in listed.output
    done = CliRunner().invoke(linkedin, ["done", message.message_id, *workspace])
    assert done.exit_code == 0, done.output
    with store.begin() as tx:
        assert tx.message(message.message_id).state == "SENT"
    empty = CliRunner().invoke(linkedin, ["list", *workspace])
    assert empty.output.strip() == "no LinkedIn draft waits"
    engine.dispose()


@pytest.mark.parametrize(("kind", "drafts"), [("press_release", 1), ("wedding", 0)])
def test_the_shipped_nurture_playbook_drafts_a_note_only_on_a_public_signal(kind, drafts):
    """R26: its fourth touch, as it is shipped."""
    store, runtime = new_world(LIBRARY)
    store.add_contact(replace(ANA, signals=(replace(SIGNAL, kind=kind),)))
    for planned in (1, 2):
        store.save_task(task(planned, state="CANCELLED"))
    store.add_task(task(4, playbook="nurture", due_at=NOW))
    mails = Wire()
    wire = Router({"linkedin": LinkedInDesk(store, clock=lambda: NOW), "email": mails})
    work_all(store, runtime, wire, NOW)
    assert [t.kind for t in store.open_human_tasks()] == ["linkedin"] * drafts
    assert [m.state for m in store.messages.values()] == ["HANDED"] * drafts
    assert mails.mails == []
