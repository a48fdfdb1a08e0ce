"""`parley crm` and `parley tickets` say what reached the CRM, what did not, and why."""

import json

import pytest
from crm_world import NOW, push_with, states, use, work_until
from typer.testing import CliRunner

from agent_runtime.crm_cli import crm, tickets
from agent_runtime.crm_push_cli import CrmPushError


@pytest.fixture
def run(tmp_path, store, url, monkeypatch):
    monkeypatch.setenv("PARLEY_HUBSPOT_TOKEN", "good")
    monkeypatch.setenv("PARLEY_HUBSPOT_URL", url)
    monkeypatch.setenv("PARLEY_TENANT_ID", "t")

    def invoke(app, *words, fails=False):
        result = CliRunner().invoke(app, [*words, "--workspace", str(tmp_path)])
        if isinstance(result.exception, CrmPushError):
            raise result.exception
        assert (result.exit_code != 0) == fails, result.output
        return result.output

    return invoke


def test_the_list_says_in_words_what_is_there_and_what_is_not(run, store, hubspot, url):
    assert "nothing was to reach the CRM yet" in run(crm, "list")
    hubspot.objects["contacts"]["102"]["parley_blocker"] = "legal"
    use(store, "crm.update", "contact:c-ana", urgency="soon", blocker="budget")
    use(store, "tickets.open", "contact:c-ana", subject="down", text="Down.")
    assert "waits" in run(tickets, "list")
    del hubspot.properties["contacts"]["parley_urgency"]
    work_until(push_with(store, url))
    said = run(crm, "list")
    assert "conflict: somebody has changed it there since; it holds 'legal'" in said
    assert 'refused: 400: Property "parley_urgency" does not exist' in said
    assert "CRM: there as 10" in run(tickets, "list")
    (ticket,) = json.loads(run(tickets, "list", "--json"))
    assert ticket["push"]["state"] == "PUSHED"
    rows = json.loads(run(crm, "list", "--unsettled", "--json"))
    assert sorted(row["state"] for row in rows) == ["CONFLICT", "REFUSED"]


def test_a_refused_row_is_tried_again_and_a_conflict_only_with_leave(run, store, hubspot, url):
    held = hubspot.objects["contacts"]["102"]
    held["parley_blocker"] = "legal"
    made = use(store, "crm.update", "contact:c-ana", blocker="budget")
    refused = use(store, "crm.update", "account:a-1", use_case="routing")
    del hubspot.properties["companies"]["parley_use_case"]
    push = push_with(store, url)
    work_until(push)
    hubspot.properties["companies"]["parley_use_case"] = {}
    assert "queued 1" in run(crm, "push", "--all")
    assert "queued 1" in run(crm, "push", made[:8])
    work_until(push, hours=10**5)
    assert hubspot.objects["companies"]["101"]["parley_use_case"] == "routing"
    assert held["parley_blocker"] == "legal"
    with pytest.raises(CrmPushError, match="--over is for a field in conflict"):
        run(crm, "push", refused, "--over")
    run(crm, "push", made, "--over")
    work_until(push, hours=10**5)
    assert held["parley_blocker"] == "budget"
    with pytest.raises(CrmPushError, match="no row with this id"):
        run(crm, "push", "zzz")


def test_a_solved_ticket_is_queued_again(run, store, hubspot, url):
    ticket_id = use(store, "tickets.open", "contact:c-ana", subject="down", text="Down.")
    push = push_with(store, url)
    push.work(now=NOW)
    run(tickets, "solve", ticket_id)
    assert list(states(store).values()) == ["WAITING"]


def test_the_check_says_what_the_account_lacks_and_makes_it(run, hubspot):
    assert "nothing is missing" in run(crm, "check")
    for path in ("contacts", "notes"):
        kept = {n: p for n, p in hubspot.properties[path].items() if "parley_" not in n}
        hubspot.properties[path] = kept
    hubspot.properties["tickets"]["parley_ticket_id"]["hasUniqueValue"] = False
    said = run(crm, "check", fails=True)
    assert "contact: no property parley_urgency" in said
    assert "takes the same value twice" in said
    made = run(crm, "check", "--create", fails=True)
    assert "made 7 properties" in made
    assert "no property" not in made
    note_id = hubspot.properties["notes"]["parley_activity_id"]
    assert note_id["hasUniqueValue"]
    assert note_id["groupName"] == "notesinformation"


def test_the_check_says_that_a_token_is_wrong_and_never_shows_it(run, hubspot, monkeypatch):
    hubspot.token = "another"
    result = CliRunner().invoke(crm, ["check"])
    assert "PARLEY_HUBSPOT_TOKEN is wrong, expired or revoked" in str(result.exception)
    assert "good" not in str(result.exception)
    monkeypatch.delenv("PARLEY_HUBSPOT_TOKEN")
    with pytest.raises(CrmPushError, match="PARLEY_HUBSPOT_TOKEN is empty"):
        run(crm, "check")


def test_the_check_names_the_kind_that_the_token_may_not_read(run, hubspot):
    hubspot.faults.append((403, {}))
    assert "contact: 403: try later; the token lacks a scope" in run(crm, "check", fails=True)


def test_the_scopes_follow_from_what_may_be_written():
    """R224."""
    said = CliRunner().invoke(crm, ["scopes", "--json"]).output
    assert json.loads(said) == [
        "communication_preferences.read_write",
        "crm.lists.read",
        "crm.lists.write",
        "crm.objects.companies.read",
        "crm.objects.companies.write",
        "crm.objects.contacts.read",
        "crm.objects.contacts.write",
        "crm.objects.deals.read",
        "crm.objects.deals.write",
        "crm.objects.owners.read",
        "tickets",
    ]
    setup = CliRunner().invoke(crm, ["scopes", "--setup"]).output.split()
    assert {"crm.schemas.contacts.write", "crm.schemas.deals.write", "tickets"} <= set(setup)
