"""A company with a calendar server, an exchanger and processes that call, each a real one."""

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from agent_runtime.arms import publish_controls
from agent_runtime.clock import write_now
from agent_runtime.contracts import Assignment
from agent_runtime.domain import Contact
from agent_runtime.newcomers import EXPERIMENT, OWNERS, OnlineExperiment, Owner
from agent_runtime.sandbox.calendar_server import USERNAME, serve_calendar
from agent_runtime.sandbox.exchanger import Exchanger
from agent_runtime.settings import Settings
from agent_runtime.store.engine import open_engine
from agent_runtime.store.sql import SqlStore

NOW = datetime(2026, 12, 1, 14, 0, tzinfo=UTC)
OURS, ANAS = "+493090182000", "+4930901820"
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


@dataclass
class SipCompany:
    """A company that takes and places calls over SIP."""

    folder: Path
    store: SqlStore
    calendar_url: str
    mail_log: Path
    environment: dict[str, str] = field(repr=False)
    _running: list[subprocess.Popen[str]] = field(default_factory=list)

    def serve(self):
        """Starts the bridge; returns the address at which calls arrive."""
        bridge = self.start("call", "sip", "--json", log="bridge.log")
        assert bridge.stdout is not None
        line = bridge.stdout.readline()
        assert line, (self.folder / "bridge.log").read_text()
        return json.loads(line)["listens"]

    def start(self, *words, log):
        with (self.folder / log).open("w") as errors:
            process = subprocess.Popen(
                self._command(*words),
                env=self.environment,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        self._running.append(process)
        return process

    def parley(self, *words):
        done = subprocess.run(
            self._command(*words),
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def events(self):
        """Reads every event of the owner's calendar from its server."""
        from caldav import DAVClient

        with DAVClient(self.calendar_url, username=USERNAME, password="any") as client:
            calendar = client.calendar(url=f"{self.calendar_url}/{OWNER.owner_id}/")
            return [event.icalendar_component for event in calendar.events()]

    def mails(self):
        lines = self.mail_log.read_text().splitlines() if self.mail_log.exists() else []
        return [json.loads(line) for line in lines]

    def stop(self):
        """Ends every process, the latest first; returns their exit codes."""
        for process in reversed(self._running):
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
            process.wait(60)
            if process.stdout is not None:
                process.stdout.close()
        return [process.returncode for process in self._running]

    def _command(self, *words):
        return [sys.executable, "-c", "from pipelines.cli import main; main()", *words]


@contextmanager
def sip_company(folder, phone_port, *, transfers=None, more=None):
    """Yields a company below a folder that a telephone on a port may call, and is called by.

    Args:
        folder: Of its workspace.
        phone_port: Of the telephone; 0: it has no trunk.
        transfers: By role, where people of ours are reached.
        more: Settings beside those of any company.
    """
    settings = Settings(workspace=folder)
    engine = open_engine(f"sqlite:///{settings.paths.store}")
    write_now(engine, NOW)
    store = SqlStore(engine, settings.tenant_id)
    _publish(store)
    log = folder / "exchanger.jsonl"
    trunk = {"name": "phone", "host": f"127.0.0.1:{phone_port}", "peers": ["127.0.0.1"]}
    with (
        Exchanger(settings.paths.mail, log, lambda _: True, lambda: NOW) as exchanger,
        serve_calendar(settings.paths.calendar, [OWNER.owner_id]) as calendar,
    ):
        sip = {"port": 0, "rtp_port": 43000, "trunks": [trunk], "transfers": transfers or {}}
        environment = {
            **os.environ,
            **({"PARLEY_SIP": json.dumps(sip)} if phone_port else {}),
            "PARLEY_WORKSPACE": str(folder),
            "PARLEY_SMTP_PORT": str(exchanger.port),
            "PARLEY_CALDAV_URL": calendar.url,
            "PARLEY_VOICE_NUMBERS": json.dumps(
                [{"number": OURS, "countries": ["*"], "registered": True}]
            ),
            "PARLEY_VOICE_LANGUAGES": '["en"]',
            # What is shown is that it works, on a machine that may be busy with other things.
            "PARLEY_SPEECH_SPEAKING_LIMIT_S": "30",
            "PARLEY_SPEECH_HEARING_LIMIT_S": "30",
            "PYTHONUNBUFFERED": "1",
            **(more or {}),
        }
        company = SipCompany(folder, store, calendar.url, log, environment)
        try:
            yield company
        finally:
            company.stop()
            engine.dispose()


def _publish(store):
    with store.begin() as tx:
        tx.publish("owners", OWNERS.dump_json((OWNER,)).decode())
        publish_controls(tx, {"online": ("holdout",)})
        online = OnlineExperiment("online", "l", "s", "h", {"agent": 1.0})
        tx.publish("online_experiment", EXPERIMENT.dump_json(online).decode())
        tx.add_contact(ANA)
        tx.add_address("voice", ANAS, ANA.person_id, now=NOW)
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
