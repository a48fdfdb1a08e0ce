"""`parley crm queue`, `pull` and `undo`: what is dead, what was done there, by whom (R36 R224)."""

import json
from datetime import timedelta

import pytest
from crm_rows import connect, hear, stop
from crm_world import ANA, NOW, push_with, states, use, work_until
from typer.testing import CliRunner

from agent_runtime.crm_cli import crm
from agent_runtime.errors import ParleyError

ANA_THERE = "102"


@pytest.fixture
def run(tmp_path, store, url, monkeypatch):
    monkeypatch.setenv("PARLEY_HUBSPOT_TOKEN", "good")
    monkeypatch.setenv("PARLEY_HUBSPOT_URL", url)
    monkeypatch.setenv("PARLEY_TENANT_ID", "t")

    def invoke(*words):
        result = CliRunner().invoke(crm, [*words, "--workspace", str(tmp_path)])
        if isinstance(result.exception, ParleyError):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.output

    return invoke


def test_the_queue_shows_what_waits_and_what_is_dead_and_it_is_queued_again(
    run, store, hubspot, url
):
    assert "nothing was to reach the CRM yet" in run("queue")
    connect(store)
    hubspot.archive("contacts", ANA_THERE)
    hear(store, "k1")
    push = push_with(store, url)
    push.work(now=NOW)
    stop(store, at=NOW + timedelta(hours=1))
    hubspot.faults.append((503, {}))
    push.work(now=NOW + timedelta(hours=1))
    said = run("queue")
    assert "1  waits" in said
    assert "1 were tried in vain: HubSpot answered 503" in said
    assert "refused: the contact was deleted there" in said
    told = json.loads(run("queue", "--json"))
    assert (told["stops_waiting"], told["failing"], len(told["dead"])) == (1, 1, 1)
    hubspot.restore("contacts", ANA_THERE)
    assert "queued 1" in run("push", "--all")
    work_until(push, now=NOW + timedelta(hours=2), hours=10**5)
    assert set(states(store).values()) == {"PUSHED"}


def test_what_was_done_there_is_read_by_command(run, store, hubspot, url):
    connect(store)
    use(store, "crm.update", "contact:c-ana", urgency="soon")
    work_until(push_with(store, url))
    hubspot.edit("contacts", ANA_THERE, parley_urgency="in May")
    hubspot.unsubscribe(ANA.email)
    assert "1 fields were changed there, 1 opted out there" in run("pull")
    assert "by crm, found_there" in run("changes")
    assert json.loads(run("pull", "--json"))["changed"] == 0


@pytest.fixture
def written(store, hubspot, url):
    change_id = use(store, "crm.update", "contact:c-ana", urgency="soon")
    push = push_with(store, url)
    work_until(push)
    return change_id, push


def test_an_undo_is_refused_where_somebody_changed_the_field_there_and_says_who_and_when(
    run, hubspot, written
):
    hubspot.users["7"] = {"email": "rosa@n.example", "user": 41}
    hubspot.edit("contacts", ANA_THERE, user=41, parley_urgency="in May")
    with pytest.raises(ParleyError) as refused:
        run("undo", written[0])
    assert "holds 'in May' in the CRM, not 'soon', written by rosa@n.example on 2026-01-13" in str(
        refused.value
    )


def test_an_undo_is_refused_where_a_later_change_of_ours_stands(run, store, written):
    use(store, "crm.update", "contact:c-ana", at=NOW + timedelta(hours=1), urgency="later")
    with pytest.raises(ParleyError, match="written by agent on 2026-01-13 11:00; undo the later"):
        run("undo", written[0])


def test_an_undo_without_an_answer_of_the_crm_changes_nothing(run, store, hubspot, written):
    hubspot.faults.append((503, {}))
    with pytest.raises(ParleyError, match="hubspot cannot be asked what the field holds"):
        run("undo", written[0])
    assert list(states(store).values()) == ["PUSHED"]


def test_an_undo_brings_back_what_stood_there_before_a_person_gave_leave(run, store, hubspot, url):
    held = hubspot.objects["contacts"][ANA_THERE]
    held["parley_urgency"] = "Ana: old"
    change_id = use(store, "crm.update", "contact:c-ana", urgency="soon")
    push = push_with(store, url)
    work_until(push)
    run("push", change_id, "--over")
    work_until(push, hours=10**5)
    assert held["parley_urgency"] == "soon"
    assert "wrote contact:c-ana urgency" in run("undo", change_id)
    work_until(push, hours=10**5)
    assert held["parley_urgency"] == "Ana: old"
