"""A box on a page, the mail that asks, its link and reply, over real web server and exchanger."""

import re
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from urllib.parse import urlsplit

import httpx
import pytest
from carrier_world import serving
from conversation_world import ANA, LIBRARY, NOW, OWNER, mail, task
from test_switch_real import work

from agent_runtime.app import assemble
from agent_runtime.arms import publish_controls
from agent_runtime.channels.email.confirm_link import ConfirmLink
from agent_runtime.channels.email.signing import Keyring
from agent_runtime.channels.email.smtp import SmtpChannel
from agent_runtime.channels.router import Router
from agent_runtime.console import consent_page
from agent_runtime.console.app import build_app
from agent_runtime.console.door import Door
from agent_runtime.console.serve import public_routes
from agent_runtime.explaining import explain
from agent_runtime.library.content import LOCALES
from agent_runtime.models.language import ScriptedModel
from agent_runtime.newcomers import Newcomers, OnlineExperiment
from agent_runtime.opt_in import is_plain_yes
from agent_runtime.sandbox.exchanger import Exchanger
from agent_runtime.sandbox.journal import read_journal
from agent_runtime.store import tables as t
from agent_runtime.store.engine import open_engine
from agent_runtime.store.reading import latest_messages
from agent_runtime.store.sql import SqlStore
from agent_runtime.tools.memory_calendar import MemoryCalendar
from agent_runtime.tools.slots import OfficeHours

KEYS = Keyring((("1", "a-secret-of-a-test-" * 2),))
PAGE = {"origin": "https://www.northbeam.example"}
KIM = {
    "email": "kim@new.example",
    "first_name": "Kim",
    "country": "DE",
    "language": "de",
    "time_zone": "Europe/Berlin",
    "message": "What is the price?",
    "news_consent": "on",
}


class World:
    """One company on loopback: `now` moves by hand."""

    def __init__(self, folder, arm="agent", chat_link=None):
        self.now, self.folder = NOW, folder
        self.store = SqlStore(open_engine(f"sqlite:///{folder}/runtime.db"), "t")
        with self.store.begin() as tx:
            publish_controls(tx, {"e": ("holdout",)})
        self.runtime = assemble(
            self.store,
            library=replace(LIBRARY, has_chat=chat_link is not None),
            chat_link=chat_link,
            model=ScriptedModel({"price": "pricing_question"}),
            calendar=MemoryCalendar({"o-1": OfficeHours("Europe/Berlin")}),
            newcomers=Newcomers("t", (OWNER,), OnlineExperiment("e", "l", "s", "h", {arm: 1.0})),
        )

    def door(self, url):
        return Door(
            store=self.store,
            intake=self.runtime.intake,
            versions=self.runtime.outbox.versions,
            clock=lambda: self.now,
            key="k" * 40,
            origins=frozenset(PAGE.values()),
            confirm_link=ConfirmLink(url, KEYS, "t"),
        )

    def post(self, **changes):
        said = httpx.post(
            f"{self.url}/forms/demo_request", json=KIM | changes, headers=PAGE, timeout=60
        )
        assert said.status_code == 202, said.text
        return said.json()

    def work(self, after=timedelta(seconds=1)):
        self.now += after
        work(self.store, self.runtime, self.wire, self.now)

    def mails(self):
        """Every mail that the exchanger took for Kim, the first one first."""
        box = self.folder / "mail" / KIM["email"]
        files = [path for path in box.rglob("*") if path.is_file()]
        raw = [message_from_bytes(path.read_bytes(), policy=default) for path in files]
        order = [e["message_id"] for e in read_journal(self.folder / "exchanger.jsonl")]
        return sorted(raw, key=lambda mail: order.index(mail["Message-ID"]))

    def asking(self):
        subjects = ("Bitte bestätigen Sie", "Please confirm")
        return [mail for mail in self.mails() if mail["Subject"] in subjects]

    def person(self):
        with self.store.begin() as tx:
            return tx.contact_by_email(KIM["email"])

    def consent(self):
        with self.store.begin() as tx:
            return tx.consents(self.person().person_id)[-1]

    def touch(self, number):
        """A touch of the nurture campaign falls due; returns what became of it."""
        kim = self.person()
        due = replace(
            task(2),
            task_id=f"nurture-{number}",
            person_id=kim.person_id,
            contact_id=kim.contact_id,
            account_id=None,
            playbook="nurture",
            mailbox=kim.mailbox,
            due_at=self.now,
            expires_at=self.now + timedelta(days=20),
            autonomy="autonomous",
        )
        with self.store.begin() as tx:
            session = tx.session_of(kim.person_id)
            began = replace(session, playbook="nurture", state="new", buyer_turns=0)
            tx.save_session(began)
            tx.set_flag("autonomy:nurture", "autonomous")
            tx.add_task(due)
        self.work()
        with self.store.begin() as tx:
            rows = tx.rows(t.messages, task_id=due.task_id).all()
            return tx.task(due.task_id).state, [row.state for row in rows]

    def reply(self, text, *, to, key="r1"):
        said = mail(text, key=key, sender=KIM["email"], in_reply_to=to["Message-ID"])
        self.runtime.inbox.receive(said, now=self.now)
        self.work(timedelta(minutes=10))


@pytest.fixture
def world(tmp_path):
    yield from running(tmp_path)


def running(folder, **options):
    world = World(folder, **options)
    exchanger = Exchanger(
        folder / "mail", folder / "exchanger.jsonl", lambda _: True, lambda: world.now
    )
    app = build_app()
    with exchanger, serving(app) as url:
        door = world.door(url)
        pages = consent_page.routes(door.store, KEYS, door.versions, clock=door.clock)
        app.router.routes.extend((*pages, *public_routes(door)))
        smtp = SmtpChannel(exchanger.host, exchanger.port, clock=lambda: world.now, unsubscribe="")
        world.url, world.wire = url, Router({"email": smtp})
        yield world
        smtp.close()
    world.store.engine.dispose()


def link_in(mail):
    body = mail.get_body(("plain",)).get_content()
    return re.search(r"http\S+/consent/\S+", body)[0]


def test_only_a_confirmed_box_lets_marketing_through(world):
    """R68 R225 R244: one mail asks, its link confirms once; questions are answered."""
    world.post()
    world.work(timedelta(minutes=10))
    (asked,) = world.asking()
    body = asked.get_body(("plain",)).get_content()
    assert "Sie dürfen mir per E-Mail zu Northbeam Relay schreiben." in body
    assert [w for w in ("Termin", "Preis", "Vorführung") if w in body] == []
    assert len(world.mails()) == 2, "the question was answered, as service"
    assert world.touch(1) == ("BLOCKED", [])
    url = link_in(asked)
    for method in ("GET", "HEAD"):
        assert httpx.request(method, url).status_code == 200
    assert world.consent().state == "requested"
    answer = httpx.post(url)
    assert (answer.status_code, "that is confirmed" in answer.text) == (200, True)
    consent = world.consent()
    assert (consent.state, consent.confirmed_at) == ("confirmed", world.now)
    assert consent.source == "form demo_request@1, news@1"
    assert consent.words == "Sie dürfen mir per E-Mail zu Northbeam Relay schreiben."
    assert consent.proof == f"link {consent.request}"
    assert world.touch(2) == ("PLANNED", ["SENT"])
    again = httpx.post(url)
    assert "confirmed before" in again.text
    assert world.consent() == consent


def test_a_box_that_is_ticked_again_asks_only_once(world):
    for number in range(3):
        world.post(submission_id=f"s{number}")
        world.work(timedelta(minutes=10))
    assert len(world.asking()) == 1
    world.now += timedelta(days=15)
    assert httpx.post(link_in(world.asking()[0])).status_code == 410
    assert world.consent().state == "requested"
    world.post(submission_id="s9")
    world.work(timedelta(minutes=10))
    assert len(world.asking()) == 2
    assert httpx.post(link_in(world.asking()[1])).status_code == 200
    assert world.consent().state == "confirmed"


def test_a_plain_yes_to_the_mail_counts_and_anything_else_does_not(world):
    world.post()
    world.work(timedelta(minutes=10))
    (asked,) = world.asking()
    before = len(world.mails())
    world.reply("Ja, aber was ist der price?", to=asked, key="r1")
    assert world.consent().state == "requested"
    assert len(world.mails()) == before + 1
    world.reply("Ja!\n\nMit freundlichen Grüßen\nKim", to=asked, key="r2")
    assert (world.consent().state, world.consent().proof) == ("confirmed", "mail r2")
    assert len(world.mails()) == before + 1, "a yes is not answered"


def test_the_explanation_says_in_words_what_is_missing(world):
    """R226: the verdict names the rule, the day and the country; the trace names the rule."""
    world.post()
    world.work(timedelta(minutes=10))
    world.touch(1)
    events = [event for event in _traced(world) if event["object"] == "consent"]
    assert [(e["state"], e["rule"]) for e in events] == [("requested", "consent@4")]
    said = explain(world.store, latest_messages(world.store.engine, "t")[0]).as_text()
    assert "decided by consent" in said
    assert "consent of 2026-01-13 not confirmed, DE asks for both" in said


def test_where_one_box_is_enough_nobody_is_asked(world):
    world.post(country="US", language="en", time_zone="America/New_York")
    world.work(timedelta(minutes=10))
    assert world.consent().state == "given"
    assert world.asking() == []
    world.now += timedelta(hours=6)
    assert world.touch(1) == ("PLANNED", ["SENT"])


def test_an_unknown_country_asks_and_a_stop_ends_it(world):
    world.post(country="")
    with world.store.begin() as tx:
        tx.suppress(world.person().person_id, reason="opt_out", source="s", now=world.now)
    world.work(timedelta(minutes=10))
    assert world.consent().state == "requested"
    assert world.mails() == []


def test_the_holdout_is_not_even_asked(tmp_path):
    (world,) = _once(running(tmp_path, arm="holdout"))
    world.post()
    world.work(timedelta(minutes=10))
    assert world.mails() == []


def test_a_forged_or_foreign_link_confirms_nothing(world):
    world.post()
    world.work(timedelta(minutes=10))
    url, kim = link_in(world.asking()[0]), world.person()
    foreign = ConfirmLink(world.url, KEYS, "other")(kim.person_id, world.consent().request)
    guessed = ConfirmLink(world.url, KEYS, "t")(kim.person_id, "guess")
    somebody = ConfirmLink(world.url, KEYS, "t")(ANA.person_id, world.consent().request)
    for wrong in (url + "x", foreign, guessed, somebody):
        assert httpx.post(wrong).status_code == 404
    assert world.consent().state == "requested"
    assert "kim@" not in urlsplit(url).path


def test_a_visitor_of_the_chat_agrees_by_a_box_once_their_address_is_known(world):
    said = httpx.post(f"{world.url}/chat/hello", json={}, headers=PAGE).json()
    headers = {**PAGE, "authorization": f"Bearer {said['token']}"}
    box = {"id": "b1", "form": "demo_request", "box": "news_consent", "language": "de-DE"}
    early = httpx.post(f"{world.url}/chat/agree", json=box, headers=headers)
    assert (early.status_code, early.json()["field"]) == (422, "box")
    world.post(visitor=said["token"], news_consent="off")
    assert httpx.post(f"{world.url}/chat/agree", json=box, headers=headers).status_code == 200
    world.work(timedelta(minutes=10))
    assert len(world.asking()) == 1
    assert world.consent().source == "chat demo_request@1, news@1"
    wrong = httpx.post(f"{world.url}/chat/agree", json=box | {"box": "x"}, headers=headers)
    assert wrong.status_code == 422


@pytest.mark.parametrize("language", LOCALES)
def test_the_mail_that_asks_speaks_six_languages_and_offers_nothing(language):
    for name in ("consent.confirm", "consent.confirm_by_reply"):
        text = LIBRARY.live(name, language=language, now=NOW.replace(month=12))
        assert text is not None
        assert text.slots <= {"agreed_words", "confirm_link"}
        assert "Relay" not in text.subject + text.body


@pytest.mark.parametrize(
    ("text", "is_yes"),
    [
        ("Yes", True),
        ("Hi Lena,\n\nyes, please.\n\nBest regards\nKim", True),
        ("OUI", True),
        ("Sì, confermo", True),
        ("Sim, aceito!\n\n> quoted no", True),
        ("Yes?", False),
        ("Yes, if it is free", False),
        ("no", False),
        ("", False),
    ],
)
def test_a_plain_yes_is_a_yes_and_nothing_else(text, is_yes):
    assert is_plain_yes(text) is is_yes


def _traced(world):
    from sqlalchemy import select

    from agent_runtime.contracts import TraceEvent
    from agent_runtime.store.sql_rows import load

    with world.store.engine.connect() as connection:
        docs = connection.execute(select(t.trace_events.c.doc)).scalars().all()
    events = [load(TraceEvent, doc) for doc in docs]
    return [e.payload for e in events if e.kind == "crm_write"]


def _once(worlds):
    return [next(worlds)]
