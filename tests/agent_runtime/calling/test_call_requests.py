"""Asked for by a server or a command, a call is checked, queued once, or refused with its rule."""

import json
from dataclasses import replace

import pytest
from call_people import NUMBER, TELEPHONY, calling_library, let_call
from conversation_world import ANA, NOW, assign
from runtime_people import CONSENT
from starlette.testclient import TestClient
from typer.testing import CliRunner

from agent_runtime.arms import publish_controls
from agent_runtime.calling.agreeing import record_consent
from agent_runtime.calling.checking import CallError, check_number
from agent_runtime.calling.telephony import telephony_of
from agent_runtime.calling.voice_cli import voice
from agent_runtime.campaign_limits import PUBLISHED as LIMITS
from agent_runtime.campaign_limits import CampaignLimits
from agent_runtime.campaign_limits import as_text as limits_as_text
from agent_runtime.campaign_stage import PUBLISHED as STAGES
from agent_runtime.campaign_stage import StageBounds
from agent_runtime.campaign_stage import as_text as stages_as_text
from agent_runtime.clock import write_now
from agent_runtime.console import calls
from agent_runtime.console.app import build_app
from agent_runtime.console.door import Door
from agent_runtime.console.forms import signature
from agent_runtime.domain import Session
from agent_runtime.intake import Intake
from agent_runtime.newcomers import Newcomers
from agent_runtime.policies.ruleset import RuleSetError
from agent_runtime.settings import Settings
from agent_runtime.store.engine import open_engine
from agent_runtime.store.memory import MemoryStore
from agent_runtime.store.sql import SqlStore

KEY = "calls-key"
LIBRARY = calling_library()
ASKED = {"person": ANA.email, "playbook": "icp_prospecting", "key": "lead-1"}


class Desk:
    """A console with a route for calls, and one person who may be called."""

    def __init__(self):
        self.store = MemoryStore("t")
        people(self.store)
        door = Door(
            store=self.store,
            intake=Intake(self.store, Newcomers("t", (), None), {}),
            versions={},
            clock=lambda: NOW,
            key="k",
            library=lambda: LIBRARY,
        )
        self.client = TestClient(build_app(calls.routes(door, TELEPHONY, key=KEY)))

    def post(self, fields=ASKED, *, key=KEY, at=NOW, body=None):
        said = body if body is not None else json.dumps(fields).encode()
        stamp = str(int(at.timestamp()))
        headers = {
            "x-parley-timestamp": stamp,
            "x-parley-signature": signature(key, stamp, said),
        }
        return self.client.post("/calls", content=said, headers=headers)


def people(tx):
    publish_controls(tx, {"e": ("holdout",)})
    tx.add_contact(ANA)
    tx.add_consents(ANA.person_id, (CONSENT,))
    assign(tx, ANA.person_id, "agent")
    let_call(tx)


@pytest.fixture
def desk():
    return Desk()


def test_a_signed_request_puts_one_call_into_the_queue(desk):
    """R254: a call is triggered through an API."""
    first, again = desk.post(), desk.post()
    assert (first.status_code, first.json()["status"]) == (202, "queued")
    assert (again.status_code, again.json()["status"]) == (200, "repeated")
    (task,) = desk.store.tasks.values()
    assert (task.person_id, task.touch, task.due_at) == (ANA.person_id, 1, NOW)
    assert desk.post(ASKED | {"key": "lead-2"}).status_code == 202


@pytest.mark.parametrize("wrong", [{"key": "another"}, {"at": NOW.replace(hour=9)}, {"key": ""}])
def test_what_is_not_signed_just_now_is_refused_and_does_nothing(desk, wrong):
    assert desk.post(**wrong).status_code == 401
    assert desk.client.post("/calls", json=ASKED).status_code == 401
    assert desk.store.tasks == {}


def test_without_a_key_there_is_no_such_page(desk):
    assert calls.routes(None, TELEPHONY, key="") == ()


def test_a_dry_run_says_what_the_rules_and_the_briefing_would_be(desk):
    """R255: name, company, past, goal, zone and proof of consent."""
    told = desk.post(ASKED | {"dry_run": True}).json()
    assert told["status"] == "would_queue"
    briefing = told["briefing"]
    assert (briefing["first_name"], briefing["company"]) == ("Ana", "Alder")
    assert briefing["time_zones"] == ["Europe/Berlin"]
    assert briefing["consent"]["source"] == "form demo@2"
    assert {"call_consent", "call_hours", "do_not_call"} <= {r["rule"] for r in told["rules"]}
    assert desk.store.tasks == {}


def test_a_call_that_a_rule_stops_for_good_is_refused_with_the_rule(desk):
    desk.store.suppress(ANA.person_id, reason="opt_out", source="x", now=NOW)
    answer = desk.post()
    assert (answer.status_code, answer.json()["status"]) == (409, "blocked")
    stopped = {r["rule"] for r in answer.json()["rules"] if r["decision"] == "block"}
    assert "suppression" in stopped
    assert desk.store.tasks == {}


@pytest.mark.parametrize(
    ("change", "names"),
    [
        ({"person": "nobody@x.example"}, "is unknown"),
        ({"person": ""}, "person"),
        ({"playbook": "win_back"}, "no touch by voice"),
        ({"playbook": "no_such"}, "use one of"),
        ({"at": "tomorrow"}, "an instant"),
        ({"at": "2026-01-14T10:00"}, "needs its zone"),
        ({"dry_run": "yes"}, "true or false"),
        ({"colour": "red"}, "is unknown"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused_in_one_sentence(desk, change, names):
    answer = desk.post(ASKED | change)
    assert answer.status_code == 422
    assert names in answer.json()["error"]
    assert desk.store.tasks == {}


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff"])
def test_what_is_no_object_is_refused(desk, body):
    assert desk.post(body=body).status_code == 422


def test_a_person_in_another_playbook_or_with_every_call_made_is_not_called(desk):
    session = Session("t", "thread-p-ana", ANA.person_id, ANA.contact_id, "icp_prospecting", "new")
    desk.store.save_session(replace(session, touches_sent=4))
    assert "was made already" in desk.post().json()["error"]
    desk.store.save_session(replace(session, playbook="win_back"))
    assert "in the playbook win_back" in desk.post().json()["error"]


def test_consent_is_recorded_with_its_proof_and_only_for_their_own_number():
    store = MemoryStore("t")
    store.add_contact(ANA)
    given = {
        "purpose": "prospecting",
        "words": "Call me by an AI",
        "source": "form-4711",
        "now": NOW,
    }
    assert record_consent(store, ANA.email, "+49 30 12345678", **given).number == NUMBER
    record_consent(store, ANA.person_id, NUMBER, **given)
    (consent,) = store.consents(ANA.person_id)
    assert (consent.address, consent.words, consent.source) == (NUMBER, given["words"], "form-4711")
    for change in ({"words": " "}, {"source": ""}, {"purpose": ""}):
        with pytest.raises(CallError, match="without its proof"):
            record_consent(store, ANA.email, NUMBER, **given | change)
    with pytest.raises(CallError, match="no valid number"):
        record_consent(store, ANA.email, "030", **given)
    store.add_contact(replace(ANA, contact_id="c2", person_id="p2", email="bo@alder.example"))
    with pytest.raises(CallError, match="another person's"):
        record_consent(store, "bo@alder.example", NUMBER, **given)


def test_a_bare_number_is_held_against_the_rules_of_calls():
    store = MemoryStore("t")
    told = check_number(store, "+12125550123", TELEPHONY, LIBRARY, language="en", now=NOW)
    reasons = {v.rule: v.reason for v in told.hits}
    assert told.decision == "block"
    assert "never imported" in reasons["do_not_call"]
    assert "no consent" in reasons["call_consent"]
    assert set(reasons) == {"call_consent", "do_not_call", "call_hours"}


def test_a_dial_that_cannot_be_read_stops_a_check_as_it_stops_the_call():
    """R254: what people have set of the rules binds a bare number too."""
    store = MemoryStore("t")
    store.set_flag("rule:caps.per_person", "many")
    with pytest.raises(RuleSetError, match=r"caps\.per_person"):
        check_number(store, "+12125550123", TELEPHONY, LIBRARY, language="en", now=NOW)


def in_campaign(store, **limits):
    store.publish(LIMITS, limits_as_text({"spring": CampaignLimits(**limits)}))
    store.publish(STAGES, stages_as_text({"spring": StageBounds("live", tests_only=False)}))


def test_a_call_in_a_campaign_is_as_free_as_the_campaign_is(desk):
    """R17: a campaign may be stricter, and a call of it is."""
    in_campaign(desk.store, autonomy="assistive")
    told = desk.post(ASKED | {"campaign": "spring"}).json()
    assert [r["rule"] for r in told["rules"] if r["decision"] == "escalate"] == ["approval"]
    (task,) = desk.store.tasks.values()
    assert (task.campaign_id, task.autonomy) == ("spring", "assistive")


def test_a_call_in_a_thread_stays_in_its_campaign_and_under_its_level(desk):
    in_campaign(desk.store)
    session = Session("t", "thread-p-ana", ANA.person_id, ANA.contact_id, "icp_prospecting", "new")
    desk.store.save_session(replace(session, campaign_id="spring", autonomy="supervised"))
    desk.post()
    (task,) = desk.store.tasks.values()
    assert (task.campaign_id, task.autonomy) == ("spring", "supervised")


@pytest.mark.parametrize(
    ("campaigns", "threads", "level"),
    [
        (None, "assistive", "assistive"),
        ("autonomous", "supervised", "supervised"),
        ("supervised", "autonomous", "supervised"),
    ],
)
def test_a_call_for_another_campaign_never_frees_a_thread(desk, campaigns, threads, level):
    """R17: the stricter of both binds."""
    in_campaign(desk.store, autonomy=campaigns)
    session = Session("t", "thread-p-ana", ANA.person_id, ANA.contact_id, "icp_prospecting", "new")
    desk.store.save_session(replace(session, campaign_id="autumn", autonomy=threads))
    desk.post(ASKED | {"campaign": "spring"})
    (task,) = desk.store.tasks.values()
    assert (task.campaign_id, task.autonomy) == ("spring", level)


def test_the_command_says_which_rules_stop_a_call_and_why(tmp_path, monkeypatch):
    monkeypatch.setenv("PARLEY_TENANT_ID", "t")
    engine = open_engine(f"sqlite:///{tmp_path}/runtime.db")
    write_now(engine, NOW)
    with SqlStore(engine, "t").begin() as tx:
        people(tx)
    run = CliRunner()
    asked = ["check", NUMBER, "--workspace", str(tmp_path)]
    done = run.invoke(voice, [*asked, "--json"])
    told = json.loads(done.output)
    assert done.exit_code == 1
    reason = next(r["reason"] for r in told["rules"] if r["rule"] == "caller_id")
    assert "PARLEY_VOICE_NUMBERS" in reason
    assert "rules allow" in run.invoke(voice, asked).output


def test_settings_name_the_numbers_of_ours_and_the_law_bounds_the_ring():
    numbers = ({"number": NUMBER, "countries": ["de"], "registered": True},)
    ours = telephony_of(Settings(voice_numbers=numbers, voice_languages=("de",)))
    assert ours.own_for("DE").number == NUMBER
    assert ours.own_for("FR").countries == ("DE",)
    assert ours.voices == {"de"}
    with pytest.raises(ValueError, match="15"):
        Settings(voice_ring_s=10)
