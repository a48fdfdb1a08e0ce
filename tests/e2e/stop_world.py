"""People with touches queued on every channel, and every way in which they stop us."""

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from smtplib import SMTP
from threading import Event, Thread
from time import monotonic, sleep
from urllib.parse import parse_qs, urlsplit

import httpx
from pydantic import SecretStr
from site_world import NIGHT, OWNER, begin, hear, running_site, say
from sqlalchemy import select

from agent_runtime.act import message_of
from agent_runtime.channels.carrier.signature import HEADER, sign
from agent_runtime.channels.email.signing import read_keyring
from agent_runtime.channels.email.unsubscribe_link import PATH, UnsubscribeLink
from agent_runtime.console.links import chat_link
from agent_runtime.contracts import Assignment
from agent_runtime.domain import Consent, Contact, Proposal, Sentence, Session, Slot
from agent_runtime.ports import Mail
from agent_runtime.sandbox.carrier import Carrier
from agent_runtime.store import tables as t
from agent_runtime.store.rows import HumanTask, Meeting, Reminder, Task

PUBLIC, KEYS = "https://talk.northbeam.example", "1:" + "k" * 40
OURS_SMS, OURS_WHATSAPP = "+15550001", "+15550002"
LATER = timedelta(hours=2)
"""How long after the night the queued touches of those who stop would be due."""
POLL_S = 0.02
LIVE = ("READY", "HANDED")
_COMMAND = """
from agent_runtime import suppress_cli
from pipelines.cli import main
print("loaded", flush=True)
main()
"""
CHANNELS = ("email", "sms", "whatsapp", "linkedin")


@contextmanager
def running_stop_site(folder: Path):
    """Yields a site with a carrier, one-click links and signed webhooks."""
    with Carrier(folder / "carrier.jsonl") as carrier:
        more = {
            "PARLEY_CARRIER_URL": carrier.url,
            "PARLEY_CARRIER_ACCOUNT": carrier.account,
            "PARLEY_CARRIER_TOKEN": carrier.token,
            "PARLEY_SMS_NUMBER": OURS_SMS,
            "PARLEY_WHATSAPP_NUMBER": OURS_WHATSAPP,
            "PARLEY_PUBLIC_URL": PUBLIC,
            "PARLEY_SIGNING_KEYS": KEYS,
        }
        with running_site(folder, **more) as site:
            yield site, carrier


def person(name: str, number: int, **changes) -> Contact:
    """Returns a buyer who may be written to at any hour of the working day."""
    made = Contact(
        tenant_id="northbeam",
        contact_id=f"c-{name}",
        person_id=f"p-{name}",
        account_id=None,
        email=f"{name}@{name}.example",
        first_name="Bo",
        last_name="Ek",
        title="",
        company=f"Ek {number}",
        country="IE",
        language="en",
        time_zone="Europe/Berlin",
        owner_id=OWNER.owner_id,
        owner_name=OWNER.name,
        mailbox=OWNER.mailbox,
        owner_email=OWNER.email,
    )
    return replace(made, **changes)


def number_of(number: int) -> str:
    return f"+35385{number:07d}"


def enter(tx, contact: Contact) -> Session:
    """Writes somebody who has agreed to be written to, in the agent's arm."""
    tx.add_contact(contact)
    tx.add_consents(
        contact.person_id,
        [
            Consent(channel, purpose, "consent", "form 1", NIGHT)
            for channel in ("email", "sms", "whatsapp")
            for purpose in ("prospecting", "meetings")
        ],
    )
    more = {"unit_id": contact.person_id, "person_id": contact.person_id, "arm": "agent"}
    at = {"assigned_at": NIGHT, "how": "hash", "tenant_id": tx.tenant_id, "layer": "l"}
    tx.add_assignment(Assignment(experiment_id="online", spec_hash="h", **more, **at))
    session = Session(
        tenant_id=contact.tenant_id,
        thread_id=f"thread-{contact.person_id}",
        person_id=contact.person_id,
        contact_id=contact.contact_id,
        playbook="icp_prospecting",
        state="start",
        language="en",
    )
    tx.save_session(session)
    return session


def touch(contact: Contact, number: int, *, due_at) -> Task:
    return Task(
        tenant_id=contact.tenant_id,
        task_id=f"task-{contact.person_id}-{number}",
        person_id=contact.person_id,
        contact_id=contact.contact_id,
        account_id=None,
        campaign_id="c",
        campaign_version=1,
        touch=number,
        playbook="icp_prospecting",
        experiment_id="online",
        arm="agent",
        mailbox=contact.mailbox,
        expires_at=NIGHT + timedelta(days=20),
        due_at=due_at,
    )


def queue(tx, contact: Contact, number: int) -> None:
    """Queues touches on all channels: tasks, drafts of each channel, a reminder, a rep's task."""
    session = enter(tx, contact)
    for channel in ("sms", "whatsapp"):
        tx.add_address(channel, number_of(number), contact.person_id, now=NIGHT)
    for place in (1, 2, 3):
        tx.save_task(touch(contact, place, due_at=NIGHT + LATER * place))
    for channel in CHANNELS:
        proposal = Proposal(
            action="send_touch",
            touch_class="proactive",
            channel=channel,
            purpose="prospecting",
            subject="A question",
            sentences=(Sentence("Hello", ("icp.opener@1",)),),
            language="en",
            confidence=1.0,
        )
        draft = message_of(
            session,
            contact,
            proposal,
            cause=f"{contact.person_id}-{channel}",
            actor="agent",
            mailbox=contact.mailbox,
            due_at=NIGHT + LATER,
            address=number_of(number),
        )
        tx.add_message(draft)
        if channel == "linkedin":
            tx.settle(draft.message_id, "HANDED")
            tx.save_human_task(
                HumanTask(
                    tenant_id=contact.tenant_id,
                    task_id=draft.message_id,
                    thread_id=session.thread_id,
                    person_id=contact.person_id,
                    kind="linkedin",
                    route_to="owner",
                    reason="post_by_hand",
                    text="Hello",
                    received_at=NIGHT,
                    next_at=None,
                )
            )
    uid, start = f"u-{contact.person_id}", NIGHT + LATER + timedelta(days=1)
    slot = Slot(contact.owner_id, start, start + timedelta(minutes=30))
    confirmed = Meeting(
        contact.tenant_id, uid, session.thread_id, contact.person_id, slot, "agent", "CONFIRMED"
    )
    tx.save_meeting(confirmed)
    due = (contact.person_id, contact.mailbox, NIGHT + LATER)
    tx.add_reminder(Reminder(contact.tenant_id, f"{uid}:day", uid, *due))


@dataclass
class Stops:
    """Measures from the instant a stop arrived until nothing of the person is queued."""

    site: object
    carrier: object
    began: dict[str, float] = field(default_factory=dict)
    ended: dict[str, float] = field(default_factory=dict)
    ways: dict[str, str] = field(default_factory=dict)
    loading: list[float] = field(default_factory=list)
    """Seconds that the command's program took to load, which are not the stop's."""
    _over: Event = field(default_factory=Event)

    def __post_init__(self):
        key = (self.site.settings.workspace / "console.key").read_text("utf-8")
        self._chat_key = key
        self._keyring = read_keyring(SecretStr(KEYS))

    def queued(self) -> dict[str, int]:
        """Counts what of each person still waits to go out on any channel."""
        counts: dict[str, int] = {}
        asked = (
            select(t.tasks.c.person_id).where(t.tasks.c.state == "WAITING"),
            select(t.reminders.c.person_id).where(t.reminders.c.state == "WAITING"),
            select(t.messages.c.person_id).where(
                t.messages.c.state.in_(LIVE), t.messages.c.touch_class == "proactive"
            ),
        )
        with self.site.store.engine.connect() as connection:
            for query in asked:
                for person_id in connection.execute(query).scalars():
                    counts[person_id] = counts.get(person_id, 0) + 1
            for doc in connection.execute(
                select(t.human_tasks.c.doc).where(t.human_tasks.c.state == "OPEN")
            ).scalars():
                row = json.loads(doc)
                if row["kind"] == "linkedin":
                    counts[row["person_id"]] = counts.get(row["person_id"], 0) + 1
        return counts

    @contextmanager
    def watching(self):
        def watch():
            while not self._over.wait(POLL_S):
                now, queued = monotonic(), self.queued()
                for person_id in [p for p in list(self.began) if p not in self.ended]:
                    if not queued.get(person_id):
                        self.ended[person_id] = max(now, self.began[person_id])

        watcher = Thread(target=watch, daemon=True)
        watcher.start()
        try:
            yield
        finally:
            self._over.set()
            watcher.join()

    def stop(self, way: str, contact: Contact, number: int) -> None:
        """Stops in one way; the time runs from before the request, for mail from its 250."""
        assert self.queued().get(contact.person_id, 0) >= len(CHANNELS) + 4
        self.ways[contact.person_id] = way
        getattr(self, way)(contact, number)

    def wait(self, seconds: float) -> None:
        until = monotonic() + seconds
        while len(self.ended) < len(self.began) and monotonic() < until:
            sleep(POLL_S)

    def seconds(self) -> dict[str, list[float]]:
        """Returns the times of each way, in seconds; infinite where something still waits."""
        found: dict[str, list[float]] = {}
        for person_id, began in self.began.items():
            took = self.ended.get(person_id, float("inf")) - began
            found.setdefault(self.ways[person_id], []).append(took)
        return found

    def _starts(self, contact: Contact) -> None:
        self.began[contact.person_id] = monotonic()

    def _send(self, message: EmailMessage, contact: Contact, to: str) -> None:
        message["To"] = to
        message["Message-ID"] = f"<stop-{contact.person_id}@{contact.person_id}.example>"
        with SMTP(self.site.exchanger.host, self.site.exchanger.port, timeout=30) as server:
            server.send_message(message)
        self._starts(contact)

    def mail_in_words(self, contact: Contact, number: int) -> None:
        message = EmailMessage()
        message["From"], message["Subject"] = contact.email, "Re: A question"
        message.set_content("Thanks, but please stop emailing me.\n")
        self._send(message, contact, contact.mailbox)

    def mail_below_a_quote(self, contact: Contact, number: int) -> None:
        message = EmailMessage()
        message["From"], message["Subject"] = contact.email, "Re: A question"
        message.set_content(
            "Hello.\n\nOn 13/01/2026 10:02, Lena wrote:\n> Shall we talk?\n\n"
            "Take me off your list.\n"
        )
        self._send(message, contact, contact.mailbox)

    def mail_by_header(self, contact: Contact, number: int) -> None:
        """What a mail program sends for `List-Unsubscribe: <mailto:…?subject=unsubscribe>`."""
        message = EmailMessage()
        message["From"], message["Subject"] = contact.email, "unsubscribe"
        message.set_content("\n")
        self._send(message, contact, "hello@northbeam.example")

    def complaint(self, contact: Contact, number: int) -> None:
        """An ARF report (RFC 5965) that names a mail of ours."""
        rfc_id = f"<sent-{contact.person_id}@mail.northbeam.example>"
        with self.site.store.begin() as tx:
            ours = tx.message(self._draft(tx, contact, "email"))
            sent = replace(ours, message_id=f"sent-{contact.person_id}", rfc_message_id=rfc_id)
            tx.add_message(replace(sent, state="SENT", sent_at=NIGHT - timedelta(days=20)))
            tx.settle(sent.message_id, "SENT", sent_at=NIGHT - timedelta(days=20))
        message = EmailMessage()
        message["From"], message["Subject"] = "fbl@isp.example", "FW: A question"
        message.set_type("multipart/report")
        message.set_param("report-type", "feedback-report")
        text, report, original = EmailMessage(), EmailMessage(), EmailMessage()
        text.set_content("This is a report of abuse.\n")
        report["Content-Type"] = "message/feedback-report"
        report.set_payload(
            "Feedback-Type: abuse\nUser-Agent: Isp/1.0\nVersion: 1\n"
            f"Original-Rcpt-To: {contact.email}\n"
        )
        original["Content-Type"] = "message/rfc822"
        original.set_payload(
            f"From: {OWNER.mailbox}\nTo: {contact.email}\nMessage-ID: {rfc_id}\n"
            "Subject: A question\n\nHello\n"
        )
        message.set_payload([text, report, original])
        self._send(message, contact, contact.mailbox)

    def one_click(self, contact: Contact, number: int) -> None:
        self._starts(contact)
        body = {"List-Unsubscribe": "One-Click"}
        assert httpx.post(self._unsubscribe_url(contact), data=body, timeout=30).status_code == 200

    def page(self, contact: Contact, number: int) -> None:
        url = self._unsubscribe_url(contact)
        assert "<form" in httpx.get(url, timeout=30).text
        assert self.queued().get(contact.person_id), "looking must change nothing"
        self._starts(contact)
        assert httpx.post(url, timeout=30).status_code == 200

    def sms(self, contact: Contact, number: int) -> None:
        self._text(contact, number, "", OURS_SMS, "STOP")

    def sms_in_words(self, contact: Contact, number: int) -> None:
        self._text(contact, number, "", OURS_SMS, "Please stop texting me")

    def whatsapp(self, contact: Contact, number: int) -> None:
        self._text(contact, number, "whatsapp:", OURS_WHATSAPP, "Stop")

    def chat(self, contact: Contact, number: int) -> None:
        page = chat_link(
            "https://n.example/",
            contact.person_id,
            tenant_id=contact.tenant_id,
            key=self._chat_key,
            now=NIGHT,
        )
        (proof,) = parse_qs(urlsplit(page).query)["pt"]
        with self.site.chat() as window:
            window.send(json.dumps({"v": 1, "type": "hello", "token": "", "pt": proof}))
            assert hear(window, "hello", seconds=30)["link_used"]
            self._starts(contact)
            say(window, "m1", "Please do not contact me any more.")
            hear(window, "ack", seconds=30)

    def form(self, contact: Contact, number: int) -> None:
        self._starts(contact)
        fields = {"email": contact.email, "message": "Please remove me from your list."}
        origin = {"origin": self.site.url}
        url = f"{self.site.url}/forms/demo_request"
        assert httpx.post(url, json=fields, headers=origin, timeout=30).status_code == 202

    def command(self, contact: Contact, number: int) -> None:
        """The time runs from when the program is loaded; how long that took is kept as well."""
        called = monotonic()
        command = [sys.executable, "-c", _COMMAND, "suppress", "add", contact.email]
        command += ["--reason", "unsubscribed", "-w", str(self.site.settings.workspace)]
        with subprocess.Popen(command, env=os.environ, stdout=subprocess.PIPE, text=True) as run:
            assert run.stdout.readline() == "loaded\n"
            self._starts(contact)
            self.loading.append(monotonic() - called)
            said = run.stdout.read()
        assert run.returncode == 0, said

    def _text(self, contact: Contact, number: int, prefix: str, ours: str, words: str) -> None:
        self._starts(contact)
        assert self.text(contact.person_id, number, prefix, ours, words) == 200

    def text(self, sid: str, number: int, prefix: str, ours: str, words: str) -> int:
        """A text arrives, signed over the public address as behind a proxy."""
        fields = {
            "MessageSid": f"SM-{sid}",
            "From": f"{prefix}{number_of(number)}",
            "To": f"{prefix}{ours}",
            "Body": words,
        }
        signature = sign(f"{PUBLIC}/carrier/messages", fields.items(), self.carrier.token)
        url = f"{self.site.url}/carrier/messages"
        return httpx.post(url, data=fields, headers={HEADER: signature}, timeout=30).status_code

    def _unsubscribe_url(self, contact: Contact) -> str:
        link = UnsubscribeLink(PUBLIC, self._keyring, contact.tenant_id)
        fields = {"sender_name": "", "recipient": contact.email, "subject": "", "body": ""}
        mail = Mail(
            sender=contact.mailbox,
            rfc_message_id="<x@n.example>",
            message_id="m",
            person_id=contact.person_id,
            is_proactive=True,
            **fields,
        )
        return f"{self.site.url}{PATH}{link(mail).rpartition('/')[2]}"

    def _draft(self, tx, contact: Contact, channel: str) -> str:
        rows = tx.rows(t.messages, person_id=contact.person_id).all()
        found = (tx.message(row.message_id) for row in rows)
        return next(m.message_id for m in found if m.channel == channel)


WAYS = (
    "mail_in_words",
    "mail_below_a_quote",
    "mail_by_header",
    "complaint",
    "one_click",
    "page",
    "sms",
    "sms_in_words",
    "whatsapp",
    "chat",
    "form",
    "command",
)

__all__ = ["WAYS", "Stops", "begin", "enter", "person", "queue", "running_stop_site", "touch"]
