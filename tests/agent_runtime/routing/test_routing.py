"""Who gets work, who gets it after them, and how they are told."""

import hashlib
import hmac
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from agent_runtime.domain import Contact, Session
from agent_runtime.routing.assign import Assignee, assign, role_of
from agent_runtime.routing.dispatch import Dispatch, acknowledge
from agent_runtime.routing.notify import Answer, MailNotifier, WebhookNotifier, notice_of
from agent_runtime.routing.table import RoutingError, RoutingTable, read_routing
from agent_runtime.sandbox.exchanger import Exchanger
from agent_runtime.store.engine import open_engine
from agent_runtime.store.memory import MemoryStore
from agent_runtime.store.rows import HumanTask
from agent_runtime.store.sql import SqlStore

NOW = datetime(2026, 1, 13, 10, tzinfo=UTC)
BUYER = Contact(
    tenant_id="t",
    contact_id="c-ana",
    person_id="p-ana",
    account_id=None,
    email="ana@alder.example",
    first_name="Ana",
    last_name="Ruiz",
    title="",
    company="Alder",
    country="DE",
    language="de",
    time_zone="",
    owner_id="o-1",
    owner_name="Lena Vogt",
    owner_email="lena@northbeam.example",
    mailbox="relay@mail.northbeam.example",
)
SESSION = Session("t", "thread-p-ana", "p-ana", "c-ana", "inbound_response", "new", language="de")
TASK = HumanTask(
    tenant_id="t",
    task_id="task-1",
    thread_id="thread-p-ana",
    person_id="p-ana",
    kind="handoff",
    route_to="support",
    reason="support_issue",
    text="It is down",
    received_at=NOW,
)
PEOPLE = [
    {"name": "Ada", "email": "ada@n.example", "roles": ["support"], "languages": ["en"]},
    {"name": "Bea", "email": "bea@n.example", "roles": ["support"], "languages": ["de", "en"]},
    {"name": "Kei", "email": "kei@n.example", "roles": ["native_reviewer"], "languages": ["ja"]},
]
ROUTES = {
    "owner": {"by": ["task", "mail"], "answer_within_minutes": 60, "then": "team"},
    "support": {"by": ["mail"], "answer_within_minutes": 30, "then": "owner"},
    "native_reviewer": {"by": ["mail"], "answer_within_minutes": 30, "then": "owner"},
    "team": {"by": ["task"], "answer_within_minutes": 60},
}


def table(people=PEOPLE, **routes):
    return RoutingTable.model_validate({"version": 1, "people": people, "routes": ROUTES | routes})


def asked(role, with_table, language="de", now=NOW):
    return assign(role, BUYER, with_table, language=language, now=now)


def test_who_speaks_the_language_of_the_thread_comes_first():
    """R244."""
    assert asked("support", table()).email == "bea@n.example"
    assert asked("support", table(), language="en").email == "ada@n.example"


def test_who_is_out_of_office_is_passed_over_at_once():
    away = [{"from": "2026-01-10", "to": "2026-01-20"}]
    people = [PEOPLE[0], PEOPLE[1] | {"away": away}]
    assert asked("support", table(people)).email == "ada@n.example"
    nobody = [person | {"away": away} for person in PEOPLE[:2]]
    assert asked("support", table(nobody)).role == "owner"
    after = datetime(2026, 1, 21, 10, tzinfo=UTC)
    assert asked("support", table(people), now=after).email == "bea@n.example"


def test_an_owner_who_is_away_has_a_team_behind_them():
    lena = {
        "name": "Lena Vogt",
        "email": BUYER.owner_email,
        "roles": [],
        "away": [{"from": "2026-01-13", "to": "2026-01-13"}],
    }
    finn = {"name": "Finn", "email": "finn@n.example", "roles": ["team"]}
    assert asked("owner", table([lena, finn])).email == "finn@n.example"
    assert asked("owner", table()).email == BUYER.owner_email


def test_a_role_without_a_route_goes_to_the_owner():
    assert asked("prior_owner", table()).role == "owner"


def test_a_language_without_texts_goes_to_a_native_reviewer_where_there_is_one():
    """R244."""
    assert role_of("owner", "language_not_supported", table(), "ja") == "native_reviewer"
    assert role_of("owner", "language_not_supported", table(), "pl") == "owner"
    assert asked("native_reviewer", table(), language="ja").email == "kei@n.example"


@pytest.mark.parametrize(
    ("routes", "rule"),
    [
        ({"team": {"by": ["task"], "answer_within_minutes": 5, "then": "owner"}}, "circle"),
        ({"team": {"by": ["task"], "answer_within_minutes": 5, "then": "nobody"}}, "no route for"),
        ({"team": {"by": ["webhook"], "answer_within_minutes": 5}}, "webhook"),
        ({"team": {"by": ["pigeon"], "answer_within_minutes": 5}}, "pigeon"),
    ],
)
def test_a_table_that_cannot_work_is_refused_in_a_sentence(tmp_path, routes, rule):
    file = tmp_path / "routing.yaml"
    file.write_text(json.dumps({"version": 1, "routes": ROUTES | routes}), encoding="utf-8")
    with pytest.raises(RoutingError, match=rule if rule != "pigeon" else "by"):
        read_routing(file)


def test_the_packaged_table_is_whole():
    assert "owner" in read_routing().routes


class Told:
    def __init__(self, *failures):
        self.notices = []
        self._failures = list(failures)

    def tell(self, notice):
        self.notices.append(notice)
        why = self._failures.pop(0) if self._failures else ""
        return Answer(not why, "" if why else "250", why)


@pytest.fixture(params=["memory", "sqlite"])
def store(request, tmp_path):
    is_memory = request.param == "memory"
    made = MemoryStore("t") if is_memory else SqlStore(open_engine(f"sqlite:///{tmp_path}/t"), "t")
    with made.begin() as tx:
        tx.add_contact(BUYER)
        tx.save_session(SESSION)
        tx.save_human_task(TASK)
    return made


def the_task(store):
    with store.begin() as tx:
        return tx.human_task("task-1")


def test_work_gets_a_person_once_and_goes_on_when_nobody_takes_it(store):
    """R13 R74: each step is told once."""
    told = Told()
    dispatch = Dispatch(store, table(), {"mail": told}, {})
    for _ in range(2):
        dispatch.work(now=NOW)
    assert the_task(store).assignee == "bea@n.example"
    for _ in range(2):
        dispatch.work(now=NOW + timedelta(minutes=31))
    assert the_task(store).assignee == BUYER.owner_email
    assert [notice.role for notice in told.notices] == ["support", "owner"]
    assert "It is down" not in str(told.notices)
    for _ in range(3):
        dispatch.work(now=NOW + timedelta(days=3))
    assert the_task(store).role == "team"


def test_what_somebody_took_stays_with_them_for_a_service_level(store):
    dispatch = Dispatch(store, table(), {"mail": Told()}, {})
    dispatch.work(now=NOW)
    with store.begin() as tx:
        taken_at = NOW + timedelta(minutes=29)
        acknowledge(tx, tx.human_task("task-1"), table(), by="bea", now=taken_at)
    dispatch.work(now=NOW + timedelta(minutes=31))
    assert (the_task(store).role, the_task(store).acknowledged_by) == ("support", "bea")
    dispatch.work(now=NOW + timedelta(minutes=60))
    assert the_task(store).role == "owner"


def test_what_is_done_is_left_alone(store):
    with store.begin() as tx:
        tx.save_human_task(replace(TASK, state="DONE"))
    told = Told()
    assert Dispatch(store, table(), {"mail": told}, {}).work(now=NOW) == 0
    assert told.notices == []


def test_who_cannot_be_told_is_passed_over_after_minutes(store):
    told = Told("mail: no server")
    Dispatch(store, table(), {"mail": told}, {}).work(now=NOW)
    Dispatch(store, table(), {"mail": told}, {}).work(now=NOW + timedelta(minutes=6))
    assert [notice.role for notice in told.notices] == ["support", "owner"]


def test_what_a_colleagues_server_answered_is_in_the_trace():
    """R77: taken and refused alike, with code and words."""
    store = MemoryStore("t")
    store.add_contact(BUYER)
    store.save_session(SESSION)
    store.save_human_task(TASK)
    told = Told("mail: no server")
    for minutes in (0, 6):
        later = NOW + timedelta(minutes=minutes)
        Dispatch(store, table(), {"mail": told}, {}).work(now=later)
    notices = [e.payload for e in store.events if e.payload.get("object") == "notice"]
    assert [(n["way"], n["status"], n["code"], n["why"]) for n in notices] == [
        ("mail", "refused", "", "mail: no server"),
        ("mail", "accepted", "250", ""),
    ]


NOTICE = notice_of("task-1", "handoff", "x", Assignee("support", "Bea", "bea@n.example", (), NOW))


@pytest.mark.real
def test_a_notice_by_mail_reaches_the_colleague(tmp_path):
    log = tmp_path / "log.jsonl"
    with Exchanger(tmp_path / "mail", log, bool, lambda: NOW) as exchanger:
        open_server = MailNotifier(exchanger.host, exchanger.port, "hello@n.example")
        assert open_server.tell(NOTICE) == Answer(True, "250")
        to_nobody = replace(NOTICE, to="bea@elsewhere.test")
        refused = open_server.tell(to_nobody)
        assert (refused.is_taken, refused.code) == (False, "550")
        assert "never leaves" in refused.why
        closed = MailNotifier(exchanger.host, 1, "hello@n.example")
    (mail,) = (tmp_path / "mail" / "bea@n.example" / "new").iterdir()
    assert "parley tasks ack task-1" in mail.read_text(encoding="utf-8")
    unreached = closed.tell(NOTICE)
    assert not unreached.is_taken
    assert unreached.why.startswith("mail:")


@pytest.mark.real
def test_a_notice_by_webhook_is_signed():
    got = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.append((self.headers["X-Parley-Signature"], body))
            self.send_response(204 if len(got) == 1 else 500)
            self.end_headers()

        def log_message(self, *args):
            del args

    server = HTTPServer(("127.0.0.1", 0), Hook)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        hook = WebhookNotifier(f"http://127.0.0.1:{server.server_port}/", "key")
        assert hook.tell(NOTICE) == Answer(True, "204", "No Content")
        assert hook.tell(NOTICE) == Answer(False, "500", "Internal Server Error")
    finally:
        server.shutdown()
        server.server_close()
    signature, body = got[0]
    assert signature == "sha256=" + hmac.new(b"key", body, hashlib.sha256).hexdigest()
    assert json.loads(body)["to"] == "bea@n.example"
