"""A company with a calendar server and an exchanger, `parley call --browser`, and who calls it."""

import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.request import Request, urlopen

from icalendar import Calendar

from agent_runtime.arms import publish_controls
from agent_runtime.clock import write_now
from agent_runtime.contracts import Assignment
from agent_runtime.domain import Contact
from agent_runtime.newcomers import EXPERIMENT, OWNERS, OnlineExperiment, Owner
from agent_runtime.sandbox.calendar_server import serve_calendar
from agent_runtime.sandbox.exchanger import Exchanger
from agent_runtime.settings import Settings
from agent_runtime.store.engine import open_engine
from agent_runtime.store.sql import SqlStore

NOW = datetime(2026, 12, 1, 14, 0, tzinfo=UTC)
MAILBOX = "relay-lena@mail.northbeam.example"
OWNER = Owner("o-1", "Lena Vogt", "lena@northbeam.example", MAILBOX, "Europe/Berlin")
ANA = Contact(
    tenant_id="northbeam",
    contact_id="c-ana",
    person_id="p-ana",
    account_id="a-1",
    email="ana@alder.example",
    first_name="Ana",
    last_name="Ruiz",
    title="Head of RevOps",
    company="Alder",
    country="DE",
    language="en",
    time_zone="Europe/Berlin",
    owner_id=OWNER.owner_id,
    owner_name=OWNER.name,
    mailbox=OWNER.mailbox,
    owner_email=OWNER.email,
)
STARTS_WITHIN_S = 240


@dataclass
class Company:
    """A company whose calls are taken in a browser."""

    folder: Path
    store: SqlStore
    calendar_url: str
    mail_log: Path
    url: str
    server: subprocess.Popen[str]
    environment: dict[str, str] = field(repr=False)

    def events(self):
        """Reads every event of the owner's calendar from its server."""
        wanted = '<propfind xmlns="DAV:"><prop><getetag/></prop></propfind>'
        answer = self._ask("PROPFIND", f"/{OWNER.owner_id}/", wanted)
        names = [part.split("</href>")[0] for part in answer.split("<href>")[1:]]
        host = self.calendar_url.split("/", 3)[:3]
        return [
            event
            for name in names
            if name.endswith(".ics")
            for event in Calendar.from_ical(self._ask("GET", "/".join([*host, name[1:]]))).walk(
                "VEVENT"
            )
        ]

    def parley(self, *words):
        command = [sys.executable, "-c", "from pipelines.cli import main; main()", *words]
        done = subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=120, check=True
        )
        return done.stdout

    def _ask(self, method, where, body=""):
        url = where if where.startswith("http") else f"{self.calendar_url}{where}"
        request = Request(url, body.encode() or None, method=method)
        request.add_header("Authorization", "Basic c2FuZGJveDo=")
        request.add_header("Depth", "1")
        with urlopen(request, timeout=20) as answer:
            return answer.read().decode()


@contextmanager
def company_with_a_browser_line(folder, *options):
    """Yields a company below a folder that takes calls of Ana Ruiz in a browser."""
    settings = Settings(workspace=folder)
    engine = open_engine(f"sqlite:///{settings.paths.store}")
    write_now(engine, NOW)
    store = SqlStore(engine, settings.tenant_id)
    with store.begin() as tx:
        tx.publish("owners", OWNERS.dump_json((OWNER,)).decode())
        publish_controls(tx, {"online": ("holdout",)})
        online = OnlineExperiment("online", "l", "s", "h", {"agent": 1.0})
        tx.publish("online_experiment", EXPERIMENT.dump_json(online).decode())
        tx.add_contact(ANA)
        tx.add_assignment(
            Assignment(
                tenant_id="northbeam",
                experiment_id="online",
                unit_id=ANA.person_id,
                person_id=ANA.person_id,
                arm="agent",
                layer="l",
                spec_hash="h",
                assigned_at=NOW,
                how="hash",
            )
        )
    log = folder / "exchanger.jsonl"
    with (
        Exchanger(settings.paths.mail, log, lambda _: True, lambda: NOW) as exchanger,
        serve_calendar(settings.paths.calendar, [OWNER.owner_id]) as calendar,
    ):
        environment = {
            **os.environ,
            "PARLEY_WORKSPACE": str(folder),
            "PARLEY_SMTP_PORT": str(exchanger.port),
            "PARLEY_CALDAV_URL": calendar.url,
            "PYTHONUNBUFFERED": "1",
            # What is checked is the call, on a machine that may be busy with other things.
            "PARLEY_SPEECH_HEARING_LIMIT_S": "30",
            "PARLEY_SPEECH_SPEAKING_LIMIT_S": "30",
        }
        command = [
            *(sys.executable, "-c", "from pipelines.cli import main; main()"),
            *("call", "--browser", "--port", "0", "--person", ANA.email, *options),
        ]
        with (folder / "server.log").open("w") as errors:
            server = subprocess.Popen(
                command, env=environment, stdout=subprocess.PIPE, stderr=errors, text=True
            )
        try:
            url = _address(server, folder)
            yield Company(folder, store, calendar.url, log, url, server, environment)
        finally:
            if server.poll() is None:
                server.send_signal(signal.SIGINT)
            server.wait(60)
            engine.dispose()


def _address(server, folder):
    """Waits for the line that says where to talk."""
    assert server.stdout is not None
    line = server.stdout.readline()
    assert "http://" in line, (line, (folder / "server.log").read_text())
    return next(word for word in line.split() if word.startswith("http://"))
