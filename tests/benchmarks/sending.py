"""Permitted, claimed, sent and traced mails on SQLite, against bare smtplib to the same server."""

import smtplib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from agent_runtime.act import message_of
from agent_runtime.arms import publish_controls
from agent_runtime.channels.email.compose import compose
from agent_runtime.channels.email.deliver import Outbox
from agent_runtime.channels.email.render import render
from agent_runtime.channels.email.smtp import SmtpChannel
from agent_runtime.contracts import Assignment
from agent_runtime.domain import Consent, Contact, Proposal, Sentence, Session
from agent_runtime.library.catalog import load_library
from agent_runtime.sandbox.exchanger import Exchanger
from agent_runtime.store.engine import open_engine
from agent_runtime.store.sql import SqlStore

MAILS = 200
NOW = datetime(2026, 1, 13, 10, 0, tzinfo=UTC)


class _Anything:
    """Approves every wording, so that only the way is measured; playbooks are the real ones."""

    def __init__(self):
        self.playbook = load_library().playbook

    def is_approved(self, fact, *, text, language, now):
        return True

    def texts_of(self, fact, *, language, now):
        return ()

    def discloses(self, fact):
        return True


def measure():
    with TemporaryDirectory() as folder:
        root = Path(folder)
        engine = open_engine(f"sqlite:///{root}/runtime.db")
        with Exchanger(root / "mail", root / "log.jsonl", lambda a: True, lambda: NOW) as server:
            messages = _store(SqlStore(engine, "t"))
            channel = SmtpChannel(server.host, server.port, clock=lambda: NOW, unsubscribe="")
            outbox = Outbox(SqlStore(engine, "t"), _Anything(), {}, "m.example", "w")
            began = perf_counter()
            for message, _ in messages:
                outbox.deliver(channel, message.message_id, now=NOW)
            whole_s = perf_counter() - began
            channel.close()
            raws = [
                (
                    m,
                    compose(
                        replace(render(m, c, {}), rfc_message_id=f"<{n}@x.example>"),
                        at=NOW,
                        unsubscribe="",
                    ),
                )
                for n, (m, c) in enumerate(messages)
            ]
            began = perf_counter()
            with smtplib.SMTP(server.host, server.port) as connection:
                for message, raw in raws:
                    connection.sendmail(message.mailbox, [message.to_email], raw)
            bare_s = perf_counter() - began
        engine.dispose()
    return {
        "mails_a_second": round(MAILS / whole_s, 1),
        "bare_smtplib_a_second": round(MAILS / bare_s, 1),
        "ratio": round(whole_s / bare_s, 2),
    }


def _store(store):
    made = []
    with store.begin() as tx:
        for number in range(MAILS):
            person = f"p{number}"
            contact = Contact(
                "t",
                f"c{number}",
                person,
                None,
                f"{person}@b.example",
                "A",
                "B",
                "T",
                "Co",
                "GB",
                "en",
                "Europe/London",
                "o",
                "Owner",
                "relay@m.example",
            )
            session = Session(
                "t", f"thread-{person}", person, f"c{number}", "icp_prospecting", "new"
            )
            publish_controls(tx, {"e": ("holdout",)})
            tx.add_contact(contact)
            tx.save_session(session)
            tx.add_consents(person, [Consent("email", "prospecting", "consent", "form", NOW)])
            tx.add_assignment(
                Assignment(
                    tenant_id="t",
                    experiment_id="e",
                    unit_id=person,
                    person_id=person,
                    arm="agent",
                    layer="l",
                    spec_hash="h",
                    assigned_at=NOW,
                    how="hash",
                )
            )
            proposal = Proposal(
                "send_touch",
                "proactive",
                "email",
                "prospecting",
                "Hello",
                (Sentence("Hello there.\n\n" + "A line of the mail. " * 30, ("a@1",)),),
                "en",
                1.0,
            )
            message = message_of(
                session,
                contact,
                proposal,
                cause=person,
                actor="agent",
                mailbox="relay@m.example",
                due_at=NOW,
            )
            tx.add_message(message)
            made.append((message, contact))
    return made
