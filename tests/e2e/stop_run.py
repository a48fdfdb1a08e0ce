"""Plays the acceptance run of stops: a busy company, people who stop, and the traces of it all."""

import json
import os
from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from statistics import quantiles
from threading import Event, Thread
from time import monotonic, sleep

import yaml
from answers import answers_of, provoke_answers
from site_world import NIGHT, OWNER
from sqlalchemy import func, select
from stop_world import LATER, WAYS, Stops, enter, number_of, person, queue, running_stop_site, touch

from agent_runtime.clock import write_now
from agent_runtime.routing.table import PACKAGED
from agent_runtime.store import tables as t
from agent_runtime.store.rows import Inbound

LANES = (OWNER.mailbox, "relay-two@mail.northbeam.example", "relay-three@mail.northbeam.example")
BACKLOG = 60
"""Rows that are always due while people stop."""
HANGS_S = 6.0


def play(folder, *, each, others):
    """Returns what was measured: times, what went out afterwards, and the answers in the trace."""
    with hooks() as hook_url:
        table = yaml.safe_load(PACKAGED.read_text("utf-8"))
        table["routes"]["owner"]["by"] = ["task", "webhook"]
        (folder / "routing.yaml").write_text(yaml.safe_dump(table | {"webhook": hook_url}))
        os.environ["PARLEY_WEBHOOK_KEY"] = "w" * 32
        with running_stop_site(folder) as (site, carrier):
            return _played(site, carrier, each=each, others=others)


def _played(site, carrier, *, each, others):
    stopping = [person(f"quits{n}", n) for n in range(each * len(WAYS))]
    staying = [person(f"stays{n}", 1000 + n) for n in range(others)]
    for number, contact in (*enumerate(stopping), *enumerate(staying, 1000)):
        with site.store.begin() as tx:
            queue(tx, contact, number)
    stops = Stops(site, carrier)
    with busy(site) as load, stops.watching():
        worked = _worked(site)
        for number, contact in enumerate(stopping):
            stops.stop(WAYS[number % len(WAYS)], contact, number)
        stops.wait(60)
        worked = _worked(site) - worked
    times = stops.seconds()
    every = [took for took_by_way in times.values() for took in took_by_way]
    _settle(site, NIGHT)
    before = len(site.sent()), len(carrier.taken())
    provoke_answers(site, carrier, stops)
    for hours in (1, 2, 3, 26):
        write_now(site.store.engine, NIGHT + LATER * hours + timedelta(minutes=5))
        _settle(site, NIGHT + LATER * hours + timedelta(minutes=5))
    sent = _sent_to(site, carrier, stopping)
    kept = [c for c in staying if any(m["rcpt_to"] == [c.email] for m in site.sent()[before[0] :])]
    answers = answers_of(site, carrier)
    return {
        "people": len(stopping) + len(staying) + load.people,
        "stopped": len(stopping),
        "worked_meanwhile": worked,
        "ways": {way: _percentiles(took) for way, took in times.items()},
        "all": _percentiles(every),
        "slowest_s": round(max(every), 2),
        "command_loads_s": round(max(stops.loading), 2),
        "went_out_after": len(sent["others"]),
        "confirmations": len(sent["confirmations"]),
        "most_confirmations": max(Counter(sent["confirmations"].values()).values(), default=0),
        "others": others,
        "others_written_to": len(kept),
        **answers,
    }


def _percentiles(took):
    if len(took) == 1:
        return dict.fromkeys(("p50", "p95", "max"), round(took[0], 2))
    cuts = quantiles(took, n=20, method="inclusive")
    return {"p50": round(cuts[9], 2), "p95": round(cuts[18], 2), "max": round(max(took), 2)}


def _sent_to(site, carrier, people):
    """Returns whom each mail and text that left for these people went to.

    Our store says only which of them confirm the stop.
    """
    addresses = {c.email for c in people}
    numbers = {number_of(n): c.email for n, c in enumerate(people)}
    with site.store.engine.connect() as connection:
        rows = connection.execute(select(t.messages.c.rfc_message_id, t.messages.c.doc)).all()
    confirms = {r.rfc_message_id for r in rows if json.loads(r.doc)["action"] == "confirm_stop"}
    left = {m["message_id"]: to for m in site.sent() for to in m["rcpt_to"] if to in addresses}
    for text in carrier.taken():
        if to := numbers.get(text["To"].removeprefix("whatsapp:")):
            left[text["sid"]] = to
    return {
        "confirmations": {m: to for m, to in left.items() if m in confirms},
        "others": {m: to for m, to in left.items() if m not in confirms},
    }


def _worked(site):
    done = ((t.tasks, "PLANNED"), (t.inbound, "DONE"), (t.messages, "SENT"))
    with site.store.engine.connect() as connection:
        return sum(
            connection.execute(
                select(func.count()).select_from(table).where(table.c.state == state)
            ).scalar_one()
            for table, state in done
        )


def _settle(site, now, seconds=300):
    """Waits until nothing is due any more."""
    from agent_runtime.pump import is_idle

    until, quiet = monotonic() + seconds, 0
    while quiet < 5:
        assert monotonic() < until, "the queue never comes to rest"
        quiet = quiet + 1 if is_idle(site.store.engine, now) else 0
        sleep(0.1)


class Load:
    def __init__(self):
        self.people = 0


@contextmanager
def busy(site):
    """Keeps three lanes full of first touches and of mails to answer."""
    over, load = Event(), Load()

    def feed():
        while not over.is_set():
            if _backlog(site) < BACKLOG:
                with site.store.begin() as tx:
                    for _ in range(20):
                        _add(tx, load.people)
                        load.people += 1
            over.wait(0.1)

    feeder = Thread(target=feed, daemon=True)
    feeder.start()
    while _backlog(site) < BACKLOG // 3:
        sleep(0.1)
    try:
        yield load
    finally:
        over.set()
        feeder.join()


def _add(tx, number):
    contact = person(f"load{number}", number, mailbox=LANES[number % len(LANES)])
    session = enter(tx, contact)
    if number % 4:
        tx.save_task(touch(contact, 1, due_at=NIGHT))
        return
    asks = "Can I speak to a human please?" if number % 40 == 0 else "How much does it cost?"
    tx.save_session(replace(session, playbook="inbound_response", state="", opened_by="buyer"))
    tx.add_inbound(
        Inbound(
            tenant_id=contact.tenant_id,
            key=f"load-{number}",
            mailbox=contact.mailbox,
            lane=contact.mailbox,
            thread_id=session.thread_id,
            person_id=contact.person_id,
            subject="Question",
            text=asks,
            rfc_message_id=f"<load-{number}@b.example>",
            in_reply_to="",
            received_at=NIGHT,
            due_at=NIGHT,
        )
    )


def _backlog(site):
    due = ((t.tasks, "WAITING"), (t.inbound, "NEW"))
    with site.store.engine.connect() as connection:
        return sum(
            connection.execute(
                select(func.count())
                .select_from(table)
                .where(table.c.state == state, table.c.due_at <= NIGHT)
            ).scalar_one()
            for table, state in due
        )


@contextmanager
def hooks():
    """A colleague's webhook: takes a notice, refuses the next, and hangs on every third."""
    counted = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            counted.append(1)
            if len(counted) % 3 == 0:
                sleep(HANGS_S)
            self.send_response(503 if len(counted) % 3 == 2 else 204)
            self.end_headers()

        def log_message(self, *arguments):
            del arguments

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
