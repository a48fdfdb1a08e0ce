"""The week's figures by mail: to people of ours only, and to each never twice."""

import json
import sys
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "console"))
from desk_world import Desk
from published_world import publish

from agent_runtime.channels.email.smtp import SmtpLine
from agent_runtime.console.frame.audit import latest
from agent_runtime.console.people.users import PeopleError, save_user
from agent_runtime.digest.cli import digest as command
from agent_runtime.digest.content import NotYet, digest_of
from agent_runtime.digest.schedule import WeeklyDigest
from agent_runtime.digest.sending import readers, send
from agent_runtime.digest.week import Week, WeekError
from agent_runtime.ports import Receipt
from agent_runtime.sandbox.exchanger import Exchanger

MONDAY = datetime(2026, 1, 26, 7, tzinfo=UTC)
WEEK = Week.named("2026-W04")
SENDER = "hello@northbeam.example"


class Wire:
    """A mail server that answers as it is told."""

    def __init__(self, *answers):
        self.answers, self.sent = list(answers), []

    def deliver(self, sender, recipient, data):
        self.sent.append((recipient, message_from_bytes(data, policy=policy.default)))
        answer = self.answers.pop(0) if self.answers else "sent"
        if isinstance(answer, Exception):
            raise answer
        return Receipt(answer)

    def close(self):
        pass


@pytest.fixture
def desk(tmp_path):
    desk = Desk(tmp_path)
    publish(desk.office.settings.paths, label="Mid <b>")
    desk.add("leader", email="luc@northbeam.example")
    desk.add("rep", email="tom@northbeam.example")
    return desk


def go(desk, wire, *, only=(), again=False):
    made = digest_of(desk.office.settings, desk.store, WEEK)
    with desk.store.begin() as tx:
        people = readers(tx, only)
    options = {"sender": SENDER, "by": "command:ada", "again": again}
    told = send(desk.store, made, people, wire, now=MONDAY, wall=MONDAY, **options)
    return [(one.email, one.state, one.is_new) for one in told]


def test_a_leader_gets_text_and_html_of_the_week_once(desk):
    wire = Wire()
    assert go(desk, wire) == [("luc@northbeam.example", "SENT", True)]
    assert go(desk, wire) == [("luc@northbeam.example", "SENT", False)]
    ((to, mail),) = wire.sent
    assert to == mail["To"] == "luc@northbeam.example"
    assert mail["Subject"] == "[Parley] Week of 19 to 25 January 2026: 12 meetings set"
    assert mail["Auto-Submitted"] == "auto-generated"
    for kind in ("plain", "html"):
        text = mail.get_body((kind,)).get_content()
        for said in ("Meetings set", "25.0%", "icp-prospecting", "No incidents in the week"):
            assert said in text, (kind, said)
    page = mail.get_body(("html",)).get_content()
    assert "<script" not in page
    assert "src=" not in page, "nothing is loaded, so nobody learns that it was read"
    (act,) = [one.act for one in latest(desk.store, action="digest.send")]
    assert (act.record, act.result, act.actor) == ("digest:2026-W04", "done", "command:ada")


@pytest.mark.parametrize("fault", ["unknown", RuntimeError("killed while it left")])
def test_what_may_have_left_is_never_sent_again(desk, fault):
    wire = Wire(fault)
    if isinstance(fault, Exception):
        with pytest.raises(RuntimeError):
            go(desk, wire)
    else:
        go(desk, wire)
    for again in (False, True):
        ((_, state, is_new),) = go(desk, wire, again=again)
        assert (state in ("UNKNOWN", "SENDING"), is_new) == (True, False)
    assert len(wire.sent) == 1


def test_what_surely_did_not_leave_is_tried_again(desk):
    wire = Wire("retry", "rejected")
    states = [go(desk, wire)[0][1] for _ in range(3)]
    assert states == ["WAITING", "REFUSED", "REFUSED"]
    assert len(wire.sent) == 2
    assert go(desk, wire, again=True)[0][1] == "SENT"


def test_figures_go_to_accounts_of_ours_only(desk):
    with pytest.raises(PeopleError, match="people of ours only"):
        go(desk, Wire(), only=["buyer@elsewhere.example"])
    assert go(desk, Wire(), only=["Tom@northbeam.example"])[0][0] == "tom@northbeam.example"
    with desk.store.begin() as tx:
        (luc,) = readers(tx)
        save_user(tx, type(luc)(**{**_values(luc), "is_disabled": True}))
        assert readers(tx) == ()
        with pytest.raises(PeopleError):
            readers(tx, [luc.email])


def _values(user):
    return {name: getattr(user, name) for name in user.__dataclass_fields__}


def test_a_week_that_is_not_over_or_not_published_is_not_sent(desk):
    paths = desk.office.settings.paths
    with pytest.raises(NotYet, match="there are 2026-W03, 2026-W04"):
        digest_of(desk.office.settings, desk.store, Week.named("2026-W05"))
    publish(paths, made_at=MONDAY - timedelta(days=2))
    with pytest.raises(NotYet, match="from before its end"):
        digest_of(desk.office.settings, desk.store, WEEK)


def test_the_worker_sends_on_monday_once_the_night_has_published(desk):
    wire = Wire()
    worker = WeeklyDigest(desk.office.settings, desk.store, wire, SENDER, lambda: MONDAY)
    assert worker.work(now=MONDAY.replace(hour=5)) == 0
    assert [worker.work(now=MONDAY + timedelta(hours=h)) for h in range(3)] == [1, 0, 0]
    assert worker.work(now=MONDAY + timedelta(days=7)) == 0, "nothing was published of W05"
    off = desk.office.settings.model_copy(update={"weekly_digest": False})
    desk.add("leader", email="new@northbeam.example")
    assert WeeklyDigest(off, desk.store, wire, SENDER).work(now=MONDAY) == 0
    assert len(wire.sent) == 1


@pytest.mark.parametrize("named", ["2026-W04", "2026-01-19", "2026-01-25"])
def test_a_week_is_named_by_iso_or_by_a_day_in_it(named):
    assert Week.named(named) == WEEK == Week.before(MONDAY)
    assert (WEEK.name, WEEK.previous.name) == ("2026-W04", "2026-W03")
    assert Week.of(date(2021, 1, 3)).name == "2020-W53"
    with pytest.raises(WeekError, match="write it as"):
        Week.named("2026-W60")


@pytest.mark.real
def test_the_command_sends_over_smtp_and_a_repeat_sends_nothing(desk, tmp_path, monkeypatch):
    from typer.testing import CliRunner

    log = tmp_path / "log.jsonl"
    runner, monday = CliRunner(), lambda: MONDAY
    asked = ["--week", "2026-W04", "--json", "-w", str(tmp_path)]
    monkeypatch.setenv("PARLEY_TENANT_ID", "t")
    dry = json.loads(runner.invoke(command, [*asked, "--dry-run"]).output)
    assert dry["readers"] == [{"to": "luc@northbeam.example", "state": None}]
    with Exchanger(tmp_path / "mail", log, bool, monday) as exchanger:
        monkeypatch.setenv("PARLEY_SMTP_HOST", exchanger.host)
        monkeypatch.setenv("PARLEY_SMTP_PORT", str(exchanger.port))
        monkeypatch.setenv("PARLEY_CALDAV_URL", "http://127.0.0.1:1/")
        first, second = (json.loads(runner.invoke(command, asked).output) for _ in range(2))
    assert [one["readers"][0]["is_new"] for one in (first, second)] == [True, False]
    (mail,) = (tmp_path / "mail/luc@northbeam.example/new").iterdir()
    assert b"multipart/alternative" in mail.read_bytes()


def test_a_line_that_cannot_be_reached_is_tried_another_time(desk):
    line = SmtpLine("127.0.0.1", 1, timeout_s=1)
    assert go(desk, line)[0][1] == "WAITING"
