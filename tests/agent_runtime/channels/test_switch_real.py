"""A thread over two real servers and a real database: mail, text, mail."""

import time
from datetime import timedelta

import pytest
from carrier_world import NUMBER, OURS, serving
from conversation_world import ANA, LIBRARY, NOW, OWNER, assign, mail, task
from fastapi import FastAPI
from runtime_people import CONSENT

from agent_runtime import pump
from agent_runtime.app import assemble
from agent_runtime.channels.carrier.twilio import CarrierAccount, TwilioChannel
from agent_runtime.channels.email.smtp import SmtpChannel
from agent_runtime.channels.router import Router
from agent_runtime.console.carrier_hooks import CarrierHooks, carrier_router
from agent_runtime.models.language import ScriptedModel
from agent_runtime.newcomers import Newcomers
from agent_runtime.sandbox.carrier import Carrier
from agent_runtime.sandbox.exchanger import Exchanger
from agent_runtime.sandbox.journal import read_journal
from agent_runtime.store import tables as t
from agent_runtime.store.engine import open_engine
from agent_runtime.store.rows import Due
from agent_runtime.store.sql import SqlStore
from agent_runtime.tools.memory_calendar import MemoryCalendar
from agent_runtime.tools.slots import OfficeHours

pytestmark = pytest.mark.real
LATER = NOW + timedelta(minutes=5)


@pytest.fixture
def world(tmp_path):
    engine = open_engine(f"sqlite:///{tmp_path}/runtime.db")
    store = SqlStore(engine, "t")
    runtime = assemble(
        store,
        library=LIBRARY,
        model=ScriptedModel({"talk": "book_meeting", "price": "pricing_question"}),
        calendar=MemoryCalendar({"o-1": OfficeHours("Europe/Berlin")}),
        newcomers=Newcomers("t", (OWNER,), None),
    )
    with store.begin() as tx:
        tx.add_contact(ANA)
        tx.add_consents(ANA.person_id, [CONSENT])
        assign(tx, ANA.person_id, "agent")
        tx.add_address("sms", NUMBER, ANA.person_id, now=NOW)
    app = FastAPI()
    carrier = Carrier(tmp_path / "carrier.jsonl")
    exchanger = Exchanger(
        tmp_path / "mail", tmp_path / "exchanger.jsonl", lambda _: True, lambda: NOW
    )
    with carrier, exchanger, serving(app) as url:
        carrier.hooks_url = url
        app.include_router(
            carrier_router(
                CarrierHooks(runtime.intake, runtime.outbox, carrier.token, url, lambda: LATER)
            )
        )
        account = CarrierAccount(carrier.url, carrier.account, carrier.token, {"sms": OURS}, url)
        smtp = SmtpChannel(exchanger.host, exchanger.port, clock=lambda: NOW, unsubscribe="")
        texts = TwilioChannel(account)
        yield store, runtime, Router({"email": smtp, "sms": texts}), carrier, tmp_path
        smtp.close()
        texts.close()
    engine.dispose()


def work(store, runtime, wire, now):
    rows, lanes = [], set()

    def take(_connection, _work_id, lane, batch):
        lanes.add(lane)
        rows.extend(Due(kind, row_id) for kind, row_id in batch)

    while pump.release(store.engine, take, now=now):
        while rows:
            runtime.desk.work(rows.pop(0), wire, now=now)
        for lane in lanes:
            pump.free(store.engine, lane=lane)


def test_a_thread_moves_from_mail_to_text_and_back(world):
    """R22 R24 R29 R193: over SMTP and a carrier's API; chosen by text, asked once, one thread."""
    store, runtime, wire, carrier, folder = world
    runtime.inbox.receive(mail("Happy to talk.", key="k1", to="hello@northbeam.example"), now=NOW)
    work(store, runtime, wire, LATER)
    with store.begin() as tx:
        offered = tx.session_of(ANA.person_id).offered
    assert offered
    carrier.text(NUMBER, "What is the price?", to=OURS)
    work(store, runtime, wire, LATER)
    carrier.text(NUMBER, "2", to=OURS)
    work(store, runtime, wire, LATER)
    runtime.inbox.receive(mail("And the price for a year?", key="k2"), now=LATER)
    work(store, runtime, wire, LATER + timedelta(minutes=3))
    with store.begin() as tx:
        (meeting,) = tx.meetings_of(f"thread-{ANA.person_id}", "CONFIRMED")
        session = tx.session_of(ANA.person_id)
        rows = tx.rows(t.messages, thread_id=session.thread_id, state="SENT").all()
        left = [tx.message(row.message_id) for row in rows]
    assert meeting.slot == offered[1]
    assert session.channel == "email"
    questions = [c for m in left for c in m.content_ids if c.startswith("question.")]
    assert questions
    assert len(questions) == len(set(questions))
    mails = list(read_journal(folder / "exchanger.jsonl"))
    assert mails[0]["rcpt_to"] == [ANA.email]
    assert len(mails) >= 2
    assert carrier.taken()[0]["To"] == NUMBER


def test_a_stop_by_text_has_ended_everything_when_the_carrier_gets_its_answer(world):
    """R193 R225: mail, text and what a rep has in hand, in the transaction of the webhook."""
    store, _, _, carrier, _ = world
    with store.begin() as tx:
        for n in range(1, 40):
            tx.add_task(task(n))
    began = time.monotonic()
    assert carrier.text(NUMBER, "STOP", to=OURS) == 200
    took_s = time.monotonic() - began
    with store.begin() as tx:
        states = {tx.task(f"task-{n}").state for n in range(1, 40)}
        assert tx.suppressed(ANA.person_id) == "opt_out"
    assert states == {"CANCELLED"}
    assert took_s < 5
